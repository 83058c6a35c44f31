//! The sync stream: requests, acknowledgements, and the body of each type of line.

use heirloom_types::{
    ids::{AlbumId, AssetId, EditId, FaceId, MemoryId, PersonId, StackId, UserId},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::{assets::TextLineResponse, wire};

#[derive(Debug, Deserialize)]
pub struct SyncStream {
    pub types: Vec<String>,
    #[serde(default)]
    pub reset: bool,
}

#[derive(Debug, Deserialize)]
pub struct SyncAckSet {
    pub acks: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub struct SyncAckDelete {
    pub types: Option<Vec<String>>,
}

#[derive(Debug, Serialize)]
pub struct SyncAck {
    pub ack: String,
    pub r#type: String,
}

/// One line of the stream.
#[derive(Debug, Serialize)]
pub struct SyncLine<'a, T> {
    pub r#type: &'a str,
    pub data: T,
    pub ack: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SyncAsset {
    pub id: AssetId,
    pub owner_id: UserId,
    pub original_file_name: String,
    pub r#type: &'static str,
    pub visibility: &'static str,
    /// SHA-1 in base64.
    pub checksum: String,
    pub thumbhash: Option<String>,
    #[serde(serialize_with = "wire::time")]
    pub created_at: Timestamp,
    #[serde(serialize_with = "wire::time")]
    pub file_created_at: Timestamp,
    #[serde(serialize_with = "wire::time")]
    pub file_modified_at: Timestamp,
    #[serde(serialize_with = "wire::time")]
    pub local_date_time: Timestamp,
    /// Milliseconds.
    pub duration: Option<i64>,
    pub width: Option<i32>,
    pub height: Option<i32>,
    pub is_favorite: bool,
    pub is_edited: bool,
    pub live_photo_video_id: Option<AssetId>,
    pub stack_id: Option<StackId>,
    pub library_id: Option<Uuid>,
    #[serde(serialize_with = "wire::time_or_null")]
    pub deleted_at: Option<Timestamp>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SyncExif {
    pub asset_id: AssetId,
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
    pub fps: Option<f64>,
    pub iso: Option<i32>,
    pub latitude: Option<f64>,
    pub lens_model: Option<String>,
    pub longitude: Option<f64>,
    pub make: Option<String>,
    pub model: Option<String>,
    #[serde(serialize_with = "wire::time_or_null")]
    pub modify_date: Option<Timestamp>,
    pub orientation: Option<String>,
    pub profile_description: Option<String>,
    pub projection_type: Option<String>,
    pub rating: Option<i32>,
    pub state: Option<String>,
    pub time_zone: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SyncAssetEdit {
    pub id: EditId,
    pub asset_id: AssetId,
    pub action: &'static str,
    pub parameters: Value,
    pub sequence: i32,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SyncUser {
    pub id: UserId,
    pub email: String,
    pub name: String,
    pub has_profile_image: bool,
    #[serde(serialize_with = "wire::time")]
    pub profile_changed_at: Timestamp,
    pub avatar_color: String,
    #[serde(serialize_with = "wire::time_or_null")]
    pub deleted_at: Option<Timestamp>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SyncAuthUser {
    #[serde(flatten)]
    pub user: SyncUser,
    pub is_admin: bool,
    pub oauth_id: String,
    /// Whether there is one; the code itself never leaves the server.
    pub pin_code: Option<&'static str>,
    pub quota_size_in_bytes: Option<i64>,
    pub quota_usage_in_bytes: i64,
    pub storage_label: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SyncPartner {
    pub shared_by_id: UserId,
    pub shared_with_id: UserId,
    pub in_timeline: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SyncAlbum {
    pub id: AlbumId,
    pub name: String,
    pub description: String,
    pub order: &'static str,
    pub thumbnail_asset_id: Option<AssetId>,
    pub is_activity_enabled: bool,
    #[serde(serialize_with = "wire::time")]
    pub created_at: Timestamp,
    #[serde(serialize_with = "wire::time")]
    pub updated_at: Timestamp,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SyncAlbumUser {
    pub album_id: AlbumId,
    pub user_id: UserId,
    pub role: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SyncStack {
    pub id: StackId,
    pub owner_id: UserId,
    pub primary_asset_id: AssetId,
    #[serde(serialize_with = "wire::time")]
    pub created_at: Timestamp,
    #[serde(serialize_with = "wire::time")]
    pub updated_at: Timestamp,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SyncMemory {
    pub id: MemoryId,
    pub owner_id: UserId,
    pub r#type: String,
    pub data: Value,
    #[serde(serialize_with = "wire::time")]
    pub memory_at: Timestamp,
    pub is_saved: bool,
    #[serde(serialize_with = "wire::time_or_null")]
    pub seen_at: Option<Timestamp>,
    #[serde(serialize_with = "wire::time_or_null")]
    pub show_at: Option<Timestamp>,
    #[serde(serialize_with = "wire::time_or_null")]
    pub hide_at: Option<Timestamp>,
    #[serde(serialize_with = "wire::time")]
    pub created_at: Timestamp,
    #[serde(serialize_with = "wire::time")]
    pub updated_at: Timestamp,
    #[serde(serialize_with = "wire::time_or_null")]
    pub deleted_at: Option<Timestamp>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SyncPerson {
    pub id: PersonId,
    pub owner_id: UserId,
    pub name: String,
    pub birth_date: Option<String>,
    pub color: Option<String>,
    pub face_asset_id: Option<FaceId>,
    pub is_favorite: bool,
    pub is_hidden: bool,
    #[serde(serialize_with = "wire::time")]
    pub created_at: Timestamp,
    #[serde(serialize_with = "wire::time")]
    pub updated_at: Timestamp,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SyncFace {
    pub id: FaceId,
    pub asset_id: AssetId,
    pub person_id: Option<PersonId>,
    #[serde(rename = "boundingBoxX1")]
    pub x1: i32,
    #[serde(rename = "boundingBoxY1")]
    pub y1: i32,
    #[serde(rename = "boundingBoxX2")]
    pub x2: i32,
    #[serde(rename = "boundingBoxY2")]
    pub y2: i32,
    pub image_width: i32,
    pub image_height: i32,
    pub source_type: &'static str,
    pub is_visible: bool,
    #[serde(serialize_with = "wire::time_or_null")]
    pub deleted_at: Option<Timestamp>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SyncTextLine {
    #[serde(flatten)]
    pub line: TextLineResponse,
    pub is_visible: bool,
}
