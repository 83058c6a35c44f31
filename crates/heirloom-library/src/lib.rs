//! The application: use cases by noun, access decisions, job handlers.
//!
//! Must not know HTTP or SQL. Start reading at [`library`], then the noun you came for. To add a use case: a method
//! beside its noun, which asks [`access`] first and records its change last.

pub mod access;
pub mod activities;
pub mod albums;
pub mod api_keys;
pub mod asset_metadata;
pub mod assets;
pub mod auth;
mod capture;
pub mod copy;
pub mod download;
pub mod error;
mod feed;
pub mod files;
pub mod ingest;
pub mod library;
pub mod memories;
pub mod partners;
pub mod people;
pub mod pin;
pub mod preferences;
pub mod process;
pub mod queues;
pub mod search;
pub mod sessions;
pub mod shared_links;
pub mod stacks;
pub mod sync;
pub mod tags;
pub mod timeline;
pub mod trash;
pub mod upkeep;
pub mod uploads;
pub mod users;

pub use error::{Error, Result};
pub use library::Library;
