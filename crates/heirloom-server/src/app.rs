//! The router, and what surrounds every request.

use std::sync::Arc;

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    http::{HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use heirloom_library::Library;
use tower_http::{catch_panic::CatchPanicLayer, trace::TraceLayer};
use uuid::Uuid;

use crate::{error::ApiError, page, routes};

/// What every handler can reach.
#[derive(Clone)]
pub struct App {
    pub library: Arc<Library>,
}

/// Largest body that is not a file, in bytes.
const JSON_BYTES_MAX: usize = 64 << 20;

/// Everything that is served.
pub fn router(library: Arc<Library>) -> Router {
    let app = App { library };
    Router::new()
        .nest("/api", routes::api())
        .route("/.well-known/immich", get(page::well_known))
        .route("/custom.css", get(page::custom_css))
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(page::ready))
        .route("/metrics", get(page::metrics))
        .fallback(page::page)
        .with_state(app)
        .layer(DefaultBodyLimit::max(JSON_BYTES_MAX))
        .layer(CatchPanicLayer::custom(|_| {
            ApiError::internal().into_response()
        }))
        .layer(middleware::from_fn(surround))
        .layer(TraceLayer::new_for_http())
}

/// A correlation id on every response, and headers that keep uploads from running as pages.
async fn surround(request: Request, next: Next) -> Response {
    let id = Uuid::from_bytes(rand::random()).simple().to_string();
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert("x-correlation-id", value);
    }
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    if response.status() == StatusCode::INTERNAL_SERVER_ERROR {
        tracing::error!(correlation_id = id, "answered 500");
    }
    response
}
