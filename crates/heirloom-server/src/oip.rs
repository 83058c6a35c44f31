//! Serves an engine to other machines: the Open Inference Protocol, version 2, over HTTP and gRPC.
//!
//! Both speak of the same [`Node`]; what differs is how they write it down.

mod grpc;
mod http;
mod proto;

use std::sync::Arc;

use heirloom_inference::{
    Error, Request, Response, Result,
    engine::Description,
    local::{Configuration, LocalEngine, State},
    oip::{IndexEntry, ServerMetadata},
    stats::Reading,
};
use tokio::sync::{Semaphore, SemaphorePermit};

pub use self::{grpc::router as grpc_router, http::router as http_router};

/// Largest body of a request: the numbers that the engine takes at most, and what describes them.
const BODY_BYTES_MAX: usize = (256 << 20) + (1 << 20);
/// Memory of all bodies that are being read or wait for their answer, in MiB.
const BODIES_MIB: usize = 1024;
/// What is offered beyond the protocol itself.
const EXTENSIONS: &[&str] = &[
    "binary_tensor_data",
    "model_configuration",
    "model_repository",
    "statistics",
    "schedule_policy",
    "parameters",
];

/// An engine that is served.
#[derive(Clone)]
pub struct Node(Arc<Inner>);

struct Inner {
    engine: Arc<LocalEngine>,
    bodies: Semaphore,
}

impl Node {
    pub fn new(engine: Arc<LocalEngine>) -> Self {
        Self(Arc::new(Inner {
            engine,
            bodies: Semaphore::new(BODIES_MIB),
        }))
    }

    fn engine(&self) -> &LocalEngine {
        &self.0.engine
    }

    /// Waits until there is memory for a body of that size.
    async fn room(&self, bytes: usize) -> Result<SemaphorePermit<'_>> {
        if bytes > BODY_BYTES_MAX {
            return Err(Error::Invalid(format!(
                "the request has {} MiB; a request may have {} MiB",
                bytes >> 20,
                BODY_BYTES_MAX >> 20
            )));
        }
        let mib = u32::try_from((bytes >> 20) + 1).unwrap_or(u32::MAX);
        let room = self.0.bodies.acquire_many(mib).await;
        room.map_err(|_| Error::NotReady("the server stops".into()))
    }

    async fn infer(&self, request: Request) -> Result<Response> {
        heirloom_inference::Engine::infer(self.engine(), request).await
    }

    async fn describe(&self, model: &str, version: Option<&str>) -> Result<Description> {
        self.engine().describe_version(model, version).await
    }

    async fn configuration(
        &self,
        model: &str,
        version: Option<&str>,
    ) -> Result<(Description, Configuration)> {
        let described = self.describe(model, version).await?;
        let configuration = self.engine().configuration(model, version).await?;
        Ok((described, configuration))
    }

    /// Figures of the versions of a model; of all models, if none is named.
    fn readings(&self, model: &str, version: Option<&str>) -> Result<Vec<Reading>> {
        let mut readings = self.engine().readings();
        if model.is_empty() {
            return Ok(readings);
        }
        readings.retain(|reading| {
            reading.model == model && version.is_none_or(|version| reading.version == version)
        });
        if readings.is_empty() {
            return Err(Error::UnknownModel(model.to_owned()));
        }
        Ok(readings)
    }

    fn index(&self, only_ready: bool) -> Vec<IndexEntry> {
        let entries = self.engine().index().into_iter();
        entries
            .filter(|entry| !only_ready || entry.state == State::Ready)
            .map(|entry| {
                let (state, reason) = match entry.state {
                    State::Ready => ("READY", String::new()),
                    State::Loading => ("LOADING", String::new()),
                    // Triton has no word for a model that is loaded when it is asked for.
                    State::Unknown => ("UNAVAILABLE", "it is loaded when it is asked for".into()),
                    State::Unloaded => ("UNAVAILABLE", "unloaded".into()),
                    State::Failed(reason) => ("UNAVAILABLE", reason),
                };
                IndexEntry {
                    name: entry.model,
                    version: entry.version,
                    state: state.into(),
                    reason,
                }
            })
            .collect()
    }
}

fn server_metadata() -> ServerMetadata {
    ServerMetadata {
        name: "heirloom".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        extensions: EXTENSIONS.iter().map(|name| (*name).to_owned()).collect(),
    }
}

/// An empty version is none.
fn named(version: &str) -> Option<&str> {
    Some(version).filter(|version| !version.is_empty())
}
