//! One variant of one session: its pieces on disk, and the program that makes more.

use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use heirloom_media::video::{
    self,
    hls::{Cut, Cutting, Variant},
};
use tempfile::TempDir;
use tokio::{
    sync::{OwnedSemaphorePermit, watch},
    task::AbortHandle,
    time::Instant,
};

use super::{ledger::Ledger, sessions::Opened};

/// Pieces that are made before anybody asks for them.
const AHEAD: u32 = 5;
/// How far before a piece a run may stand so that waiting for it takes less than beginning anew.
const REACH: u32 = AHEAD + 3;

#[derive(Debug)]
pub(super) struct Shelf {
    pub opened: Arc<Opened>,
    pub variant: Variant,
    /// The piece that was asked for last.
    asked: watch::Sender<u32>,
    state: watch::Sender<State>,
    used: Mutex<Instant>,
    /// Held by who begins a run; says whether any may begin.
    pub is_open: Mutex<bool>,
    folder: TempDir,
}

#[derive(Debug, Default)]
struct State {
    head: Option<Bytes>,
    pieces: BTreeSet<u32>,
    run: Option<Run>,
    /// Runs that were begun.
    runs: u64,
    /// How the last run ended, if not well.
    failure: Option<Arc<video::Error>>,
}

/// A program at work.
#[derive(Debug)]
struct Run {
    number: u64,
    next: u32,
    permit: OwnedSemaphorePermit,
    _task: Ending,
}

/// Ends a task with its owner.
#[derive(Debug)]
struct Ending(AbortHandle);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What somebody waited for did not come.
pub(super) enum Missed {
    Failed(Arc<video::Error>),
    /// The program went elsewhere.
    Stopped,
}

impl State {
    fn makes(&self, piece: u32) -> bool {
        let makes = |run: &Run| (run.next..run.next.saturating_add(REACH)).contains(&piece);
        self.run.as_ref().is_some_and(makes)
    }

    /// The run with that number, if it is not over.
    fn run(&mut self, number: u64) -> Option<&mut Run> {
        self.run.as_mut().filter(|run| run.number == number)
    }

    fn missed(&self) -> Missed {
        match &self.failure {
            Some(failure) => Missed::Failed(failure.clone()),
            None => Missed::Stopped,
        }
    }
}

impl Shelf {
    pub(super) fn new(opened: Arc<Opened>, variant: Variant, folder: TempDir) -> Self {
        Self {
            opened,
            variant,
            asked: watch::Sender::new(0),
            state: watch::Sender::new(State::default()),
            used: Mutex::new(Instant::now()),
            is_open: Mutex::new(true),
            folder,
        }
    }

    pub(super) fn ask(&self, piece: u32) {
        self.touch();
        self.asked.send_replace(piece);
    }

    pub(super) fn touch(&self) {
        *self.used.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// How long nobody has asked for anything while a program runs; `None` if none does, or somebody waits.
    pub(super) fn idles(&self) -> Option<Duration> {
        if self.state.receiver_count() > 0 {
            return None;
        }
        let used = *self.used.lock().unwrap_or_else(PoisonError::into_inner);
        self.is_running().then(|| used.elapsed())
    }

    pub(super) fn is_running(&self) -> bool {
        self.state.borrow().run.is_some()
    }

    pub(super) fn head(&self) -> Option<Bytes> {
        self.state.borrow().head.clone()
    }

    /// The piece, if it is there.
    pub(super) async fn read(&self, piece: u32) -> Option<Bytes> {
        if !self.state.borrow().pieces.contains(&piece) {
            return None;
        }
        // It may go at any time.
        tokio::fs::read(self.path(piece))
            .await
            .ok()
            .map(Bytes::from)
    }

    pub(super) fn makes(&self, piece: u32) -> bool {
        let state = self.state.borrow();
        state.pieces.contains(&piece) || state.makes(piece)
    }

    /// Waits until the piece is there.
    pub(super) async fn wait(&self, piece: u32) -> Result<(), Missed> {
        let mut state = self.state.subscribe();
        let decided = state
            .wait_for(|state| state.pieces.contains(&piece) || !state.makes(piece))
            .await;
        match decided {
            Ok(state) if !state.pieces.contains(&piece) => Err(state.missed()),
            _ => Ok(()),
        }
    }

    /// Waits for what comes before all pieces.
    pub(super) async fn wait_for_head(&self) -> Result<Bytes, Missed> {
        let mut state = self.state.subscribe();
        let decided = state
            .wait_for(|state| state.head.is_some() || state.run.is_none())
            .await;
        match decided {
            Ok(state) => state.head.clone().ok_or_else(|| state.missed()),
            Err(_) => Err(Missed::Stopped),
        }
    }

    /// Lets a program make pieces, instead of the one before it.
    pub(super) fn begin(
        self: &Arc<Self>,
        cutting: Cutting,
        from: u32,
        permit: OwnedSemaphorePermit,
        ledger: Arc<Ledger>,
    ) {
        self.state.send_modify(|state| {
            state.failure = None;
            state.runs += 1;
            let number = state.runs;
            let task = tokio::spawn(make(self.clone(), number, cutting, from, ledger));
            state.run = Some(Run {
                number,
                next: from,
                permit,
                _task: Ending(task.abort_handle()),
            });
        });
    }

    /// Ends the program; gives the place it had.
    pub(super) fn stop(&self) -> Option<OwnedSemaphorePermit> {
        let mut stopped = None;
        self.state.send_if_modified(|state| {
            stopped = state.run.take();
            stopped.is_some()
        });
        stopped.map(|run| run.permit)
    }

    /// Removes a piece; who asks for it again has it made again.
    pub(super) fn remove(&self, piece: u32) {
        self.state
            .send_if_modified(|state| state.pieces.remove(&piece));
        std::fs::remove_file(self.path(piece)).ok();
    }

    fn path(&self, piece: u32) -> PathBuf {
        self.folder.path().join(format!("{piece}.m4s"))
    }

    async fn keep(
        self: &Arc<Self>,
        number: u64,
        piece: u32,
        bytes: Bytes,
        ledger: &Ledger,
    ) -> Result<(), video::Error> {
        ledger.add(Arc::downgrade(self), piece, bytes.len() as u64);
        tokio::fs::write(self.path(piece), &bytes)
            .await
            .map_err(video::Error::Output)?;
        self.state.send_modify(|state| {
            state.pieces.insert(piece);
            if let Some(run) = state.run(number) {
                run.next = piece + 1;
            }
        });
        Ok(())
    }
}

/// Keeps what the program makes, a few pieces ahead of who watches. A task that was replaced may go on for a moment; its
/// number keeps it from speaking for the next one.
async fn make(
    shelf: Arc<Shelf>,
    number: u64,
    mut cutting: Cutting,
    from: u32,
    ledger: Arc<Ledger>,
) {
    let mut asked = shelf.asked.subscribe();
    let mut next = from;
    let ended = loop {
        let is_near = |asked: &u32| next <= asked.saturating_add(AHEAD);
        if asked.wait_for(is_near).await.is_err() {
            return;
        }
        match cutting.next().await {
            Ok(Some(Cut::Head(head))) => shelf.state.send_modify(|state| state.head = Some(head)),
            Ok(Some(Cut::Piece(piece, bytes))) => {
                if let Err(error) = shelf.keep(number, piece, bytes, &ledger).await {
                    break Some(error);
                }
                next = piece + 1;
            }
            Ok(None) => break None,
            Err(error) => break Some(error),
        }
    };
    if let Some(error) = &ended {
        tracing::warn!(%error, piece = next, "a video is not cut further");
    }
    shelf.state.send_modify(|state| {
        if state.run(number).is_some() {
            state.failure = ended.map(Arc::new);
            state.run = None;
        }
    });
}
