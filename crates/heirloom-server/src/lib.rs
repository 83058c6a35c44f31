//! HTTP: requests to use cases, results to responses. No rules of its own.
//!
//! Start reading at [`app`]. To add an operation: a handler in the file of its noun under `routes/`, its line in that
//! file's table, and its line out of `spec/unsupported.txt`.

pub mod app;
mod cookies;
mod cx;
mod error;
mod file_response;
mod gate;
mod health;
mod input;
mod listener;
pub mod live;
pub mod oip;
pub mod predict;
mod routes;
pub mod tiles;
mod web;

pub use app::{App, Services, over_tls, router};
pub use listener::listen;
pub use routes::{models::ModelPacks, served, served_beyond};
