//! Memories.

use heirloom_types::{
    ids::{AssetId, MemoryId, UserId},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{assets::AssetResponse, wire};

#[derive(Debug, Deserialize)]
pub struct OnThisDay {
    pub year: i32,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MemoryCreate {
    #[serde(default)]
    pub asset_ids: Vec<AssetId>,
    pub data: OnThisDay,
    pub hide_at: Option<Timestamp>,
    #[serde(default)]
    pub is_saved: bool,
    pub memory_at: Timestamp,
    pub seen_at: Option<Timestamp>,
    pub show_at: Option<Timestamp>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MemoryUpdate {
    pub is_saved: Option<bool>,
    pub memory_at: Option<Timestamp>,
    pub seen_at: Option<Timestamp>,
}

#[derive(Debug, Serialize)]
pub struct MemoryStatisticsResponse {
    pub total: usize,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MemoryResponse {
    pub assets: Vec<AssetResponse>,
    #[serde(serialize_with = "wire::time")]
    pub created_at: Timestamp,
    pub data: Value,
    #[serde(
        serialize_with = "wire::time_or_null",
        skip_serializing_if = "Option::is_none"
    )]
    pub hide_at: Option<Timestamp>,
    pub id: MemoryId,
    pub is_saved: bool,
    #[serde(serialize_with = "wire::time")]
    pub memory_at: Timestamp,
    pub owner_id: UserId,
    #[serde(
        serialize_with = "wire::time_or_null",
        skip_serializing_if = "Option::is_none"
    )]
    pub seen_at: Option<Timestamp>,
    #[serde(
        serialize_with = "wire::time_or_null",
        skip_serializing_if = "Option::is_none"
    )]
    pub show_at: Option<Timestamp>,
    pub r#type: String,
    #[serde(serialize_with = "wire::time")]
    pub updated_at: Timestamp,
}
