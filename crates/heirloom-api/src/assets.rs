//! Photos and videos.

use heirloom_types::{
    ids::{AssetId, StackId, TagId, UserId},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{people::PersonResponse, wire};

#[derive(Debug, Serialize)]
pub struct AssetMediaResponse {
    pub id: AssetId,
    pub status: &'static str,
}

#[derive(Debug, Deserialize)]
pub struct AssetBulkUploadCheck {
    pub assets: Vec<AssetBulkUploadCheckItem>,
}

#[derive(Debug, Deserialize)]
pub struct AssetBulkUploadCheckItem {
    pub id: String,
    pub checksum: String,
}

#[derive(Debug, Serialize)]
pub struct AssetBulkUploadCheckResponse {
    pub results: Vec<AssetBulkUploadCheckResult>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AssetBulkUploadCheckResult {
    pub id: String,
    pub action: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asset_id: Option<AssetId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_trashed: Option<bool>,
}

/// Facts that a client sends with a file.
#[derive(Debug, Deserialize)]
pub struct AssetMetadataUpsertItem {
    pub key: String,
    pub value: serde_json::Value,
}

#[derive(Debug, Serialize)]
pub struct AssetStatsResponse {
    pub images: i64,
    pub total: i64,
    pub videos: i64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UpdateAsset {
    pub date_time_original: Option<String>,
    pub description: Option<String>,
    pub is_favorite: Option<bool>,
    pub latitude: Option<f64>,
    /// Null for a picture that does not move.
    #[serde(deserialize_with = "wire::present")]
    pub live_photo_video_id: Option<Option<AssetId>>,
    pub longitude: Option<f64>,
    #[serde(deserialize_with = "wire::present")]
    pub rating: Option<Option<u8>>,
    pub visibility: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AssetBulkUpdate {
    pub ids: Vec<AssetId>,
    /// Minutes by which clocks were wrong.
    pub date_time_relative: Option<i64>,
    /// An IANA name, `UTC+2` or `+02:00`.
    pub time_zone: Option<String>,
    /// Null for assets that are no copies of anything.
    #[serde(default, deserialize_with = "wire::present")]
    pub duplicate_id: Option<Option<Uuid>>,
    #[serde(flatten)]
    pub change: UpdateAsset,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AssetCopy {
    pub source_id: AssetId,
    pub target_id: AssetId,
    pub albums: Option<bool>,
    pub favorite: Option<bool>,
    pub shared_links: Option<bool>,
    pub sidecar: Option<bool>,
    pub stack: Option<bool>,
}

#[derive(Debug, Deserialize)]
pub struct AssetBulkDelete {
    pub ids: Vec<AssetId>,
    #[serde(default)]
    pub force: bool,
}

#[derive(Debug, Serialize)]
pub struct TrashResponse {
    pub count: usize,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AssetResponse {
    pub checksum: String,
    #[serde(serialize_with = "wire::time")]
    pub created_at: Timestamp,
    pub duplicate_id: Option<Uuid>,
    pub duration: Option<i64>,
    pub exif_info: ExifResponse,
    #[serde(serialize_with = "wire::time")]
    pub file_created_at: Timestamp,
    #[serde(serialize_with = "wire::time")]
    pub file_modified_at: Timestamp,
    pub has_metadata: bool,
    pub height: Option<i32>,
    pub id: AssetId,
    pub is_archived: bool,
    pub is_edited: bool,
    pub is_favorite: bool,
    pub is_offline: bool,
    pub is_trashed: bool,
    pub library_id: Option<Uuid>,
    pub live_photo_video_id: Option<AssetId>,
    #[serde(serialize_with = "wire::time")]
    pub local_date_time: Timestamp,
    pub original_file_name: String,
    pub original_mime_type: &'static str,
    pub original_path: String,
    pub owner_id: UserId,
    pub people: Vec<PersonResponse>,
    /// Optional in the contract, but Home Assistant's client reads no asset without it.
    pub resized: bool,
    pub stack: Option<AssetStackResponse>,
    pub tags: Vec<TagResponse>,
    pub thumbhash: Option<String>,
    pub r#type: &'static str,
    #[serde(serialize_with = "wire::time")]
    pub updated_at: Timestamp,
    pub visibility: &'static str,
    pub width: Option<i32>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AssetStackResponse {
    pub asset_count: i64,
    pub id: StackId,
    pub primary_asset_id: AssetId,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExifResponse {
    pub city: Option<String>,
    pub country: Option<String>,
    #[serde(serialize_with = "wire::time_or_null")]
    pub date_time_original: Option<Timestamp>,
    pub description: String,
    pub exif_image_height: Option<i32>,
    pub exif_image_width: Option<i32>,
    pub exposure_time: Option<String>,
    pub f_number: Option<f64>,
    pub file_size_in_byte: i64,
    pub focal_length: Option<f64>,
    pub iso: Option<i32>,
    pub latitude: Option<f64>,
    pub lens_model: Option<String>,
    pub longitude: Option<f64>,
    pub make: Option<String>,
    pub model: Option<String>,
    #[serde(serialize_with = "wire::time_or_null")]
    pub modify_date: Option<Timestamp>,
    pub orientation: Option<String>,
    pub projection_type: Option<String>,
    pub rating: Option<i32>,
    pub state: Option<String>,
    pub time_zone: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TagResponse {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
    #[serde(serialize_with = "wire::time")]
    pub created_at: Timestamp,
    pub id: TagId,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<TagId>,
    #[serde(serialize_with = "wire::time")]
    pub updated_at: Timestamp,
    pub value: String,
}

/// A line of text in a picture; corners as fractions of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TextLineResponse {
    pub id: Uuid,
    pub asset_id: AssetId,
    pub x1: f64,
    pub y1: f64,
    pub x2: f64,
    pub y2: f64,
    pub x3: f64,
    pub y3: f64,
    pub x4: f64,
    pub y4: f64,
    pub text: String,
    pub box_score: f64,
    pub text_score: f64,
}
