//! Keys for programs.

use heirloom_types::{ids::ApiKeyId, time::Timestamp};
use serde::{Deserialize, Serialize};

use crate::wire;

#[derive(Debug, Deserialize)]
pub struct ApiKeyCreate {
    pub name: Option<String>,
    pub permissions: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub struct ApiKeyUpdate {
    pub name: Option<String>,
    pub permissions: Option<Vec<String>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiKeyResponse {
    #[serde(serialize_with = "wire::time")]
    pub created_at: Timestamp,
    pub id: ApiKeyId,
    pub name: String,
    pub permissions: Vec<String>,
    #[serde(serialize_with = "wire::time")]
    pub updated_at: Timestamp,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiKeyCreateResponse {
    pub api_key: ApiKeyResponse,
    pub secret: String,
}
