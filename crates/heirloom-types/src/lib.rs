//! The vocabulary every other crate shares: ids, time, permissions, callers, frames.
//!
//! Knows no I/O and no async; depends on nothing of ours. Start reading at [`ids`].

pub mod caller;
pub mod checksum;
pub mod frame;
pub mod geometry;
pub mod ids;
pub mod media_type;
pub mod permission;
pub mod time;
