//! Bodies, queries and paths, with refusals in the contract's words.

mod issue;

use axum::{
    extract::{FromRequest, FromRequestParts, Path, Request},
    http::{StatusCode, request::Parts},
};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::error::ApiError;

/// A JSON body.
pub(crate) struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|error| ApiError::new(error.status(), error.body_text()))?;
        let text = if bytes.is_empty() {
            b"{}"
        } else {
            bytes.as_ref()
        };
        if has_nul(text) {
            let reason = "Invalid input: a text has the character NUL, which cannot be kept";
            return Err(ApiError::invalid(&[], reason));
        }
        issue::json(text).map(Self)
    }
}

/// A body as forms of HTML send it.
pub(crate) struct Form<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Form<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|error| ApiError::new(error.status(), error.body_text()))?;
        issue::form(&bytes).map(Self)
    }
}

/// A query string.
pub(crate) struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        issue::form(parts.uri.query().unwrap_or_default().as_bytes()).map(Self)
    }
}

/// The id in a path.
pub(crate) struct Id<T>(pub T);

impl<T: From<Uuid>, S: Send + Sync> FromRequestParts<S> for Id<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Path(text) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|_| ApiError::new(StatusCode::NOT_FOUND, "Not found"))?;
        match text.parse::<Uuid>() {
            Ok(id) => Ok(Self(id.into())),
            Err(_) => Err(ApiError::invalid(&["id"], "Invalid UUID")),
        }
    }
}

/// Whether JSON has the escaped character NUL, which PostgreSQL keeps in no text.
fn has_nul(json: &[u8]) -> bool {
    json.windows(6).enumerate().any(|(at, window)| {
        let before = json[..at].iter().rev().take_while(|byte| **byte == b'\\');
        window == b"\\u0000" && before.count() % 2 == 0
    })
}
