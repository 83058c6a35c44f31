//! Partners: people who see each other's whole library.

pub use heirloom_store::partners::Partner;
use heirloom_store::{
    changes::{self, ChangeKind, Entry, Feeds},
    partners,
    users::{self, User},
};
use heirloom_types::{caller::Caller, ids::UserId, permission::Permission};

use crate::{Error, Library, Result, access::require};

/// Which side of a partnership the caller is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    SharedBy,
    SharedWith,
}

impl Library {
    /// The other people of the caller's partnerships: with `SharedBy` those who see the caller's library, with
    /// `SharedWith` those whose library the caller sees.
    pub async fn partners(
        &self,
        caller: &Caller,
        direction: Direction,
    ) -> Result<Vec<(Partner, User)>> {
        require(caller, Permission::PartnerRead)?;
        let mut tx = self.db.read().await?;
        let mut found = Vec::new();
        for partner in partners::list_of_user(&mut tx, caller.user).await? {
            let (mine, other) = match direction {
                Direction::SharedBy => (partner.shared_by_id, partner.shared_with_id),
                Direction::SharedWith => (partner.shared_with_id, partner.shared_by_id),
            };
            if mine == caller.user
                && let Some(user) = users::get(&mut tx, other).await?
            {
                found.push((partner, user));
            }
        }
        Ok(found)
    }

    /// Shows the caller's library to somebody.
    pub async fn add_partner(&self, caller: &Caller, with: UserId) -> Result<(Partner, User)> {
        require(caller, Permission::PartnerCreate)?;
        if with == caller.user {
            return Err(Error::invalid("id", "You cannot be your own partner"));
        }
        let mut tx = self.db.write().await?;
        let user = users::get(&mut tx, with).await?.ok_or(Error::not_found(
            "user",
            with,
            Permission::PartnerCreate,
        ))?;
        if partners::get(&mut tx, caller.user, with).await?.is_some() {
            return Err(Error::Conflict("Partner already exists".into()));
        }
        let partner = Partner {
            shared_by_id: caller.user,
            shared_with_id: with,
            in_timeline: false,
            since_seq: 0,
            created_at: self.now(),
        };
        partners::insert(&mut tx, partner).await?;
        let mut feeds = Feeds::default();
        tell_both(&mut feeds, caller.user, with, Entry::upsert);
        self.notify_partner(&mut tx, &mut feeds, caller, with)
            .await?;
        let positions = feeds.record(&mut tx, self.now()).await?;
        if let Some(seq) = positions.get(&with.0) {
            partners::set_since(&mut tx, caller.user, with, *seq).await?;
        }
        tx.commit().await?;
        Ok((partner, user))
    }

    /// Says whether the pictures of a partner show in the caller's timeline.
    pub async fn update_partner(
        &self,
        caller: &Caller,
        by: UserId,
        in_timeline: bool,
    ) -> Result<(Partner, User)> {
        require(caller, Permission::PartnerUpdate)?;
        let refused = || Error::not_found("partner", by, Permission::PartnerUpdate);
        let mut tx = self.db.write().await?;
        let user = users::get(&mut tx, by).await?.ok_or_else(refused)?;
        let mut partner = partners::get(&mut tx, by, caller.user)
            .await?
            .ok_or_else(refused)?;
        partner.in_timeline = in_timeline;
        partners::set_in_timeline(&mut tx, by, caller.user, in_timeline).await?;
        let mut feeds = Feeds::default();
        tell_both(&mut feeds, by, caller.user, Entry::upsert);
        feeds.record(&mut tx, self.now()).await?;
        tx.commit().await?;
        Ok((partner, user))
    }

    /// Shows the caller's library to somebody no longer.
    pub async fn remove_partner(&self, caller: &Caller, with: UserId) -> Result<()> {
        require(caller, Permission::PartnerDelete)?;
        let mut tx = self.db.write().await?;
        if !partners::delete(&mut tx, caller.user, with).await? {
            return Err(Error::Conflict("Partner not found".into()));
        }
        let mut feeds = Feeds::default();
        tell_both(&mut feeds, caller.user, with, Entry::delete);
        feeds.record(&mut tx, self.now()).await?;
        changes::record_withdrawal(&mut tx, with, caller.user, self.now()).await?;
        Ok(tx.commit().await?)
    }
}

/// Tells both sides of a partnership.
pub(crate) fn tell_both(
    feeds: &mut Feeds,
    by: UserId,
    with: UserId,
    entry: fn(ChangeKind, UserId) -> Entry,
) {
    for feed in [by, with] {
        feeds.add(feed, entry(ChangeKind::Partner, with).within(by));
    }
}
