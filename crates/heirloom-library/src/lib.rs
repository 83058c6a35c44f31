//! The application: use cases by noun, access decisions, job handlers.
//!
//! Must not know HTTP or SQL. Start reading at [`library`], then the noun you came for.

pub mod access;
pub mod api_keys;
pub mod auth;
pub mod error;
pub mod library;
pub mod sessions;
pub mod users;

pub use error::{Error, Result};
pub use library::Library;
