//! Shared links.

use heirloom_types::{
    ids::{AlbumId, AssetId, SharedLinkId, UserId},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::{albums::AlbumResponse, assets::AssetResponse, wire};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SharedLinkCreate {
    pub album_id: Option<AlbumId>,
    #[serde(default)]
    pub asset_ids: Vec<AssetId>,
    pub r#type: String,
    #[serde(flatten)]
    pub change: SharedLinkEdit,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SharedLinkEdit {
    pub allow_download: Option<bool>,
    pub allow_upload: Option<bool>,
    #[serde(deserialize_with = "wire::present")]
    pub description: Option<Option<String>>,
    #[serde(deserialize_with = "wire::present")]
    pub expires_at: Option<Option<Timestamp>>,
    #[serde(deserialize_with = "wire::present")]
    pub password: Option<Option<String>>,
    pub show_metadata: Option<bool>,
    #[serde(deserialize_with = "wire::present")]
    pub slug: Option<Option<String>>,
}

#[derive(Debug, Deserialize)]
pub struct SharedLinkLogin {
    pub password: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AssetIds {
    pub asset_ids: Vec<AssetId>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AssetIdsResponse {
    pub asset_id: AssetId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<&'static str>,
    pub success: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SharedLinkResponse {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub album: Option<AlbumResponse>,
    pub allow_download: bool,
    pub allow_upload: bool,
    pub assets: Vec<AssetResponse>,
    #[serde(serialize_with = "wire::time")]
    pub created_at: Timestamp,
    pub description: Option<String>,
    #[serde(serialize_with = "wire::time_or_null")]
    pub expires_at: Option<Timestamp>,
    pub id: SharedLinkId,
    pub key: String,
    /// Whether there is one; the password itself is not kept.
    pub password: Option<&'static str>,
    pub show_metadata: bool,
    pub slug: Option<String>,
    pub r#type: &'static str,
    pub user_id: UserId,
}
