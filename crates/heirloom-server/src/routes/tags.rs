//! Tags.

use axum::{Json, http::StatusCode};
use heirloom_api::{
    albums::{BulkIdResponse, BulkIds},
    assets::TagResponse,
    tags::{TagBulkAssets, TagBulkAssetsResponse, TagCreate, TagUpdate, TagUpsert},
};
use heirloom_library::albums::Placed;
use heirloom_types::ids::{AssetId, TagId};

use super::{albums::bulk_response, assets::tag_response, operations};
use crate::{
    cx::Cx,
    error::ApiResult,
    input::{Body, Id},
};

operations! {
    GET "/tags" => list,
    POST "/tags" => create,
    PUT "/tags" => upsert,
    PUT "/tags/assets" => tag_many,
    GET "/tags/{id}" => get,
    PUT "/tags/{id}" => update,
    PATCH "/tags/{id}" => update,
    DELETE "/tags/{id}" => delete,
    PUT "/tags/{id}/assets" => tag,
    DELETE "/tags/{id}/assets" => untag,
}

async fn list(cx: Cx) -> ApiResult<Json<Vec<TagResponse>>> {
    let tags = cx.app.library.tags(&cx.caller).await?;
    Ok(Json(tags.into_iter().map(tag_response).collect()))
}

async fn create(cx: Cx, Body(new): Body<TagCreate>) -> ApiResult<(StatusCode, Json<TagResponse>)> {
    let made = cx
        .app
        .library
        .create_tag(&cx.caller, &new.name, new.parent_id, new.color)
        .await?;
    Ok((StatusCode::CREATED, Json(tag_response(made))))
}

async fn upsert(cx: Cx, Body(wanted): Body<TagUpsert>) -> ApiResult<Json<Vec<TagResponse>>> {
    let tags = cx.app.library.upsert_tags(&cx.caller, &wanted.tags).await?;
    Ok(Json(tags.into_iter().map(tag_response).collect()))
}

async fn get(cx: Cx, Id(id): Id<TagId>) -> ApiResult<Json<TagResponse>> {
    Ok(Json(tag_response(
        cx.app.library.tag(&cx.caller, id).await?,
    )))
}

async fn update(
    cx: Cx,
    Id(id): Id<TagId>,
    Body(wanted): Body<TagUpdate>,
) -> ApiResult<Json<TagResponse>> {
    let changed = cx
        .app
        .library
        .set_tag_color(&cx.caller, id, wanted.color)
        .await?;
    Ok(Json(tag_response(changed)))
}

async fn delete(cx: Cx, Id(id): Id<TagId>) -> ApiResult<StatusCode> {
    cx.app.library.delete_tag(&cx.caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn tag_many(
    cx: Cx,
    Body(wanted): Body<TagBulkAssets>,
) -> ApiResult<Json<TagBulkAssetsResponse>> {
    let mut count = 0;
    for tag in wanted.tag_ids {
        let placed = cx
            .app
            .library
            .tag_assets(&cx.caller, tag, &wanted.asset_ids)
            .await?;
        count += placed
            .iter()
            .filter(|placed| **placed == Placed::Done)
            .count();
    }
    Ok(Json(TagBulkAssetsResponse { count }))
}

async fn tag(
    cx: Cx,
    Id(id): Id<TagId>,
    Body(BulkIds { ids }): Body<BulkIds<AssetId>>,
) -> ApiResult<Json<Vec<BulkIdResponse<AssetId>>>> {
    let placed = cx.app.library.tag_assets(&cx.caller, id, &ids).await?;
    Ok(Json(bulk_response(ids, placed)))
}

async fn untag(
    cx: Cx,
    Id(id): Id<TagId>,
    Body(BulkIds { ids }): Body<BulkIds<AssetId>>,
) -> ApiResult<Json<Vec<BulkIdResponse<AssetId>>>> {
    let placed = cx.app.library.untag_assets(&cx.caller, id, &ids).await?;
    Ok(Json(bulk_response(ids, placed)))
}
