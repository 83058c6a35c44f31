//! Tags.

use heirloom_types::ids::{AssetId, TagId};
use serde::{Deserialize, Serialize};

use crate::wire;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TagCreate {
    pub name: String,
    pub color: Option<String>,
    pub parent_id: Option<TagId>,
}

#[derive(Debug, Deserialize)]
pub struct TagUpdate {
    #[serde(default, deserialize_with = "wire::present")]
    pub color: Option<Option<String>>,
}

#[derive(Debug, Deserialize)]
pub struct TagUpsert {
    pub tags: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TagBulkAssets {
    pub asset_ids: Vec<AssetId>,
    pub tag_ids: Vec<TagId>,
}

#[derive(Debug, Serialize)]
pub struct TagBulkAssetsResponse {
    pub count: usize,
}
