//! Removing closed accounts for good, with everything that is theirs: some days after they were closed, or at once where an
//! administrator says so.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::TimeDelta;
use heirloom_jobs::{Claim, Failure, Handler};
use heirloom_store::{
    Tx, albums,
    albums::AlbumRole,
    assets,
    changes::{self, ChangeKind, Entry, Feeds},
    doomed_files,
    users::{self, User},
};
use heirloom_types::{caller::Caller, ids::UserId};

use crate::{Library, Result, access::require_admin};

/// Kind of the job; the subject is the account.
const KIND: &str = "remove_account";
/// Assets that leave in one transaction.
const BATCH: i64 = 200;

/// The handler of [`KIND`].
pub struct RemoveAccount(pub Arc<Library>);

#[async_trait]
impl Handler for RemoveAccount {
    fn kind(&self) -> &'static str {
        KIND
    }

    async fn run(&self, claim: &Claim) -> Result<(), Failure> {
        let library = &self.0;
        let id: UserId = claim.job.subject.parse()?;
        loop {
            let mut tx = library.db.write().await?;
            // Who was restored meanwhile keeps what is left.
            let closed = users::get_any(&mut tx, id).await?;
            let Some(user) = closed.filter(|user| user.deleted_at.is_some()) else {
                claim.finish(&mut tx).await?;
                tx.commit().await?;
                return Ok(());
            };
            let page = assets::list_of_owner(&mut tx, id, BATCH).await?;
            if page.is_empty() {
                library.remove_emptied(&mut tx, &user).await?;
            } else {
                let mut feeds = Feeds::default();
                library.remove(&mut tx, &mut feeds, id, page).await?;
                feeds.record(&mut tx, library.now()).await?;
            }
            tx.commit().await?;
        }
    }
}

impl Library {
    /// Wants a closed account removed now.
    pub(crate) async fn want_removal(&self, tx: &mut Tx, id: UserId) -> Result<()> {
        self.ask(tx, KIND, id.to_string()).await
    }

    /// As the nightly housekeeping does it, when an administrator says so.
    pub async fn remove_closed_accounts(&self, caller: &Caller) -> Result<()> {
        require_admin(caller)?;
        self.purge_accounts().await?;
        self.wake.wake();
        Ok(())
    }

    /// Wants every account removed that has been closed for as long as the settings say.
    pub(crate) async fn purge_accounts(&self) -> Result<()> {
        let before = self.now() - TimeDelta::days(self.config().await?.user.delete_delay);
        let closed_since = |user: &User| user.deleted_at.is_some_and(|closed| closed < before);
        let mut tx = self.db.write().await?;
        for user in users::list_any(&mut tx).await? {
            if closed_since(&user) {
                self.want_removal(&mut tx, user.id).await?;
            }
        }
        Ok(tx.commit().await?)
    }

    async fn remove_emptied(&self, tx: &mut Tx, user: &User) -> Result<()> {
        for album in albums::list_of_user(tx, user.id).await? {
            let part = albums::get_user(tx, album.id, user.id).await?;
            if part.is_some_and(|part| part.role == AlbumRole::Owner) {
                albums::delete(tx, album.id).await?;
            }
        }
        if let Some(path) = &user.profile_image_path {
            doomed_files::insert(tx, path, self.now()).await?;
        }
        users::delete(tx, user.id).await?;
        let mut feeds = Feeds::default();
        feeds.add(changes::EVERYONE, Entry::delete(ChangeKind::User, user.id));
        feeds.record(tx, self.now()).await?;
        Ok(())
    }
}
