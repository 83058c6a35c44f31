//! What people were just shown: who is given a month of the timeline asks for its thumbnails next, and the database need
//! not be asked again for each.
//!
//! What was shown holds as long as the reader's feed stands where it stood, because the feed tells of everything that they
//! come to see or see no more. This process knows when it may have moved; what another one does is noticed within seconds.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use chrono::TimeDelta;
use heirloom_store::{
    Db, Result,
    assets::{Asset, Rendition, Visibility},
    changes,
    timeline::TimelineAsset,
};
use heirloom_types::{
    ids::{AssetId, UserId},
    time::Timestamp,
};

/// How long what another process does may stay unnoticed.
const BELIEVED_FOR: TimeDelta = TimeDelta::seconds(5);
/// Assets kept, of all readers together: some megabytes.
const ASSETS_MAX: usize = 40_000;

/// As much of an asset as its renditions need.
#[derive(Clone, Debug)]
pub(crate) struct Glimpse {
    pub owner_id: UserId,
    pub id: AssetId,
    pub original_name: String,
    pub visibility: Visibility,
    renditions: i32,
}

impl Glimpse {
    pub(crate) fn has(&self, rendition: Rendition) -> bool {
        rendition.is_in(self.renditions)
    }
}

impl From<&Asset> for Glimpse {
    fn from(asset: &Asset) -> Self {
        Self {
            owner_id: asset.owner_id,
            id: asset.id,
            original_name: asset.original_name.clone(),
            visibility: asset.visibility,
            renditions: asset.renditions,
        }
    }
}

impl From<&TimelineAsset> for Glimpse {
    fn from(asset: &TimelineAsset) -> Self {
        Self {
            owner_id: asset.owner_id,
            id: asset.id,
            original_name: asset.original_name.clone(),
            visibility: asset.visibility,
            renditions: asset.renditions,
        }
    }
}

/// When something was true: a position of the reader's feed, and when the feed was seen to stand there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View {
    pub seq: i64,
    /// [`Db::commits`] before the feed was looked at.
    pub commits: u64,
    pub at: Timestamp,
}

impl View {
    fn holds(&self, commits: u64, now: Timestamp) -> bool {
        self.commits == commits && now - self.at < BELIEVED_FOR
    }
}

#[derive(Debug, Default)]
pub(crate) struct Shown(Mutex<HashMap<UserId, Known>>);

#[derive(Debug)]
struct Known {
    view: View,
    assets: HashMap<AssetId, Glimpse>,
}

impl Shown {
    /// These were shown to that reader.
    pub(crate) fn put(&self, reader: UserId, view: View, assets: impl Iterator<Item = Glimpse>) {
        let mut readers = self.lock();
        let kept: usize = readers.values().map(|known| known.assets.len()).sum();
        if kept >= ASSETS_MAX {
            readers.clear();
        }
        let known = readers.entry(reader).or_insert_with(|| Known {
            view,
            assets: HashMap::new(),
        });
        if known.view.seq != view.seq {
            known.assets.clear();
        }
        known.view = view;
        let assets = assets.take(ASSETS_MAX);
        known.assets.extend(assets.map(|asset| (asset.id, asset)));
    }

    /// The asset, if it was shown to that reader and nothing that they see has changed since.
    pub(crate) async fn get(
        &self,
        db: &Db,
        reader: UserId,
        id: AssetId,
        now: Timestamp,
    ) -> Result<Option<Glimpse>> {
        let commits = db.commits();
        let Some((view, glimpse)) = self.find(reader, id) else {
            return Ok(None);
        };
        if view.holds(commits, now) {
            return Ok(Some(glimpse));
        }
        let seq = changes::position(&mut db.glance().await?, reader).await?;
        let view = View {
            seq,
            commits,
            at: now,
        };
        Ok(self.confirm(reader, view).then_some(glimpse))
    }

    fn find(&self, reader: UserId, id: AssetId) -> Option<(View, Glimpse)> {
        let readers = self.lock();
        let known = readers.get(&reader)?;
        Some((known.view, known.assets.get(&id)?.clone()))
    }

    /// Whether what is kept is still so; if not, it is forgotten.
    fn confirm(&self, reader: UserId, view: View) -> bool {
        let mut readers = self.lock();
        let Some(known) = readers.get_mut(&reader) else {
            return false;
        };
        // Another call may have kept what is newer.
        if known.view.seq > view.seq {
            return false;
        }
        if known.view.seq < view.seq {
            readers.remove(&reader);
            return false;
        }
        known.view = view;
        true
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<UserId, Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
