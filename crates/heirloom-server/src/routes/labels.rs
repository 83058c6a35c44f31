//! What models say pictures show. Not part of the contract.

use axum::{Json, Router, routing::get};
use heirloom_types::ids::AssetId;
use serde::Serialize;

use crate::{app::App, cx::Cx, error::ApiResult, input::Id};

#[derive(Serialize)]
struct LabelResponse {
    name: String,
    /// From 0 to 1.
    score: f64,
}

pub(super) fn router() -> Router<App> {
    Router::new().route("/assets/{id}/labels", get(list))
}

async fn list(cx: Cx, Id(id): Id<AssetId>) -> ApiResult<Json<Vec<LabelResponse>>> {
    let found = cx.app.library.labels(&cx.caller, id).await?;
    let label = |label: heirloom_store::labels::Label| LabelResponse {
        name: label.name,
        score: label.score,
    };
    Ok(Json(found.into_iter().map(label).collect()))
}
