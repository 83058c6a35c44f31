//! People and faces.

use heirloom_types::{
    ids::{AssetId, FaceId, PersonId},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::wire;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PersonUpdate {
    #[serde(deserialize_with = "wire::present")]
    pub birth_date: Option<Option<String>>,
    #[serde(deserialize_with = "wire::present")]
    pub color: Option<Option<String>>,
    pub feature_face_asset_id: Option<AssetId>,
    pub is_favorite: Option<bool>,
    pub is_hidden: Option<bool>,
    pub name: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct PeopleUpdate {
    pub people: Vec<PeopleUpdateItem>,
}

#[derive(Debug, Deserialize)]
pub struct PeopleUpdateItem {
    pub id: PersonId,
    #[serde(flatten)]
    pub change: PersonUpdate,
}

#[derive(Debug, Deserialize)]
pub struct MergePerson {
    pub ids: Vec<PersonId>,
}

#[derive(Debug, Deserialize)]
pub struct AssetFaceUpdate {
    pub data: Vec<AssetFaceUpdateItem>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AssetFaceUpdateItem {
    pub asset_id: AssetId,
    pub person_id: PersonId,
}

#[derive(Debug, Deserialize)]
pub struct FaceAssign {
    pub id: FaceId,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AssetFaceCreate {
    pub asset_id: AssetId,
    pub person_id: PersonId,
    pub image_width: i32,
    pub image_height: i32,
    pub x: i32,
    pub y: i32,
    pub width: i32,
    pub height: i32,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PersonResponse {
    pub birth_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
    pub id: PersonId,
    pub is_favorite: bool,
    pub is_hidden: bool,
    pub name: String,
    pub thumbnail_path: String,
    #[serde(serialize_with = "wire::time")]
    pub updated_at: Timestamp,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PeopleResponse {
    pub has_next_page: bool,
    pub hidden: usize,
    pub people: Vec<PersonResponse>,
    pub total: usize,
}

#[derive(Debug, Serialize)]
pub struct PersonStatisticsResponse {
    pub assets: i64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AssetFaceResponse {
    #[serde(rename = "boundingBoxX1")]
    pub x1: i32,
    #[serde(rename = "boundingBoxX2")]
    pub x2: i32,
    #[serde(rename = "boundingBoxY1")]
    pub y1: i32,
    #[serde(rename = "boundingBoxY2")]
    pub y2: i32,
    pub id: FaceId,
    pub image_height: i32,
    pub image_width: i32,
    pub person: Option<PersonResponse>,
    pub source_type: &'static str,
}
