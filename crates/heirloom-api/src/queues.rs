//! How much work is left.

use serde::{Deserialize, Serialize};

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
