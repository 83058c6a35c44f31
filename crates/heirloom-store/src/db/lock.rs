//! Who has the embedded database open. Every process locks a file beside it together with the others, so that whoever
//! wants to put another file in its place can wait until nobody has it open. The system lets go when a process dies.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    path::Path,
    time::Duration,
};

use tokio::{
    task::spawn_blocking,
    time::{Instant, sleep},
};

use super::beside::named;

const SUFFIX: &str = ".lock";
/// How often to look whether the others have let go.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A lock that is held; none on file systems that have no locks.
#[derive(Debug)]
pub struct Held(Option<File>);

impl Held {
    /// Lets go before the value is dropped.
    pub(super) fn release(&self) {
        if let Some(file) = &self.0 {
            file.unlock().ok();
        }
    }
}

/// Has the database together with others; waits while somebody has it alone.
pub(super) async fn share(path: &Path) -> io::Result<Held> {
    let file = open(path)?;
    let locked = spawn_blocking(move || file.lock_shared().map(|()| file)).await?;
    match locked {
        Ok(file) => Ok(Held(Some(file))),
        Err(error) if has_no_locks(&error) => Ok(Held(None)),
        Err(error) => Err(error),
    }
}

/// Has the database alone; none when others still have it after that time.
pub(super) async fn alone(path: &Path, patience: Duration) -> io::Result<Option<Held>> {
    let file = open(path)?;
    let end = Instant::now() + patience;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Some(Held(Some(file)))),
            Err(TryLockError::Error(error)) if has_no_locks(&error) => return Ok(Some(Held(None))),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if Instant::now() >= end => return Ok(None),
            Err(TryLockError::WouldBlock) => sleep(LOOK_EVERY).await,
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(named(path, SUFFIX))
}

fn has_no_locks(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let code = error.raw_os_error().map(Errno::from_raw_os_error);
    error.kind() == io::ErrorKind::Unsupported
        || matches!(code, Some(Errno::NOLCK | Errno::NOSYS | Errno::OPNOTSUPP))
}
