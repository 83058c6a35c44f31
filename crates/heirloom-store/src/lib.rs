//! Everything that persists: SQL on two databases, blobs, the change feed, the job tables.
//!
//! The only crate that contains SQL or names a database or an object store.
