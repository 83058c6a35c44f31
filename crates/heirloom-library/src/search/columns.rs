//! The columns of those who search large libraries: loaded behind the first search, which the database answers, then true
//! by the owner's change feed, which is read before each answer.
//!
//! Together they keep to a budget; those used longest ago go first.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex as PlainMutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
};

use heirloom_store::{
    Db, Tx,
    changes::{self, ChangeKind},
    search::{
        Arrange, Filter,
        columns::{self, Columns, Match},
    },
};
use heirloom_types::ids::{AssetId, UserId};
use tokio::sync::{Mutex, OwnedMutexGuard};
use uuid::Uuid;

use crate::{Result, feed};

/// Entries of a feed after which loading anew is as quick as following.
const ENTRIES_MAX: i64 = 20_000;

/// How much memory columns may take, and for whom they are worth it.
#[derive(Clone, Copy, Debug)]
pub struct ColumnSettings {
    pub budget_bytes: usize,
    /// Assets below which the database answers as quickly.
    pub least: usize,
}

impl Default for ColumnSettings {
    fn default() -> Self {
        Self {
            budget_bytes: 256 << 20,
            least: 10_000,
        }
    }
}

/// All columns of this process.
#[derive(Debug, Default)]
pub(crate) struct ColumnCache {
    settings: ColumnSettings,
    entries: PlainMutex<HashMap<UserId, Arc<Entry>>>,
    uses: AtomicU64,
}

#[derive(Debug, Default)]
struct Entry {
    state: Arc<Mutex<Option<State>>>,
    is_loading: AtomicBool,
    bytes: AtomicUsize,
    last_use: AtomicU64,
}

/// Columns and how far they have followed their owner's feed.
#[derive(Debug)]
struct State {
    seq: i64,
    columns: Columns,
}

/// Where one asset lies: when it was taken, and whose it is.
pub(crate) type Place = (Match, UserId);

impl ColumnCache {
    pub(crate) fn new(settings: ColumnSettings) -> Self {
        Self {
            settings,
            ..Self::default()
        }
    }

    /// The first `most` assets that match in this view of the database or a later one, in that order. None where the
    /// database has to be asked: about what columns do not know, and until they are loaded.
    pub(crate) async fn first(
        self: &Arc<Self>,
        db: &Db,
        tx: &mut Tx,
        filter: &Filter,
        arrange: Arrange,
        most: usize,
    ) -> Result<Option<Vec<Place>>> {
        let is_newest_first = match arrange {
            Arrange::NewestFirst => true,
            Arrange::OldestFirst => false,
            Arrange::LargestFirst | Arrange::Random => return Ok(None),
        };
        if filter.is_impossible || !Columns::cover(filter) {
            return Ok(None);
        }
        let mut found: Vec<Place> = Vec::new();
        for owner in &filter.owners {
            let Some(mut state) = self.current(db, tx, *owner).await? else {
                return Ok(None);
            };
            let filter = filter.within(*owner);
            if filter.is_impossible {
                continue;
            }
            let first = move || match state.as_mut() {
                Some(state) => state.columns.first(&filter, is_newest_first, most),
                None => Vec::new(),
            };
            let matches = tokio::task::spawn_blocking(first)
                .await
                .map_err(anyhow::Error::from)?;
            found.extend(matches.into_iter().map(|found| (found, *owner)));
        }
        found.sort_unstable();
        if is_newest_first {
            found.reverse();
        }
        found.truncate(most);
        Ok(Some(found))
    }

    /// An owner's columns as of now; none while they are not there, which has them loaded.
    async fn current(
        self: &Arc<Self>,
        db: &Db,
        tx: &mut Tx,
        owner: UserId,
    ) -> Result<Option<OwnedMutexGuard<Option<State>>>> {
        let entry = self.entry(owner);
        let mut state = Arc::clone(&entry.state).lock_owned().await;
        if let Some(known) = state.as_mut() {
            if known.follow(tx, owner).await? {
                return Ok(Some(state));
            }
            *state = None;
        }
        if columns::size(tx, owner).await? >= self.settings.least as i64
            && !entry.is_loading.swap(true, Ordering::AcqRel)
        {
            tokio::spawn(Arc::clone(self).load(db.clone(), owner, Arc::clone(&entry)));
        }
        Ok(None)
    }

    async fn load(self: Arc<Self>, db: Db, owner: UserId, entry: Arc<Entry>) {
        match State::load(&db, owner).await {
            Ok(loaded) => {
                entry
                    .bytes
                    .store(loaded.columns.memory(), Ordering::Relaxed);
                *entry.state.lock().await = Some(loaded);
                self.keep_to_budget(owner);
            }
            Err(error) => {
                tracing::warn!(%error, "columns could not be loaded; the database answers");
            }
        }
        entry.is_loading.store(false, Ordering::Release);
    }

    fn entry(&self, owner: UserId) -> Arc<Entry> {
        let mut entries = self.lock();
        let entry = entries.entry(owner).or_default();
        let now = self.uses.fetch_add(1, Ordering::Relaxed);
        entry.last_use.store(now, Ordering::Relaxed);
        Arc::clone(entry)
    }

    /// Drops those used longest ago until the rest fits; the one that was just loaded stays.
    fn keep_to_budget(&self, loaded: UserId) {
        let mut entries = self.lock();
        loop {
            let bytes = |entry: &Arc<Entry>| entry.bytes.load(Ordering::Relaxed);
            let used: usize = entries.values().map(bytes).sum();
            let oldest = entries
                .iter()
                .filter(|(owner, entry)| **owner != loaded && bytes(entry) > 0)
                .min_by_key(|(_, entry)| entry.last_use.load(Ordering::Relaxed))
                .map(|(owner, _)| *owner);
            match oldest {
                Some(owner) if used > self.settings.budget_bytes => entries.remove(&owner),
                _ => return,
            };
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<UserId, Arc<Entry>>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    async fn load(db: &Db, owner: UserId) -> Result<Self> {
        let mut tx = db.snapshot().await?;
        let seq = changes::position(&mut tx, owner).await?;
        let columns = Columns::load(&mut tx, owner).await?;
        Ok(Self { seq, columns })
    }

    /// Whether they are true as of this view now; false where too much has happened to be followed.
    async fn follow(&mut self, tx: &mut Tx, owner: UserId) -> Result<bool> {
        let end = changes::position(tx, owner).await?;
        // Another call may have seen a later view.
        if self.seq >= end {
            return Ok(true);
        }
        let Some(entries) = feed::since(tx, owner, self.seq, ENTRIES_MAX).await? else {
            return Ok(false);
        };
        let changed: HashSet<Uuid> = entries
            .iter()
            .filter(|entry| matches!(entry.kind, ChangeKind::Asset | ChangeKind::Exif))
            .map(|entry| entry.entity_id)
            .collect();
        if !changed.is_empty() {
            let changed: Vec<Uuid> = changed.into_iter().collect();
            self.columns.refresh(tx, owner, &changed).await?;
        }
        self.seq = end;
        Ok(true)
    }
}

/// Ids by their owners.
pub(crate) fn by_owner(places: &[Place]) -> HashMap<UserId, Vec<AssetId>> {
    let mut ids: HashMap<UserId, Vec<AssetId>> = HashMap::new();
    for ((_, id), owner) in places {
        ids.entry(*owner).or_default().push(*id);
    }
    ids
}
