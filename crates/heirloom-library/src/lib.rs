//! The application: use cases by noun, access decisions, job handlers.
//!
//! Must not know HTTP or SQL. Start reading at [`error`], then the noun you came for.

pub mod error;

pub use error::{Error, Result};
