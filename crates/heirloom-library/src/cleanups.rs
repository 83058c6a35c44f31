//! Tidying that an administrator asks for by hand.

use std::collections::BTreeMap;

use heirloom_store::{
    changes::{ChangeKind, Entry, Feeds},
    people, system, tags,
};
use heirloom_types::{caller::Caller, ids::UserId, permission::Permission};

use crate::{
    Library, Result,
    access::{require, require_admin},
    feed,
};

/// Things removed in one transaction.
const BATCH: i64 = 500;

impl Library {
    /// Makes today's memories now, and forgets those that are over.
    pub async fn renew_memories(&self, caller: &Caller) -> Result<()> {
        allow(caller)?;
        self.refresh_memories().await
    }

    /// Removes tags that nothing carries and that hold no other tag, then those that held them.
    pub async fn remove_unused_tags(&self, caller: &Caller) -> Result<()> {
        allow(caller)?;
        loop {
            let mut tx = self.db.write().await?;
            let unused = system::list_unused_tags(&mut tx, BATCH).await?;
            if unused.is_empty() {
                return Ok(());
            }
            let mut gone: BTreeMap<UserId, Vec<Entry>> = BTreeMap::new();
            for (owner, id) in unused {
                tags::delete(&mut tx, id).await?;
                let entry = Entry::delete(ChangeKind::Tag, id);
                gone.entry(owner).or_default().push(entry);
            }
            self.tell_of_gone(tx, gone).await?;
        }
    }

    /// Removes people without a name whom no picture shows.
    pub async fn remove_unseen_people(&self, caller: &Caller) -> Result<()> {
        allow(caller)?;
        loop {
            let mut tx = self.db.write().await?;
            let unseen = system::list_unseen_people(&mut tx, BATCH).await?;
            if unseen.is_empty() {
                return Ok(());
            }
            let mut gone: BTreeMap<UserId, Vec<Entry>> = BTreeMap::new();
            for (owner, id) in unseen {
                people::delete(&mut tx, id).await?;
                let entry = Entry::delete(ChangeKind::Person, id);
                gone.entry(owner).or_default().push(entry);
            }
            self.tell_of_gone(tx, gone).await?;
        }
    }

    async fn tell_of_gone(
        &self,
        mut tx: heirloom_store::Tx,
        gone: BTreeMap<UserId, Vec<Entry>>,
    ) -> Result<()> {
        let mut feeds = Feeds::default();
        for (owner, entries) in gone {
            feed::gather(&mut tx, &mut feeds, owner, entries).await?;
        }
        feeds.record(&mut tx, self.now()).await?;
        Ok(tx.commit().await?)
    }
}

fn allow(caller: &Caller) -> Result<()> {
    require_admin(caller)?;
    require(caller, Permission::JobCreate)
}
