//! What reading the text of pictures costs, and what its first, cheap look misses: every JPEG of a folder is read twice, as
//! the server does and without that look.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use clap::Args;
use heirloom_inference::local::{LocalEngine, Settings};
use heirloom_media::{
    decode::{self, Limits, Target},
    facts::Facts,
    pixels::Pixels,
};
use heirloom_types::frame::Frame;
use heirloom_vision::{Line, Priority, Vision};
use serde_json::json;

use crate::cpu;

#[derive(Args)]
pub(crate) struct Options {
    /// ONNX Runtime's library.
    #[arg(long, env = "HEIRLOOM__INFERENCE__RUNTIME")]
    runtime: PathBuf,
    /// The pack.
    #[arg(long, env = "HEIRLOOM__INFERENCE__MODELS")]
    models: PathBuf,
    /// Of JPEGs.
    folder: PathBuf,
}

pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    let engine = LocalEngine::open(Settings {
        runtime: options.runtime.clone(),
        models: options.models.clone(),
        threads: 1,
        ..Settings::default()
    })?;
    let vision = Vision::open(engine, &options.models)?;
    let mut pictures: Vec<PathBuf> = fs::read_dir(&options.folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<anyhow::Result<_>>()?;
    pictures.sort();
    // Loading the models is not counted.
    if let Some(first) = pictures.first() {
        vision
            .read_thoroughly(&decoded(first)?, Priority::Upload)
            .await?;
    }
    for picture in pictures {
        let frame = decoded(&picture)?;
        let start = cpu::of_process().as_secs_f64();
        let lines = vision.read(&frame, Priority::Upload).await?;
        let between = cpu::of_process().as_secs_f64();
        let all = vision.read_thoroughly(&frame, Priority::Upload).await?;
        let end = cpu::of_process().as_secs_f64();
        let name = picture.file_name().unwrap_or_default().to_string_lossy();
        let said = json!({
            "name": name,
            "seconds": between - start,
            "lines": texts(&lines),
            "thoroughSeconds": end - between,
            "thoroughLines": texts(&all),
        });
        println!("{said}");
    }
    Ok(())
}

fn decoded(path: &Path) -> anyhow::Result<Frame> {
    let limits = Limits {
        max_pixels: 100_000_000,
        max_bytes: 1 << 30,
    };
    let file = fs::read(path)?;
    let picture = decode::decode(&file, "page.jpg", &Facts::default(), Target::Full, limits);
    match picture.with_context(|| path.display().to_string())?.pixels {
        Pixels::Frame(frame) => Ok(frame),
        Pixels::Planes(_) => bail!("a whole picture is decoded to its last detail"),
    }
}

fn texts(lines: &[Line]) -> Vec<&str> {
    lines.iter().map(|line| line.text.as_str()).collect()
}
