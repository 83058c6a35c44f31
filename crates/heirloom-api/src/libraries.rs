//! External libraries.

use heirloom_types::{
    ids::{LibraryId, UserId},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::wire;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateLibrary {
    pub exclusion_patterns: Option<Vec<String>>,
    #[serde(default)]
    pub import_paths: Vec<String>,
    pub name: Option<String>,
    pub owner_id: UserId,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateLibrary {
    pub exclusion_patterns: Option<Vec<String>>,
    pub import_paths: Option<Vec<String>>,
    pub name: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ValidateLibrary {
    #[serde(default)]
    pub exclusion_patterns: Vec<String>,
    #[serde(default)]
    pub import_paths: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LibraryResponse {
    pub asset_count: i64,
    #[serde(serialize_with = "wire::time")]
    pub created_at: Timestamp,
    pub exclusion_patterns: Vec<String>,
    pub id: LibraryId,
    pub import_paths: Vec<String>,
    pub name: String,
    pub owner_id: UserId,
    #[serde(serialize_with = "wire::time_or_null")]
    pub refreshed_at: Option<Timestamp>,
    #[serde(serialize_with = "wire::time")]
    pub updated_at: Timestamp,
}

#[derive(Debug, Serialize)]
pub struct LibraryStats {
    pub photos: i64,
    pub total: i64,
    /// Bytes.
    pub usage: i64,
    pub videos: i64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ValidateLibraryResponse {
    pub import_paths: Vec<ValidateImportPath>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ValidateImportPath {
    pub import_path: String,
    pub is_valid: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}
