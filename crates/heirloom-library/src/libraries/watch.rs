//! Watching: files are looked at as soon as the system tells of a change. What it cannot tell, the next scan finds.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use chrono::TimeDelta;
use heirloom_store::{
    blobs::external::{Seen, Watch},
    libraries,
};
use heirloom_types::ids::LibraryId;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};
use tokio_util::sync::CancellationToken;

use super::{folders_of, reason_of};
use crate::{Library, Result};

/// How often to look which libraries there are.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How often to look whether a watched folder is still there.
const CHECK_EVERY: Duration = Duration::from_mins(1);
/// How long it must be quiet before changes are looked at, and how long they wait at most.
const QUIET: Duration = Duration::from_secs(1);
const WAIT_MAX: Duration = Duration::from_secs(10);
/// Paths that are looked at one by one; of more, the whole library is scanned.
const PATHS_MAX: usize = 500;

/// The libraries that are watched: their folders, and what ends it.
type Watched = HashMap<LibraryId, (Vec<String>, CancellationToken)>;

/// How a folder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    There,
    /// As the place of a disk that is away.
    Empty,
    Away,
}

impl Library {
    /// Watches the libraries there are, as the settings say, until told to stop.
    pub async fn watch_libraries(self: Arc<Self>, stop: CancellationToken) {
        let mut watched = Watched::new();
        let mut tick = interval(LOOK_EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while stop.run_until_cancelled(tick.tick()).await.is_some() {
            match self.to_be_watched().await {
                Ok(wanted) => self.adjust(&mut watched, wanted, &stop),
                Err(error) => tracing::warn!(%error, "the libraries to watch could not be listed"),
            }
        }
    }

    async fn to_be_watched(&self) -> Result<HashMap<LibraryId, Vec<String>>> {
        if !self.config().await?.library.watch.enabled {
            return Ok(HashMap::new());
        }
        let all = libraries::list(&mut self.db.read().await?).await?;
        Ok(all
            .iter()
            .map(|library| (library.id, folders_of(library)))
            .filter(|(_, folders)| !folders.is_empty())
            .collect())
    }

    fn adjust(
        self: &Arc<Self>,
        watched: &mut Watched,
        wanted: HashMap<LibraryId, Vec<String>>,
        stop: &CancellationToken,
    ) {
        watched.retain(|id, (folders, end)| {
            let stays = wanted.get(id) == Some(folders);
            if !stays {
                end.cancel();
            }
            stays
        });
        for (id, folders) in wanted {
            watched.entry(id).or_insert_with(|| {
                let end = stop.child_token();
                let (library, ended, folders_now) = (self.clone(), end.clone(), folders.clone());
                tokio::spawn(async move {
                    ended
                        .run_until_cancelled(library.watch_library(id, folders_now))
                        .await;
                });
                (folders, end)
            });
        }
    }

    /// Watches those folders of a library that are there, and begins anew when another one comes or goes.
    async fn watch_library(&self, id: LibraryId, folders: Vec<String>) {
        let mut last_failure = String::new();
        loop {
            let states = self.states_of(&folders).await;
            let there = folders
                .iter()
                .zip(&states)
                .filter(|(_, state)| **state != State::Away)
                .map(|(folder, _)| folder.clone())
                .collect();
            match self.blobs.watch_external(there).await {
                Ok(watch) => {
                    // What changed while nobody watched.
                    self.tell_change(id, BTreeSet::new(), true).await;
                    self.follow(id, &folders, &states, watch).await;
                }
                Err(error) => {
                    let reason = reason_of(&error);
                    if reason != last_failure {
                        tracing::warn!(library = %id, reason, "a library cannot be watched now");
                        last_failure = reason;
                    }
                    tokio::time::sleep(CHECK_EVERY).await;
                }
            }
        }
    }

    async fn states_of(&self, folders: &[String]) -> Vec<State> {
        let mut states = Vec::with_capacity(folders.len());
        for folder in folders {
            states.push(match self.blobs.external_is_empty(folder).await {
                Ok(false) => State::There,
                Ok(true) => State::Empty,
                Err(_) => State::Away,
            });
        }
        states
    }

    /// Tells of changes until a folder comes or goes.
    async fn follow(&self, id: LibraryId, folders: &[String], states: &[State], mut watch: Watch) {
        let mut check = interval(CHECK_EVERY);
        check.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                seen = watch.next() => match seen {
                    Some(seen) => {
                        let (paths, is_everything) = gather(&mut watch, seen).await;
                        self.tell_change(id, paths, is_everything).await;
                    }
                    None => return,
                },
                _ = check.tick() => {
                    if self.states_of(folders).await != states {
                        return;
                    }
                }
            }
        }
    }

    async fn tell_change(&self, id: LibraryId, paths: BTreeSet<String>, is_everything: bool) {
        match self.note_change(id, paths, is_everything).await {
            Ok(()) => self.wake.wake(),
            Err(error) => {
                tracing::warn!(%error, library = %id, "a change in a library was not noted; the next scan finds it");
            }
        }
    }

    async fn note_change(
        &self,
        id: LibraryId,
        paths: BTreeSet<String>,
        is_everything: bool,
    ) -> Result<()> {
        let mut tx = self.db.write().await?;
        if is_everything || paths.len() > PATHS_MAX {
            self.ask_for_scan(&mut tx, id).await?;
        } else {
            let paths = paths.into_iter().collect();
            self.ask_for_files(&mut tx, id, paths, TimeDelta::zero())
                .await?;
        }
        Ok(tx.commit().await?)
    }
}

/// Everything that changes until it is quiet.
async fn gather(watch: &mut Watch, first: Seen) -> (BTreeSet<String>, bool) {
    let (mut paths, mut is_everything) = (BTreeSet::new(), false);
    let end = Instant::now() + WAIT_MAX;
    let mut seen = Some(first);
    loop {
        match seen {
            Some(Seen::Path(path)) if paths.len() <= PATHS_MAX => {
                paths.insert(path);
            }
            Some(Seen::Path(_)) => {}
            Some(Seen::Everything) => is_everything = true,
            None => return (paths, true),
        }
        let quiet = (Instant::now() + QUIET).min(end);
        tokio::select! {
            next = watch.next() => seen = next,
            () = sleep_until(quiet) => return (paths, is_everything),
        }
    }
}
