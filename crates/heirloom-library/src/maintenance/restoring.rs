//! Restoring a backup while the server is in maintenance: beside the database, which is in use until the end.

use std::{
    convert::Infallible,
    fs::File,
    io::{self, Read, Seek},
    sync::{
        Arc,
        atomic::{AtomicU8, AtomicU64, Ordering},
    },
    time::Duration,
};

use chrono::TimeDelta;
use heirloom_store::{
    Db,
    backup::{self as store_backup, BackupError},
    db::beside::Replaced,
    settings,
};
use heirloom_types::time::Timestamp;
use tokio::{task::spawn_blocking, time::sleep};
use tokio_util::sync::CancellationToken;

use super::{
    read,
    state::{KEY, State, Task},
    write,
};
use crate::{
    Error, Library, Result,
    backup::{of_backup, path_of},
    sync,
};

/// How often to look whether a backup is to be restored, and to say how far it is.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// After how long without a word a process that restores is taken for dead.
const SILENCE_MAX: TimeDelta = TimeDelta::seconds(15);
/// Loading ends here; what follows is short.
const LOADED_PERCENT: u64 = 95;
const SWITCHING_PERCENT: u8 = 98;

/// How far a restore is.
struct Progress {
    task: AtomicU8,
    /// Compressed bytes that were read, and that there are.
    read: AtomicU64,
    length: AtomicU64,
}

impl Library {
    /// Restores backups that somebody asks for, until `stop`. For every process that serves while in maintenance; one of
    /// them does it.
    pub async fn restore_when_asked(self: Arc<Self>, stop: CancellationToken) {
        while !stop.is_cancelled() {
            match self.take_restore().await {
                Ok(Some(file)) => self.run_restore(&file, &stop).await,
                Ok(None) => {}
                Err(error) => tracing::warn!(%error, "could not look for a backup to restore"),
            }
            tokio::select! {
                () = sleep(LOOK_EVERY) => {}
                () = stop.cancelled() => return,
            }
        }
    }

    /// The backup that this process is to restore. One that a dead process left is given up.
    async fn take_restore(&self) -> Result<Option<String>> {
        let Some(seen) = self.maintenance().await? else {
            return Ok(None);
        };
        let now = self.now();
        if seen.restore.is_none() || is_taken(&seen, now) {
            return Ok(None);
        }
        let mut tx = self.db.write().await?;
        let Some(mut state) = read(&mut tx).await? else {
            return Ok(None);
        };
        // Another process may have been faster.
        if is_taken(&state, now) {
            return Ok(None);
        }
        let Some(restore) = &mut state.restore else {
            return Ok(None);
        };
        let was_begun = restore.by.is_some();
        restore.by = Some((self.mode.me, now));
        restore.task = Task::Check;
        let file = restore.file.clone();
        if was_begun {
            state.fail("it was interrupted; the database is the one of before");
        }
        write(&mut tx, &state).await?;
        tx.commit().await?;
        if was_begun {
            self.db.discard_beside().await?;
            return Ok(None);
        }
        Ok(Some(file))
    }

    async fn run_restore(&self, file: &str, stop: &CancellationToken) {
        tracing::info!(file, "a backup is being restored");
        let progress = Arc::new(Progress {
            task: AtomicU8::new(0),
            read: AtomicU64::new(0),
            length: AtomicU64::new(1),
        });
        let done = tokio::select! {
            done = self.restore_beside(file, &progress) => done,
            never = self.tell_progress(&progress) => match never {},
            () = stop.cancelled() => Err(Error::Conflict(
                "the server was stopped; the database is the one of before".into(),
            )),
        };
        match done {
            Ok(Replaced::Now { before }) => {
                tracing::info!(
                    file,
                    before,
                    "the backup is restored; the database of before is kept"
                );
                self.mode.again.cancel();
            }
            Ok(Replaced::WhenReopened) => {
                self.say(Task::Switch, SWITCHING_PERCENT).await.ok();
                self.mode.again.cancel();
            }
            Err(error) => {
                let why = explained(&error);
                tracing::warn!(file, why, "the backup was not restored");
                if let Err(error) = self.give_up(&why).await {
                    tracing::warn!(%error, "that a backup was not restored could not be noted");
                }
            }
        }
    }

    /// Loads the backup beside the database and has it take its place.
    async fn restore_beside(&self, name: &str, progress: &Arc<Progress>) -> Result<Replaced> {
        let mut file = self.blobs.open_file(&path_of(name)?).await?;
        let (file, length, header) = spawn_blocking(move || {
            let header = store_backup::header(&file)?;
            let length = file.metadata().and_then(|metadata| {
                file.rewind()?;
                Ok(metadata.len())
            });
            Ok::<_, BackupError>((file, length, header))
        })
        .await
        .map_err(anyhow::Error::from)?
        .map_err(of_backup)?;
        let length = length.map_err(anyhow::Error::from)?;
        progress.length.store(length.max(1), Ordering::Relaxed);
        progress.task.store(1, Ordering::Relaxed);
        let schema = store_backup::schema_of(&header);
        let beside = self.db.open_beside(schema).await?;
        let source = Counted {
            file,
            progress: progress.clone(),
        };
        let restored = store_backup::restore(&beside, source).await;
        let rows = match restored {
            Ok(rows) => rows,
            Err(error) => {
                beside.close().await;
                return Err(of_backup(error));
            }
        };
        tracing::info!(name, rows, "a backup is loaded and takes its place");
        settle_restored(&beside, self.now()).await?;
        progress.task.store(2, Ordering::Relaxed);
        Ok(self.db.replace_with(beside, self.now()).await?)
    }

    /// Says again and again how far it is, which also says that this process lives.
    async fn tell_progress(&self, progress: &Progress) -> Infallible {
        loop {
            let (task, percent) = progress.now();
            if let Err(error) = self.say(task, percent).await {
                tracing::debug!(%error, "could not say how far the restore is");
            }
            sleep(LOOK_EVERY).await;
        }
    }

    async fn say(&self, task: Task, percent: u8) -> Result<()> {
        let mut tx = self.db.write().await?;
        let Some(mut state) = read(&mut tx).await? else {
            return Ok(());
        };
        if let Some(restore) = &mut state.restore {
            restore.by = Some((self.mode.me, self.now()));
            restore.task = task;
            restore.progress = percent;
            write(&mut tx, &state).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    async fn give_up(&self, why: &str) -> Result<()> {
        let mut tx = self.db.write().await?;
        if let Some(mut state) = read(&mut tx).await? {
            state.fail(why);
            write(&mut tx, &state).await?;
            tx.commit().await?;
        }
        Ok(self.db.discard_beside().await?)
    }
}

/// What a restored database needs before it is used: it is not in maintenance, and what devices hold is of another
/// history, so they begin anew.
pub async fn settle_restored(db: &Db, now: Timestamp) -> heirloom_store::Result<()> {
    let mut tx = db.write().await?;
    settings::delete_system(&mut tx, KEY).await?;
    sync::want_all_resets(&mut tx, now).await?;
    tx.commit().await
}

/// Whether a process that lives restores it.
fn is_taken(state: &State, now: Timestamp) -> bool {
    let restore = state.restore.as_ref();
    let by = restore.and_then(|restore| restore.by);
    by.is_some_and(|(_, said)| now - said < SILENCE_MAX)
}

impl Progress {
    fn now(&self) -> (Task, u8) {
        match self.task.load(Ordering::Relaxed) {
            0 => (Task::Check, 0),
            1 => {
                let read = self.read.load(Ordering::Relaxed);
                let length = self.length.load(Ordering::Relaxed);
                let percent = read.saturating_mul(LOADED_PERCENT) / length;
                (Task::Load, percent.min(LOADED_PERCENT) as u8)
            }
            // Only what is about to be reopened is `Switch`; other processes make way for it.
            _ => (Task::Load, LOADED_PERCENT as u8),
        }
    }
}

/// A file that notes how much of it was read.
struct Counted {
    file: File,
    progress: Arc<Progress>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.progress
            .read
            .fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// For the person who asked.
fn explained(error: &Error) -> String {
    match error {
        Error::Invalid { reason, .. } => reason.clone(),
        Error::Internal(error) => format!("{error:#}"),
        Error::Unavailable {
            what,
            source: Some(source),
            ..
        } => format!("{what} does not answer: {source:#}"),
        other => other.to_string(),
    }
}
