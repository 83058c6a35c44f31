//! Values that clients keep with an asset, by key.

use axum::{Json, extract::Path, http::StatusCode};
use heirloom_api::asset_metadata::{
    AssetMetadataBulkDelete, AssetMetadataBulkResponse, AssetMetadataBulkUpsert,
    AssetMetadataResponse, AssetMetadataUpsert,
};
use heirloom_library::{Error, asset_metadata::AssetMetadata};
use heirloom_types::ids::AssetId;

use super::operations;
use crate::{
    cx::Cx,
    error::{ApiError, ApiResult},
    input::{Body, Id},
};

operations! {
    PUT "/assets/metadata" => set_many,
    GET "/assets/{id}/metadata" => list,
    PUT "/assets/{id}/metadata" => set,
    DELETE "/assets/metadata" => delete_many,
    GET "/assets/{id}/metadata/{key}" => get,
    DELETE "/assets/{id}/metadata/{key}" => delete,
}

async fn list(cx: Cx, Id(id): Id<AssetId>) -> ApiResult<Json<Vec<AssetMetadataResponse>>> {
    let values = cx.app.library.asset_metadata(&cx.caller, id).await?;
    Ok(Json(values.into_iter().map(response).collect()))
}

async fn get(
    cx: Cx,
    Path((id, key)): Path<(String, String)>,
) -> ApiResult<Json<AssetMetadataResponse>> {
    let id = id
        .parse()
        .map_err(|_| ApiError::invalid(&["id"], "Invalid UUID"))?;
    let values = cx.app.library.asset_metadata(&cx.caller, id).await?;
    let value = values
        .into_iter()
        .find(|value| value.key == key)
        .ok_or(Error::Missing("The asset has no value under this key"))?;
    Ok(Json(response(value)))
}

async fn set(
    cx: Cx,
    Id(id): Id<AssetId>,
    Body(wanted): Body<AssetMetadataUpsert>,
) -> ApiResult<Json<Vec<AssetMetadataResponse>>> {
    let items = wanted
        .items
        .into_iter()
        .map(|item| (id, item.key, item.value))
        .collect();
    let written = cx.app.library.set_asset_metadata(&cx.caller, items).await?;
    Ok(Json(written.into_iter().map(response).collect()))
}

async fn set_many(
    cx: Cx,
    Body(wanted): Body<AssetMetadataBulkUpsert>,
) -> ApiResult<Json<Vec<AssetMetadataBulkResponse>>> {
    let items = wanted
        .items
        .into_iter()
        .map(|item| (item.asset_id, item.key, item.value))
        .collect();
    let written = cx.app.library.set_asset_metadata(&cx.caller, items).await?;
    let bulk = |value: AssetMetadata| AssetMetadataBulkResponse {
        asset_id: value.asset_id,
        item: response(value),
    };
    Ok(Json(written.into_iter().map(bulk).collect()))
}

async fn delete(cx: Cx, Path((id, key)): Path<(String, String)>) -> ApiResult<StatusCode> {
    let id = id
        .parse()
        .map_err(|_| ApiError::invalid(&["id"], "Invalid UUID"))?;
    let library = &cx.app.library;
    library
        .delete_asset_metadata(&cx.caller, vec![(id, key)])
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn delete_many(cx: Cx, Body(wanted): Body<AssetMetadataBulkDelete>) -> ApiResult<StatusCode> {
    let items = wanted
        .items
        .into_iter()
        .map(|item| (item.asset_id, item.key))
        .collect();
    let library = &cx.app.library;
    library.delete_asset_metadata(&cx.caller, items).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn response(value: AssetMetadata) -> AssetMetadataResponse {
    AssetMetadataResponse {
        key: value.key,
        updated_at: value.updated_at,
        value: value.value.0,
    }
}
