//! A durable job runner over the tables of `heirloom_store::queue`.
//!
//! Must not know photos. A [`Handler`] does the work of one kind of job; the [`Runner`] takes jobs under a lease, keeps
//! the lease while they run, and gives them back when they fail. To add a kind: implement [`Handler`] and name it where
//! the runner is built.

mod handler;
mod limits;
mod runner;

pub use handler::{Claim, Failure, Handler, LeaseLost};
pub use runner::{Runner, Settings, Wake};

/// Priorities, the most urgent first.
pub mod priority {
    /// Something a person waits for, such as a new upload.
    pub const NEW: i32 = 1;
    /// Work over what is there already.
    pub const BACKFILL: i32 = 2;
    /// Housekeeping.
    pub const UPKEEP: i32 = 3;
    /// All of them, in the order they are served.
    pub const EVERY: [i32; 3] = [NEW, BACKFILL, UPKEEP];
}
