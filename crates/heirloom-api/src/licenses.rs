//! Keys of a purchase.

use heirloom_types::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::wire;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LicenseKey {
    pub activation_key: String,
    pub license_key: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LicenseResponse {
    #[serde(serialize_with = "wire::time")]
    pub activated_at: Timestamp,
    pub activation_key: String,
    pub license_key: String,
}
