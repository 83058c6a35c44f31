//! Who asks: the extractor through which every handler but the public ones goes.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use heirloom_api::operations::Needed;
use heirloom_library::{Error, access, auth::Presented, shared_links::LinkWord};
use heirloom_types::caller::Caller;

use crate::{app::App, cookies, error::ApiError};

/// An authenticated request.
pub(crate) struct Cx {
    pub app: App,
    pub caller: Caller,
}

/// As [`Cx`], for the few operations that a shared link opens to people without an account.
pub(crate) struct LinkCx(pub Cx);

impl FromRequestParts<App> for Cx {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let query = query(parts);
        if link_word(&parts.headers, &query).is_some() {
            return Err(Error::Forbidden("Forbidden".into()).into());
        }
        account(parts, &query, app).await
    }
}

impl FromRequestParts<App> for LinkCx {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let query = query(parts);
        let Some(word) = link_word(&parts.headers, &query) else {
            return account(parts, &query, app).await.map(Self);
        };
        let token = cookies::get(&parts.headers, cookies::LINK_TOKEN);
        let caller = app.library.visit(word, token).await?;
        Ok(Self(Cx {
            app: app.clone(),
            caller,
        }))
    }
}

async fn account(parts: &Parts, query: &[(String, String)], app: &App) -> Result<Cx, ApiError> {
    let caller = if let Some(caller) = caller_of_pass(&parts.headers, app).await? {
        caller
    } else {
        let presented = presented(&parts.headers, query)
            .ok_or(Error::Unauthenticated("Authentication required"))?;
        app.library.authenticate(presented).await?
    };
    // As the contract says of the operation; what it does to whose things is decided where that is known.
    if let Some(Some(needed)) = parts.extensions.get::<Option<Needed>>() {
        if let Some(permission) = needed.permission {
            access::require(&caller, permission)?;
        }
        if needed.is_admin {
            access::require_admin(&caller)?;
        }
    }
    Ok(Cx {
        app: app.clone(),
        caller,
    })
}

/// Somebody who administers a server that is in maintenance, where nothing else is answered.
async fn caller_of_pass(headers: &HeaderMap, app: &App) -> Result<Option<Caller>, ApiError> {
    if !app.library.is_in_maintenance() {
        return Ok(None);
    }
    match cookies::get(headers, cookies::MAINTENANCE_TOKEN) {
        Some(token) => Ok(app.library.caller_of_pass(token).await?),
        None => Ok(None),
    }
}

pub(crate) fn query(parts: &Parts) -> Vec<(String, String)> {
    serde_html_form::from_str(parts.uri.query().unwrap_or_default()).unwrap_or_default()
}

/// The key or slug of a shared link, which goes before every other credential.
pub(crate) fn link_word<'a>(
    headers: &'a HeaderMap,
    query: &'a [(String, String)],
) -> Option<LinkWord<'a>> {
    let find = |header: &str, parameter: &str| {
        headers
            .get(header)
            .and_then(|value| value.to_str().ok())
            .or_else(|| {
                query
                    .iter()
                    .find(|(key, _)| key == parameter)
                    .map(|(_, value)| value.as_str())
            })
            .filter(|word| !word.is_empty())
    };
    let word = LinkWord {
        key: find("x-immich-share-key", "key"),
        slug: find("x-immich-share-slug", "slug"),
    };
    (word.key.is_some() || word.slug.is_some()).then_some(word)
}

/// The first credential in the order the contract's servers look: session, then key.
pub(crate) fn presented<'a>(
    headers: &'a HeaderMap,
    query: &'a [(String, String)],
) -> Option<Presented<'a>> {
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
