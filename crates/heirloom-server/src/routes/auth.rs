//! Signing up, in and out.

use std::net::SocketAddr;

use axum::{
    Json,
    extract::{ConnectInfo, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use heirloom_api::{
    auth::{LoginCredential, LoginResponse, LogoutResponse, SignUp, ValidateAccessTokenResponse},
    users::UserAdminResponse,
};
use heirloom_library::auth::{Device, LogIn};

use super::{operations, users::admin_response};
use crate::{app::App, cookies, cx::Cx, error::ApiResult, input::Body};

operations! {
    POST "/auth/admin-sign-up" => sign_up,
    POST "/auth/login" => log_in,
    POST "/auth/logout" => log_out,
    POST "/auth/validateToken" => validate,
}

async fn sign_up(
    State(app): State<App>,
    Body(new): Body<SignUp>,
) -> ApiResult<(StatusCode, Json<UserAdminResponse>)> {
    let user = app
        .library
        .sign_up_admin(new.email, new.name, new.password)
        .await?;
    Ok((StatusCode::CREATED, Json(admin_response(user))))
}

async fn log_in(
    State(app): State<App>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Body(credential): Body<LoginCredential>,
) -> ApiResult<Response> {
    let text = |name: &str| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned()
    };
    let logged_in = app
        .library
        .log_in(LogIn {
            email: credential.email,
            password: credential.password,
            device: Device {
                kind: text("devicemodel"),
                os: text("devicetype"),
                app_version: None,
            },
            address: Some(address.ip()),
        })
        .await?;
    let user = logged_in.user;
    let body = LoginResponse {
        access_token: logged_in.token.clone(),
        is_admin: user.is_admin,
        is_onboarded: true,
        name: user.name,
        profile_image_path: user.profile_image_path.unwrap_or_default(),
        should_change_password: user.should_change_password,
        user_email: user.email,
        user_id: user.id,
    };
    let mut response = (StatusCode::CREATED, Json(body)).into_response();
    let is_secure = text("x-forwarded-proto") == "https";
    cookies::begin(response.headers_mut(), &logged_in.token, is_secure);
    Ok(response)
}

async fn log_out(cx: Cx) -> ApiResult<Response> {
    cx.app.library.log_out(&cx.caller).await?;
    let body = LogoutResponse {
        successful: true,
        redirect_uri: "/auth/login?autoLaunch=0",
    };
    let mut response = Json(body).into_response();
    cookies::end(response.headers_mut());
    Ok(response)
}

async fn validate(_cx: Cx) -> Json<ValidateAccessTokenResponse> {
    Json(ValidateAccessTokenResponse { auth_status: true })
}
