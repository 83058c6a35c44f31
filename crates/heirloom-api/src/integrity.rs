//! Files that are not as they should be.

use heirloom_types::time::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug, Deserialize)]
pub struct IntegrityReportAsked {
    pub r#type: String,
    pub cursor: Option<Uuid>,
    pub limit: Option<i64>,
}

#[derive(Debug, Serialize)]
pub struct IntegrityItem {
    pub id: Uuid,
    pub r#type: &'static str,
    pub path: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IntegrityReportPage {
    pub items: Vec<IntegrityItem>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<Uuid>,
}

#[derive(Debug, Default, Serialize)]
pub struct IntegritySummary {
    pub checksum_mismatch: i64,
    pub missing_file: i64,
    pub untracked_file: i64,
}

/// How the library is, in numbers; beyond the contract.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LibraryHealth {
    pub originals: i64,
    pub verified: i64,
    pub damaged: i64,
    pub repaired: i64,
    pub oldest_verification: Option<Timestamp>,
    pub has_second_copy: bool,
}
