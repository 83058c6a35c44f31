//! The trash.

use axum::Json;
use heirloom_api::{albums::BulkIds, assets::TrashResponse};
use heirloom_types::ids::AssetId;

use super::operations;
use crate::{cx::Cx, error::ApiResult, input::Body};

operations! {
    POST "/trash/empty" => empty,
    POST "/trash/restore" => restore,
    POST "/trash/restore/assets" => restore_assets,
}

async fn empty(cx: Cx) -> ApiResult<Json<TrashResponse>> {
    let count = cx.app.library.empty_trash(&cx.caller).await?;
    Ok(Json(TrashResponse { count }))
}

async fn restore(cx: Cx) -> ApiResult<Json<TrashResponse>> {
    let count = cx.app.library.restore_trash(&cx.caller).await?;
    Ok(Json(TrashResponse { count }))
}

async fn restore_assets(
    cx: Cx,
    Body(BulkIds { ids }): Body<BulkIds<AssetId>>,
) -> ApiResult<Json<TrashResponse>> {
    let count = cx.app.library.restore_assets(&cx.caller, &ids).await?;
    Ok(Json(TrashResponse { count }))
}
