//! Failures of the store, by what the caller can do about them. Absence is `Ok(None)`, never an error.

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// One kind per thing a caller can do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A unique or foreign key stands in the way.
    #[error("conflicts with what is stored ({constraint})")]
    Conflict { constraint: String },
    /// The database does not answer, or is busy beyond its limit; try again later.
    #[error("the database is unavailable")]
    Unavailable(#[source] sqlx::Error),
    /// The disk under the database is full.
    #[error("the database's disk is full")]
    Full(#[source] sqlx::Error),
    /// What was read is not what the schema promises.
    #[error("{what}")]
    Inconsistent { what: &'static str },
    /// The schema could not be brought up to date.
    #[error("the database's schema could not be brought up to date")]
    Migration(#[source] sqlx::migrate::MigrateError),
    /// Anything else the database says: a defect.
    #[error("the database refused a statement")]
    Backend(#[source] sqlx::Error),
}

impl Error {
    pub(crate) fn migration(error: sqlx::migrate::MigrateError) -> Self {
        Self::Migration(error)
    }
}

/// SQLite's code for a full disk (`SQLITE_FULL`), and PostgreSQL's (`53100`, disk_full).
const FULL_CODES: &[&str] = &["13", "53100"];
/// SQLite's `SQLITE_BUSY` and its extensions, and PostgreSQL's classes for a server that is starting or stopping.
const UNAVAILABLE_CODES: &[&str] = &[
    "5", "261", "517", "57P01", "57P02", "57P03", "53300", "40001", "40P01",
];

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        let is_full = matches!(
            error.kind(),
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded
        );
        let error = sqlx::Error::Io(error);
        if is_full {
            Self::Full(error)
        } else {
            Self::Unavailable(error)
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Io(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::BeginFailed
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Unavailable(error),
            sqlx::Error::Database(database) => {
                let code = database.code().unwrap_or_default();
                if database.is_unique_violation() || database.is_foreign_key_violation() {
                    Self::Conflict {
                        constraint: database
                            .constraint()
                            .unwrap_or(database.message())
                            .to_owned(),
                    }
                } else if FULL_CODES.contains(&&*code) {
                    Self::Full(error)
                } else if UNAVAILABLE_CODES.contains(&&*code) {
                    Self::Unavailable(error)
                } else {
                    Self::Backend(error)
                }
            }
            _ => Self::Backend(error),
        }
    }
}
