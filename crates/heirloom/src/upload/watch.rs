//! `heirloom upload --watch`: folders are followed, and what comes to lie in them is sent.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use anyhow::Context;
use heirloom_store::blobs::external::{Seen, Watch};
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::{Summary, Uploader, files};

/// How often to look whether files are still being written.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How long a file must have stayed as it is before it is sent.
const STILL_FOR: Duration = Duration::from_secs(2);
/// Wait before what a server that is away did not take is tried again; it doubles up to the longest.
const WAIT_FIRST: Duration = Duration::from_secs(1);
const WAIT_MAX: Duration = Duration::from_mins(1);

/// Files that are to be sent.
pub(super) struct Follower {
    folders: Vec<PathBuf>,
    watch: Watch,
    waiting: BTreeMap<PathBuf, Waiting>,
    /// How long to wait when the server is away; none while it answers.
    away: Option<Duration>,
    not_before: Instant,
}

/// A file as it was last seen, and since when it has been so.
struct Waiting {
    state: (u64, SystemTime),
    since: Instant,
}

impl Follower {
    /// Begins to take note of what changes below these folders.
    pub(super) async fn start(folders: &[PathBuf]) -> anyhow::Result<Self> {
        let watched = folders.to_vec();
        let watch = tokio::task::spawn_blocking(move || Watch::start(&watched))
            .await?
            .context("the folders cannot be watched")?;
        Ok(Self {
            folders: folders.to_vec(),
            watch,
            waiting: BTreeMap::new(),
            away: None,
            not_before: Instant::now(),
        })
    }

    /// Sends what comes until it is cancelled. What was sent and what was not is in the uploader's summary.
    pub(super) async fn follow(&mut self, uploader: &mut Uploader) -> anyhow::Result<()> {
        println!("watching; end with Ctrl-C");
        let mut look = interval(LOOK_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                seen = self.watch.next() => match seen {
                    Some(Seen::Path(path)) => self.note(Path::new(&path)),
                    Some(Seen::Everything) => self.note_all(),
                    None => anyhow::bail!("the system tells no more of changes"),
                },
                _ = look.tick(), if !self.waiting.is_empty() => self.send_still(uploader).await?,
            }
        }
    }

    /// What is still waiting, as files that were not uploaded.
    pub(super) fn give_up(&mut self, summary: &mut Summary) {
        summary.total += self.waiting.len();
        for path in std::mem::take(&mut self.waiting).into_keys() {
            summary.fail(path, "it was waiting, or on its way".into(), false);
        }
    }

    /// What a server that was away did not take is sent again, after a while.
    pub(super) fn try_again(&mut self, summary: &mut Summary) {
        let passing = summary.take_passing();
        let Some((_, reason)) = passing.first() else {
            if self.away.take().is_some() {
                println!("the server answers again");
            }
            return;
        };
        if self.away.is_none() {
            println!(
                "the server does not take files now ({reason}); {} wait and are tried again",
                passing.len()
            );
        }
        for (path, _) in passing {
            self.note(&path);
        }
        let wait = self
            .away
            .map_or(WAIT_FIRST, |wait| (wait * 2).min(WAIT_MAX));
        self.away = Some(wait);
        self.not_before = Instant::now() + wait;
    }

    fn note_all(&mut self) {
        for folder in self.folders.clone() {
            self.note(&folder);
        }
    }

    /// A path at which something happened; below a folder, everything that can be sent.
    fn note(&mut self, path: &Path) {
        if self.is_hidden(path) {
            return;
        }
        let Ok((found, _)) = files::find(&[path.to_owned()]) else {
            // It went again.
            self.waiting.remove(path);
            return;
        };
        for file in found {
            if let Some(state) = state_of(&file.path) {
                let since = Instant::now();
                self.waiting
                    .entry(file.path)
                    .and_modify(|waiting| waiting.see(state, since))
                    .or_insert(Waiting { state, since });
            }
        }
    }

    /// Whether a part of the path below its folder begins with a dot, as of files that programs are still writing.
    fn is_hidden(&self, path: &Path) -> bool {
        self.folders
            .iter()
            .filter_map(|folder| path.strip_prefix(folder).ok())
            .any(|rest| {
                rest.components()
                    .any(|part| part.as_os_str().to_string_lossy().starts_with('.'))
            })
    }

    /// Sends the files that nobody writes any more.
    async fn send_still(&mut self, uploader: &mut Uploader) -> anyhow::Result<()> {
        let now = Instant::now();
        if now < self.not_before {
            return Ok(());
        }
        let mut still = BTreeSet::new();
        self.waiting.retain(|path, waiting| {
            let Some(state) = state_of(path) else {
                return false;
            };
            waiting.see(state, now);
            if now.duration_since(waiting.since) >= STILL_FOR {
                still.insert(path.clone());
            }
            true
        });
        if still.is_empty() {
            return Ok(());
        }
        let paths: Vec<PathBuf> = still.into_iter().collect();
        let (found, _) = files::find(&paths)?;
        let before = uploader.summary.uploaded;
        uploader.upload(found).await?;
        // Only what the uploader has taken account of is not waiting any more: it may be cancelled before.
        for path in &paths {
            self.waiting.remove(path);
        }
        self.try_again(&mut uploader.summary);
        let new = uploader.summary.uploaded - before;
        if new > 0 {
            println!("{new} uploaded");
        }
        Ok(())
    }
}

impl Waiting {
    fn see(&mut self, state: (u64, SystemTime), now: Instant) {
        if self.state != state {
            (self.state, self.since) = (state, now);
        }
    }
}

fn state_of(path: &Path) -> Option<(u64, SystemTime)> {
    let metadata = std::fs::metadata(path).ok()?;
    metadata.is_file().then_some(())?;
    Some((metadata.len(), metadata.modified().ok()?))
}
