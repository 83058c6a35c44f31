//! HTTP: requests to use cases, results to responses. No rules of its own.
//!
//! Start reading at [`app`]. To add an operation: a handler in the file of its noun under `routes/`, its line in that
//! file's table, and its line out of `spec/unsupported.txt`.

pub mod app;
mod cookies;
mod cx;
mod error;
mod file_response;
mod input;
mod page;
mod routes;

pub use app::{App, router};
pub use routes::served;
