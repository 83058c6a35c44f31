//! What albums come to, kept in memory: most of a thousand albums are as they were a minute ago, and counting them anew
//! takes a second.
//!
//! The figures follow the feed of who sees the albums, as phones do. They are read in the view of the database in which
//! the feed was read, so no process of a fleet shows an older figure than its database holds.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
};

use heirloom_store::{
    Tx,
    albums::{self, AlbumSummary},
    changes::{self, Change, ChangeKind},
};
use heirloom_types::ids::{AlbumId, UserId};
use uuid::Uuid;

use crate::{Result, feed};

/// People whose figures are kept: who comes back after so many others is counted anew.
const PEOPLE_MAX: usize = 1_000;
/// Entries of a feed after which counting anew is as quick as reading what changed.
const ENTRIES_MAX: i64 = 2_000;

/// The figures of the people who looked last.
#[derive(Default)]
pub(crate) struct AlbumSummaries(Mutex<HashMap<UserId, Arc<Known>>>);

/// One person's, as of a position of their feed.
#[derive(Clone, Default)]
pub(crate) struct Known {
    seq: i64,
    figures: HashMap<AlbumId, AlbumSummary>,
}

impl Known {
    pub(crate) fn figures(&self) -> &HashMap<AlbumId, AlbumSummary> {
        &self.figures
    }

    fn missing(&self, albums: &[Uuid]) -> Vec<Uuid> {
        let is_missing = |id: &Uuid| !self.figures.contains_key(&AlbumId(*id));
        albums.iter().copied().filter(is_missing).collect()
    }
}

impl AlbumSummaries {
    /// The figures of these albums of a person, and perhaps of others; `tx` has to be a snapshot.
    pub(crate) async fn of(
        &self,
        tx: &mut Tx,
        reader: UserId,
        albums: &[Uuid],
    ) -> Result<Arc<Known>> {
        let seq = changes::position(tx, reader).await?;
        // Another call may have read a later view of the database.
        let known = self.get(reader).filter(|known| known.seq <= seq);
        if let Some(known) = &known
            && known.seq == seq
            && known.missing(albums).is_empty()
        {
            return Ok(Arc::clone(known));
        }
        let mut now = match known {
            Some(known) => current(tx, reader, &known, seq).await?,
            None => Known::default(),
        };
        let missing = now.missing(albums);
        let nothing = |id: &Uuid| (AlbumId(*id), AlbumSummary::default());
        now.figures.extend(missing.iter().map(nothing));
        now.figures.extend(albums::summaries(tx, &missing).await?);
        now.seq = seq;
        let now = Arc::new(now);
        self.put(reader, Arc::clone(&now));
        Ok(now)
    }

    fn get(&self, reader: UserId) -> Option<Arc<Known>> {
        self.lock().get(&reader).cloned()
    }

    fn put(&self, reader: UserId, known: Arc<Known>) {
        let mut people = self.lock();
        if people.len() >= PEOPLE_MAX && !people.contains_key(&reader) {
            people.clear();
        }
        people.insert(reader, known);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<UserId, Arc<Known>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Without the albums that have changed since.
async fn current(tx: &mut Tx, reader: UserId, known: &Known, end: i64) -> Result<Known> {
    if known.seq == end {
        return Ok(known.clone());
    }
    let Some(entries) = feed::since(tx, reader, known.seq, ENTRIES_MAX).await? else {
        return Ok(Known::default());
    };
    let mut stale: HashSet<AlbumId> = entries.iter().filter_map(album_of).collect();
    let assets: HashSet<Uuid> = entries.iter().filter_map(asset_of).collect();
    let assets: Vec<Uuid> = assets.into_iter().collect();
    stale.extend(albums::list_showing(tx, reader, &assets).await?);
    let mut known = known.clone();
    known.figures.retain(|album, _| !stale.contains(album));
    Ok(known)
}

/// The album that got or lost an asset, or that is gone.
fn album_of(change: &Change) -> Option<AlbumId> {
    match change.kind {
        ChangeKind::Album => Some(AlbumId(change.entity_id)),
        ChangeKind::AlbumAsset => change.parent_id.map(AlbumId),
        _ => None,
    }
}

/// The asset that changed where it is.
fn asset_of(change: &Change) -> Option<Uuid> {
    match change.kind {
        ChangeKind::Asset | ChangeKind::AlbumAssetUpdate => Some(change.entity_id),
        _ => None,
    }
}
