//! A durable job runner over the tables of `heirloom_store::queue`.
//!
//! Must not know photos.
