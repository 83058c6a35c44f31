//! The cookies of a session (RFC 6265).

use axum::http::{HeaderMap, HeaderValue, header};

pub(crate) const TOKEN: &str = "immich_access_token";
const AUTH_TYPE: &str = "immich_auth_type";
const IS_AUTHENTICATED: &str = "immich_is_authenticated";
/// Stands for the password of a shared link.
pub(crate) const LINK_TOKEN: &str = "immich_shared_link_token";
/// A day.
const LINK_MAX_AGE_SECONDS: u32 = 24 * 60 * 60;
/// Stands for whoever administers the server while it is in maintenance.
pub(crate) const MAINTENANCE_TOKEN: &str = "heirloom_maintenance_token";
/// A week; it is good for nothing any more when maintenance ends.
const MAINTENANCE_MAX_AGE_SECONDS: u32 = 7 * 24 * 60 * 60;
/// What a browser keeps between the two steps of a log-in at an OpenID provider.
pub(crate) const OAUTH_STATE: &str = "immich_oauth_state";
pub(crate) const OAUTH_CODE_VERIFIER: &str = "immich_oauth_code_verifier";
/// How long somebody may take at the provider.
const OAUTH_MAX_AGE_SECONDS: u32 = 30 * 60;
/// 400 days, the longest a browser keeps a cookie.
const MAX_AGE_SECONDS: u32 = 400 * 24 * 60 * 60;

/// The value of a cookie of the request.
pub(crate) fn get<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}

/// The cookie of a visitor who knew a link's password.
pub(crate) fn open_link(headers: &mut HeaderMap, token: &str, is_secure: bool) {
    set(
        headers,
        LINK_TOKEN,
        token,
        LINK_MAX_AGE_SECONDS,
        true,
        is_secure,
    );
}

/// The cookie of whoever administers the server while it is in maintenance.
pub(crate) fn begin_maintenance(headers: &mut HeaderMap, token: &str, is_secure: bool) {
    set(
        headers,
        MAINTENANCE_TOKEN,
        token,
        MAINTENANCE_MAX_AGE_SECONDS,
        true,
        is_secure,
    );
}

pub(crate) fn end_maintenance(headers: &mut HeaderMap) {
    set(headers, MAINTENANCE_TOKEN, "", 0, true, false);
}

/// How a session began, as its cookie says it.
#[derive(Clone, Copy)]
pub(crate) enum AuthType {
    Password,
    OAuth,
}

/// Cookies that begin a session.
pub(crate) fn begin(headers: &mut HeaderMap, token: &str, began: AuthType, is_secure: bool) {
    let began = match began {
        AuthType::Password => "password",
        AuthType::OAuth => "oauth",
    };
    set(headers, TOKEN, token, MAX_AGE_SECONDS, true, is_secure);
    set(headers, AUTH_TYPE, began, MAX_AGE_SECONDS, true, is_secure);
    set(
        headers,
        IS_AUTHENTICATED,
        "true",
        MAX_AGE_SECONDS,
        false,
        is_secure,
    );
}

/// Cookies that end it.
pub(crate) fn end(headers: &mut HeaderMap) {
    for name in [TOKEN, AUTH_TYPE, IS_AUTHENTICATED] {
        set(headers, name, "", 0, name != IS_AUTHENTICATED, false);
    }
}

/// Keeps what the second step of a log-in at an OpenID provider needs.
pub(crate) fn begin_oauth(
    headers: &mut HeaderMap,
    state: Option<&str>,
    code_verifier: Option<&str>,
    is_secure: bool,
) {
    for (name, value) in [(OAUTH_STATE, state), (OAUTH_CODE_VERIFIER, code_verifier)] {
        if let Some(value) = value {
            set(headers, name, value, OAUTH_MAX_AGE_SECONDS, true, is_secure);
        }
    }
}

/// Forgets it: a state is good for one log-in.
pub(crate) fn end_oauth(headers: &mut HeaderMap) {
    for name in [OAUTH_STATE, OAUTH_CODE_VERIFIER] {
        set(headers, name, "", 0, true, false);
    }
}

/// Whether the browser came over TLS, so that its cookies stay there.
pub(crate) fn is_secure(headers: &HeaderMap) -> bool {
    headers
        .get("x-forwarded-proto")
        .is_some_and(|scheme| scheme == "https")
}

fn set(
    headers: &mut HeaderMap,
    name: &str,
    value: &str,
    max_age: u32,
    http_only: bool,
    is_secure: bool,
) {
    let mut cookie = format!("{name}={value}; Max-Age={max_age}; Path=/; SameSite=Lax");
    if http_only {
        cookie += "; HttpOnly";
    }
    if is_secure {
        cookie += "; Secure";
    }
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        headers.append(header::SET_COOKIE, value);
    }
}
