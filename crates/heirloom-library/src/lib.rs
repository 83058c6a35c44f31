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
pub mod backup;
mod capture;
pub mod cleanups;
pub mod clustering;
pub mod copy;
pub mod download;
pub mod duplicates;
pub mod edits;
pub mod error;
mod feed;
pub mod files;
pub mod frames;
pub mod heatmaps;
pub mod ingest;
pub mod integrity;
mod jobs;
pub mod libraries;
pub mod library;
pub mod licenses;
pub mod live;
pub mod mail;
pub mod memories;
pub mod moves;
pub mod notifications;
pub mod oauth;
pub mod partners;
pub mod people;
pub mod pin;
pub mod places;
pub mod preferences;
pub mod process;
pub mod profile_images;
pub mod question;
pub mod queues;
pub mod recall;
pub mod schedule;
pub mod search;
pub mod search_models;
pub mod sessions;
pub mod shared_links;
pub mod smart;
pub mod stacks;
pub mod sync;
pub mod system_config;
pub mod tags;
pub mod text_lines;
pub mod timeline;
pub mod trash;
pub mod upkeep;
pub mod uploads;
pub mod users;
pub mod versions;
pub mod vision;

pub use error::{Error, Result};
pub use library::Library;
