//! Failures of the blob store, by what the caller can do about them.

use std::io;

use super::BlobPath;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// One kind per thing a caller can do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no file {0}")]
    NotFound(BlobPath),
    /// A file of that name is there already; take another name.
    #[error("there is a file {0} already")]
    Taken(BlobPath),
    #[error("the storage is full: free some space, or add some")]
    Full(#[source] anyhow::Error),
    /// The disk or the bucket does not do what it is asked; the same request may succeed later.
    #[error("the storage does not answer")]
    Unavailable(#[source] anyhow::Error),
    #[error("{0}")]
    Invalid(String),
}

impl Error {
    /// What a system call says about a file.
    pub(super) fn of_file(error: io::Error, path: &BlobPath) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::NotFound(path.clone()),
            io::ErrorKind::AlreadyExists => Self::Taken(path.clone()),
            _ => error.into(),
        }
    }

    /// What a bucket says about an object.
    pub(super) fn of_object(error: object_store::Error, path: &BlobPath) -> Self {
        match error {
            object_store::Error::NotFound { .. } => Self::NotFound(path.clone()),
            object_store::Error::AlreadyExists { .. }
            | object_store::Error::Precondition { .. } => Self::Taken(path.clone()),
            other => Self::Unavailable(other.into()),
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full(error.into()),
            _ => Self::Unavailable(error.into()),
        }
    }
}

impl From<tokio::task::JoinError> for Error {
    fn from(error: tokio::task::JoinError) -> Self {
        Self::Unavailable(error.into())
    }
}
