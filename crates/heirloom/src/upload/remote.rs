//! The server, as the uploading client sees it.

use std::{path::Path, time::Duration};

use anyhow::{Context, bail};
use chrono::{DateTime, Utc};
use reqwest::{
    Client, Method, Response, StatusCode,
    multipart::{Form, Part},
};
use serde_json::{Value, json};

use super::files::Found;

/// Tries of one file before it is given up.
const TRIES: u32 = 5;
/// Wait before the second try; it doubles.
const WAIT: Duration = Duration::from_millis(500);

pub(super) struct Remote {
    client: Client,
    api: String,
    key: String,
}

/// What became of a file that was sent.
pub(super) struct Sent {
    pub asset: String,
    pub is_new: bool,
}

impl Remote {
    pub(super) fn new(server: &str, key: &str) -> anyhow::Result<Self> {
        Ok(Self {
            client: Client::builder()
                .connect_timeout(Duration::from_secs(10))
                .build()?,
            api: format!(
                "{}/api",
                server.trim_end_matches('/').trim_end_matches("/api")
            ),
            key: key.to_owned(),
        })
    }

    /// Finds out before anything else whether the address and the key are right.
    pub(super) async fn check(&self) -> anyhow::Result<()> {
        self.call(Method::GET, "/users/me", None).await.map(drop)
    }

    /// For each checksum the asset that has it.
    pub(super) async fn known(&self, sha1s: &[&str]) -> anyhow::Result<Vec<Option<String>>> {
        let assets: Vec<Value> = sha1s
            .iter()
            .map(|sha1| json!({"id": sha1, "checksum": sha1}))
            .collect();
        let answer = self
            .call(
                Method::POST,
                "/assets/bulk-upload-check",
                Some(json!({ "assets": assets })),
            )
            .await?;
        let results = answer["results"]
            .as_array()
            .context("the server's answer has no results")?;
        Ok(results
            .iter()
            .map(|result| result["assetId"].as_str().map(str::to_owned))
            .collect())
    }

    /// Sends a file, again when the connection or the server fails for a moment.
    pub(super) async fn send(&self, file: &Found, sha1: &str) -> anyhow::Result<Sent> {
        let mut wait = WAIT;
        for _ in 1..TRIES {
            match self.send_once(file, sha1).await {
                Err(error) if is_passing(&error) => tokio::time::sleep(wait).await,
                decided => return decided,
            }
            wait *= 2;
        }
        self.send_once(file, sha1).await
    }

    async fn send_once(&self, file: &Found, sha1: &str) -> anyhow::Result<Sent> {
        let modified = std::fs::metadata(&file.path)?.modified()?;
        let modified = DateTime::<Utc>::from(modified).to_rfc3339();
        let mut form = Form::new()
            .text("fileCreatedAt", modified.clone())
            .text("fileModifiedAt", modified)
            .part("assetData", part(&file.path).await?);
        if let Some(sidecar) = &file.sidecar {
            form = form.part("sidecarData", part(sidecar).await?);
        }
        let request = self
            .client
            .post(format!("{}/assets", self.api))
            .header("x-api-key", &self.key)
            .header("x-immich-checksum", sha1)
            .multipart(form);
        let answer = answer(request.send().await?).await?;
        let asset = answer["id"]
            .as_str()
            .context("the server's answer has no id")?
            .to_owned();
        Ok(Sent {
            asset,
            is_new: answer["status"] == "created",
        })
    }

    /// Puts assets into the album of that name, which is made if need be.
    pub(super) async fn add_to_album(&self, name: &str, assets: &[String]) -> anyhow::Result<()> {
        let albums = self.call(Method::GET, "/albums", None).await?;
        let existing = albums
            .as_array()
            .into_iter()
            .flatten()
            .find(|album| album["albumName"] == name);
        let album = match existing {
            Some(album) => album.clone(),
            None => {
                self.call(Method::POST, "/albums", Some(json!({ "albumName": name })))
                    .await?
            }
        };
        let id = album["id"]
            .as_str()
            .context("the server's album has no id")?;
        self.call(
            Method::PUT,
            &format!("/albums/{id}/assets"),
            Some(json!({ "ids": assets })),
        )
        .await
        .map(drop)
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> anyhow::Result<Value> {
        let mut request = self
            .client
            .request(method, format!("{}{path}", self.api))
            .header("x-api-key", &self.key);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request
            .send()
            .await
            .with_context(|| format!("{} does not answer", self.api))?;
        answer(response).await
    }
}

/// The server says that it cannot now; the same request may succeed later.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Later(String);

/// Whether the same request may succeed later.
pub(super) fn is_passing(error: &anyhow::Error) -> bool {
    error.is::<Later>()
        || error
            .downcast_ref::<reqwest::Error>()
            .is_some_and(|error| !error.is_builder())
}

async fn answer(response: Response) -> anyhow::Result<Value> {
    let status = response.status();
    let body: Value = response.json().await.unwrap_or_default();
    if status.is_success() {
        return Ok(body);
    }
    let message = body["message"].as_str().unwrap_or("no reason was given");
    if matches!(
        status,
        StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT
    ) {
        return Err(Later(message.to_owned()).into());
    }
    bail!("{message} ({status})")
}

/// A file as a part of a form, read while it is sent.
async fn part(path: &Path) -> anyhow::Result<Part> {
    Part::file(path)
        .await
        .with_context(|| format!("cannot read {}", path.display()))
}
