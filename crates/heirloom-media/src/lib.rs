//! Bytes in, pixels and facts out: sniffing, decoding (in sandboxed child processes), renditions,
//! metadata, video, places and time zones.
//!
//! Must not know owners, assets, databases or HTTP.

pub mod facts;
