//! Tensors in, tensors out: local ONNX Runtime or a remote Open Inference Protocol server.
//!
//! Must not know what a face or a photo is. Start reading at [`engine`]; [`local`] runs models here, [`remote`] on other machines.

pub mod engine;
mod error;
pub mod local;
pub mod oip;
pub mod registry;
pub mod remote;
pub mod stats;
pub mod tensor;

pub use engine::{Engine, Priority, Request, Response};
pub use error::{Error, Result};
pub use tensor::{DataType, Tensor};
