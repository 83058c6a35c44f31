//! The whole product from outside: the real binary, real files, real clients.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod access;
mod aioimmich_client;
mod bad_input;
mod cli_client;
mod contract;
mod crash;
mod library;
mod media;
mod phone;
mod server;
mod shared_photos;
mod slice;
mod sync;
mod tus_client;
