//! What a caller can do about a failure.

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// One kind per thing a caller can do about it; the texts are for people.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The provider does not answer, or not as a provider does; it may later.
    #[error("{0}")]
    Unavailable(String),
    /// The provider says no.
    #[error("the OpenID provider refuses: {0}")]
    Refused(String),
    /// What came back cannot be believed.
    #[error("{0}")]
    Invalid(String),
    /// The settings cannot work with this provider.
    #[error("{0}")]
    Misconfigured(String),
}

impl Error {
    pub(crate) fn invalid(what: &str, why: impl std::fmt::Display) -> Self {
        Self::Invalid(format!("{what} is not valid: {why}"))
    }
}
