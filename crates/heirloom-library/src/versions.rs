//! Which versions of this program have run on this database.

use heirloom_store::version_history;
pub use heirloom_store::version_history::RanVersion;
use heirloom_types::ids::JobId;

use crate::{Library, Result};

impl Library {
    /// Notes that this version runs here, if it is not the one that ran last.
    pub async fn note_version(&self, version: &str) -> Result<()> {
        let mut tx = self.db.write().await?;
        let last = version_history::list(&mut tx).await?.into_iter().next();
        if last.is_none_or(|last| last.version != version) {
            let ran = RanVersion {
                // Nothing refers to it; any id in the API's form will do.
                id: self.new_id(JobId::new).0,
                version: version.to_owned(),
                created_at: self.now(),
            };
            version_history::insert(&mut tx, &ran).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Every version that ran here, the newest first.
    pub async fn versions(&self) -> Result<Vec<RanVersion>> {
        Ok(version_history::list(&mut self.db.read().await?).await?)
    }
}
