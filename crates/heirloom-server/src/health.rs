//! What is neither the API nor the web client: discovery, health, figures.

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use crate::{app::App, error::ApiResult};

/// Where the API is, for phones that are given a bare address.
pub(crate) async fn well_known() -> Json<Value> {
    Json(json!({ "api": { "endpoint": "/api" } }))
}

/// What an administrator adds to every page.
pub(crate) async fn custom_css(State(app): State<App>) -> ApiResult<Response> {
    let css = app.library.config().await?.theme.custom_css.clone();
    Ok(([(header::CONTENT_TYPE, "text/css; charset=utf-8")], css).into_response())
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
    let mut body = format!(
        "# HELP heirloom_media_decodes_total Pictures decoded since the start.\n\
         # TYPE heirloom_media_decodes_total counter\nheirloom_media_decodes_total {}\n",
        app.library.decodes()
    );
    if let Some(engine) = &app.engine {
        body.push_str(&engine.metrics());
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], body).into_response()
}
