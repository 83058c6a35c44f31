//! Steps that change the look of a picture.

use heirloom_types::ids::{AssetId, EditId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Debug, Deserialize)]
pub struct AssetEditsCreate {
    pub edits: Vec<AssetEditActionItem>,
}

#[derive(Debug, Deserialize)]
pub struct AssetEditActionItem {
    pub action: String,
    pub parameters: Value,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AssetEditsResponse {
    pub asset_id: AssetId,
    pub edits: Vec<AssetEditActionItemResponse>,
}

#[derive(Debug, Serialize)]
pub struct AssetEditActionItemResponse {
    pub action: &'static str,
    pub id: EditId,
    pub parameters: Value,
}
