//! The timeline: months, and the assets of one in columns.

use heirloom_types::ids::{AssetId, StackId, UserId};
use serde::Serialize;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TimeBucketsResponse {
    /// First day of the month: `2024-05-01`.
    pub time_bucket: String,
    pub count: i64,
}

/// One array per field; the same place in each is the same asset.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TimeBucketAssetResponse {
    pub city: Vec<Option<String>>,
    pub country: Vec<Option<String>>,
    pub created_at: Vec<String>,
    pub duration: Vec<Option<i64>>,
    /// The instant, without zone.
    pub file_created_at: Vec<String>,
    pub id: Vec<AssetId>,
    pub is_favorite: Vec<bool>,
    pub is_image: Vec<bool>,
    pub is_trashed: Vec<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latitude: Option<Vec<Option<f64>>>,
    pub live_photo_video_id: Vec<Option<AssetId>>,
    pub local_offset_hours: Vec<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longitude: Option<Vec<Option<f64>>>,
    pub owner_id: Vec<UserId>,
    pub projection_type: Vec<Option<String>>,
    /// Width by height.
    pub ratio: Vec<f64>,
    /// Stack and number of its pictures, where stacks are collapsed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stack: Option<Vec<Option<(StackId, String)>>>,
    pub thumbhash: Vec<Option<String>>,
    pub visibility: Vec<&'static str>,
}
