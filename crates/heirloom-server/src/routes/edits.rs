//! Editing the look of a picture.

use axum::{Json, http::StatusCode};
use heirloom_api::edits::{AssetEditActionItemResponse, AssetEditsCreate, AssetEditsResponse};
use heirloom_library::edits::{AssetEdit, EditAction, NewEdit};
use heirloom_types::ids::AssetId;

use super::operations;
use crate::{
    cx::Cx,
    error::{ApiError, ApiResult},
    input::{Body, Id},
};

operations! {
    GET "/assets/{id}/edits" => get,
    PUT "/assets/{id}/edits" => set,
    DELETE "/assets/{id}/edits" => remove,
}

async fn get(cx: Cx, Id(id): Id<AssetId>) -> ApiResult<Json<AssetEditsResponse>> {
    let edits = cx.app.library.asset_edits(&cx.caller, id).await?;
    Ok(Json(response(id, edits)))
}

async fn set(
    cx: Cx,
    Id(id): Id<AssetId>,
    Body(wanted): Body<AssetEditsCreate>,
) -> ApiResult<Json<AssetEditsResponse>> {
    let mut new = Vec::with_capacity(wanted.edits.len());
    for edit in wanted.edits {
        let action = EditAction::from_text(&edit.action).ok_or_else(|| {
            ApiError::invalid(
                &["edits", "action"],
                "Invalid option: expected one of crop, rotate, mirror",
            )
        })?;
        new.push(NewEdit {
            action,
            parameters: edit.parameters,
        });
    }
    let edits = cx.app.library.edit_asset(&cx.caller, id, new).await?;
    Ok(Json(response(id, edits)))
}

async fn remove(cx: Cx, Id(id): Id<AssetId>) -> ApiResult<StatusCode> {
    cx.app.library.unedit_asset(&cx.caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn response(id: AssetId, edits: Vec<AssetEdit>) -> AssetEditsResponse {
    AssetEditsResponse {
        asset_id: id,
        edits: edits
            .into_iter()
            .map(|edit| AssetEditActionItemResponse {
                action: edit.action.as_str(),
                id: edit.id,
                parameters: edit.parameters.0,
            })
            .collect(),
    }
}
