//! Bytes to pixels and facts, pixels to renditions.
//!
//! Must not know users, databases or HTTP. Untrusted bytes are read only in child processes: [`decoder`] is what the
//! rest of the system calls, [`decode`] and [`metadata`] are what runs in the child. To add a format: a file in
//! `decode/`, its magic bytes in [`format`].

mod buffers;
pub mod decode;
pub mod decoder;
pub mod edit;
pub mod facts;
pub mod format;
pub mod metadata;
pub mod pixels;
pub mod places;
pub mod renditions;
mod resize;
pub mod shading;
pub mod video;
pub mod xmp;
