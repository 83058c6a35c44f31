//! The indexes that answer "what looks like this": one an owner and model, in memory, fresh by the change feed.
//!
//! An index is loaded when it is first asked for: from its snapshot, else from the table, then by what the owner's feed
//! has had since. Every search first reads where the feed stands, so what was committed before a search is in its answer.
//! Together the indexes keep to a budget; the one used longest ago goes first, and comes back from its snapshot.

mod follow;

use std::{
    collections::{HashMap, HashSet},
    ops::RangeInclusive,
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use heirloom_store::{
    Db,
    assets::Visibility,
    changes, embeddings,
    search::{Filter, Span},
    vectors::{Hit, Index, Marks, Selection, When, rank},
};
use heirloom_types::{
    ids::{AssetId, UserId},
    media_type::MediaKind,
    time::Timestamp,
};
use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};

use crate::{Error, Result};
use follow::State;

/// How much memory indexes may take, and where their snapshots go.
#[derive(Clone, Debug)]
pub struct RecallSettings {
    pub budget_bytes: usize,
    /// None keeps no snapshots.
    pub folder: Option<PathBuf>,
}

impl Default for RecallSettings {
    fn default() -> Self {
        Self {
            budget_bytes: 1 << 30,
            folder: None,
        }
    }
}

/// All indexes of this process.
#[derive(Debug)]
pub struct Recall {
    settings: RecallSettings,
    entries: Mutex<HashMap<Key, Arc<Entry>>>,
    uses: AtomicU64,
}

/// Whose vectors, by which model.
type Key = (UserId, String);
type Shared = Arc<RwLock<State>>;

#[derive(Debug, Default)]
struct Entry {
    state: Shared,
    bytes: AtomicUsize,
    last_use: AtomicU64,
}

/// What is looked for.
pub struct Wanted<'a> {
    pub query: &'a [f32],
    /// Assets, at most.
    pub limit: usize,
    /// The score below which nothing is found.
    pub least: f32,
    /// By what is kept beside the vectors.
    pub facts: FactFilter,
    /// Only these, if given.
    pub among: Option<&'a HashSet<AssetId>>,
}

/// What the facts beside the vectors must be.
#[derive(Clone, Copy, Debug, Default)]
pub struct FactFilter {
    /// None is what a person sees without asking: the timeline and the archive.
    pub visibility: Option<Visibility>,
    pub kind: Option<MediaKind>,
    pub is_favorite: Option<bool>,
    pub with_trashed: bool,
    pub taken: Span,
    pub local: Span,
}

impl FactFilter {
    /// The part of a filter for one library that needs no query.
    pub fn of(filter: &Filter) -> Self {
        Self {
            visibility: filter.visibility,
            kind: filter.kind,
            is_favorite: filter.is_favorite,
            with_trashed: filter.with_trashed || filter.trashed != Span::default(),
            taken: filter.taken,
            local: filter.local,
        }
    }

    /// Whether that is all that the filter asks.
    pub fn is_all_of(filter: &Filter) -> bool {
        let rest = Filter {
            reader: None,
            owners: Vec::new(),
            visibility: None,
            kind: None,
            is_favorite: None,
            with_trashed: false,
            taken: Span::default(),
            local: Span::default(),
            ..filter.clone()
        };
        rest == Filter::default()
    }

    fn matches(&self, marks: Marks) -> bool {
        let is_seen = match self.visibility {
            Some(wanted) => marks.visibility == wanted,
            None => marks.visibility.is_shareable(),
        };
        is_seen
            && (self.with_trashed || !marks.is_trashed)
            && self.kind.is_none_or(|kind| marks.kind == kind)
            && self
                .is_favorite
                .is_none_or(|wanted| marks.is_favorite == wanted)
    }

    fn when(&self) -> When {
        When {
            taken: micros(self.taken),
            local: micros(self.local),
        }
    }
}

fn micros(span: Span) -> RangeInclusive<i64> {
    let of = |time: Timestamp| time.timestamp_micros();
    span.after.map_or(i64::MIN, of)..=span.before.map_or(i64::MAX, of)
}

impl Recall {
    pub fn new(settings: RecallSettings) -> Self {
        Self {
            settings,
            entries: Mutex::default(),
            uses: AtomicU64::default(),
        }
    }

    /// The assets of an owner whose vectors by that model are nearest, best first; exact.
    pub async fn search(
        &self,
        db: &Db,
        owner: UserId,
        model: &str,
        wanted: Wanted<'_>,
    ) -> Result<Vec<Hit>> {
        let state = self.fresh(db, owner, model).await?;
        let Some(index) = state.index() else {
            return Ok(Vec::new());
        };
        // A scan takes milliseconds of one core: others on this thread's queue go on elsewhere.
        let candidates = tokio::task::block_in_place(|| {
            let selection = selection(index, &wanted);
            index.candidates(wanted.query, wanted.limit, wanted.least, Some(&selection))
        })
        .map_err(|error| Error::Internal(error.into()))?;
        drop(state);
        let mut assets: Vec<AssetId> = candidates.iter().map(|found| found.asset_id).collect();
        assets.dedup();
        let mut tx = db.read().await?;
        let full = embeddings::list_of_assets(&mut tx, owner, model, &assets).await?;
        Ok(rank(wanted.query, &full, wanted.limit, wanted.least))
    }

    /// How many assets of an owner that model has seen.
    pub async fn count(&self, db: &Db, owner: UserId, model: &str) -> Result<usize> {
        let state = self.fresh(db, owner, model).await?;
        Ok(state.index().map_or(0, Index::len))
    }

    /// Removes every snapshot.
    pub(crate) fn forget_snapshots(&self) {
        if let Some(folder) = &self.settings.folder
            && let Err(error) = std::fs::remove_dir_all(folder)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(path = %folder.display(), %error, "snapshots of indexes stay");
        }
    }

    /// Lets go of an owner's indexes of other models, and of their snapshots.
    pub fn forget_others(&self, owner: UserId, model: &str) {
        let kept = (owner, model.to_owned());
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|key, _| key.0 != owner || *key == kept);
        drop(entries);
        let Some(kept) = self.path(&kept) else { return };
        let snapshots = kept
            .parent()
            .and_then(|folder| std::fs::read_dir(folder).ok());
        for snapshot in snapshots.into_iter().flatten().flatten() {
            if snapshot.path() != kept
                && let Err(error) = std::fs::remove_file(snapshot.path())
            {
                tracing::warn!(path = %snapshot.path().display(), %error, "an old index's snapshot stays");
            }
        }
    }

    /// Bytes that all indexes take.
    pub fn memory(&self) -> usize {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries
            .values()
            .map(|entry| entry.bytes.load(Ordering::Relaxed))
            .sum()
    }

    /// The index as of now, to read.
    async fn fresh(
        &self,
        db: &Db,
        owner: UserId,
        model: &str,
    ) -> Result<OwnedRwLockReadGuard<State>> {
        let key = (owner, model.to_owned());
        let entry = self.entry(&key);
        let position = changes::position(&mut db.read().await?, owner).await?;
        let guard = entry.state.clone().read_owned().await;
        if guard.is_at_least(position) {
            return Ok(guard);
        }
        drop(guard);
        let guard = entry.state.clone().write_owned().await;
        if guard.is_at_least(position) {
            return Ok(OwnedRwLockWriteGuard::downgrade(guard));
        }
        // A task of its own: whoever asked may go away, and an index must not stay half made.
        let task = tokio::spawn(brought_up(guard, db.clone(), key.clone(), self.path(&key)));
        let guard = task
            .await
            .map_err(|error| Error::Internal(error.into()))??;
        entry.bytes.store(guard.memory(), Ordering::Relaxed);
        self.keep_to_budget(&key);
        Ok(OwnedRwLockWriteGuard::downgrade(guard))
    }

    fn entry(&self, key: &Key) -> Arc<Entry> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.entry(key.clone()).or_default().clone();
        entry
            .last_use
            .store(self.uses.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        entry
    }

    /// Lets go of the indexes used longest ago until the rest fits; the one in use stays whatever its size.
    fn keep_to_budget(&self, in_use: &Key) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let mut total: usize = entries
            .values()
            .map(|entry| entry.bytes.load(Ordering::Relaxed))
            .sum();
        while total > self.settings.budget_bytes {
            let oldest = entries
                .iter()
                .filter(|(key, _)| *key != in_use)
                .min_by_key(|(_, entry)| entry.last_use.load(Ordering::Relaxed))
                .map(|(key, _)| key.clone());
            let Some(oldest) = oldest else { return };
            if let Some(entry) = entries.remove(&oldest) {
                total -= entry.bytes.load(Ordering::Relaxed);
            }
        }
    }

    fn path(&self, (owner, model): &Key) -> Option<PathBuf> {
        let name: String = model
            .chars()
            .map(|letter| {
                if letter.is_ascii_alphanumeric() {
                    letter
                } else {
                    '_'
                }
            })
            .collect();
        let folder = self.settings.folder.as_ref()?;
        Some(
            folder
                .join(owner.to_string())
                .join(format!("{name}.vectors")),
        )
    }
}

/// Makes an index true as of now. One that fails on the way is forgotten, as nobody knows what it lacks.
async fn brought_up(
    mut state: OwnedRwLockWriteGuard<State>,
    db: Db,
    (owner, model): Key,
    snapshot: Option<PathBuf>,
) -> Result<OwnedRwLockWriteGuard<State>> {
    let done = state
        .bring_up(&db, owner, &model, snapshot.as_deref())
        .await;
    if let Err(error) = done {
        *state = State::default();
        return Err(error);
    }
    Ok(state)
}

fn selection(index: &Index, wanted: &Wanted<'_>) -> Selection {
    let when = wanted.facts.when();
    let by_facts = index.select(|marks| wanted.facts.matches(marks), &when);
    match wanted.among {
        Some(assets) => index.select_assets(assets).and(&by_facts),
        None => by_facts,
    }
}
