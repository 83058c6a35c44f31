//! Memories.

use axum::{Json, http::StatusCode};
use chrono::NaiveDate;
use heirloom_api::{
    albums::{BulkIdResponse, BulkIds},
    memories::{MemoryCreate, MemoryResponse, MemoryStatisticsResponse, MemoryUpdate},
};
use heirloom_library::memories::{MemoryChange, MemoryDetails, NewMemory};
use heirloom_types::{
    ids::{AssetId, MemoryId},
    permission::Permission,
};
use serde::Deserialize;

use super::{albums::bulk_response, assets, operations};
use crate::{
    cx::Cx,
    error::{ApiError, ApiResult},
    input::{Body, Id, Query},
};

operations! {
    GET "/memories" => list,
    POST "/memories" => create,
    GET "/memories/statistics" => statistics,
    GET "/memories/{id}" => get,
    PUT "/memories/{id}" => update,
    PATCH "/memories/{id}" => update,
    DELETE "/memories/{id}" => delete,
    PUT "/memories/{id}/assets" => add,
    DELETE "/memories/{id}/assets" => remove,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    r#for: Option<String>,
    is_saved: Option<bool>,
    is_trashed: Option<bool>,
    order: Option<String>,
    size: Option<usize>,
}

async fn find(cx: &Cx, asked: &Asked, needed: Permission) -> ApiResult<Vec<MemoryDetails>> {
    let day = asked.r#for.as_deref().map(day).transpose()?;
    let mut found = cx
        .app
        .library
        .memories(&cx.caller, day, asked.is_saved, needed)
        .await?;
    if asked.is_trashed == Some(true) {
        // A deleted memory is gone.
        found.clear();
    }
    match asked.order.as_deref() {
        None | Some("desc") => {}
        Some("asc") => found.reverse(),
        Some("random") => cx.app.library.shuffle(&mut found),
        Some(_) => {
            return Err(ApiError::invalid(
                &["order"],
                "Invalid option: expected one of asc, desc, random",
            ));
        }
    }
    found.truncate(asked.size.unwrap_or(usize::MAX));
    Ok(found)
}

async fn list(cx: Cx, Query(asked): Query<Asked>) -> ApiResult<Json<Vec<MemoryResponse>>> {
    let found = find(&cx, &asked, Permission::MemoryRead).await?;
    Ok(Json(found.into_iter().map(response).collect()))
}

async fn statistics(
    cx: Cx,
    Query(asked): Query<Asked>,
) -> ApiResult<Json<MemoryStatisticsResponse>> {
    let total = find(&cx, &asked, Permission::MemoryStatistics).await?.len();
    Ok(Json(MemoryStatisticsResponse { total }))
}

async fn get(cx: Cx, Id(id): Id<MemoryId>) -> ApiResult<Json<MemoryResponse>> {
    Ok(Json(response(cx.app.library.memory(&cx.caller, id).await?)))
}

async fn create(
    cx: Cx,
    Body(new): Body<MemoryCreate>,
) -> ApiResult<(StatusCode, Json<MemoryResponse>)> {
    if !(1000..=9999).contains(&new.data.year) {
        return Err(ApiError::invalid(
            &["data", "year"],
            "Invalid input: expected a year from 1000 to 9999",
        ));
    }
    let new = NewMemory {
        year: new.data.year,
        memory_at: new.memory_at,
        is_saved: new.is_saved,
        seen_at: new.seen_at,
        show_at: new.show_at,
        hide_at: new.hide_at,
        assets: new.asset_ids,
    };
    let made = cx.app.library.create_memory(&cx.caller, new).await?;
    Ok((StatusCode::CREATED, Json(response(made))))
}

async fn update(
    cx: Cx,
    Id(id): Id<MemoryId>,
    Body(wanted): Body<MemoryUpdate>,
) -> ApiResult<Json<MemoryResponse>> {
    let change = MemoryChange {
        is_saved: wanted.is_saved,
        memory_at: wanted.memory_at,
        seen_at: wanted.seen_at,
    };
    let changed = cx.app.library.update_memory(&cx.caller, id, change).await?;
    Ok(Json(response(changed)))
}

async fn delete(cx: Cx, Id(id): Id<MemoryId>) -> ApiResult<StatusCode> {
    cx.app.library.delete_memory(&cx.caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn add(
    cx: Cx,
    Id(id): Id<MemoryId>,
    Body(BulkIds { ids }): Body<BulkIds<AssetId>>,
) -> ApiResult<Json<Vec<BulkIdResponse<AssetId>>>> {
    change_assets(&cx, id, ids, true).await
}

async fn remove(
    cx: Cx,
    Id(id): Id<MemoryId>,
    Body(BulkIds { ids }): Body<BulkIds<AssetId>>,
) -> ApiResult<Json<Vec<BulkIdResponse<AssetId>>>> {
    change_assets(&cx, id, ids, false).await
}

async fn change_assets(
    cx: &Cx,
    id: MemoryId,
    ids: Vec<AssetId>,
    is_added: bool,
) -> ApiResult<Json<Vec<BulkIdResponse<AssetId>>>> {
    let placed = cx
        .app
        .library
        .change_memory_assets(&cx.caller, id, &ids, is_added)
        .await?;
    Ok(Json(bulk_response(ids, placed)))
}

/// `2024-05-06`, also with a time after it.
fn day(text: &str) -> ApiResult<NaiveDate> {
    text.get(..10)
        .and_then(|day| day.parse().ok())
        .ok_or_else(|| ApiError::invalid(&["for"], "Invalid ISO date"))
}

fn response(details: MemoryDetails) -> MemoryResponse {
    let MemoryDetails { memory, assets } = details;
    MemoryResponse {
        assets: assets.into_iter().map(assets::response).collect(),
        created_at: memory.created_at,
        data: memory.data.0,
        hide_at: memory.hide_at,
        id: memory.id,
        is_saved: memory.is_saved,
        memory_at: memory.memory_at,
        owner_id: memory.owner_id,
        seen_at: memory.seen_at,
        show_at: memory.show_at,
        r#type: memory.kind,
        updated_at: memory.updated_at,
    }
}
