//! Failures as clients of this API expect them: `{"message": …}`.

use axum::{
    Json,
    http::{HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use heirloom_library::Error;
use serde_json::{Value, json};

/// A response that says what went wrong.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    body: Value,
    retry_after: Option<u64>,
}

pub(crate) type ApiResult<T> = Result<T, ApiError>;

impl ApiError {
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            body: json!({ "message": message.into() }),
            retry_after: None,
        }
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error")
    }

    /// There is no such address, or not for that method.
    pub(crate) fn no_route(method: &Method, uri: &Uri) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            format!("Cannot {method} {}", uri.path()),
        )
    }

    /// A request that does not have the contract's shape; `path` leads to the field.
    pub(crate) fn invalid(path: &[&str], message: impl Into<String>) -> Self {
        let path: Vec<Value> = path.iter().map(|name| Value::from(*name)).collect();
        Self::invalid_at(&path, message)
    }

    /// As [`Self::invalid`], where the path leads through lists.
    pub(crate) fn invalid_at(path: &[Value], message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            body: json!({
                "message": "Validation failed",
                "errors": [{ "code": "custom", "path": path, "message": message.into() }],
            }),
            retry_after: None,
        }
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound { needed, .. } => {
                Self::bad_request(format!("Not found or no {needed} access"))
            }
            Error::Missing(message) => Self::new(StatusCode::NOT_FOUND, message),
            Error::Forbidden(message) => Self::new(StatusCode::FORBIDDEN, message),
            Error::Unauthenticated(message) => Self::new(StatusCode::UNAUTHORIZED, message),
            Error::Invalid { reason, .. } => Self::bad_request(reason),
            Error::Conflict(message) => Self::bad_request(message),
            Error::Busy(message) => Self::new(StatusCode::LOCKED, message),
            Error::QuotaExceeded => Self::bad_request("Quota has been exceeded!"),
            Error::StorageFull => Self::new(
                StatusCode::INSUFFICIENT_STORAGE,
                "The server's storage is full; free some space and send the file again",
            ),
            Error::Unavailable {
                what,
                retry_after,
                source,
            } => {
                tracing::warn!(what, ?source, "unavailable");
                Self {
                    retry_after: Some(retry_after.as_secs().max(1)),
                    ..Self::new(
                        StatusCode::SERVICE_UNAVAILABLE,
                        format!("{what} does not answer; try again"),
                    )
                }
            }
            Error::Crowded {
                message,
                retry_after,
            } => Self {
                retry_after: Some(retry_after.as_secs().max(1)),
                ..Self::new(StatusCode::SERVICE_UNAVAILABLE, message)
            },
            Error::Internal(error) => {
                tracing::error!(?error, "a request failed");
                Self::internal()
            }
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body)).into_response();
        if let Some(seconds) = self.retry_after {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
