//! What the server says of itself.

use heirloom_types::{ids::UserId, time::Timestamp};
use serde::Serialize;
use uuid::Uuid;

use crate::wire;

#[derive(Debug, Serialize)]
pub struct ServerPing {
    pub res: &'static str,
}

#[derive(Debug, Serialize)]
pub struct ServerVersion {
    pub major: u32,
    pub minor: u32,
    pub patch: u32,
    pub prerelease: Option<u32>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServerVersionHistory {
    #[serde(serialize_with = "wire::time")]
    pub created_at: Timestamp,
    pub id: Uuid,
    pub version: String,
}

#[derive(Debug, Serialize)]
pub struct ServerApkLinks {
    pub arm64v8a: String,
    pub armeabiv7a: String,
    pub universal: String,
    pub x86_64: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServerAbout {
    pub licensed: bool,
    pub version: String,
    pub version_url: String,
    pub build: &'static str,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServerFeatures {
    pub config_file: bool,
    pub duplicate_detection: bool,
    pub email: bool,
    pub facial_recognition: bool,
    pub import_faces: bool,
    pub map: bool,
    pub oauth: bool,
    pub oauth_auto_launch: bool,
    pub ocr: bool,
    pub password_login: bool,
    pub realtime_transcoding: bool,
    pub reverse_geocoding: bool,
    pub search: bool,
    pub sidecar: bool,
    pub smart_search: bool,
    pub trash: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServerConfig {
    pub external_domain: String,
    pub is_initialized: bool,
    pub is_onboarded: bool,
    pub login_page_message: String,
    pub maintenance_mode: bool,
    pub map_dark_style_url: String,
    pub map_light_style_url: String,
    pub min_faces: i64,
    pub oauth_button_text: String,
    pub public_users: bool,
    pub trash_days: i64,
    pub user_delete_delay: i64,
}

#[derive(Debug, Serialize)]
pub struct ServerMediaTypes {
    pub image: Vec<String>,
    pub sidecar: Vec<String>,
    pub video: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServerStorage {
    pub disk_available: String,
    pub disk_available_raw: u64,
    pub disk_size: String,
    pub disk_size_raw: u64,
    pub disk_usage_percentage: f64,
    pub disk_use: String,
    pub disk_use_raw: u64,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServerStats {
    pub photos: i64,
    pub usage: i64,
    pub usage_by_user: Vec<UsageByUser>,
    pub usage_photos: i64,
    pub usage_videos: i64,
    pub videos: i64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UsageByUser {
    pub photos: i64,
    pub quota_size_in_bytes: Option<i64>,
    pub usage: i64,
    pub usage_photos: i64,
    pub usage_videos: i64,
    pub user_id: UserId,
    pub user_name: String,
    pub videos: i64,
}

/// Both are null while nobody is asked for newer versions.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VersionCheckState {
    pub checked_at: Option<String>,
    pub release_version: Option<String>,
}
