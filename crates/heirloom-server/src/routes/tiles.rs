//! Pictures beneath a map. Not part of the contract.

use axum::{
    Json,
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};

use super::operations;
use crate::{
    cx::Cx,
    error::{ApiError, ApiResult},
    tiles::{FRESH, TileId, TileServer},
};

operations! {
    GET "/map/tiles" => about,
    GET "/map/tiles/{theme}/{z}/{x}/{y}" => tile,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TilesResponse {
    enabled: bool,
    attribution: String,
    max_zoom: u8,
}

#[derive(Deserialize)]
struct Asked {
    theme: Theme,
    z: u8,
    x: u32,
    y: u32,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Theme {
    Light,
    Dark,
}

async fn about(cx: Cx) -> Json<TilesResponse> {
    let tiles = cx.app.tiles.as_deref();
    Json(TilesResponse {
        enabled: tiles.is_some(),
        attribution: tiles.map_or_else(String::new, |tiles| tiles.attribution().to_owned()),
        max_zoom: tiles.map_or(0, TileServer::max_zoom),
    })
}

async fn tile(cx: Cx, Path(asked): Path<Asked>) -> ApiResult<Response> {
    let missing = || ApiError::new(StatusCode::NOT_FOUND, "There is no such tile");
    let tiles = cx.app.tiles.as_deref().ok_or_else(missing)?;
    let id = TileId {
        is_dark: asked.theme == Theme::Dark,
        zoom: asked.z,
        x: asked.x,
        y: asked.y,
    };
    if !tiles.has(id) {
        return Err(missing());
    }
    let found = tiles.tile(id).await.map_err(|error| {
        tracing::warn!(error = format!("{error:#}"), "no tile for a map");
        let message = "The tile server does not answer; see map.tiles in the configuration";
        ApiError::new(StatusCode::BAD_GATEWAY, message)
    })?;
    let found = found.ok_or_else(missing)?;
    let cache = format!("private, max-age={}", FRESH.as_secs());
    let headers = [
        (header::CONTENT_TYPE, found.mime.to_owned()),
        (header::CACHE_CONTROL, cache),
    ];
    Ok((headers, found.bytes).into_response())
}
