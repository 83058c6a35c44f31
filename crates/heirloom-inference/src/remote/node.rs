//! One node of the pool.

use std::{
    sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use reqwest::{Client, StatusCode, header::RETRY_AFTER};

use crate::{
    Error, Request, Response, Result,
    engine::Description,
    oip::{ErrorBody, HEADER_LENGTH, ModelMetadata, read_response, write_request},
};

/// How long a node has to say that it is alive.
const CHECK: Duration = Duration::from_secs(2);
/// How long a node has to describe a model, which it may have to load for it.
const DESCRIBE: Duration = Duration::from_mins(2);
/// How long to wait when a node is overloaded and does not say how long.
const RETRY: Duration = Duration::from_secs(1);

pub(super) struct Node {
    pub number: usize,
    address: String,
    client: Client,
    is_alive: AtomicBool,
    busy: AtomicUsize,
    answered: AtomicU64,
    failed: AtomicU64,
}

/// One request that a node has.
pub(super) struct Busy<'a>(&'a Node);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.busy.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Node {
    pub(super) fn new(number: usize, address: &str, client: Client) -> Result<Self> {
        let is_http = address.starts_with("http://") || address.starts_with("https://");
        if !is_http || reqwest::Url::parse(address).is_err() {
            return Err(Error::Invalid(format!(
                "inference.nodes: {address:?} is no address; write it as in http://gpu:8000"
            )));
        }
        Ok(Self {
            number,
            address: address.trim_end_matches('/').to_owned(),
            client,
            is_alive: AtomicBool::new(true),
            busy: AtomicUsize::new(0),
            answered: AtomicU64::new(0),
            failed: AtomicU64::new(0),
        })
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    pub(super) fn is_alive(&self) -> bool {
        self.is_alive.load(Ordering::Relaxed)
    }

    pub(super) fn set_alive(&self, is_alive: bool) {
        let before = self.is_alive.swap(is_alive, Ordering::Relaxed);
        match (before, is_alive) {
            (true, false) => tracing::warn!(node = self.address, "a node does not answer"),
            (false, true) => tracing::info!(node = self.address, "a node is back"),
            _ => {}
        }
    }

    pub(super) fn busy(&self) -> usize {
        self.busy.load(Ordering::Relaxed)
    }

    pub(super) fn answered(&self) -> u64 {
        self.answered.load(Ordering::Relaxed)
    }

    pub(super) fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }

    pub(super) fn begin(&self) -> Busy<'_> {
        self.busy.fetch_add(1, Ordering::Relaxed);
        Busy(self)
    }

    pub(super) async fn check(&self) {
        let url = format!("{}/v2/health/ready", self.address);
        let answer = self.client.get(url).timeout(CHECK).send().await;
        self.set_alive(answer.is_ok_and(|answer| answer.status().is_success()));
    }

    pub(super) async fn infer(&self, request: &Request) -> Result<Response> {
        let _busy = self.begin();
        let answer = self.ask(request).await;
        let counter = match answer {
            Ok(_) => &self.answered,
            Err(_) => &self.failed,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        answer
    }

    async fn ask(&self, request: &Request) -> Result<Response> {
        let mut url = format!("{}/v2/models/{}", self.address, request.model);
        if let Some(version) = &request.version {
            url = format!("{url}/versions/{version}");
        }
        let (length, body) = write_request(request);
        let mut asked = self
            .client
            .post(format!("{url}/infer"))
            .header(HEADER_LENGTH, length)
            .header(reqwest::header::CONTENT_TYPE, "application/octet-stream")
            .body(body);
        if let Some(deadline) = request.deadline {
            asked = asked.timeout(deadline.saturating_duration_since(Instant::now()));
        }
        let answer = self.answer(asked, &request.model).await?;
        let header_length = answer.headers().get(HEADER_LENGTH);
        let header_length = header_length
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.parse().ok());
        let body = answer.bytes().await.map_err(|error| self.lost(&error))?;
        let response = read_response(header_length, &body);
        // What is wrong with an answer is not the request's fault.
        response.map_err(|error| Error::Failed(format!("{}: {error}", self.address)))
    }

    pub(super) async fn describe(&self, model: &str) -> Result<Description> {
        let url = format!("{}/v2/models/{model}", self.address);
        let asked = self.client.get(url).timeout(DESCRIBE);
        let answer = self.answer(asked, model).await?;
        let metadata: ModelMetadata = answer.json().await.map_err(|error| self.lost(&error))?;
        let unknown = || {
            Error::Failed(format!(
                "the model {model} has numbers of a type that is not known here"
            ))
        };
        metadata.describe().ok_or_else(unknown)
    }

    /// An answer that is no error.
    async fn answer(
        &self,
        asked: reqwest::RequestBuilder,
        model: &str,
    ) -> Result<reqwest::Response> {
        let answer = asked.send().await.map_err(|error| self.lost(&error))?;
        let status = answer.status();
        if status.is_success() {
            self.set_alive(true);
            return Ok(answer);
        }
        let retry_after = answer.headers().get(RETRY_AFTER);
        let retry_after = retry_after
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.parse().ok())
            .map(Duration::from_secs);
        let body = answer.bytes().await.unwrap_or_default();
        let reason = serde_json::from_slice::<ErrorBody>(&body)
            .map_or_else(|_| format!("it answered {status}"), |body| body.error);
        let told = format!("{}: {reason}", self.address);
        Err(match status {
            StatusCode::NOT_FOUND => Error::UnknownModel(model.to_owned()),
            StatusCode::TOO_MANY_REQUESTS => Error::Overloaded {
                retry_after: retry_after.unwrap_or(RETRY),
            },
            StatusCode::SERVICE_UNAVAILABLE => match retry_after {
                Some(retry_after) => Error::Overloaded { retry_after },
                None => Error::NotReady(told),
            },
            StatusCode::BAD_GATEWAY => Error::NotReady(told),
            StatusCode::GATEWAY_TIMEOUT => Error::Late,
            status if status.is_client_error() => Error::Invalid(reason),
            _ => Error::Failed(told),
        })
    }

    /// The connection broke, or there was none.
    fn lost(&self, error: &reqwest::Error) -> Error {
        if error.is_timeout() && !error.is_connect() {
            return Error::Late;
        }
        self.set_alive(false);
        Error::NotReady(format!("{} does not answer: {error}", self.address))
    }
}
