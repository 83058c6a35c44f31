//! The files of an asset.

use axum::{http::HeaderMap, response::Response};
use heirloom_library::files::Kind;
use heirloom_types::ids::AssetId;
use serde::Deserialize;

use super::operations;
use crate::{
    cx::{Cx, LinkCx},
    error::{ApiError, ApiResult},
    file_response::respond,
    input::{Id, Query},
};

operations! {
    GET "/assets/{id}/thumbnail" => thumbnail,
    GET "/assets/{id}/original" => original,
    GET "/assets/{id}/video/playback" => playback,
}

#[derive(Deserialize)]
struct Size {
    size: Option<String>,
    #[serde(default)]
    edited: bool,
}

#[derive(Deserialize)]
struct Look {
    #[serde(default)]
    edited: bool,
}

async fn thumbnail(
    LinkCx(cx): LinkCx,
    Id(id): Id<AssetId>,
    Query(Size { size, edited }): Query<Size>,
    headers: HeaderMap,
) -> ApiResult<Response> {
    let kind = match size.as_deref() {
        None | Some("thumbnail") => Kind::Thumbnail,
        Some("preview") => Kind::Preview,
        Some("fullsize" | "original") => Kind::FullSize,
        Some(_) => {
            return Err(ApiError::invalid(
                &["size"],
                "Invalid option: expected one of original, fullsize, preview, thumbnail",
            ));
        }
    };
    serve(&cx, id, kind, edited, &headers).await
}

async fn original(
    LinkCx(cx): LinkCx,
    Id(id): Id<AssetId>,
    Query(Look { edited }): Query<Look>,
    headers: HeaderMap,
) -> ApiResult<Response> {
    serve(&cx, id, Kind::Original, edited, &headers).await
}

async fn playback(
    LinkCx(cx): LinkCx,
    Id(id): Id<AssetId>,
    headers: HeaderMap,
) -> ApiResult<Response> {
    serve(&cx, id, Kind::Playback, false, &headers).await
}

async fn serve(
    cx: &Cx,
    id: AssetId,
    kind: Kind,
    as_edited: bool,
    headers: &HeaderMap,
) -> ApiResult<Response> {
    let file = cx
        .app
        .library
        .asset_file(&cx.caller, id, kind, as_edited)
        .await?;
    respond(&cx.app.library, &file, headers).await
}
