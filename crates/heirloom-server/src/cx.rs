//! Who asks: the extractor through which every handler but the public ones goes.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use heirloom_library::{Error, auth::Presented};
use heirloom_types::caller::Caller;

use crate::{app::App, cookies, error::ApiError};

/// An authenticated request.
pub(crate) struct Cx {
    pub app: App,
    pub caller: Caller,
}

impl FromRequestParts<App> for Cx {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default();
        let query: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
        let presented = presented(&parts.headers, &query)
            .ok_or(Error::Unauthenticated("Authentication required"))?;
        let caller = app.library.authenticate(presented).await?;
        Ok(Self {
            app: app.clone(),
            caller,
        })
    }
}

/// The first credential in the order the contract's servers look: session, then key.
fn presented<'a>(headers: &'a HeaderMap, query: &'a [(String, String)]) -> Option<Presented<'a>> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let parameter = |name: &str| {
        query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    };
    let bearer = header(header::AUTHORIZATION.as_str()).and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme
            .eq_ignore_ascii_case("bearer")
            .then_some(token.trim())
    });
    header("x-immich-user-token")
        .or_else(|| header("x-immich-session-token"))
        .or_else(|| parameter("sessionKey"))
        .or(bearer)
        .or_else(|| cookies::get(headers, cookies::TOKEN))
        .map(Presented::SessionToken)
        .or_else(|| {
            header("x-api-key")
                .or_else(|| parameter("apiKey"))
                .map(Presented::ApiKey)
        })
}
