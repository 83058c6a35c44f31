//! How much work is left.

use heirloom_types::ids::AssetId;
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct QueueStatistics {
    pub active: i64,
    pub completed: i64,
    pub delayed: i64,
    pub failed: i64,
    pub paused: i64,
    pub waiting: i64,
}

#[derive(Clone, Copy, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct QueueStatus {
    pub is_active: bool,
    pub is_paused: bool,
}

#[derive(Clone, Copy, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct QueueResponse {
    pub job_counts: QueueStatistics,
    pub queue_status: QueueStatus,
}

#[derive(Debug, Deserialize)]
pub struct QueueCommand {
    pub command: String,
    pub force: Option<bool>,
}

#[derive(Debug, Deserialize)]
pub struct JobCreate {
    pub name: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct QueueDetails {
    pub is_paused: bool,
    pub name: &'static str,
    pub statistics: QueueStatistics,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueueUpdate {
    pub is_paused: Option<bool>,
}

#[derive(Debug, Deserialize)]
pub struct QueueDelete {
    #[serde(default)]
    pub failed: bool,
}

#[derive(Debug, Serialize)]
pub struct QueueJobResponse {
    pub data: Value,
    pub id: String,
    pub name: &'static str,
    /// Milliseconds since 1970.
    pub timestamp: i64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AssetJobs {
    pub asset_ids: Vec<AssetId>,
    pub name: String,
}

/// Every queue the contract names, in its order.
pub const NAMES: &[&str] = &[
    "backgroundTask",
    "backupDatabase",
    "duplicateDetection",
    "editor",
    "faceDetection",
    "facialRecognition",
    "integrityCheck",
    "library",
    "metadataExtraction",
    "migration",
    "notifications",
    "ocr",
    "search",
    "sidecar",
    "smartSearch",
    "storageTemplateMigration",
    "thumbnailGeneration",
    "videoConversion",
    "workflow",
];
