//! Accounts.

use heirloom_types::{ids::UserId, time::Timestamp};
use serde::{Deserialize, Serialize};

use crate::wire;

/// An account as its owner and administrators see it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UserAdminResponse {
    pub avatar_color: String,
    #[serde(serialize_with = "wire::time")]
    pub created_at: Timestamp,
    #[serde(serialize_with = "wire::time_or_null")]
    pub deleted_at: Option<Timestamp>,
    pub email: String,
    pub id: UserId,
    pub is_admin: bool,
    /// Heirloom sells none.
    pub license: Option<()>,
    pub name: String,
    pub oauth_id: String,
    #[serde(serialize_with = "wire::time")]
    pub profile_changed_at: Timestamp,
    pub profile_image_path: String,
    pub quota_size_in_bytes: Option<i64>,
    pub quota_usage_in_bytes: i64,
    pub should_change_password: bool,
    pub status: &'static str,
    pub storage_label: Option<String>,
    #[serde(serialize_with = "wire::time")]
    pub updated_at: Timestamp,
}

/// An account as other people see it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UserResponse {
    pub avatar_color: String,
    pub email: String,
    pub id: UserId,
    pub name: String,
    #[serde(serialize_with = "wire::time")]
    pub profile_changed_at: Timestamp,
    pub profile_image_path: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserUpdateMe {
    /// Null has the server choose.
    #[serde(default, deserialize_with = "wire::present")]
    pub avatar_color: Option<Option<String>>,
    pub email: Option<String>,
    pub name: Option<String>,
    pub password: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserAdminCreate {
    pub avatar_color: Option<String>,
    pub email: String,
    #[serde(default)]
    pub is_admin: bool,
    pub name: String,
    /// Whether they get a letter.
    #[serde(default)]
    pub notify: bool,
    pub password: String,
    pub pin_code: Option<String>,
    pub quota_size_in_bytes: Option<i64>,
    #[serde(default)]
    pub should_change_password: bool,
    pub storage_label: Option<String>,
}

/// How an account is closed.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UserAdminDelete {
    /// At once and for good.
    pub force: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UserAdminUpdate {
    #[serde(flatten)]
    pub own: Option<UserUpdateMe>,
    pub is_admin: Option<bool>,
    #[serde(deserialize_with = "wire::present")]
    pub pin_code: Option<Option<String>>,
    #[serde(deserialize_with = "wire::present")]
    pub quota_size_in_bytes: Option<Option<i64>>,
    pub should_change_password: Option<bool>,
    #[serde(deserialize_with = "wire::present")]
    pub storage_label: Option<Option<String>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateProfileImageResponse {
    #[serde(serialize_with = "wire::time")]
    pub profile_changed_at: Timestamp,
    pub profile_image_path: String,
    pub user_id: UserId,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Onboarding {
    pub is_onboarded: bool,
}
