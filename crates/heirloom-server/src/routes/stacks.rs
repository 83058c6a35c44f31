//! Stacks.

use axum::{Json, extract::Path, http::StatusCode};
use heirloom_api::{
    albums::BulkIds,
    stacks::{StackCreate, StackResponse, StackUpdate},
};
use heirloom_library::stacks::StackDetails;
use heirloom_types::ids::{AssetId, StackId};
use serde::Deserialize;

use super::{assets, operations};
use crate::{
    cx::Cx,
    error::{ApiError, ApiResult},
    input::{Body, Id, Query},
};

operations! {
    GET "/stacks" => list,
    POST "/stacks" => create,
    DELETE "/stacks" => delete_many,
    GET "/stacks/{id}" => get,
    PUT "/stacks/{id}" => update,
    PATCH "/stacks/{id}" => update,
    DELETE "/stacks/{id}" => delete,
    DELETE "/stacks/{id}/assets/{assetId}" => remove_asset,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    primary_asset_id: Option<AssetId>,
}

async fn list(cx: Cx, Query(asked): Query<Asked>) -> ApiResult<Json<Vec<StackResponse>>> {
    let stacks = cx
        .app
        .library
        .stacks(&cx.caller, asked.primary_asset_id)
        .await?;
    Ok(Json(stacks.into_iter().map(response).collect()))
}

async fn create(
    cx: Cx,
    Body(new): Body<StackCreate>,
) -> ApiResult<(StatusCode, Json<StackResponse>)> {
    let made = cx
        .app
        .library
        .create_stack(&cx.caller, &new.asset_ids)
        .await?;
    Ok((StatusCode::CREATED, Json(response(made))))
}

async fn get(cx: Cx, Id(id): Id<StackId>) -> ApiResult<Json<StackResponse>> {
    Ok(Json(response(cx.app.library.stack(&cx.caller, id).await?)))
}

async fn update(
    cx: Cx,
    Id(id): Id<StackId>,
    Body(wanted): Body<StackUpdate>,
) -> ApiResult<Json<StackResponse>> {
    let changed = cx
        .app
        .library
        .set_stack_primary(&cx.caller, id, wanted.primary_asset_id)
        .await?;
    Ok(Json(response(changed)))
}

async fn delete(cx: Cx, Id(id): Id<StackId>) -> ApiResult<StatusCode> {
    cx.app.library.delete_stacks(&cx.caller, &[id]).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn delete_many(
    cx: Cx,
    Body(BulkIds { ids }): Body<BulkIds<StackId>>,
) -> ApiResult<StatusCode> {
    cx.app.library.delete_stacks(&cx.caller, &ids).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn remove_asset(cx: Cx, Path((id, asset)): Path<(String, String)>) -> ApiResult<StatusCode> {
    let (Ok(id), Ok(asset)) = (id.parse(), asset.parse()) else {
        return Err(ApiError::invalid(&["id"], "Invalid UUID"));
    };
    cx.app
        .library
        .remove_from_stack(&cx.caller, id, asset)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

fn response(details: StackDetails) -> StackResponse {
    StackResponse {
        assets: details.assets.into_iter().map(assets::response).collect(),
        id: details.stack.id,
        primary_asset_id: details.stack.primary_asset_id,
    }
}
