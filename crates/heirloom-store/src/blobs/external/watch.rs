//! Being told of changes below folders, by the operating system.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use notify::{
    Config, Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher,
    event::{AccessKind, AccessMode},
};
use tokio::sync::mpsc;

use super::super::{Error, Result};

/// Changes that wait for whoever asks; what does not fit is not told, but that there was more is.
const BUFFER: usize = 10_000;

/// Tells of changes until it is dropped.
pub struct Watch {
    seen: mpsc::Receiver<String>,
    is_incomplete: Arc<AtomicBool>,
    _watcher: RecommendedWatcher,
}

/// What changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Something at this path: it came, changed or went.
    Path(String),
    /// More than could be told: everything may have changed.
    Everything,
}

impl Watch {
    /// Begins to tell; takes a while for folders with many others in them.
    pub fn start(folders: &[impl AsRef<Path>]) -> Result<Self> {
        let (sender, seen) = mpsc::channel(BUFFER);
        let is_incomplete = Arc::new(AtomicBool::new(false));
        let missed = is_incomplete.clone();
        let tell = move |event: notify::Result<Event>| match event {
            Ok(event) if event.need_rescan() => missed.store(true, Ordering::Relaxed),
            Ok(event) if is_change(event.kind) => {
                for path in event.paths {
                    let Ok(text) = path.into_os_string().into_string() else {
                        continue;
                    };
                    if sender.try_send(text).is_err() {
                        missed.store(true, Ordering::Relaxed);
                    }
                }
            }
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%error, "a change below a watched folder was not understood");
                missed.store(true, Ordering::Relaxed);
            }
        };
        let config = Config::default().with_follow_symlinks(false);
        let mut watcher = RecommendedWatcher::new(tell, config).map_err(unavailable)?;
        for folder in folders {
            watcher
                .watch(folder.as_ref(), RecursiveMode::Recursive)
                .map_err(unavailable)?;
        }
        Ok(Self {
            seen,
            is_incomplete,
            _watcher: watcher,
        })
    }

    /// The next change; none when watching ended by itself.
    pub async fn next(&mut self) -> Option<Seen> {
        if self.is_incomplete.swap(false, Ordering::Relaxed) {
            return Some(Seen::Everything);
        }
        self.seen.recv().await.map(Seen::Path)
    }
}

/// Reading is no change; our own would be told without end.
fn is_change(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
        EventKind::Access(_) => false,
        _ => true,
    }
}

fn unavailable(error: notify::Error) -> Error {
    Error::Unavailable(error.into())
}
