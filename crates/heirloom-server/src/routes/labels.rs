//! What models say pictures show. Not part of the contract.

use axum::Json;
use heirloom_types::ids::AssetId;
use serde::Serialize;

use super::operations;
use crate::{cx::Cx, error::ApiResult, input::Id};

#[derive(Serialize)]
struct LabelResponse {
    name: String,
    /// From 0 to 1.
    score: f64,
}

operations! {
    GET "/assets/{id}/labels" => list,
}

async fn list(cx: Cx, Id(id): Id<AssetId>) -> ApiResult<Json<Vec<LabelResponse>>> {
    let found = cx.app.library.labels(&cx.caller, id).await?;
    let label = |label: heirloom_store::labels::Label| LabelResponse {
        name: label.name,
        score: label.score,
    };
    Ok(Json(found.into_iter().map(label).collect()))
}
