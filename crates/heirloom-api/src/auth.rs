//! Signing up, in and out.

use heirloom_types::ids::UserId;
use serde::{Deserialize, Serialize};

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
    pub redirect_uri: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ValidateAccessTokenResponse {
    pub auth_status: bool,
}
