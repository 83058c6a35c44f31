//! Housekeeping: files that no row names, uploads that were broken off, trash past its time.

use chrono::TimeDelta;
use heirloom_store::{
    assets,
    blobs::BlobPath,
    changes::Feeds,
    doomed_files,
    system::{self, OriginalRecord},
};
use heirloom_types::{caller::Scope, ids::AssetId};
use uuid::Uuid;

use crate::{Library, Result};

/// How long an asset stays in the trash.
pub const TRASH_DAYS: i64 = 30;
/// How long the change feed remembers.
const FEED_DAYS: i64 = 31;
/// How long a broken-off upload may stand in the staging area; far longer than any upload takes between two writes.
const STAGING_AGE: TimeDelta = TimeDelta::hours(24);
const BATCH: i64 = 500;

/// What one round of housekeeping did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Upkeep {
    pub removed_files: u64,
    pub purged_assets: u64,
}

/// What is wrong with an original.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    pub id: AssetId,
    pub path: String,
    pub reason: String,
}

impl Library {
    /// One round; safe to run anywhere, at any time, any number of times.
    pub async fn keep_up(&self) -> Result<Upkeep> {
        let purged_assets = self.purge_trash().await?;
        let removed_files = self.forget_expired_uploads().await?
            + self.remove_doomed().await?
            + self
                .blobs
                .collect_left_overs(self.now() - STAGING_AGE)
                .await?;
        self.refresh_memories().await?;
        let mut tx = self.db.write().await?;
        system::forget_changes(&mut tx, self.now() - TimeDelta::days(FEED_DAYS)).await?;
        tx.commit().await?;
        Ok(Upkeep {
            removed_files,
            purged_assets,
        })
    }

    async fn purge_trash(&self) -> Result<u64> {
        let before = self.now() - TimeDelta::days(TRASH_DAYS);
        let mut purged = 0;
        loop {
            let mut tx = self.db.write().await?;
            let old = system::list_trashed_before(&mut tx, before, BATCH).await?;
            if old.is_empty() {
                return Ok(purged);
            }
            let mut feeds = Feeds::default();
            for (owner, id) in old {
                let Some(asset) = assets::get(&mut tx, Scope::of_owner(owner), id).await? else {
                    continue;
                };
                self.remove(&mut tx, &mut feeds, owner, vec![asset]).await?;
                purged += 1;
            }
            feeds.record(&mut tx, self.now()).await?;
            tx.commit().await?;
        }
    }

    /// Removes files whose time has come. A name is taken off the list only after its file is gone.
    async fn remove_doomed(&self) -> Result<u64> {
        let mut removed = 0;
        loop {
            let doomed = doomed_files::list(&mut self.db.read().await?, self.now(), BATCH).await?;
            if doomed.is_empty() {
                return Ok(removed);
            }
            for path in doomed {
                self.remove_file(&path).await?;
                removed += 1;
            }
        }
    }

    async fn remove_file(&self, path: &str) -> Result<()> {
        let mut tx = self.db.write().await?;
        if !system::names_file(&mut tx, path).await? {
            let blob = BlobPath::parse(path)?;
            match self.blobs.delete(&blob).await {
                Ok(()) | Err(heirloom_store::blobs::Error::NotFound(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        doomed_files::delete(&mut tx, path).await?;
        Ok(tx.commit().await?)
    }

    /// Reads every original and compares it with what was taken in; calls `checked` after each.
    pub async fn verify(&self, mut checked: impl FnMut(Option<Damage>)) -> Result<()> {
        let mut after = AssetId(Uuid::nil());
        loop {
            let page = system::list_originals(&mut self.db.read().await?, after, BATCH).await?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = last.id;
            for record in page {
                checked(self.verify_one(&record).await);
            }
        }
    }

    async fn verify_one(&self, record: &OriginalRecord) -> Option<Damage> {
        let damage = |reason: String| {
            Some(Damage {
                id: record.id,
                path: record.original_path.clone(),
                reason,
            })
        };
        let file = match BlobPath::parse(&record.original_path) {
            Ok(path) => self.blobs.open_file(&path).await,
            Err(error) => Err(error),
        };
        let file = match file {
            Ok(file) => file,
            Err(error) => return damage(error.to_string()),
        };
        match tokio::task::spawn_blocking(move || heirloom_store::blobs::incoming::hash(file)).await
        {
            Ok(Ok((_, found, _))) if found == record.blake3 => None,
            Ok(Ok(_)) => damage("its bytes are not those that were taken in".into()),
            Ok(Err(error)) => damage(error.to_string()),
            Err(error) => damage(error.to_string()),
        }
    }
}
