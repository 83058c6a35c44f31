//! What the server tells people.

use heirloom_types::{
    ids::{NotificationId, UserId},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::wire;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NotificationResponse {
    #[serde(serialize_with = "wire::time")]
    pub created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub id: NotificationId,
    pub level: &'static str,
    #[serde(
        serialize_with = "wire::time_or_null",
        skip_serializing_if = "Option::is_none"
    )]
    pub read_at: Option<Timestamp>,
    pub title: String,
    pub r#type: &'static str,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotificationCreate {
    pub data: Option<Value>,
    pub description: Option<String>,
    pub level: Option<String>,
    pub read_at: Option<Timestamp>,
    pub title: String,
    pub r#type: Option<String>,
    pub user_id: UserId,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotificationUpdate {
    #[serde(default, deserialize_with = "wire::present")]
    pub read_at: Option<Option<Timestamp>>,
}

#[derive(Debug, Deserialize)]
pub struct NotificationUpdateAll {
    pub ids: Vec<NotificationId>,
    #[serde(flatten)]
    pub change: NotificationUpdate,
}

#[derive(Debug, Deserialize)]
pub struct NotificationDeleteAll {
    pub ids: Vec<NotificationId>,
}
