//! What happens, told to people who look right now: a reader of the change feed, as the sync stream is one.
//!
//! A [`Watch`] holds the people who look and how far their feeds were told. Positions are asked for in one cheap query,
//! so a change by another process shows as one of this process does; nothing else tells that something happened.

mod told;

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use heirloom_store::{
    asset_edits::AssetEdit,
    assets::Asset,
    changes::{self, EVERYONE},
    exif::Exif,
    notifications::Notification,
};
use heirloom_types::ids::{AlbumId, AssetId, PersonId, SessionId, UserId};
use uuid::Uuid;

use crate::{Library, Result, assets::AssetDetails};

/// Entries of one feed told at a time; what is left is told next time.
const PAGE: i64 = 1_000;

/// Who looks, and how far they were told.
#[derive(Debug, Default)]
pub struct Watch(Mutex<HashMap<Uuid, Looking>>);

#[derive(Clone, Copy, Debug)]
struct Looking {
    /// Connections of that person.
    count: usize,
    told: i64,
}

/// Who is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    User(UserId),
    Session(SessionId),
    Everyone,
}

/// Something that happened, with what a client needs to show it.
#[derive(Debug)]
pub enum Happening {
    /// An asset can be shown for the first time.
    Ready(Box<AssetDetails>),
    /// As `Ready`, of one that does not show in the timeline.
    ReadyUnseen(Box<Asset>, Box<Exif>),
    Updated(Box<AssetDetails>),
    /// An edit's renditions are there.
    Edited(Box<Asset>, Vec<AssetEdit>),
    /// An asset does not show any more, but is there.
    Hidden(AssetId),
    Trashed(Vec<AssetId>),
    Restored(Vec<AssetId>),
    Deleted(AssetId),
    Stacked,
    AlbumChanged(AlbumId),
    Pictured(PersonId),
    Notified(Box<Notification>),
    SessionEnded(SessionId),
    AccountClosed(UserId),
    SettingsChanged,
}

impl Watch {
    fn people(&self) -> MutexGuard<'_, HashMap<Uuid, Looking>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn advance(&self, feed: Uuid, told: i64) {
        if let Some(looking) = self.people().get_mut(&feed) {
            looking.told = looking.told.max(told);
        }
    }

    /// A connection of that person has ended.
    pub fn leave(&self, user: UserId) {
        let mut people = self.people();
        for feed in [user.0, EVERYONE] {
            if let Some(looking) = people.get_mut(&feed) {
                looking.count -= 1;
                if looking.count == 0 {
                    people.remove(&feed);
                }
            }
        }
    }
}

impl Library {
    /// Somebody looks: what happens from now on is told.
    pub async fn look_at_feeds(&self, watch: &Watch, user: UserId) -> Result<()> {
        let mut tx = self.db.read().await?;
        for feed in [user.0, EVERYONE] {
            let told = changes::position(&mut tx, feed).await?;
            watch
                .people()
                .entry(feed)
                .or_insert(Looking { count: 0, told })
                .count += 1;
        }
        Ok(())
    }

    /// What has happened since the last call, in order for each audience.
    pub async fn happened(&self, watch: &Watch) -> Result<Vec<(Audience, Happening)>> {
        let told: HashMap<Uuid, i64> = watch
            .people()
            .iter()
            .map(|(feed, looking)| (*feed, looking.told))
            .collect();
        if told.is_empty() {
            return Ok(Vec::new());
        }
        let feeds: Vec<Uuid> = told.keys().copied().collect();
        let mut tx = self.db.read().await?;
        let mut happened = Vec::new();
        for (feed, end) in changes::positions(&mut tx, &feeds).await? {
            let from = told.get(&feed).copied().unwrap_or(end);
            if end <= from {
                continue;
            }
            let entries = changes::list_after(&mut tx, feed, from, PAGE).await?;
            let last = entries.last().map_or(end, |entry| entry.seq);
            happened.extend(told::happenings(&mut tx, feed, entries).await?);
            watch.advance(feed, last);
        }
        Ok(happened)
    }
}
