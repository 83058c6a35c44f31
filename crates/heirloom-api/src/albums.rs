//! Albums.

use heirloom_types::{
    ids::{AlbumId, AssetId},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::{users::UserResponse, wire};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateAlbum {
    pub album_name: String,
    pub description: Option<String>,
    #[serde(default)]
    pub asset_ids: Vec<AssetId>,
}

#[derive(Debug, Deserialize)]
pub struct BulkIds<T> {
    pub ids: Vec<T>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AlbumResponse {
    pub album_name: String,
    pub album_thumbnail_asset_id: Option<AssetId>,
    pub album_users: Vec<AlbumUserResponse>,
    pub asset_count: i64,
    #[serde(serialize_with = "wire::time")]
    pub created_at: Timestamp,
    pub description: String,
    #[serde(
        serialize_with = "wire::time_or_null",
        skip_serializing_if = "Option::is_none"
    )]
    pub end_date: Option<Timestamp>,
    pub has_shared_link: bool,
    pub id: AlbumId,
    pub is_activity_enabled: bool,
    #[serde(
        serialize_with = "wire::time_or_null",
        skip_serializing_if = "Option::is_none"
    )]
    pub last_modified_asset_timestamp: Option<Timestamp>,
    pub order: &'static str,
    pub shared: bool,
    #[serde(
        serialize_with = "wire::time_or_null",
        skip_serializing_if = "Option::is_none"
    )]
    pub start_date: Option<Timestamp>,
    #[serde(serialize_with = "wire::time")]
    pub updated_at: Timestamp,
}

#[derive(Debug, Serialize)]
pub struct AlbumUserResponse {
    pub role: &'static str,
    pub user: UserResponse,
}

#[derive(Debug, Serialize)]
pub struct BulkIdResponse<T> {
    pub id: T,
    pub success: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<&'static str>,
}
