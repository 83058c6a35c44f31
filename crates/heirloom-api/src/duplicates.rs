//! Copies of one picture.

use heirloom_types::ids::AssetId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::assets::AssetResponse;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DuplicateResponse {
    pub assets: Vec<AssetResponse>,
    pub duplicate_id: Uuid,
    pub suggested_keep_asset_ids: Vec<AssetId>,
}

#[derive(Debug, Deserialize)]
pub struct DuplicateResolve {
    pub groups: Vec<DuplicateResolveGroup>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DuplicateResolveGroup {
    pub duplicate_id: Uuid,
    pub keep_asset_ids: Vec<AssetId>,
    pub trash_asset_ids: Vec<AssetId>,
}
