//! Pictures to meaning: embeddings, faces, text, labels.
//!
//! Must not know ONNX Runtime, owners or databases.
