//! Copies of one picture: shown in groups, dismissed or resolved.

use axum::{Json, http::StatusCode};
use heirloom_api::{
    albums::{BulkIdResponse, BulkIds},
    duplicates::{DuplicateResolve, DuplicateResponse},
};
use heirloom_library::duplicates::Duplicates;
use uuid::Uuid;

use super::{assets::response, operations};
use crate::{
    cx::Cx,
    error::ApiResult,
    input::{Body, Id},
};

operations! {
    GET "/duplicates" => list,
    DELETE "/duplicates" => dismiss_many,
    DELETE "/duplicates/{id}" => dismiss,
    POST "/duplicates/resolve" => resolve,
}

async fn list(cx: Cx) -> ApiResult<Json<Vec<DuplicateResponse>>> {
    let found = cx.app.library.duplicates(&cx.caller).await?;
    Ok(Json(found.into_iter().map(group).collect()))
}

async fn dismiss(cx: Cx, Id(id): Id<Uuid>) -> ApiResult<StatusCode> {
    cx.app.library.dismiss_duplicates(&cx.caller, &[id]).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn dismiss_many(cx: Cx, Body(BulkIds { ids }): Body<BulkIds<Uuid>>) -> ApiResult<StatusCode> {
    cx.app.library.dismiss_duplicates(&cx.caller, &ids).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn resolve(
    cx: Cx,
    Body(wanted): Body<DuplicateResolve>,
) -> ApiResult<Json<Vec<BulkIdResponse<Uuid>>>> {
    let mut results = Vec::with_capacity(wanted.groups.len());
    for group in wanted.groups {
        let success = cx
            .app
            .library
            .resolve_duplicates(
                &cx.caller,
                group.duplicate_id,
                &group.keep_asset_ids,
                &group.trash_asset_ids,
            )
            .await?;
        results.push(BulkIdResponse {
            id: group.duplicate_id,
            success,
            error: (!success).then_some("not_found"),
        });
    }
    Ok(Json(results))
}

fn group(found: Duplicates) -> DuplicateResponse {
    DuplicateResponse {
        assets: found.assets.into_iter().map(response).collect(),
        duplicate_id: found.id,
        suggested_keep_asset_ids: vec![found.keep],
    }
}
