//! Downloads.

use heirloom_types::ids::{AlbumId, AssetId, UserId};
use serde::{Deserialize, Serialize};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DownloadInfo {
    pub album_id: Option<AlbumId>,
    pub archive_size: Option<i64>,
    pub asset_ids: Option<Vec<AssetId>>,
    pub user_id: Option<UserId>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DownloadArchive {
    pub asset_ids: Vec<AssetId>,
}

/// The same as a form of a page, whose answer a browser saves as it comes. Not part of the contract.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DownloadArchiveForm {
    /// Ids with commas between them.
    pub asset_ids: String,
    /// What the file is to be called, without its ending.
    pub name: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DownloadResponse {
    pub archives: Vec<DownloadArchiveInfo>,
    pub total_size: i64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DownloadArchiveInfo {
    pub asset_ids: Vec<AssetId>,
    pub size: i64,
}
