//! Requests to a provider, each with a time limit, a size limit and no redirects.

use jsonwebtoken::jwk::Jwk;
use reqwest::{Client, RequestBuilder, StatusCode, redirect::Policy};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{Error, Result, Settings};

/// Longest answer of a provider, in bytes.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// An answer that was read to its end.
pub(crate) struct Answered {
    pub status: StatusCode,
    pub is_jwt: bool,
    pub text: String,
}

pub(crate) fn client() -> Client {
    Client::builder()
        // A provider that could send us elsewhere could send us into the network of the server.
        .redirect(Policy::none())
        .build()
        .unwrap_or_default()
}

/// Sends a request; any answer is one.
pub(crate) async fn send(settings: &Settings, request: RequestBuilder) -> Result<Answered> {
    let mut response = request
        .timeout(settings.timeout)
        .header("accept", "application/json, application/jwt")
        .send()
        .await
        .map_err(|error| unavailable(settings, &error))?;
    let status = response.status();
    let is_jwt = response
        .headers()
        .get("content-type")
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.starts_with("application/jwt"));
    let mut bytes = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| unavailable(settings, &error))?
    {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > ANSWER_BYTES_MAX {
            return Err(odd(settings, "its answer is too long"));
        }
    }
    Ok(Answered {
        status,
        is_jwt,
        text: String::from_utf8_lossy(&bytes).into_owned(),
    })
}

/// The document at an address.
pub(crate) async fn document<T: DeserializeOwned>(
    settings: &Settings,
    client: &Client,
    address: &str,
) -> Result<T> {
    let answered = send(settings, client.get(settings.address(address)?)).await?;
    if !answered.status.is_success() {
        return Err(odd(
            settings,
            &format!("{address} answers {}", answered.status),
        ));
    }
    serde_json::from_str(&answered.text).map_err(|error| {
        odd(
            settings,
            &format!("{address} is not what it should be: {error}"),
        )
    })
}

/// The provider's public keys (RFC 7517). One that is of no known kind is left out.
pub(crate) async fn keys(settings: &Settings, client: &Client, address: &str) -> Result<Vec<Jwk>> {
    #[derive(serde::Deserialize)]
    struct Set {
        keys: Vec<Value>,
    }
    let set: Set = document(settings, client, address).await?;
    Ok(set
        .keys
        .into_iter()
        .filter_map(|key| serde_json::from_value(key).ok())
        .collect())
}

fn unavailable(settings: &Settings, error: &reqwest::Error) -> Error {
    let why = if error.is_timeout() {
        "it takes too long"
    } else if error.is_connect() {
        "no connection"
    } else {
        "the connection broke"
    };
    tracing::warn!(%error, issuer = settings.issuer(), "the OpenID provider does not answer");
    Error::Unavailable(format!(
        "The OpenID provider {} does not answer: {why}",
        settings.issuer()
    ))
}

/// A provider that does not behave as one.
pub(crate) fn odd(settings: &Settings, why: &str) -> Error {
    Error::Unavailable(format!(
        "The OpenID provider {} does not work: {why}",
        settings.issuer()
    ))
}
