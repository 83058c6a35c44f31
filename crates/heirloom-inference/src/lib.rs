//! Tensors in, tensors out: local ONNX Runtime or a remote Open Inference Protocol server.
//!
//! Must not know what a face or a photo is.
