//! An embedded database beside another. The restored file is whole before it gets the name by which [`finish`] knows it,
//! and takes the place of the other in one rename, while no process has either of them open.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use heirloom_types::time::Timestamp;
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};

use super::named;
use crate::{
    Db, Error, Result,
    db::{ACQUIRE_TIMEOUT, lock},
};

/// What is being loaded.
const LOADING: &str = ".restoring";
/// What is whole and waits to take its place.
const WHOLE: &str = ".restored";
/// What SQLite keeps beside a database.
const COMPANIONS: &[&str] = &["-wal", "-shm"];

/// How the restored file was put in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finished {
    /// None was waiting.
    Nothing,
    /// It is in its place; where the database of before is, if there was one.
    Done(Option<PathBuf>),
    /// It was removed, the database of before stays: others did not let go of it, or a file could not be written.
    GaveUp(String),
}

/// Makes an empty database beside the one at `path`.
pub async fn open(path: &Path, schema: Option<i64>) -> Result<Db> {
    discard(path)?;
    Db::open_sqlite_file(&named(path, LOADING), schema, None).await
}

/// Says that what was loaded is whole. The database that was opened must have been closed.
pub fn seal(path: &Path) -> Result<()> {
    let loaded = named(path, LOADING);
    if !is_empty(&named(&loaded, "-wal"))? {
        return Err(Error::Inconsistent {
            what: "the restored database was not closed",
        });
    }
    remove(&named(&loaded, "-shm"))?;
    File::open(&loaded)?.sync_all()?;
    fs::rename(&loaded, named(path, WHOLE))?;
    Ok(sync_folder(path)?)
}

/// Whether a restored database waits to take its place.
pub fn is_waiting(path: &Path) -> Result<bool> {
    Ok(named(path, WHOLE).try_exists()?)
}

/// Removes what was loaded, or was being.
pub fn discard(path: &Path) -> io::Result<()> {
    let loading = named(path, LOADING);
    for suffix in COMPANIONS {
        remove(&named(&loading, suffix))?;
    }
    remove(&loading)?;
    remove(&named(path, WHOLE))
}

/// Puts a restored database that waits in its place, once no process has the one of before open any more. To be called
/// before the database is opened.
pub async fn finish(path: &Path, now: Timestamp, patience: Duration) -> Result<Finished> {
    if !is_waiting(path)? {
        return Ok(Finished::Nothing);
    }
    let Some(_alone) = lock::alone(path, patience).await? else {
        discard(path)?;
        let why = "another process uses the database and does not end; stop it and restore again";
        return Ok(Finished::GaveUp(why.into()));
    };
    // Another process was faster.
    if !is_waiting(path)? {
        return Ok(Finished::Nothing);
    }
    match replace(path, now).await {
        Ok(before) => Ok(Finished::Done(before)),
        Err(error) => {
            discard(path)?;
            Ok(Finished::GaveUp(told(&error)))
        }
    }
}

async fn replace(path: &Path, now: Timestamp) -> Result<Option<PathBuf>> {
    let before = if path.try_exists()? {
        fold(path).await?;
        let kept = named(path, &format!(".before-{}", now.format("%Y%m%dT%H%M%SZ")));
        keep(path, &kept)?;
        Some(kept)
    } else {
        None
    };
    fs::rename(named(path, WHOLE), path)?;
    sync_folder(path)?;
    Ok(before)
}

/// Writes into a database what lies beside it, which would otherwise be taken for a part of the new one.
async fn fold(path: &Path) -> Result<()> {
    match checkpoint(path).await {
        Ok(()) => {}
        // Not a database any more: its files are kept as they are.
        Err(Error::Backend(_)) => {
            for suffix in COMPANIONS {
                let from = named(path, suffix);
                if from.try_exists()? {
                    fs::rename(&from, named(&from, ".before"))?;
                }
            }
        }
        Err(error) => return Err(error),
    }
    if !is_empty(&named(path, "-wal"))? {
        return Err(Error::Inconsistent {
            what: "the database of before could not be closed",
        });
    }
    for suffix in COMPANIONS {
        remove(&named(path, suffix))?;
    }
    Ok(())
}

async fn checkpoint(path: &Path) -> Result<()> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(ACQUIRE_TIMEOUT);
    let mut connection = SqliteConnection::connect_with(&options).await?;
    sqlx::query("pragma wal_checkpoint(truncate)")
        .execute(&mut connection)
        .await?;
    connection.close().await?;
    Ok(())
}

/// Gives the database of before a second name; where files have one name only, a copy.
fn keep(path: &Path, kept: &Path) -> io::Result<()> {
    match fs::hard_link(path, kept) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        Err(_) => {
            fs::copy(path, kept)?;
            File::open(kept)?.sync_all()
        }
        Ok(()) => Ok(()),
    }
}

fn is_empty(path: &Path) -> io::Result<bool> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(metadata.len() == 0),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}

fn told(error: &Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
