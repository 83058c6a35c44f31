//! Pictures to meaning: embeddings, labels, faces, text.
//!
//! Must not know ONNX Runtime, owners or databases. Start reading at [`Vision`]; each task has a file of its own
//! ([`look`], [`text`], [`faces`], [`reading`],
//! [`objects`]) with what it asks of its models and how it reads their answers; `clip` asks search models of other families,
//! `faces::insight` such models for faces.

mod bounds;
mod clip;
pub mod cluster;
mod error;
pub mod faces;
#[cfg(test)]
mod golden;
pub mod keyframes;
pub mod look;
pub mod objects;
mod pack;
mod planes;
mod quality;
mod raster;
pub mod reading;
pub mod text;
mod vectors;
mod vision;

pub use bounds::Bounds;
pub use error::{Error, Result};
pub use faces::Face;
pub use heirloom_inference::Priority;
pub use look::{Label, Look};
pub use objects::Object;
pub use reading::Line;
pub use vision::Vision;
