//! Stacks.

use heirloom_types::ids::{AssetId, StackId};
use serde::{Deserialize, Serialize};

use crate::assets::AssetResponse;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StackCreate {
    pub asset_ids: Vec<AssetId>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StackUpdate {
    pub primary_asset_id: Option<AssetId>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StackResponse {
    pub assets: Vec<AssetResponse>,
    pub id: StackId,
    pub primary_asset_id: AssetId,
}
