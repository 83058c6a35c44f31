//! `heirloom upload`: the desktop client. Whatever it meets, its summary accounts for every file.

mod files;
mod remote;
mod watch;

use std::{path::PathBuf, sync::Arc};

use anyhow::bail;
use clap::Args;
use files::Found;
use indicatif::{ProgressBar, ProgressStyle};
use remote::{Remote, Sent, is_passing};
use tokio::{sync::Semaphore, task::JoinSet};
use watch::Follower;

use crate::serve::asked_to_stop;

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
    /// Stay, and send what comes to lie in the folders.
    #[arg(long)]
    pub watch: bool,
}

/// What became of every file.
#[derive(Debug, Default)]
struct Summary {
    total: usize,
    uploaded: usize,
    known: usize,
    failed: Vec<Failed>,
    ignored: Vec<PathBuf>,
}

/// A file that was not uploaded.
#[derive(Debug)]
struct Failed {
    path: PathBuf,
    reason: String,
    /// The server was away: the file is not to blame.
    is_passing: bool,
}

impl Summary {
    fn fail(&mut self, path: PathBuf, reason: String, is_passing: bool) {
        self.failed.push(Failed {
            path,
            reason,
            is_passing,
        });
    }

    /// Files that may be taken another time; they do not count until then.
    fn take_passing(&mut self) -> Vec<(PathBuf, String)> {
        let (passing, failed): (Vec<_>, Vec<_>) =
            self.failed.drain(..).partition(|failed| failed.is_passing);
        self.failed = failed;
        self.total -= passing.len();
        passing
            .into_iter()
            .map(|failed| (failed.path, failed.reason))
            .collect()
    }
}

pub(crate) async fn run(options: UploadOptions) -> anyhow::Result<()> {
    let remote = Arc::new(Remote::new(&options.server, &options.key)?);
    // Before the first look, so that nothing comes in between.
    let mut follower = None;
    if options.watch {
        follower = Some(Follower::start(&options.paths).await?);
    }
    let (found, ignored) = files::find(&options.paths)?;
    match remote.check().await {
        Err(error) if follower.is_some() && is_passing(&error) => {}
        checked => checked?,
    }
    let mut uploader = Uploader {
        remote,
        parallel: options.parallel.max(1),
        album: options.album,
        is_patient: options.watch,
        not_in_album: Vec::new(),
        summary: Summary {
            ignored,
            ..Summary::default()
        },
    };
    if let Some(follower) = &mut follower {
        tokio::select! {
            followed = follow(follower, &mut uploader, found) => followed?,
            stopped = asked_to_stop() => stopped?,
        }
        follower.give_up(&mut uploader.summary);
    } else {
        uploader.upload(found).await?;
    }
    report(&uploader.summary);
    match uploader.summary.failed.len() {
        0 => Ok(()),
        failed => {
            bail!("{failed} files were not uploaded; run the same command again to try them again")
        }
    }
}

async fn follow(
    follower: &mut Follower,
    uploader: &mut Uploader,
    found: Vec<Found>,
) -> anyhow::Result<()> {
    uploader.upload(found).await?;
    report(&uploader.summary);
    follower.try_again(&mut uploader.summary);
    follower.follow(uploader).await
}

/// Sends files and keeps account of them.
struct Uploader {
    remote: Arc<Remote>,
    /// Files that are sent at one time.
    parallel: usize,
    album: Option<String>,
    /// Whether a server that is away is waited for.
    is_patient: bool,
    /// Assets that are not in the album yet.
    not_in_album: Vec<String>,
    summary: Summary,
}

impl Uploader {
    async fn upload(&mut self, found: Vec<Found>) -> anyhow::Result<()> {
        self.summary.total += found.len();
        let bar = ProgressBar::new(found.len() as u64);
        bar.set_style(ProgressStyle::with_template(
            "{bar:40} {pos}/{len} files, {eta} left  {msg}",
        )?);
        for batch in found.chunks(CHECK_BATCH) {
            let hashed = self.hash_all(batch, &bar).await;
            let checksums: Vec<&str> = hashed.iter().map(|(_, sha1)| sha1.as_str()).collect();
            match self.remote.known(&checksums).await {
                Ok(known) => self.send_all(hashed, known, &bar).await?,
                Err(error) if self.is_patient && is_passing(&error) => {
                    for (file, _) in hashed {
                        self.summary.fail(file.path, format!("{error:#}"), true);
                    }
                }
                Err(error) => {
                    return Err(error.context("the server did not say which files it has"));
                }
            }
        }
        bar.finish_and_clear();
        self.fill_album().await
    }

    async fn send_all(
        &mut self,
        hashed: Vec<(Found, String)>,
        known: Vec<Option<String>>,
        bar: &ProgressBar,
    ) -> anyhow::Result<()> {
        let slots = Arc::new(Semaphore::new(self.parallel));
        let mut uploads = JoinSet::new();
        for ((file, sha1), known) in hashed.into_iter().zip(known) {
            if let Some(asset) = known {
                self.summary.known += 1;
                self.not_in_album.push(asset);
                bar.inc(1);
                continue;
            }
            let slot = slots.clone().acquire_owned().await?;
            let (remote, bar) = (self.remote.clone(), bar.clone());
            uploads.spawn(async move {
                let sent = remote.send(&file, &sha1).await;
                bar.inc(1);
                drop(slot);
                (file.path, sent)
            });
        }
        while let Some(sent) = uploads.join_next().await {
            match sent? {
                (_, Ok(Sent { asset, is_new })) => {
                    self.summary.uploaded += usize::from(is_new);
                    self.summary.known += usize::from(!is_new);
                    self.not_in_album.push(asset);
                }
                (path, Err(error)) => {
                    let is_passing = self.is_patient && is_passing(&error);
                    self.summary.fail(path, format!("{error:#}"), is_passing);
                }
            }
        }
        Ok(())
    }

    async fn fill_album(&mut self) -> anyhow::Result<()> {
        let Some(album) = &self.album else {
            return Ok(());
        };
        if self.not_in_album.is_empty() {
            return Ok(());
        }
        match self.remote.add_to_album(album, &self.not_in_album).await {
            Ok(()) => self.not_in_album.clear(),
            // With the next files.
            Err(error) if self.is_patient && is_passing(&error) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    async fn hash_all(&mut self, batch: &[Found], bar: &ProgressBar) -> Vec<(Found, String)> {
        let mut hashed = Vec::with_capacity(batch.len());
        for file in batch {
            let path = file.path.clone();
            let sha1 = tokio::task::spawn_blocking(move || files::sha1(&path)).await;
            match sha1.map_err(anyhow::Error::from).and_then(|read| Ok(read?)) {
                Ok(sha1) => hashed.push((file.clone(), sha1)),
                Err(error) => {
                    let reason = format!("cannot be read: {error}");
                    self.summary.fail(file.path.clone(), reason, false);
                    bar.inc(1);
                }
            }
        }
        hashed
    }
}

fn report(summary: &Summary) {
    for failed in &summary.failed {
        println!("not uploaded: {}: {}", failed.path.display(), failed.reason);
    }
    for path in &summary.ignored {
        println!("not a photo or video: {}", path.display());
    }
    println!(
        "{} photos and videos: {} uploaded, {} already there, {} failed; {} other files left out",
        summary.total,
        summary.uploaded,
        summary.known,
        summary.failed.len(),
        summary.ignored.len()
    );
}
