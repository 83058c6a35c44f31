//! Removing a library: what was made of its files goes, the files stay where they are.

use std::sync::Arc;

use async_trait::async_trait;
use heirloom_jobs::{Claim, Failure, Handler};
use heirloom_store::{assets, changes::Feeds, libraries};
use heirloom_types::{caller::Caller, ids::LibraryId, permission::Permission};

use super::{allow, existing};
use crate::{Library, Result};

/// Kind of the job; the subject is the library.
pub(super) const KIND: &str = "remove_library";
/// Assets that leave in one transaction.
const BATCH: i64 = 200;

/// The handler of [`KIND`].
pub struct RemoveLibrary(pub Arc<Library>);

#[async_trait]
impl Handler for RemoveLibrary {
    fn kind(&self) -> &'static str {
        KIND
    }

    async fn run(&self, claim: &Claim) -> Result<(), Failure> {
        let library = &self.0;
        let id: LibraryId = claim.job.subject.parse()?;
        loop {
            let mut tx = library.db.write().await?;
            let Some(removed) = libraries::get(&mut tx, id).await? else {
                claim.finish(&mut tx).await?;
                tx.commit().await?;
                return Ok(());
            };
            let owner = removed.owner_id;
            let page = assets::list_in_library(&mut tx, owner, id, BATCH).await?;
            if page.is_empty() {
                libraries::delete(&mut tx, id).await?;
            } else {
                let mut feeds = Feeds::default();
                library.remove(&mut tx, &mut feeds, owner, page).await?;
                feeds.record(&mut tx, library.now()).await?;
            }
            tx.commit().await?;
        }
    }
}

impl Library {
    /// Takes a library away at once, and what it holds a part at a time. No file of it is touched.
    pub async fn delete_library(&self, caller: &Caller, id: LibraryId) -> Result<()> {
        allow(caller, Permission::LibraryDelete)?;
        let mut tx = self.db.write().await?;
        let mut library = existing(&mut tx, id, Permission::LibraryDelete).await?;
        library.deleted_at = Some(self.now());
        libraries::update(&mut tx, &library).await?;
        self.ask(&mut tx, KIND, id.to_string()).await?;
        tx.commit().await?;
        self.wake.wake();
        Ok(())
    }
}
