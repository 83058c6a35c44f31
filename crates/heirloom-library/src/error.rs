//! What a caller can do about a failure.

use std::time::Duration;

use heirloom_types::permission::Permission;
use uuid::Uuid;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// One kind per thing a caller can do about it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The thing does not exist, or exists and may not be known to the caller; the two look alike on purpose.
    #[error("no {what} {id} that the caller may use for {needed}")]
    NotFound {
        what: &'static str,
        id: Uuid,
        needed: Permission,
    },
    /// The thing exists and has no such part, or not yet.
    #[error("{0}")]
    Missing(&'static str),
    /// The caller is known and may not do this.
    #[error("{0}")]
    Forbidden(String),
    /// The credential is missing, unknown or wrong; the text is for the person who presented it.
    #[error("{0}")]
    Unauthenticated(&'static str),
    /// Input that can never succeed as it is.
    #[error("{field}: {reason}")]
    Invalid { field: &'static str, reason: String },
    /// A request that is well-formed but does not fit the state of things.
    #[error("{0}")]
    Conflict(String),
    /// Somebody else is at it; the same request may succeed in a moment.
    #[error("{0}")]
    Busy(&'static str),
    /// The owner's space is used up.
    #[error("quota has been exceeded")]
    QuotaExceeded,
    /// The server's own disk or bucket takes no more.
    #[error("the server's storage is full")]
    StorageFull,
    /// A part that is needed does not answer now; the same request may succeed later.
    #[error("{what} is unavailable")]
    Unavailable {
        what: &'static str,
        retry_after: Duration,
        #[source]
        source: Option<anyhow::Error>,
    },
    /// The server does as much of this as it can at one time; the same request may succeed in a moment.
    #[error("{message}")]
    Crowded {
        message: &'static str,
        retry_after: Duration,
    },
    /// A defect or a broken environment: logged, never shown.
    #[error(transparent)]
    Internal(#[from] anyhow::Error),
}

impl Error {
    /// Shorthand for [`Error::Invalid`].
    pub fn invalid(field: &'static str, reason: impl Into<String>) -> Self {
        Self::Invalid {
            field,
            reason: reason.into(),
        }
    }

    /// Shorthand for [`Error::NotFound`].
    pub fn not_found(what: &'static str, id: impl Into<Uuid>, needed: Permission) -> Self {
        Self::NotFound {
            what,
            id: id.into(),
            needed,
        }
    }
}

impl From<heirloom_store::blobs::Error> for Error {
    fn from(error: heirloom_store::blobs::Error) -> Self {
        use heirloom_store::blobs::Error as Blob;
        match error {
            Blob::Full(_) => Self::StorageFull,
            Blob::Unavailable(_) => Self::Unavailable {
                what: "the file store",
                retry_after: DATABASE_RETRY,
                source: Some(error.into()),
            },
            other => Self::Internal(other.into()),
        }
    }
}

/// How long a client should wait for a database that does not answer.
const DATABASE_RETRY: Duration = Duration::from_secs(5);

impl From<heirloom_store::Error> for Error {
    fn from(error: heirloom_store::Error) -> Self {
        use heirloom_store::Error as Store;
        match error {
            Store::Full(_) => Self::StorageFull,
            Store::Unavailable(_) => Self::Unavailable {
                what: "the database",
                retry_after: DATABASE_RETRY,
                source: Some(error.into()),
            },
            Store::Conflict { .. }
            | Store::Inconsistent { .. }
            | Store::Migration(_)
            | Store::Backend(_) => Self::Internal(error.into()),
        }
    }
}
