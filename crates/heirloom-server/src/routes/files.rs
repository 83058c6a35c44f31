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
}

async fn thumbnail(
    LinkCx(cx): LinkCx,
    Id(id): Id<AssetId>,
    Query(Size { size }): Query<Size>,
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
    serve(&cx, id, kind, &headers).await
}

async fn original(
    LinkCx(cx): LinkCx,
    Id(id): Id<AssetId>,
    headers: HeaderMap,
) -> ApiResult<Response> {
    serve(&cx, id, Kind::Original, &headers).await
}

async fn playback(
    LinkCx(cx): LinkCx,
    Id(id): Id<AssetId>,
    headers: HeaderMap,
) -> ApiResult<Response> {
    serve(&cx, id, Kind::Playback, &headers).await
}

async fn serve(cx: &Cx, id: AssetId, kind: Kind, headers: &HeaderMap) -> ApiResult<Response> {
    let file = cx.app.library.asset_file(&cx.caller, id, kind).await?;
    respond(&cx.app.library, &file, headers).await
}
