//! Housekeeping: files that no row names, uploads that were broken off, trash and closed accounts past their time.

use chrono::TimeDelta;
use heirloom_store::{assets, blobs::BlobPath, changes::Feeds, doomed_files, system, words};
use heirloom_types::caller::Scope;

use crate::{Library, Result};

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
    /// Stages of assets that are done again, because this version does them better.
    pub renewed_stages: u64,
}

impl Library {
    /// Makes the names of assets searchable that came in before names were. Needed once, after an upgrade.
    pub async fn read_names(&self) -> Result<()> {
        loop {
            let unread = words::list_without_name(&mut self.db.read().await?, BATCH).await?;
            if unread.is_empty() {
                return Ok(());
            }
            let mut tx = self.db.write().await?;
            for (owner, asset, name) in unread {
                words::put_name(&mut tx, owner, asset, &name).await?;
            }
            tx.commit().await?;
        }
    }

    /// One round; safe to run anywhere, at any time, any number of times.
    pub async fn keep_up(&self) -> Result<Upkeep> {
        let renewed_stages = self.renew_stages().await?;
        let purged_assets = self.purge_trash().await?;
        self.purge_accounts().await?;
        let removed_files = self.forget_expired_uploads().await?
            + self.remove_doomed().await?
            + self
                .blobs
                .collect_left_overs(self.now() - STAGING_AGE)
                .await?;
        if self.config().await?.nightly_tasks.generate_memories {
            self.refresh_memories().await?;
        }
        self.refresh_notifications().await?;
        self.refresh_search_models().await?;
        self.refresh_face_models().await?;
        let mut tx = self.db.write().await?;
        system::forget_changes(&mut tx, self.now() - TimeDelta::days(FEED_DAYS)).await?;
        tx.commit().await?;
        self.db.look_at_data().await?;
        Ok(Upkeep {
            removed_files,
            purged_assets,
            renewed_stages,
        })
    }

    async fn purge_trash(&self) -> Result<u64> {
        let before = self.now() - TimeDelta::days(self.config().await?.trash.days);
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
    pub(crate) async fn remove_doomed(&self) -> Result<u64> {
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
            match self.blobs.delete(&BlobPath::parse(path)?).await {
                Ok(()) | Err(heirloom_store::blobs::Error::NotFound(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        doomed_files::delete(&mut tx, path).await?;
        Ok(tx.commit().await?)
    }
}
