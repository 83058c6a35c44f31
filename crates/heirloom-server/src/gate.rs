//! What is answered while the server is in maintenance: what says so, what ends it, and the page for it.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use heirloom_library::Library;

use crate::{app::API, error::ApiError};

/// Operations that say what the server is and that it is in maintenance; none of them needs a credential.
const OPEN: &[&str] = &[
    "server/config",
    "server/features",
    "server/media-types",
    "server/ping",
    "server/version",
    "server/version-history",
];
/// Everything below these administers it meanwhile.
const ADMINISTERS: &[&str] = &["admin/maintenance", "admin/database-backups"];
/// When a client may look again, in seconds.
const RETRY_AFTER: &str = "10";

pub(crate) async fn stand(
    State(library): State<Arc<Library>>,
    request: Request,
    next: Next,
) -> Response {
    if !library.is_in_maintenance() || is_open(request.method(), request.uri().path()) {
        return next.run(request).await;
    }
    let mut refusal = ApiError::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "The server is in maintenance mode; it answers again when an administrator ends it",
    )
    .into_response();
    refusal
        .headers_mut()
        .insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER));
    refusal
}

fn is_open(method: &Method, path: &str) -> bool {
    let Some(operation) = path.strip_prefix(API) else {
        return true;
    };
    (method == Method::GET && OPEN.contains(&operation))
        || ADMINISTERS.iter().any(|area| is_within(operation, area))
}

fn is_within(operation: &str, area: &str) -> bool {
    let rest = operation.strip_prefix(area);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_administers_stays_open() {
        for path in [
            "/",
            "/maintenance",
            "/assets/app.js",
            "/healthz",
            "/api/server/ping",
            "/api/admin/maintenance",
            "/api/admin/maintenance/status",
            "/api/admin/database-backups/upload",
        ] {
            assert!(is_open(&Method::GET, path), "{path}");
        }
        for path in [
            "/api/assets",
            "/api/auth/login",
            "/api/server/ping/x",
            "/api/admin/maintenancex",
            "/api/admin/users",
            "/api/socket.io/",
        ] {
            assert!(!is_open(&Method::GET, path), "{path}");
        }
        assert!(!is_open(&Method::PUT, "/api/server/config"));
    }
}
