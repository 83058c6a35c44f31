//! What reading the text of pictures costs, and what its first, cheap look misses: reads every JPEG of a folder twice, as the
//! server does and without that look, and prints a line of JSON for each. `cargo xtask bench quality cost` runs it.
//!
//! `HEIRLOOM__INFERENCE__RUNTIME` and `HEIRLOOM__INFERENCE__MODELS` name ONNX Runtime and the pack.
#![expect(clippy::print_stdout, reason = "a command line speaks to its person")]

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
};

use heirloom_inference::local::{LocalEngine, Settings};
use heirloom_types::{
    frame::{Frame, Layout},
    geometry::Size,
};
use heirloom_vision::{Line, Priority, Vision};
use serde_json::json;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Linux counts a process's time in these parts of a second.
const TICKS_PER_SECOND: f64 = 100.0;

#[tokio::main]
async fn main() -> Outcome<()> {
    let folder = std::env::args().nth(1).ok_or("name a folder of JPEGs")?;
    let models = named("HEIRLOOM__INFERENCE__MODELS")?;
    let engine = LocalEngine::open(Settings {
        runtime: named("HEIRLOOM__INFERENCE__RUNTIME")?,
        models: models.clone(),
        threads: 1,
        ..Settings::default()
    })?;
    let vision = Vision::open(engine, &models)?;
    let mut pictures: Vec<PathBuf> = fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<Outcome<_>>()?;
    pictures.sort();
    // Loading the models is not counted.
    if let Some(first) = pictures.first() {
        vision
            .read_thoroughly(&decoded(first)?, Priority::Upload)
            .await?;
    }
    for picture in pictures {
        let frame = decoded(&picture)?;
        let start = cpu_seconds()?;
        let lines = vision.read(&frame, Priority::Upload).await?;
        let between = cpu_seconds()?;
        let all = vision.read_thoroughly(&frame, Priority::Upload).await?;
        let name = picture.file_name().unwrap_or_default().to_string_lossy();
        let said = json!({
            "name": name,
            "seconds": between - start,
            "lines": texts(&lines),
            "thoroughSeconds": cpu_seconds()? - between,
            "thoroughLines": texts(&all),
        });
        println!("{said}");
    }
    Ok(())
}

fn named(variable: &str) -> Outcome<PathBuf> {
    let value = std::env::var_os(variable).ok_or_else(|| format!("set {variable}"))?;
    Ok(value.into())
}

fn decoded(path: &Path) -> Outcome<Frame> {
    let image = turbojpeg::decompress(&fs::read(path)?, turbojpeg::PixelFormat::RGB)?;
    let size = Size::new(u32::try_from(image.width)?, u32::try_from(image.height)?);
    let frame = Frame::new(size, Layout::Rgb, image.pixels);
    Ok(frame.ok_or("a picture without pixels")?)
}

fn texts(lines: &[Line]) -> Vec<&str> {
    lines.iter().map(|line| line.text.as_str()).collect()
}

/// What all threads of this process have used.
fn cpu_seconds() -> Outcome<f64> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    // The second field is a name in brackets; user and system time are the twelfth and thirteenth after it.
    let (_, fields) = stat.rsplit_once(')').ok_or("no name")?;
    let ticks: Vec<f64> = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(str::parse)
        .collect::<Result<_, _>>()?;
    Ok(ticks.iter().sum::<f64>() / TICKS_PER_SECOND)
}
