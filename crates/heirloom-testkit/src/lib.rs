//! What tests of several crates share. A dependency of tests only.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

pub mod disk;
pub mod onnx;
pub mod proxy;
pub mod s3;
