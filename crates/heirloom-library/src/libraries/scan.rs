//! Scanning: all folders of a library are walked through for what is new, then all files that are known are looked for.
//! It works in turns, so that others have theirs, and goes on where it stopped.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use globset::GlobSet;
use heirloom_jobs::{Claim, Failure, Handler};
use heirloom_store::{
    Tx,
    blobs::external::{Known, Met, Standing},
    libraries,
    library_files::{self, LibraryFile},
};
use heirloom_types::{ids::LibraryId, time::Timestamp};
use serde::{Deserialize, Serialize};

use super::{EMPTY, ExternalLibrary, excluded, folders_of, reason_of};
use crate::{
    Library, Result,
    notifications::{News, NotificationKind, NotificationLevel},
};

/// Kind of the job that scans a library; the subject is its id.
pub(super) const KIND: &str = "scan_library";
/// How long one job works before others have their turn.
const TURN: Duration = Duration::from_secs(5);
/// Files looked at together.
pub(super) const BATCH: usize = 200;
/// Folders that cannot be read, of which a scan keeps account; with more the whole import path counts as away.
const UNREADABLE_MAX: usize = 100;

/// The handler of [`KIND`].
pub struct ScanLibrary(pub Arc<Library>);

/// Where a scan stands between two turns.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Round {
    started_at: Timestamp,
    step: Step,
    folders: Vec<Folder>,
    /// The folder in work.
    at: usize,
    /// The last file of it that is done.
    after: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Step {
    Finding,
    Checking,
}

/// One import path.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Folder {
    path: String,
    /// The disk that it was on when it was walked through.
    device: Option<u64>,
    /// Photos and videos that were met.
    found: usize,
    /// Folders in it that could not be read.
    unreadable: Vec<String>,
    /// Why nothing can be said of what lies in it.
    away: Option<String>,
}

#[async_trait]
impl Handler for ScanLibrary {
    fn kind(&self) -> &'static str {
        KIND
    }

    async fn run(&self, claim: &Claim) -> Result<(), Failure> {
        let library = &self.0;
        let id: LibraryId = claim.job.subject.parse()?;
        let stored: Option<Round> = serde_json::from_value(claim.job.payload.0.clone())?;
        let scanned = libraries::get(&mut library.db.read().await?, id).await?;
        let Some(scanned) = scanned.filter(|scanned| scanned.deleted_at.is_none()) else {
            return library.end_scan(claim).await;
        };
        let round = stored
            .filter(|round| round.is_of(&scanned))
            .unwrap_or_else(|| Round::new(&scanned, library.now()));
        let started_at = round.started_at;
        let next = library.scan_turn(&scanned, round).await?;
        let mut tx = library.db.write().await?;
        if let Some(next) = next {
            library.ask_to_go_on(&mut tx, id, &next).await?;
        } else {
            libraries::set_refreshed(&mut tx, id, library.now()).await?;
            let asked = libraries::get(&mut tx, id).await?;
            // Asked for while it ran: what had been passed by then is looked at again.
            if asked.and_then(|asked| asked.scan_asked_at) > Some(started_at) {
                library.ask_for_scan(&mut tx, id).await?;
            }
        }
        claim.finish(&mut tx).await?;
        tx.commit().await?;
        Ok(())
    }
}

impl Folder {
    fn new(path: String) -> Self {
        Self {
            path,
            device: None,
            found: 0,
            unreadable: Vec::new(),
            away: None,
        }
    }

    /// As it is now, for files that were seen in it before.
    pub(super) fn seen(path: &str, device: Option<u64>) -> Self {
        Self {
            device,
            ..Self::new(path.to_owned())
        }
    }
}

impl Round {
    fn new(library: &ExternalLibrary, now: Timestamp) -> Self {
        Self {
            started_at: now,
            step: Step::Finding,
            folders: folders_of(library).into_iter().map(Folder::new).collect(),
            at: 0,
            after: None,
        }
    }

    /// Whether it is a scan of the library as it is now.
    fn is_of(&self, library: &ExternalLibrary) -> bool {
        let paths = self.folders.iter().map(|folder| &folder.path);
        self.started_at >= library.updated_at && folders_of(library).iter().eq(paths)
    }
}

impl Library {
    pub(super) async fn end_scan(&self, claim: &Claim) -> Result<(), Failure> {
        let mut tx = self.db.write().await?;
        claim.finish(&mut tx).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Has a library scanned from the beginning.
    pub(super) async fn ask_for_scan(&self, tx: &mut Tx, id: LibraryId) -> Result<()> {
        libraries::set_scan_asked(tx, id, self.now()).await?;
        self.ask(tx, KIND, id.to_string()).await
    }

    async fn ask_to_go_on(&self, tx: &mut Tx, id: LibraryId, round: &Round) -> Result<()> {
        let payload = serde_json::to_value(round).map_err(anyhow::Error::from)?;
        self.ask_with(tx, KIND, id.to_string(), payload).await
    }

    /// Scans for one turn; gives where to go on, unless it is done.
    async fn scan_turn(
        &self,
        library: &ExternalLibrary,
        mut round: Round,
    ) -> Result<Option<Round>> {
        let end = Instant::now() + TURN;
        let excluded = excluded(library)?;
        loop {
            let (at, step) = (round.at, round.step);
            let Round { folders, after, .. } = &mut round;
            if let Some(folder) = folders.get_mut(at) {
                let is_done = match step {
                    Step::Finding => self.find(library, &excluded, folder, after, end).await?,
                    Step::Checking => self.check(library, &excluded, folder, after, end).await?,
                };
                if !is_done {
                    return Ok(Some(round));
                }
                (round.at, round.after) = (at + 1, None);
            } else if step == Step::Finding {
                // All of it is found before anything is missed: a file that was moved is found where it is now first.
                (round.step, round.at) = (Step::Checking, 0);
            } else {
                self.leave_other_folders(library).await?;
                return Ok(None);
            }
        }
    }

    /// Takes in what is new or has changed in a folder; whether all of it is done.
    async fn find(
        &self,
        library: &ExternalLibrary,
        excluded: &GlobSet,
        folder: &mut Folder,
        after: &mut Option<String>,
        end: Instant,
    ) -> Result<bool> {
        folder.away = match self.blobs.external_is_empty(&folder.path).await {
            Ok(false) => None,
            Ok(true) => Some(EMPTY.to_owned()),
            Err(error) => Some(reason_of(&error)),
        };
        if folder.away.is_some() {
            return Ok(true);
        }
        folder.device = self.blobs.external_device(&folder.path).await?;
        let mut walk = self.blobs.walk_external(
            &folder.path,
            &folder.path,
            excluded.clone(),
            after.clone(),
        )?;
        loop {
            let mut met = Vec::with_capacity(BATCH);
            if walk.recv_many(&mut met, BATCH).await == 0 {
                return Ok(true);
            }
            let mut files = Vec::with_capacity(met.len());
            for met in met {
                match met {
                    Met::File(file) => files.push(file),
                    Met::Unreadable {
                        folder: path,
                        reason,
                    } => {
                        tracing::warn!(library = %library.id, path, reason, "a folder of a library cannot be read");
                        folder.unreadable.push(path);
                    }
                }
            }
            if folder.unreadable.len() > UNREADABLE_MAX {
                folder.away = Some("most of it cannot be read".into());
                return Ok(true);
            }
            if let Some(last) = files.last() {
                *after = Some(last.path.clone());
            }
            folder.found += files.len();
            self.take_found(library, files).await?;
            if Instant::now() >= end {
                return Ok(false);
            }
        }
    }

    /// Looks for the files that are known in a folder; whether all of it is done.
    async fn check(
        &self,
        library: &ExternalLibrary,
        excluded: &GlobSet,
        folder: &mut Folder,
        after: &mut Option<String>,
        end: Instant,
    ) -> Result<bool> {
        if let Some(reason) = &folder.away {
            self.tell_away(library, &folder.path, reason).await?;
            return Ok(true);
        }
        let mut is_lost = false;
        loop {
            let from = after.as_deref().unwrap_or_default();
            let page = library_files::list_below(
                &mut self.db.read().await?,
                library.id,
                &folder.path,
                from,
                BATCH as i64,
            )
            .await?;
            let Some(last) = page.last() else { break };
            *after = Some(last.path.clone());
            let (left_out, wanted): (Vec<_>, Vec<_>) = page
                .into_iter()
                .partition(|file| is_excluded(excluded, &folder.path, &file.path));
            self.lose(library, left_out).await?;
            if folder.found == 0 {
                is_lost |= !wanted.is_empty();
            } else {
                self.check_files(library, folder, wanted).await?;
            }
            if Instant::now() >= end && !is_lost {
                return Ok(false);
            }
        }
        if is_lost {
            let reason = "none of the files that were in it is there any more; if they were removed on purpose, remove \
                          the folder from the library";
            self.tell_away(library, &folder.path, reason).await?;
        }
        Ok(true)
    }

    pub(super) async fn check_files(
        &self,
        library: &ExternalLibrary,
        folder: &Folder,
        files: Vec<LibraryFile>,
    ) -> Result<()> {
        let known = files
            .iter()
            .map(|file| Known {
                path: file.path.clone(),
                is_below_mount: file.is_below_mount,
            })
            .collect();
        let standing = self.blobs.external_standing(&folder.path, known).await?;
        // Its disk went away since, and what is seen now is the place where it was.
        if self.blobs.external_device(&folder.path).await? != folder.device {
            return Ok(());
        }
        let is_readable = |path: &str| {
            !folder
                .unreadable
                .iter()
                .any(|folder| Path::new(path).starts_with(folder))
        };
        let gone = files
            .into_iter()
            .zip(standing)
            .filter(|(file, standing)| *standing == Standing::Gone && is_readable(&file.path))
            .map(|(file, _)| file)
            .collect();
        self.lose(library, gone).await
    }

    /// What lies in no folder of the library any more leaves it.
    async fn leave_other_folders(&self, library: &ExternalLibrary) -> Result<()> {
        let folders = folders_of(library);
        let is_inside = |path: &str| {
            folders
                .iter()
                .any(|folder| Path::new(path).starts_with(folder))
        };
        let mut after = String::new();
        loop {
            let mut tx = self.db.read().await?;
            let page =
                library_files::list_below(&mut tx, library.id, "/", &after, BATCH as i64).await?;
            drop(tx);
            let Some(last) = page.last() else {
                return Ok(());
            };
            after.clone_from(&last.path);
            let outside = page
                .into_iter()
                .filter(|file| !is_inside(&file.path))
                .collect();
            self.lose(library, outside).await?;
        }
    }

    /// Says that a folder cannot be seen, and that therefore nothing was changed.
    async fn tell_away(&self, library: &ExternalLibrary, path: &str, reason: &str) -> Result<()> {
        let mut tx = self.db.read().await?;
        let is_known = !library_files::list_below(&mut tx, library.id, path, "", 1)
            .await?
            .is_empty();
        drop(tx);
        tracing::warn!(library = %library.id, path, reason, "a folder of a library is away; nothing was changed");
        // A folder that never had anything in it is nobody's loss.
        if !is_known {
            return Ok(());
        }
        self.tell_admins(News {
            level: NotificationLevel::Warning,
            description: Some(format!(
                "{path}: {reason}. Nothing of what lies in it was changed; it is looked at again with the next scan."
            )),
            ..News::info(
                NotificationKind::SystemMessage,
                format!("A folder of the library {} is away", library.name),
            )
        })
        .await
    }
}

/// Whether a pattern excludes a file, or a folder between the import path and it.
pub(super) fn is_excluded(excluded: &GlobSet, folder: &str, path: &str) -> bool {
    Path::new(path)
        .ancestors()
        .take_while(|above| *above != Path::new(folder))
        .any(|above| excluded.is_match(above))
}
