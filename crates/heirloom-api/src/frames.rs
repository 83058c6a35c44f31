//! Picture frames. Not part of the contract.

use chrono::NaiveDate;
use heirloom_types::{
    ids::{AlbumId, AssetId, FrameId, PersonId},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::wire;

/// What a screen is told that asks to be paired.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FramePairingResponse {
    pub token: String,
    pub code: String,
    #[serde(serialize_with = "wire::time")]
    pub expires_at: Timestamp,
}

/// The day that a screen has, wherever it is.
#[derive(Debug, Deserialize)]
pub struct FrameAsked {
    pub day: Option<NaiveDate>,
}

/// What a screen shows: its code while it waits, its photos from then on.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FrameScreenResponse {
    pub is_waiting: bool,
    pub name: Option<String>,
    pub shows: Option<&'static str>,
    pub photos: Vec<FramePhotoResponse>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FramePhotoResponse {
    pub id: AssetId,
    /// The clock where it was taken, as if it were UTC.
    #[serde(serialize_with = "wire::time")]
    pub taken_at: Timestamp,
    pub width: Option<i32>,
    pub height: Option<i32>,
    pub thumbhash: Option<String>,
    pub city: Option<String>,
    pub country: Option<String>,
    pub description: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FrameCreate {
    pub code: String,
    pub name: String,
    #[serde(flatten)]
    pub choice: FrameChoice,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FrameUpdate {
    pub name: Option<String>,
    pub shows: Option<String>,
    pub album_id: Option<AlbumId>,
    pub person_id: Option<PersonId>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FrameChoice {
    pub shows: String,
    pub album_id: Option<AlbumId>,
    pub person_id: Option<PersonId>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FrameResponse {
    pub id: FrameId,
    pub name: String,
    pub shows: &'static str,
    pub album_id: Option<AlbumId>,
    pub person_id: Option<PersonId>,
    /// The name of the album or person.
    pub subject: Option<String>,
    #[serde(serialize_with = "wire::time")]
    pub created_at: Timestamp,
    /// When the screen last asked what to show.
    #[serde(serialize_with = "wire::time_or_null")]
    pub seen_at: Option<Timestamp>,
}
