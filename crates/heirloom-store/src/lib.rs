//! Everything that persists: SQL on two databases, blobs, the change feed, the job tables.
//!
//! The only crate that contains SQL or names a database or an object store. To add a query: a function in the file of
//! its noun that takes `&mut Tx` first, portable SQL with `$1` placeholders through [`sql!`](crate::sql), and a test in
//! `tests/` that runs on both databases.

pub mod activities;
pub mod albums;
pub mod api_keys;
pub mod asset_edits;
pub mod asset_metadata;
pub mod assets;
pub mod audience;
pub mod backup;
mod bits;
pub mod blobs;
pub mod changes;
pub mod closed_accounts;
pub mod db;
pub mod doomed_files;
pub mod embeddings;
pub mod error;
pub mod exif;
pub mod faces;
pub mod frames;
pub mod heatmaps;
pub mod integrity;
pub mod labels;
pub mod libraries;
pub mod library_files;
pub mod looks;
pub mod memories;
pub mod moves;
pub mod notifications;
pub mod partners;
pub mod people;
pub mod queue;
pub mod search;
pub mod sessions;
pub mod settings;
pub mod shared_links;
pub mod stacks;
pub mod stages;
pub mod sync;
pub mod sync_checkpoints;
pub mod system;
pub mod tags;
#[cfg(feature = "testing")]
pub mod testing;
pub mod text_lines;
pub mod timeline;
pub mod uploads;
pub mod users;
pub mod vectors;
pub mod version_history;
pub mod words;
pub mod workflows;

pub use db::{Db, Tx};
pub use error::{Error, Result};
