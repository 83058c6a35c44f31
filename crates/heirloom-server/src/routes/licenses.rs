//! Keys of a purchase, of which Heirloom sells none.

use axum::{Json, http::StatusCode};
use heirloom_api::licenses::{LicenseKey, LicenseResponse};
use heirloom_library::licenses::{Holder, License};

use super::operations;
use crate::{cx::Cx, error::ApiResult, input::Body};

operations! {
    GET "/server/license" => get_of_server,
    PUT "/server/license" => set_of_server,
    DELETE "/server/license" => delete_of_server,
    GET "/users/me/license" => get_own,
    PUT "/users/me/license" => set_own,
    DELETE "/users/me/license" => delete_own,
}

async fn get_of_server(cx: Cx) -> ApiResult<Json<LicenseResponse>> {
    get(&cx, Holder::Server).await
}

async fn get_own(cx: Cx) -> ApiResult<Json<LicenseResponse>> {
    get(&cx, Holder::Caller).await
}

async fn set_of_server(cx: Cx, Body(key): Body<LicenseKey>) -> ApiResult<Json<LicenseResponse>> {
    set(&cx, Holder::Server, key).await
}

async fn set_own(cx: Cx, Body(key): Body<LicenseKey>) -> ApiResult<Json<LicenseResponse>> {
    set(&cx, Holder::Caller, key).await
}

async fn delete_of_server(cx: Cx) -> ApiResult<StatusCode> {
    delete(&cx, Holder::Server).await
}

async fn delete_own(cx: Cx) -> ApiResult<StatusCode> {
    delete(&cx, Holder::Caller).await
}

async fn get(cx: &Cx, of: Holder) -> ApiResult<Json<LicenseResponse>> {
    let license = cx.app.library.license(&cx.caller, of).await?;
    Ok(Json(response(license)))
}

async fn set(cx: &Cx, of: Holder, key: LicenseKey) -> ApiResult<Json<LicenseResponse>> {
    let license = cx
        .app
        .library
        .set_license(&cx.caller, of, key.license_key, key.activation_key)
        .await?;
    Ok(Json(response(license)))
}

async fn delete(cx: &Cx, of: Holder) -> ApiResult<StatusCode> {
    cx.app.library.delete_license(&cx.caller, of).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn response(license: License) -> LicenseResponse {
    LicenseResponse {
        activated_at: license.activated_at,
        activation_key: license.activation_key,
        license_key: license.license_key,
    }
}
