//! Bytes to pixels and facts, pixels to renditions.
//!
//! Must not know users, databases or HTTP. Untrusted bytes are read only in child processes: [`decoder`] is what the
//! rest of the system calls, [`decode`] and [`metadata`] are what runs in the child. To add a format: a file in
//! `decode/`, its magic bytes in [`format`].

pub mod decode;
pub mod decoder;
pub mod edit;
pub mod facts;
pub mod format;
pub mod metadata;
mod pixels;
pub mod places;
pub mod renditions;
pub mod shading;
pub mod video;
pub mod xmp;
