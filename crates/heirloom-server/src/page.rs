//! What is not the API: discovery, the plain web page, health.

use axum::{
    Json,
    extract::State,
    http::{Method, StatusCode, Uri, header},
    response::{Html, IntoResponse, Response},
};
use serde_json::{Value, json};

use crate::{app::App, error::ApiError};

const PAGE: &str = include_str!("page/index.html");

/// Where the API is, for phones that are given a bare address.
pub(crate) async fn well_known() -> Json<Value> {
    Json(json!({ "api": { "endpoint": "/api" } }))
}

pub(crate) async fn custom_css() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], "").into_response()
}

/// Whether requests can be answered now.
pub(crate) async fn ready(State(app): State<App>) -> Response {
    if app.library.is_ready().await {
        "ready".into_response()
    } else {
        (
            StatusCode::SERVICE_UNAVAILABLE,
            "the database does not answer",
        )
            .into_response()
    }
}

/// Figures in Prometheus' text format.
pub(crate) async fn metrics(State(app): State<App>) -> Response {
    let body = format!(
        "# HELP heirloom_media_decodes_total Pictures decoded since the start.\n\
         # TYPE heirloom_media_decodes_total counter\nheirloom_media_decodes_total {}\n",
        app.library.decodes()
    );
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], body).into_response()
}

/// Every other address shows the page; unknown addresses of the API do not exist.
pub(crate) async fn page(method: Method, uri: Uri) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return ApiError::new(
            StatusCode::NOT_FOUND,
            format!("Cannot {method} {}", uri.path()),
        )
        .into_response();
    }
    let policy = "default-src 'self'; img-src 'self' blob: data:; media-src 'self'; style-src 'self' 'unsafe-inline'; \
                  script-src 'self' 'unsafe-inline'; frame-ancestors 'none'";
    ([(header::CONTENT_SECURITY_POLICY, policy)], Html(PAGE)).into_response()
}
