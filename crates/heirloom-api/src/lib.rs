//! What goes over the wire: bodies of requests and responses as the contract (`spec/contract.json`) has them, and the
//! list of its operations. Must not know how anything is done.
//!
//! To add a body: a struct in the file of its noun, fields in the contract's order.

pub mod activities;
pub mod albums;
pub mod api_keys;
pub mod asset_metadata;
pub mod assets;
pub mod auth;
pub mod database_backups;
pub mod download;
pub mod duplicates;
pub mod edits;
pub mod frames;
pub mod heatmaps;
pub mod hls;
pub mod integrity;
pub mod libraries;
pub mod licenses;
pub mod live;
pub mod mail;
pub mod maintenance;
pub mod memories;
pub mod models;
pub mod notifications;
pub mod oauth;
pub mod operations;
pub mod partners;
pub mod people;
pub mod queues;
pub mod search;
pub mod server;
pub mod sessions;
pub mod shared_links;
pub mod stacks;
pub mod sync;
pub mod system_config;
pub mod tags;
pub mod timeline;
pub mod users;
pub mod wire;
pub mod workflows;
