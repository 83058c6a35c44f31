//! `heirloom upload`: the desktop client. Whatever it meets, its summary accounts for every file.

mod files;
mod remote;

use std::{path::PathBuf, sync::Arc};

use anyhow::{Context, bail};
use clap::Args;
use files::Found;
use indicatif::{ProgressBar, ProgressStyle};
use remote::{Remote, Sent};
use tokio::{sync::Semaphore, task::JoinSet};

/// Files whose checksums are asked about at a time.
const CHECK_BATCH: usize = 500;

#[derive(Clone, Debug, Args)]
pub(crate) struct UploadOptions {
    /// Files, and folders with everything in them.
    #[arg(required = true)]
    pub paths: Vec<PathBuf>,
    /// Address of the server.
    #[arg(long, env = "HEIRLOOM_URL", default_value = "http://localhost:2283")]
    pub server: String,
    /// API key; make one in the settings of your account.
    #[arg(long, env = "HEIRLOOM_API_KEY", hide_env_values = true)]
    pub key: String,
    /// Put everything into this album; it is made when there is none of that name.
    #[arg(long)]
    pub album: Option<String>,
    /// Files that are sent at one time.
    #[arg(long, default_value_t = 4)]
    pub parallel: usize,
}

/// What became of every file.
#[derive(Debug, Default)]
struct Summary {
    uploaded: usize,
    known: usize,
    failed: Vec<(PathBuf, String)>,
    assets: Vec<String>,
}

pub(crate) async fn run(options: UploadOptions) -> anyhow::Result<()> {
    let remote = Arc::new(Remote::new(&options.server, &options.key)?);
    let (found, ignored) = files::find(&options.paths)?;
    let total = found.len();
    remote.check().await?;
    let summary = upload_all(&remote, found, options.parallel.max(1)).await?;
    if let Some(album) = &options.album {
        remote.add_to_album(album, &summary.assets).await?;
    }
    report(&summary, total, &ignored);
    if summary.failed.is_empty() {
        Ok(())
    } else {
        bail!(
            "{} files were not uploaded; run the same command again to try them again",
            summary.failed.len()
        )
    }
}

async fn upload_all(
    remote: &Arc<Remote>,
    found: Vec<Found>,
    parallel: usize,
) -> anyhow::Result<Summary> {
    let mut summary = Summary::default();
    let bar = ProgressBar::new(found.len() as u64);
    bar.set_style(ProgressStyle::with_template(
        "{bar:40} {pos}/{len} files, {eta} left  {msg}",
    )?);
    let slots = Arc::new(Semaphore::new(parallel));
    for batch in found.chunks(CHECK_BATCH) {
        let hashed = hash_all(batch, &mut summary, &bar).await;
        let checksums: Vec<&str> = hashed.iter().map(|(_, sha1)| sha1.as_str()).collect();
        let known = remote
            .known(&checksums)
            .await
            .context("the server did not say which files it has")?;
        let mut uploads = JoinSet::new();
        for ((file, sha1), known) in hashed.into_iter().zip(known) {
            if let Some(asset) = known {
                summary.known += 1;
                summary.assets.push(asset);
                bar.inc(1);
                continue;
            }
            let slot = slots.clone().acquire_owned().await?;
            let (remote, bar) = (remote.clone(), bar.clone());
            uploads.spawn(async move {
                let sent = remote.send(&file, &sha1).await;
                bar.inc(1);
                drop(slot);
                (file.path, sent)
            });
        }
        for (path, sent) in uploads.join_all().await {
            match sent {
                Ok(Sent { asset, is_new }) => {
                    summary.uploaded += usize::from(is_new);
                    summary.known += usize::from(!is_new);
                    summary.assets.push(asset);
                }
                Err(error) => summary.failed.push((path, format!("{error:#}"))),
            }
        }
    }
    bar.finish_and_clear();
    Ok(summary)
}

async fn hash_all(
    batch: &[Found],
    summary: &mut Summary,
    bar: &ProgressBar,
) -> Vec<(Found, String)> {
    let mut hashed = Vec::with_capacity(batch.len());
    for file in batch {
        let path = file.path.clone();
        let sha1 = tokio::task::spawn_blocking(move || files::sha1(&path)).await;
        match sha1.map_err(anyhow::Error::from).and_then(|read| Ok(read?)) {
            Ok(sha1) => hashed.push((file.clone(), sha1)),
            Err(error) => {
                summary
                    .failed
                    .push((file.path.clone(), format!("cannot be read: {error}")));
                bar.inc(1);
            }
        }
    }
    hashed
}

fn report(summary: &Summary, total: usize, ignored: &[PathBuf]) {
    for (path, reason) in &summary.failed {
        println!("not uploaded: {}: {reason}", path.display());
    }
    for path in ignored {
        println!("not a photo or video: {}", path.display());
    }
    println!(
        "{total} photos and videos: {} uploaded, {} already there, {} failed; {} other files left out",
        summary.uploaded,
        summary.known,
        summary.failed.len(),
        ignored.len()
    );
}
