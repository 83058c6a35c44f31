//! Looking at single paths of a library, of which the system told that something happened there.

use std::{path::Path, sync::Arc};

use async_trait::async_trait;
use chrono::TimeDelta;
use globset::GlobSet;
use heirloom_jobs::{Claim, Failure, Handler, priority};
use heirloom_store::{
    Tx,
    blobs::external::{FoundFile, Met, Place},
    libraries, library_files,
};
use heirloom_types::ids::{JobId, LibraryId};
use serde::Deserialize;
use serde_json::json;

use super::{
    ExternalLibrary, excluded, folders_of,
    scan::{BATCH, Folder, is_excluded},
};
use crate::{Library, Result, jobs::Wanted};

/// Kind of the job that looks at some files of a library.
pub(super) const KIND: &str = "scan_library_files";
/// When to look again at a file that somebody was writing.
const AGAIN_AFTER: TimeDelta = TimeDelta::seconds(5);
/// Known files beside a sidecar that changed.
const BESIDE_MAX: i64 = 20;

/// The handler of [`KIND`].
pub struct ScanFiles(pub Arc<Library>);

#[derive(Deserialize)]
struct SomeFiles {
    library: LibraryId,
    paths: Vec<String>,
}

#[async_trait]
impl Handler for ScanFiles {
    fn kind(&self) -> &'static str {
        KIND
    }

    async fn run(&self, claim: &Claim) -> Result<(), Failure> {
        let library = &self.0;
        let asked: SomeFiles = serde_json::from_value(claim.job.payload.0.clone())?;
        let scanned = libraries::get(&mut library.db.read().await?, asked.library).await?;
        if let Some(scanned) = scanned.filter(|scanned| scanned.deleted_at.is_none()) {
            library.scan_files(&scanned, asked.paths).await?;
        }
        library.end_scan(claim).await
    }
}

impl Library {
    /// Has some paths of a library looked at, after that time.
    pub(super) async fn ask_for_files(
        &self,
        tx: &mut Tx,
        id: LibraryId,
        paths: Vec<String>,
        after: TimeDelta,
    ) -> Result<()> {
        let wanted = Wanted {
            kind: KIND,
            // Other paths are another job.
            subject: format!("{id}/{}", self.new_id(JobId::new)),
            payload: json!({ "library": id, "paths": paths }),
            priority: priority::BACKFILL,
            after,
        };
        self.enqueue(tx, wanted).await
    }

    /// Looks at single paths, of which the system told that something happened there.
    async fn scan_files(&self, library: &ExternalLibrary, paths: Vec<String>) -> Result<()> {
        let excluded = excluded(library)?;
        for folder in folders_of(library) {
            let inside: Vec<String> = paths
                .iter()
                .filter(|path| Path::new(path).starts_with(&folder))
                .filter(|path| !is_excluded(&excluded, &folder, path))
                .cloned()
                .collect();
            if inside.is_empty()
                || !matches!(self.blobs.external_is_empty(&folder).await, Ok(false))
            {
                continue;
            }
            let places = self.blobs.look_external(&folder, inside.clone()).await?;
            let mut found = Vec::new();
            let mut gone = Vec::new();
            for (path, place) in inside.into_iter().zip(places) {
                found.extend(self.beside(library, &folder, &path).await?);
                match place {
                    Place::File(file) => found.push(file),
                    Place::Folder => self.find_below(library, &excluded, &folder, &path).await?,
                    Place::Nothing => gone.push(path),
                    Place::Other | Place::Unreadable(_) => {}
                }
            }
            self.take_found(library, found).await?;
            for path in gone {
                self.check_below(library, &folder, &path).await?;
            }
        }
        Ok(())
    }

    /// The known files whose sidecar a path may be.
    async fn beside(
        &self,
        library: &ExternalLibrary,
        folder: &str,
        path: &str,
    ) -> Result<Vec<FoundFile>> {
        let Some((stem, end)) = path.rsplit_once('.') else {
            return Ok(Vec::new());
        };
        if !end.eq_ignore_ascii_case("xmp") {
            return Ok(Vec::new());
        }
        let mut tx = self.db.read().await?;
        let beginning = format!("{stem}.");
        let mut files =
            library_files::list_beginning(&mut tx, library.id, &beginning, BESIDE_MAX).await?;
        files.extend(library_files::get(&mut tx, library.id, stem).await?);
        drop(tx);
        let paths = files.into_iter().map(|file| file.path).collect();
        let places = self.blobs.look_external(folder, paths).await?;
        Ok(places
            .into_iter()
            .filter_map(|place| match place {
                Place::File(file) => Some(file),
                _ => None,
            })
            .collect())
    }

    async fn find_below(
        &self,
        library: &ExternalLibrary,
        excluded: &GlobSet,
        folder: &str,
        path: &str,
    ) -> Result<()> {
        let mut walk = self
            .blobs
            .walk_external(folder, path, excluded.clone(), None)?;
        loop {
            let mut met = Vec::with_capacity(BATCH);
            if walk.recv_many(&mut met, BATCH).await == 0 {
                return Ok(());
            }
            let files = met
                .into_iter()
                .filter_map(|met| match met {
                    Met::File(file) => Some(file),
                    Met::Unreadable { .. } => None,
                })
                .collect();
            self.take_found(library, files).await?;
        }
    }

    async fn check_below(&self, library: &ExternalLibrary, folder: &str, path: &str) -> Result<()> {
        let device = self.blobs.external_device(folder).await?;
        let folder = Folder::seen(folder, device);
        let mut after = String::new();
        loop {
            let mut tx = self.db.read().await?;
            let page =
                library_files::list_below(&mut tx, library.id, path, &after, BATCH as i64).await?;
            drop(tx);
            let Some(last) = page.last() else {
                return Ok(());
            };
            after.clone_from(&last.path);
            self.check_files(library, &folder, page).await?;
        }
    }

    /// Looks again, a little later, at files that somebody was writing.
    pub(super) async fn look_again(&self, library: LibraryId, paths: Vec<String>) -> Result<()> {
        if paths.is_empty() {
            return Ok(());
        }
        let mut tx = self.db.write().await?;
        self.ask_for_files(&mut tx, library, paths, AGAIN_AFTER)
            .await?;
        Ok(tx.commit().await?)
    }
}
