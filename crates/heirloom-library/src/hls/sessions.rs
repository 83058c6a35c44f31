//! Who watches now, and the programs that run for them.

use std::{
    collections::{HashMap, VecDeque},
    fs::File,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use bytes::Bytes;
use heirloom_media::video::{
    self, VideoTools,
    hls::{Plan, Variant},
};
use heirloom_types::{checksum::Blake3, ids::AssetId};
use tempfile::TempDir;
use tokio::{
    sync::{OnceCell, OwnedSemaphorePermit, Semaphore},
    time::Instant,
};
use uuid::Uuid;

use super::{
    CROWDED, ENDED, HlsSettings, folder,
    ledger::Ledger,
    refusal,
    shelf::{Missed, Shelf},
};
use crate::{Error, Result};

/// Sessions kept; who was not heard of for longest is forgotten, and begins anew when they come back.
const SESSIONS_MAX: usize = 64;
/// A program that nobody asked anything of for that long makes room for another.
const YIELDS_AFTER: Duration = Duration::from_secs(10);
/// As [`YIELDS_AFTER`], for another variant of the same session: somebody watches one at a time.
const SWITCHES_AFTER: Duration = Duration::from_secs(2);
/// A program that nobody asked anything of for that long ends.
const ENDS_AFTER: Duration = Duration::from_secs(45);
/// How long the name of a session that was ended stays spent.
const SPENT_FOR: Duration = Duration::from_mins(30);
/// How many such names are remembered.
const SPENT_MAX: usize = 4096;
/// Originals that are looked at for the first time at one moment.
const LOOKING_MAX: usize = 4;
/// How often a piece is begun again whose program was killed or sent elsewhere.
const TRIES: usize = 4;

pub(super) type Key = (AssetId, Uuid);

/// All sessions of this process.
pub(crate) struct Sessions(Arc<Inner>);

pub(crate) struct Inner {
    settings: HlsSettings,
    tools: VideoTools,
    runs: Arc<Semaphore>,
    pub(super) looking: Semaphore,
    known: Mutex<Known>,
    ledger: Arc<Ledger>,
    /// The folder of all others, made when the first is.
    root: Mutex<Option<TempDir>>,
}

#[derive(Default)]
struct Known {
    sessions: HashMap<Key, Arc<Session>>,
    spent: VecDeque<(Key, Instant)>,
    is_watched_over: bool,
}

/// Somebody who watches a video.
pub(super) struct Session {
    pub source: Arc<Source>,
    used: Mutex<Instant>,
    /// None when it is over.
    shelves: Mutex<Option<HashMap<u32, Arc<Shelf>>>>,
}

/// An original, as long as somebody watches it.
pub(super) struct Source {
    /// Which bytes it has.
    version: Blake3,
    pub opened: OnceCell<Arc<Opened>>,
}

#[derive(Debug)]
pub(super) struct Opened {
    pub file: File,
    pub plan: Plan,
}

impl std::ops::Deref for Sessions {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Sessions {
    pub(crate) fn new(settings: HlsSettings, tools: VideoTools) -> Self {
        folder::sweep();
        Self(Arc::new(Inner {
            runs: Arc::new(Semaphore::new(settings.runs)),
            ledger: Arc::new(Ledger::new(settings.bytes)),
            settings,
            tools,
            looking: Semaphore::new(LOOKING_MAX),
            known: Mutex::default(),
            root: Mutex::default(),
        }))
    }

    /// The session of that name, begun if this process knows none; the bytes of its original are those of `version`.
    pub(super) fn session(&self, key: Key, version: Blake3) -> Result<Arc<Session>> {
        let mut known = self.known();
        known.forget_spent();
        if known.spent.iter().any(|(spent, _)| *spent == key) {
            return Err(ENDED);
        }
        if let Some(session) = known.sessions.get(&key) {
            session.touch();
            return Ok(session.clone());
        }
        let forgotten = known.make_room();
        let session = Arc::new(Session {
            source: known.source(key.0, version),
            used: Mutex::new(Instant::now()),
            shelves: Mutex::new(Some(HashMap::new())),
        });
        known.sessions.insert(key, session.clone());
        if !std::mem::replace(&mut known.is_watched_over, true) {
            tokio::spawn(watch_over(Arc::downgrade(&self.0)));
        }
        drop(known);
        clear(forgotten);
        Ok(session)
    }
}

impl Inner {
    pub(super) fn end(&self, key: Key) {
        let mut known = self.known();
        known.forget_spent();
        known.spent.push_back((key, Instant::now()));
        let ended = known.sessions.remove(&key);
        drop(known);
        clear(ended);
    }

    pub(super) fn end_all(&self) {
        let sessions = std::mem::take(&mut self.known().sessions);
        for session in sessions.into_values() {
            session.stop();
        }
        drop(lock(&self.root).take());
    }

    /// What a player needs before the pieces. Who says which it will ask for next finds that one being made.
    pub(super) async fn head(
        &self,
        session: &Session,
        shelf: &Arc<Shelf>,
        next: Option<u32>,
    ) -> Result<Bytes> {
        let mut error = CROWDED;
        for _ in 0..TRIES {
            let begun = match next {
                None if shelf.is_running() || shelf.head().is_some() => Ok(()),
                next => self.run_towards(session, shelf, next.unwrap_or(0)),
            };
            if let Some(head) = shelf.head() {
                return Ok(head);
            }
            begun?;
            match shelf.wait_for_head().await {
                Ok(head) => return Ok(head),
                Err(missed) => error = again(&missed)?,
            }
        }
        Err(error)
    }

    pub(super) async fn piece(
        &self,
        session: &Session,
        shelf: &Arc<Shelf>,
        piece: u32,
    ) -> Result<Bytes> {
        let mut error = CROWDED;
        for _ in 0..TRIES {
            shelf.ask(piece);
            if let Some(bytes) = shelf.read(piece).await {
                return Ok(bytes);
            }
            self.run_towards(session, shelf, piece)?;
            if let Err(missed) = shelf.wait(piece).await {
                error = again(&missed)?;
            }
        }
        shelf.read(piece).await.ok_or(error)
    }

    /// Sees to it that the piece is being made.
    pub(super) fn run_towards(
        &self,
        session: &Session,
        shelf: &Arc<Shelf>,
        piece: u32,
    ) -> Result<()> {
        let is_open = lock(&shelf.is_open);
        if !*is_open {
            return Err(ENDED);
        }
        if shelf.makes(piece) {
            return Ok(());
        }
        let place = shelf.stop().or_else(|| self.place(session, shelf));
        let permit = place.ok_or(CROWDED)?;
        shelf.ask(piece);
        let opened = &shelf.opened;
        let cutting = self
            .tools
            .cut(&opened.file, &opened.plan, &shelf.variant, piece)
            .map_err(|error| refusal(&error))?;
        shelf.begin(cutting, piece, permit, self.ledger.clone());
        Ok(())
    }

    /// A place for one more program, if need be that of one that nobody waits for.
    fn place(&self, session: &Session, shelf: &Arc<Shelf>) -> Option<OwnedSemaphorePermit> {
        if let Ok(permit) = self.runs.clone().try_acquire_owned() {
            return Some(permit);
        }
        let longest = |shelves: Vec<Arc<Shelf>>, least: Duration| {
            let idle = shelves.into_iter().filter_map(|other| {
                let idles = other.idles().filter(|idles| *idles >= least)?;
                (!Arc::ptr_eq(&other, shelf)).then_some((idles, other))
            });
            idle.max_by_key(|(idles, _)| *idles).map(|(_, other)| other)
        };
        let own = longest(session.shelves(), SWITCHES_AFTER);
        let idle = own.or_else(|| longest(self.shelves(), YIELDS_AFTER))?;
        idle.stop()
    }

    fn shelves(&self) -> Vec<Arc<Shelf>> {
        let sessions: Vec<_> = self.known().sessions.values().cloned().collect();
        sessions.iter().flat_map(|one| one.shelves()).collect()
    }

    /// A new folder, which goes with who holds it.
    fn folder(&self) -> std::io::Result<TempDir> {
        let mut root = lock(&self.root);
        let root = match &mut *root {
            Some(root) => root,
            none => none.insert(folder::make()?),
        };
        tempfile::tempdir_in(root.path())
    }

    /// Ends what nobody asks for; gives whether anybody watches.
    fn tidy(&self) -> bool {
        for shelf in self.shelves() {
            if shelf.idles().is_some_and(|idles| idles >= ENDS_AFTER) {
                shelf.stop();
            }
        }
        let mut known = self.known();
        let idle = self.settings.idle;
        // Whoever still waits for an answer holds the session.
        let is_over = |_: &Key, session: &mut Arc<Session>| {
            Arc::strong_count(session) == 1 && lock(&session.used).elapsed() >= idle
        };
        let over: Vec<Arc<Session>> = known
            .sessions
            .extract_if(is_over)
            .map(|(_, session)| session)
            .collect();
        known.is_watched_over = !known.sessions.is_empty();
        let goes_on = known.is_watched_over;
        drop(known);
        clear(over);
        goes_on
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        lock(&self.known)
    }
}

impl Known {
    fn forget_spent(&mut self) {
        while let Some((_, at)) = self.spent.front()
            && (at.elapsed() >= SPENT_FOR || self.spent.len() > SPENT_MAX)
        {
            self.spent.pop_front();
        }
    }

    fn make_room(&mut self) -> Option<Arc<Session>> {
        if self.sessions.len() < SESSIONS_MAX {
            return None;
        }
        let used = |session: &Arc<Session>| *lock(&session.used);
        let oldest = self.sessions.iter().min_by_key(|(_, one)| used(one));
        let key = *oldest?.0;
        self.sessions.remove(&key)
    }

    /// The original that others watch too, if they do.
    fn source(&self, asset: AssetId, version: Blake3) -> Arc<Source> {
        let of_asset = self.sessions.iter().filter(|((id, _), _)| *id == asset);
        let mut sources = of_asset.map(|(_, session)| &session.source);
        let shared = sources.find(|source| source.version == version);
        shared.cloned().unwrap_or_else(|| {
            Arc::new(Source {
                version,
                opened: OnceCell::new(),
            })
        })
    }
}

impl Session {
    /// What is kept of one variant.
    pub(super) fn shelf(
        &self,
        all: &Sessions,
        opened: &Arc<Opened>,
        variant: Variant,
    ) -> Result<Arc<Shelf>> {
        let mut shelves = lock(&self.shelves);
        let shelves = shelves.as_mut().ok_or(ENDED)?;
        if let Some(shelf) = shelves.get(&variant.index) {
            shelf.touch();
            return Ok(shelf.clone());
        }
        let folder = all.folder().map_err(anyhow::Error::from)?;
        let index = variant.index;
        let shelf = Arc::new(Shelf::new(opened.clone(), variant, folder));
        shelves.insert(index, shelf.clone());
        Ok(shelf)
    }

    pub(super) fn touch(&self) {
        *lock(&self.used) = Instant::now();
    }

    fn shelves(&self) -> Vec<Arc<Shelf>> {
        let shelves = lock(&self.shelves);
        shelves.iter().flat_map(HashMap::values).cloned().collect()
    }

    /// Programs know their shelves, so shelves do not go by themselves.
    fn stop(&self) {
        let shelves = lock(&self.shelves).take().unwrap_or_default();
        for shelf in shelves.into_values() {
            *lock(&shelf.is_open) = false;
            shelf.stop();
        }
    }
}

/// Whether another try may end better; gives how this one ended.
fn again(missed: &Missed) -> Result<Error> {
    match missed {
        Missed::Stopped => Ok(CROWDED),
        Missed::Failed(error) if matches!(**error, video::Error::Killed) => Ok(refusal(error)),
        Missed::Failed(error) => Err(refusal(error)),
    }
}

/// Ends sessions and removes their files, away from requests.
fn clear(sessions: impl IntoIterator<Item = Arc<Session>>) {
    let sessions: Vec<_> = sessions.into_iter().collect();
    for session in &sessions {
        session.stop();
    }
    if !sessions.is_empty() {
        tokio::task::spawn_blocking(move || drop(sessions));
    }
}

/// Ends what nobody asks for, as long as there is anything.
async fn watch_over(sessions: Weak<Inner>) {
    loop {
        let Some(idle) = sessions.upgrade().map(|all| all.settings.idle) else {
            return;
        };
        let pause = (idle / 10).clamp(Duration::from_millis(100), Duration::from_secs(15));
        tokio::time::sleep(pause).await;
        if !sessions.upgrade().is_some_and(|all| all.tidy()) {
            return;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
