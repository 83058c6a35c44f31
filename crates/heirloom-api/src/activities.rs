//! Comments and likes in albums.

use heirloom_types::{
    ids::{ActivityId, AlbumId, AssetId},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::{users::UserResponse, wire};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActivityCreate {
    pub album_id: AlbumId,
    pub asset_id: Option<AssetId>,
    pub comment: Option<String>,
    pub r#type: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ActivityResponse {
    pub asset_id: Option<AssetId>,
    pub comment: Option<String>,
    #[serde(serialize_with = "wire::time")]
    pub created_at: Timestamp,
    pub id: ActivityId,
    pub r#type: &'static str,
    pub user: UserResponse,
}

#[derive(Debug, Default, Serialize)]
pub struct ActivityStatisticsResponse {
    pub comments: usize,
    pub likes: usize,
}
