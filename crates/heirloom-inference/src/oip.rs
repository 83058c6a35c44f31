//! The Open Inference Protocol, version 2, over HTTP, with Triton's extension for tensors in binary form.
//!
//! Both ends use this: the server that answers with an engine, and [`crate::remote`] that asks such servers.

mod body;
mod messages;

pub use body::{
    Asked, Form, HEADER_LENGTH, read_request, read_response, write_request, write_response,
};
pub use messages::{
    ErrorBody, IndexEntry, ModelConfig, ModelMetadata, ModelStats, ServerMetadata, StatsBody,
    TensorMetadata,
};

use crate::Priority;

/// How an engine's priorities are numbered on the wire: the lower goes first, 0 leaves it to the server.
pub fn priority_number(priority: Priority) -> u64 {
    match priority {
        Priority::Interactive => 1,
        Priority::Upload => 2,
        Priority::Backfill => 3,
    }
}

/// The priority of a number.
pub fn priority_of(number: u64) -> Priority {
    match number {
        0 | 2 => Priority::Upload,
        1 => Priority::Interactive,
        _ => Priority::Backfill,
    }
}
