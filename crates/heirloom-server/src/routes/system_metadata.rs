//! What the server remembers of itself.

use axum::{Json, http::StatusCode};
use heirloom_api::{
    server::VersionCheckState,
    system_config::{AdminOnboarding, ReverseGeocodingState},
};
use heirloom_library::access;
use heirloom_types::permission::Permission;

use super::operations;
use crate::{cx::Cx, error::ApiResult, input::Body};

operations! {
    GET "/system-metadata/admin-onboarding" => onboarding,
    POST "/system-metadata/admin-onboarding" => set_onboarding,
    GET "/system-metadata/reverse-geocoding-state" => geocoding_state,
    GET "/system-metadata/version-check-state" => version_check_state,
}

async fn onboarding(cx: Cx) -> ApiResult<Json<AdminOnboarding>> {
    let is_onboarded = cx.app.library.admin_onboarding(&cx.caller).await?;
    Ok(Json(AdminOnboarding { is_onboarded }))
}

async fn set_onboarding(cx: Cx, Body(wanted): Body<AdminOnboarding>) -> ApiResult<StatusCode> {
    cx.app
        .library
        .set_admin_onboarding(&cx.caller, wanted.is_onboarded)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn geocoding_state(cx: Cx) -> ApiResult<Json<ReverseGeocodingState>> {
    access::require_admin(&cx.caller)?;
    access::require(&cx.caller, Permission::SystemMetadataRead)?;
    Ok(Json(ReverseGeocodingState::default()))
}

/// Nobody is asked for newer versions, so nothing is known of them.
async fn version_check_state(cx: Cx) -> ApiResult<Json<VersionCheckState>> {
    access::require_admin(&cx.caller)?;
    access::require(&cx.caller, Permission::SystemMetadataRead)?;
    Ok(Json(VersionCheckState::default()))
}
