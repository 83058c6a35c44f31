//! Signing up, in and out.

use heirloom_types::{ids::UserId, time::Timestamp};
use serde::{Deserialize, Serialize};

use crate::wire;

#[derive(Debug, Deserialize)]
pub struct SignUp {
    pub email: String,
    pub name: String,
    pub password: String,
}

#[derive(Debug, Deserialize)]
pub struct LoginCredential {
    pub email: String,
    pub password: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LoginResponse {
    pub access_token: String,
    pub is_admin: bool,
    pub is_onboarded: bool,
    pub name: String,
    pub profile_image_path: String,
    pub should_change_password: bool,
    pub user_email: String,
    pub user_id: UserId,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogoutResponse {
    pub successful: bool,
    pub redirect_uri: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ValidateAccessTokenResponse {
    pub auth_status: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangePassword {
    pub password: String,
    pub new_password: String,
    #[serde(default)]
    pub invalidate_sessions: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PinCodeSetup {
    pub pin_code: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PinCodeChange {
    pub new_pin_code: String,
    pub password: Option<String>,
    pub pin_code: Option<String>,
}

/// Also the way into the locked folder.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PinCodeProof {
    pub password: Option<String>,
    pub pin_code: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthStatusResponse {
    #[serde(
        serialize_with = "wire::time_or_null",
        skip_serializing_if = "Option::is_none"
    )]
    pub expires_at: Option<Timestamp>,
    pub is_elevated: bool,
    pub password: bool,
    pub pin_code: bool,
    #[serde(
        serialize_with = "wire::time_or_null",
        skip_serializing_if = "Option::is_none"
    )]
    pub pin_expires_at: Option<Timestamp>,
}
