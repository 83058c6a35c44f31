//! What can go wrong, by what the caller can do about it.

use std::path::PathBuf;

/// Why a picture or a text was not understood.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The pack lacks a file, or one that does not fit the others.
    #[error(
        "the model pack cannot be used: {}: {reason}; `heirloom models verify` says what is missing",
        file.display()
    )]
    Pack { file: PathBuf, reason: String },
    /// The picture has no pixels.
    #[error("the picture has no pixels")]
    Empty,
    /// There is nothing to look for in the text.
    #[error("the text is empty; say what the picture shows")]
    NoText,
    /// The engine could not run a model.
    #[error(transparent)]
    Engine(#[from] heirloom_inference::Error),
    /// A model answered with something else than its pack promises.
    #[error("the model {model} gave {problem}; it does not fit this pack")]
    Answer {
        model: &'static str,
        problem: String,
    },
    /// The program ends.
    #[error("the work was stopped")]
    Stopped,
}

impl Error {
    /// Whether the same call may succeed later.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Engine(error) => error.is_passing(),
            Self::Stopped => true,
            _ => false,
        }
    }
}

pub type Result<T, E = Error> = std::result::Result<T, E>;
