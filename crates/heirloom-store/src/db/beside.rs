//! A second database beside the one in use: a backup is loaded there, and only what is whole takes the place of the
//! first, which is kept. Of an embedded database that is another file, on PostgreSQL another schema of the same database.
//!
//! Whenever the process dies, what is in use is whole: the database of before, or the restored one.

mod file;
mod schema;

use std::path::{Path, PathBuf};

use heirloom_types::time::Timestamp;

pub use self::file::{Finished, discard, finish, is_waiting, open, seal};
use super::Db;
use crate::Result;

/// How the database beside took the place of the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replaced {
    /// At once; the schema with the database of before. Connections must not go on with what they know of it.
    Now { before: String },
    /// It waits for all processes to let go of the file: [`finish`] puts it there before it is opened again.
    WhenReopened,
}

impl Db {
    /// Makes an empty database beside this one, with the schema of that migration; what was left there goes.
    pub async fn open_beside(&self, schema: Option<i64>) -> Result<Self> {
        match self {
            Self::Sqlite { writer, .. } => {
                open(writer.connect_options().get_filename(), schema).await
            }
            Self::Postgres { pool, .. } => schema::open(pool, schema).await,
        }
    }

    /// Removes what was loaded beside this database and is not wanted.
    pub async fn discard_beside(&self) -> Result<()> {
        match self {
            Self::Sqlite { writer, .. } => Ok(discard(writer.connect_options().get_filename())?),
            Self::Postgres { pool, .. } => schema::discard(pool).await,
        }
    }

    /// Has what was loaded beside take the place of this database, which is kept beside.
    pub async fn replace_with(&self, beside: Self, now: Timestamp) -> Result<Replaced> {
        beside.close().await;
        match self {
            Self::Sqlite { writer, .. } => {
                seal(writer.connect_options().get_filename())?;
                Ok(Replaced::WhenReopened)
            }
            Self::Postgres { pool, .. } => {
                let before = schema::replace(pool, now).await?;
                Ok(Replaced::Now { before })
            }
        }
    }
}

/// The name of a file that belongs to the database at `path`.
pub(super) fn named(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
