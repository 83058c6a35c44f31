//! Values that clients keep with an asset, by key.

use heirloom_types::{ids::AssetId, time::Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{assets::AssetMetadataUpsertItem, wire};

#[derive(Debug, Deserialize)]
pub struct AssetMetadataUpsert {
    pub items: Vec<AssetMetadataUpsertItem>,
}

#[derive(Debug, Deserialize)]
pub struct AssetMetadataBulkUpsert {
    pub items: Vec<AssetMetadataBulkUpsertItem>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AssetMetadataBulkUpsertItem {
    pub asset_id: AssetId,
    pub key: String,
    pub value: Value,
}

#[derive(Debug, Deserialize)]
pub struct AssetMetadataBulkDelete {
    pub items: Vec<AssetMetadataBulkDeleteItem>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AssetMetadataBulkDeleteItem {
    pub asset_id: AssetId,
    pub key: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AssetMetadataResponse {
    pub key: String,
    #[serde(serialize_with = "wire::time")]
    pub updated_at: Timestamp,
    pub value: Value,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AssetMetadataBulkResponse {
    pub asset_id: AssetId,
    #[serde(flatten)]
    pub item: AssetMetadataResponse,
}
