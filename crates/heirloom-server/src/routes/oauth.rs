//! Logging in at an OpenID provider.

use axum::{
    Json,
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use heirloom_api::{
    oauth::{OAuthAuthorizeResponse, OAuthBackchannelLogout, OAuthCallback, OAuthConfig},
    users::UserAdminResponse,
};
use heirloom_library::oauth::{BeginOAuth, FinishOAuth};

use super::{
    auth::{begun, device},
    operations,
    users::admin_response,
};
use crate::{
    app::App,
    cookies::{self, AuthType},
    cx::Cx,
    error::ApiResult,
    input::{Body, Form},
};

operations! {
    POST "/oauth/authorize" => authorize,
    POST "/oauth/callback" => callback,
    POST "/oauth/link" => link,
    POST "/oauth/unlink" => unlink,
    GET "/oauth/mobile-redirect" => mobile_redirect,
    POST "/oauth/backchannel-logout" => backchannel_logout,
    POST "/admin/auth/unlink-all" => unlink_all,
}

async fn authorize(
    State(app): State<App>,
    headers: HeaderMap,
    Body(wanted): Body<OAuthConfig>,
) -> ApiResult<Response> {
    let wanted = BeginOAuth {
        redirect_uri: wanted.redirect_uri,
        state: wanted.state,
        code_challenge: wanted.code_challenge,
    };
    let begun = app.library.begin_oauth(wanted).await?;
    let body = OAuthAuthorizeResponse { url: begun.url };
    let mut response = (StatusCode::CREATED, Json(body)).into_response();
    cookies::begin_oauth(
        response.headers_mut(),
        begun.state.as_deref(),
        begun.code_verifier.as_deref(),
        cookies::is_secure(&headers),
    );
    Ok(response)
}

async fn callback(
    State(app): State<App>,
    headers: HeaderMap,
    Body(given): Body<OAuthCallback>,
) -> ApiResult<Response> {
    let answer = answer(given, &headers);
    let logged_in = app.library.finish_oauth(answer, device(&headers)).await?;
    let mut response = begun(logged_in, &headers, AuthType::OAuth);
    cookies::end_oauth(response.headers_mut());
    Ok(response)
}

async fn link(cx: Cx, headers: HeaderMap, Body(given): Body<OAuthCallback>) -> ApiResult<Response> {
    let answer = answer(given, &headers);
    let user = cx.app.library.link_oauth(&cx.caller, answer).await?;
    let mut response = Json(admin_response(user)).into_response();
    cookies::end_oauth(response.headers_mut());
    Ok(response)
}

async fn unlink(cx: Cx) -> ApiResult<Json<UserAdminResponse>> {
    let user = cx.app.library.unlink_oauth(&cx.caller).await?;
    Ok(Json(admin_response(user)))
}

/// For providers that send nobody to an app's own scheme: they send the browser here, and this sends it on.
async fn mobile_redirect(RawQuery(query): RawQuery) -> Redirect {
    let query = query.unwrap_or_default();
    Redirect::temporary(&format!("app.immich:///oauth-callback?{query}"))
}

async fn backchannel_logout(
    State(app): State<App>,
    Form(given): Form<OAuthBackchannelLogout>,
) -> ApiResult<StatusCode> {
    app.library.end_oauth_sessions(&given.logout_token).await?;
    Ok(StatusCode::OK)
}

async fn unlink_all(cx: Cx) -> ApiResult<StatusCode> {
    cx.app.library.unlink_all_oauth(&cx.caller).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Apps bring the state and the verifier themselves; browsers have them in cookies.
fn answer(given: OAuthCallback, headers: &HeaderMap) -> FinishOAuth {
    let kept = |name| cookies::get(headers, name).map(str::to_owned);
    FinishOAuth {
        url: given.url,
        state: given.state.or_else(|| kept(cookies::OAUTH_STATE)),
        code_verifier: given
            .code_verifier
            .or_else(|| kept(cookies::OAUTH_CODE_VERIFIER)),
    }
}
