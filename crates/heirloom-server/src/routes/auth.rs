//! Signing up, in and out.

use std::net::SocketAddr;

use axum::{
    Json,
    extract::{ConnectInfo, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use heirloom_api::{
    auth::{
        AuthStatusResponse, ChangePassword, LoginCredential, LoginResponse, LogoutResponse,
        PinCodeChange, PinCodeProof, PinCodeSetup, SignUp, ValidateAccessTokenResponse,
    },
    users::UserAdminResponse,
};
use heirloom_library::{
    access,
    auth::{Device, LogIn, LoggedIn},
    pin::Proof,
};
use heirloom_types::permission::Permission;

use super::{operations, users::admin_response};
use crate::{
    app::App,
    cookies::{self, AuthType},
    cx::Cx,
    error::ApiResult,
    input::Body,
};

/// Where a browser goes after logging out; the page does not begin a log-in at the OpenID provider by itself.
const LOGGED_OUT: &str = "/auth/login?autoLaunch=0";

operations! {
    POST "/auth/admin-sign-up" => sign_up,
    POST "/auth/login" => log_in,
    POST "/auth/logout" => log_out,
    POST "/auth/validateToken" => validate,
    POST "/auth/change-password" => change_password,
    GET "/auth/status" => status,
    POST "/auth/pin-code" => set_pin,
    PUT "/auth/pin-code" => change_pin,
    DELETE "/auth/pin-code" => reset_pin,
    POST "/auth/session/unlock" => unlock,
    POST "/auth/session/lock" => lock,
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
    let logged_in = app
        .library
        .log_in(LogIn {
            email: credential.email,
            password: credential.password,
            device: device(&headers),
            address: Some(address.ip()),
        })
        .await?;
    Ok(begun(logged_in, &headers, AuthType::Password))
}

/// What the app or browser says of itself.
pub(super) fn device(headers: &HeaderMap) -> Device {
    let text = |name: &str| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned()
    };
    Device {
        kind: text("devicemodel"),
        os: text("devicetype"),
        app_version: None,
    }
}

/// The answer to a log-in, with the cookies of its session.
pub(super) fn begun(logged_in: LoggedIn, headers: &HeaderMap, began: AuthType) -> Response {
    let user = logged_in.user;
    let body = LoginResponse {
        access_token: logged_in.token.clone(),
        is_admin: user.is_admin,
        is_onboarded: logged_in.is_onboarded,
        name: user.name,
        profile_image_path: user.profile_image_path.unwrap_or_default(),
        should_change_password: user.should_change_password,
        user_email: user.email,
        user_id: user.id,
    };
    let mut response = (StatusCode::CREATED, Json(body)).into_response();
    let is_secure = cookies::is_secure(headers);
    cookies::begin(response.headers_mut(), &logged_in.token, began, is_secure);
    response
}

async fn log_out(cx: Cx) -> ApiResult<Response> {
    let elsewhere = cx.app.library.log_out(&cx.caller).await?;
    let body = LogoutResponse {
        successful: true,
        redirect_uri: elsewhere.unwrap_or_else(|| LOGGED_OUT.into()),
    };
    let mut response = Json(body).into_response();
    cookies::end(response.headers_mut());
    Ok(response)
}

async fn validate(_cx: Cx) -> Json<ValidateAccessTokenResponse> {
    Json(ValidateAccessTokenResponse { auth_status: true })
}

async fn change_password(
    cx: Cx,
    Body(wanted): Body<ChangePassword>,
) -> ApiResult<Json<UserAdminResponse>> {
    access::require(&cx.caller, Permission::AuthChangePassword)?;
    let keeps_sessions = !wanted.invalidate_sessions;
    let user = cx
        .app
        .library
        .change_password(
            &cx.caller,
            wanted.password,
            wanted.new_password,
            keeps_sessions,
        )
        .await?;
    Ok(Json(admin_response(user)))
}

async fn status(cx: Cx) -> ApiResult<Json<AuthStatusResponse>> {
    let status = cx.app.library.auth_status(&cx.caller).await?;
    Ok(Json(AuthStatusResponse {
        expires_at: status.expires_at,
        is_elevated: status.is_elevated,
        password: status.has_password,
        pin_code: status.has_pin,
        pin_expires_at: status.pin_expires_at,
    }))
}

async fn set_pin(cx: Cx, Body(new): Body<PinCodeSetup>) -> ApiResult<StatusCode> {
    cx.app.library.set_pin(&cx.caller, &new.pin_code).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn change_pin(cx: Cx, Body(wanted): Body<PinCodeChange>) -> ApiResult<StatusCode> {
    let proof = Proof {
        pin: wanted.pin_code,
        password: wanted.password,
    };
    cx.app
        .library
        .change_pin(&cx.caller, proof, &wanted.new_pin_code)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn reset_pin(cx: Cx, Body(given): Body<PinCodeProof>) -> ApiResult<StatusCode> {
    cx.app.library.reset_pin(&cx.caller, proof(given)).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn unlock(cx: Cx, Body(given): Body<PinCodeProof>) -> ApiResult<StatusCode> {
    cx.app
        .library
        .unlock_session(&cx.caller, proof(given))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn lock(cx: Cx) -> ApiResult<StatusCode> {
    cx.app.library.lock_session(&cx.caller).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn proof(given: PinCodeProof) -> Proof {
    Proof {
        pin: given.pin_code,
        password: given.password,
    }
}
