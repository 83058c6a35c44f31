//! What can go wrong, by what the caller can do about it.

use std::time::Duration;

#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// Too much waits already; the request was not taken.
    #[error("the engine is overloaded; try again in {} s", retry_after.as_secs_f32())]
    Overloaded { retry_after: Duration },
    /// No engine can answer now: it starts, is out of reach, or has no live node.
    #[error("not ready: {0}")]
    NotReady(String),
    #[error("there is no model {0}")]
    UnknownModel(String),
    /// The request does not fit the model, and never will.
    #[error("{0}")]
    Invalid(String),
    /// The deadline passed before the answer.
    #[error("the deadline passed")]
    Late,
    /// The model failed on this input.
    #[error("the model failed: {0}")]
    Failed(String),
}

impl Error {
    /// Whether the same request may succeed later.
    pub fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Overloaded { .. } | Self::NotReady(_) | Self::Late | Self::UnknownModel(_)
        )
    }
}

pub type Result<T, E = Error> = std::result::Result<T, E>;
