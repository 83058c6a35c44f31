//! Searching.

use std::collections::HashMap;

use heirloom_types::ids::{AlbumId, AssetId, PersonId, TagId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{albums::AlbumResponse, assets::AssetResponse, wire};

/// What assets must be like, as every search has it. What a search does not know is dropped.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SearchFilter {
    pub album_ids: Option<Vec<AlbumId>>,
    pub checksum: Option<String>,
    #[serde(deserialize_with = "wire::present")]
    pub city: Option<Option<String>>,
    #[serde(deserialize_with = "wire::present")]
    pub country: Option<Option<String>>,
    pub created_after: Option<String>,
    pub created_before: Option<String>,
    pub description: Option<String>,
    pub id: Option<AssetId>,
    pub is_encoded: Option<bool>,
    pub is_favorite: Option<bool>,
    pub is_motion: Option<bool>,
    pub is_not_in_album: Option<bool>,
    pub is_offline: Option<bool>,
    #[serde(deserialize_with = "wire::present")]
    pub lens_model: Option<Option<String>>,
    #[serde(deserialize_with = "wire::present")]
    pub library_id: Option<Option<Uuid>>,
    #[serde(deserialize_with = "wire::present")]
    pub make: Option<Option<String>>,
    pub min_file_size: Option<i64>,
    #[serde(deserialize_with = "wire::present")]
    pub model: Option<Option<String>>,
    pub ocr: Option<String>,
    pub order: Option<String>,
    pub original_file_name: Option<String>,
    pub original_path: Option<String>,
    pub page: Option<u64>,
    pub person_ids: Option<Vec<PersonId>>,
    #[serde(deserialize_with = "wire::present")]
    pub rating: Option<Option<i32>>,
    pub size: Option<u64>,
    #[serde(deserialize_with = "wire::present")]
    pub state: Option<Option<String>>,
    #[serde(deserialize_with = "wire::present")]
    pub tag_ids: Option<Option<Vec<TagId>>>,
    pub taken_after: Option<String>,
    pub taken_before: Option<String>,
    pub trashed_after: Option<String>,
    pub trashed_before: Option<String>,
    pub r#type: Option<String>,
    pub updated_after: Option<String>,
    pub updated_before: Option<String>,
    pub visibility: Option<String>,
    pub with_deleted: Option<bool>,
    /// Paths of files that only the server knows: nothing is found by them.
    pub encoded_video_path: Option<String>,
    pub preview_path: Option<String>,
    pub thumbnail_path: Option<String>,
}

/// A question, and what assets must be like besides.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SmartSearch {
    #[serde(flatten)]
    pub filter: SearchFilter,
    pub query: Option<String>,
    pub query_asset_id: Option<AssetId>,
    pub language: Option<String>,
    /// Our own: kinds of parts, or their texts, that are not to be understood but looked for.
    pub ignore: Vec<String>,
}

#[derive(Debug, Serialize)]
pub struct SearchResponse {
    pub albums: SearchPage<AlbumResponse>,
    pub assets: SearchAssets,
}

/// What was found, and how the question was understood.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SmartSearchResponse {
    #[serde(flatten)]
    pub found: SearchResponse,
    pub interpretation: Vec<QuestionPart>,
    /// The words that were looked for by meaning.
    pub meaning: String,
    /// For videos, the moment that fits best, in milliseconds.
    pub moments: HashMap<AssetId, i64>,
    /// Whether only what can be read was searched, because no model could say what the question means.
    pub is_degraded: bool,
}

/// Something that was understood of a question.
#[derive(Debug, Serialize)]
pub struct QuestionPart {
    /// `person`, `tag`, `place`, `camera`, `date`, `type`, `favorite`, `text` or `fileName`.
    pub kind: &'static str,
    /// As it was typed.
    pub text: String,
    /// What it was taken for.
    pub value: String,
    /// Where it stands, in UTF-16 units.
    pub start: usize,
    pub end: usize,
}

#[derive(Debug, Serialize)]
pub struct SearchPage<T> {
    pub count: usize,
    pub facets: [(); 0],
    pub items: Vec<T>,
    pub total: usize,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SearchAssets {
    #[serde(flatten)]
    pub page: SearchPage<AssetResponse>,
    /// The number of the next page, as text.
    pub next_page: Option<String>,
}

#[derive(Debug, Serialize)]
pub struct SearchStatisticsResponse {
    pub total: i64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SearchExploreResponse {
    pub field_name: &'static str,
    pub items: Vec<SearchExploreItem>,
}

#[derive(Debug, Serialize)]
pub struct SearchExploreItem {
    pub data: AssetResponse,
    pub value: String,
}

#[derive(Debug, Serialize)]
pub struct MapMarkerResponse {
    pub city: Option<String>,
    pub country: Option<String>,
    pub id: AssetId,
    pub lat: f64,
    pub lon: f64,
    pub state: Option<String>,
}

#[derive(Debug, Serialize)]
pub struct MapReverseGeocodeResponse {
    pub city: Option<String>,
    pub country: Option<String>,
    pub state: Option<String>,
}

#[derive(Debug, Serialize)]
pub struct PlacesResponse {
    pub name: String,
    pub latitude: f64,
    pub longitude: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub admin1name: Option<String>,
}
