//! Why a stage has no result, and what helps.

use heirloom_store::blobs;

use crate::Error;

pub(super) type StageResult = Result<(), StageFailure>;

/// Why a stage has no result.
#[derive(Clone, Debug)]
pub(crate) struct StageFailure {
    reason: String,
    remedy: Remedy,
}

/// What helps against a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remedy {
    /// Nothing: another try would end the same way.
    Nothing,
    /// Another try; after a few of them nothing will.
    Retry,
    /// Something outside has to come back; the asset is not to blame, however long it takes.
    Wait,
}

impl StageFailure {
    pub(super) fn passing(error: impl std::fmt::Display) -> Self {
        Self::new(error, Remedy::Retry)
    }

    pub(super) fn r#final(error: impl std::fmt::Display) -> Self {
        Self::new(error, Remedy::Nothing)
    }

    pub(super) fn waiting(error: impl std::fmt::Display) -> Self {
        Self::new(error, Remedy::Wait)
    }

    fn new(error: impl std::fmt::Display, remedy: Remedy) -> Self {
        Self {
            reason: error.to_string(),
            remedy,
        }
    }

    pub(super) fn reason(&self) -> &str {
        &self.reason
    }

    pub(super) fn remedy(&self) -> Remedy {
        self.remedy
    }
}

impl From<blobs::Error> for StageFailure {
    fn from(error: blobs::Error) -> Self {
        match error {
            blobs::Error::NotFound(_) | blobs::Error::Invalid(_) => Self::r#final(error),
            blobs::Error::Taken(_) => Self::passing(error),
            blobs::Error::Full(_) | blobs::Error::Unavailable(_) => Self::waiting(error),
        }
    }
}

impl From<Error> for StageFailure {
    fn from(error: Error) -> Self {
        match error {
            Error::StorageFull | Error::Unavailable { .. } => Self::waiting(error),
            error => Self::passing(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use heirloom_store::blobs::{BlobPath, Error as Blob};

    use super::*;

    #[test]
    fn a_full_disk_and_a_lost_bucket_are_waited_for() {
        let remedy = |error: Blob| StageFailure::from(error).remedy();
        assert_eq!(remedy(Blob::Full(anyhow::anyhow!("0 left"))), Remedy::Wait);
        assert_eq!(
            remedy(Blob::Unavailable(anyhow::anyhow!("cut off"))),
            Remedy::Wait
        );
        let path = BlobPath::parse("originals/a.jpg").unwrap();
        assert_eq!(remedy(Blob::NotFound(path)), Remedy::Nothing);
        assert_eq!(
            StageFailure::from(Error::StorageFull).remedy(),
            Remedy::Wait
        );
    }
}
