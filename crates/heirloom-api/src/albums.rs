//! Albums.

use heirloom_types::{
    ids::{AlbumId, AssetId, UserId},
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
    #[serde(default)]
    pub album_users: Vec<AlbumUserAdd>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AlbumUserAdd {
    pub user_id: UserId,
    pub role: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AddUsers {
    pub album_users: Vec<AlbumUserAdd>,
}

#[derive(Debug, Deserialize)]
pub struct UpdateAlbumUser {
    pub role: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateAlbum {
    pub album_name: Option<String>,
    pub album_thumbnail_asset_id: Option<AssetId>,
    pub description: Option<String>,
    pub is_activity_enabled: Option<bool>,
    pub order: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AlbumsAddAssets {
    pub album_ids: Vec<AlbumId>,
    pub asset_ids: Vec<AssetId>,
}

#[derive(Debug, Serialize)]
pub struct AlbumsAddAssetsResponse {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<&'static str>,
    pub success: bool,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AlbumStatisticsResponse {
    pub not_shared: usize,
    pub owned: usize,
    pub shared: usize,
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
