//! Logged-in devices.

use heirloom_types::{ids::SessionId, time::Timestamp};
use serde::{Deserialize, Serialize};

use crate::wire;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionCreate {
    #[serde(rename = "deviceOS")]
    pub device_os: Option<String>,
    pub device_type: Option<String>,
    /// Seconds.
    pub duration: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionUpdate {
    #[serde(default)]
    pub is_pending_sync_reset: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionResponse {
    pub app_version: Option<String>,
    #[serde(serialize_with = "wire::time")]
    pub created_at: Timestamp,
    pub current: bool,
    #[serde(rename = "deviceOS")]
    pub device_os: String,
    pub device_type: String,
    #[serde(
        serialize_with = "wire::time_or_null",
        skip_serializing_if = "Option::is_none"
    )]
    pub expires_at: Option<Timestamp>,
    pub id: SessionId,
    pub is_pending_sync_reset: bool,
    #[serde(serialize_with = "wire::time")]
    pub updated_at: Timestamp,
}

#[derive(Debug, Serialize)]
pub struct SessionCreateResponse {
    #[serde(flatten)]
    pub session: SessionResponse,
    pub token: String,
}
