//! What can go wrong with a pack, for the person who asked for it.

use std::{
    io,
    path::{Path, PathBuf},
};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "no address of model repositories is set; set inference.models_endpoint, or the variable HF_ENDPOINT, to the address \
         of Hugging Face or of a mirror of it"
    )]
    NoEndpoint,
    #[error("{0:?} is not an address of model repositories; it begins with http:// or https://")]
    BadEndpoint(String),
    #[error("a pack cannot be called {0:?}; letters, digits, '-', '_', '+' and '.' make a name")]
    BadName(String),
    #[error(
        "{0:?} is neither a pack of the catalogue (see `heirloom models list`) nor a repository, as in owner/name"
    )]
    Unknown(String),
    #[error("there is no pack {0} here; `heirloom models list` says which there are")]
    NotHere(String),
    #[error("{} has no models.json that says what belongs to it", folder.display())]
    NoManifest { folder: PathBuf },
    #[error("{} cannot be read: {reason}", file.display())]
    BadManifest { file: PathBuf, reason: String },
    #[error("{what} is not a pack of models: {missing}")]
    Layout { what: String, missing: String },
    #[error("there is no repository {repository} at {endpoint}, or it is not public")]
    NoRepository {
        repository: String,
        endpoint: String,
    },
    #[error("{url} answered {status}; try again later, or another endpoint")]
    Refused { url: String, status: u16 },
    #[error("{endpoint} cannot be reached: {reason}")]
    Unreachable { endpoint: String, reason: String },
    #[error("{url} gave an answer that is not understood: {reason}")]
    BadAnswer { url: String, reason: String },
    #[error("{file} is not what it should be: {reason}")]
    Damaged { file: String, reason: String },
    #[error("another process is getting {0} now; wait for it")]
    Busy(String),
    #[error("{}: {error}", path.display())]
    Io { path: PathBuf, error: io::Error },
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Names the file that an operation on files was about.
pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> Error + use<> {
    let path = path.to_owned();
    move |error| Error::Io { path, error }
}
