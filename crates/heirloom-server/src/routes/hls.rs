//! Videos in pieces, for players that choose the size themselves (RFC 8216).

use axum::{
    extract::{Path, RawQuery, rejection::PathRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use heirloom_api::hls::{HEAD, MainPlaylist, MediaPlaylist, VariantLine, piece_of};
use heirloom_library::hls::{HlsFile, HlsPlace};
use heirloom_types::ids::AssetId;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use uuid::Uuid;

use super::operations;
use crate::{
    cx::LinkCx,
    error::{ApiError, ApiResult},
    input::Id,
};

operations! {
    GET "/assets/{id}/video/stream/main.m3u8" => main_playlist,
    GET "/assets/{id}/video/stream/{sessionId}/{variantIndex}/playlist.m3u8" => media_playlist,
    GET "/assets/{id}/video/stream/{sessionId}/{variantIndex}/{filename}" => segment,
    DELETE "/assets/{id}/video/stream/{sessionId}" => end_session,
}

const PLAYLIST: &str = "application/vnd.apple.mpegurl";
/// Pieces never change; a player that goes back need not ask again.
const CACHE: &str = "private, max-age=1800, no-transform";
/// What lets a player in, when it stands in the address: it must stand in the addresses of a playlist too.
const CREDENTIALS: &[&str] = &["key", "slug", "apiKey", "sessionKey"];

/// What a word of an address may hold as it is (RFC 3986, 2.3).
const WORD: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Session {
    id: Uuid,
    session_id: Uuid,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Variant {
    id: Uuid,
    session_id: Uuid,
    variant_index: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    id: Uuid,
    session_id: Uuid,
    variant_index: u32,
    filename: String,
}

type Place<T> = Result<Path<T>, PathRejection>;

async fn main_playlist(
    LinkCx(cx): LinkCx,
    Id(id): Id<AssetId>,
    RawQuery(query): RawQuery,
) -> ApiResult<Response> {
    let offer = cx.app.library.begin_hls(&cx.caller, id).await?;
    let (session, query) = (offer.session, credentials(query.as_deref()));
    let lines = offer.variants.iter().map(|variant| VariantLine {
        address: format!("{session}/{}/playlist.m3u8{query}", variant.index),
        bandwidth: variant.bits_per_second(),
        codecs: variant.codecs(),
        width: variant.size.width,
        height: variant.size.height,
        frames_per_second: offer.plan.frames_per_second(),
    });
    let variants = lines.collect();
    Ok(playlist(&MainPlaylist { variants }))
}

async fn media_playlist(
    LinkCx(cx): LinkCx,
    place: Place<Variant>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> ApiResult<Response> {
    let Path(variant) = place.map_err(|rejection| refused(&rejection))?;
    let place = HlsPlace {
        asset: variant.id.into(),
        session: variant.session_id,
        variant: variant.variant_index,
    };
    let position = number::<f64>(&headers, "x-immich-hls-pos").filter(|second| second.is_finite());
    let plan = cx.app.library.hls_plan(&cx.caller, place, position).await?;
    Ok(playlist(&MediaPlaylist {
        pieces: (0..plan.pieces())
            .map(|piece| plan.seconds_of(piece))
            .collect(),
        query: credentials(query.as_deref()),
    }))
}

async fn segment(
    LinkCx(cx): LinkCx,
    place: Place<File>,
    headers: HeaderMap,
) -> ApiResult<Response> {
    let Path(file) = place.map_err(|rejection| refused(&rejection))?;
    let place = HlsPlace {
        asset: file.id.into(),
        session: file.session_id,
        variant: file.variant_index,
    };
    let asked = match piece_of(&file.filename) {
        Some(piece) => HlsFile::Piece(piece),
        None if file.filename == HEAD => HlsFile::Head(number(&headers, "x-immich-hls-msn")),
        None => {
            return Err(ApiError::invalid(
                &["filename"],
                "Invalid name: expected init.mp4 or seg_N.m4s",
            ));
        }
    };
    let content = cx.app.library.hls_file(&cx.caller, place, asked).await?;
    let cache = if content.may_stay { CACHE } else { "no-store" };
    let headers = [
        (header::CONTENT_TYPE, "video/mp4"),
        (header::CACHE_CONTROL, cache),
    ];
    Ok((headers, content.bytes).into_response())
}

async fn end_session(LinkCx(cx): LinkCx, place: Place<Session>) -> ApiResult<StatusCode> {
    let Path(session) = place.map_err(|rejection| refused(&rejection))?;
    let library = &cx.app.library;
    library
        .end_hls(&cx.caller, session.id.into(), session.session_id)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

fn playlist(text: &impl ToString) -> Response {
    let headers = [
        (header::CONTENT_TYPE, PLAYLIST),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, text.to_string()).into_response()
}

fn refused(rejection: &PathRejection) -> ApiError {
    ApiError::invalid(&[], format!("Invalid address: {}", rejection.body_text()))
}

/// What a player says in a header; nonsense is as good as nothing, because it is only a hint.
fn number<T: std::str::FromStr>(headers: &HeaderMap, name: &str) -> Option<T> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

/// The part of a query that lets a player in, with its question mark.
fn credentials(query: Option<&str>) -> String {
    let all: Vec<(String, String)> =
        serde_html_form::from_str(query.unwrap_or_default()).unwrap_or_default();
    let kept: Vec<String> = all
        .iter()
        .filter(|(name, _)| CREDENTIALS.contains(&name.as_str()))
        .map(|(name, word)| format!("{name}={}", utf8_percent_encode(word, WORD)))
        .collect();
    if kept.is_empty() {
        String::new()
    } else {
        format!("?{}", kept.join("&"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_lets_a_player_in_goes_into_a_playlist() {
        assert_eq!(credentials(None), "");
        assert_eq!(credentials(Some("c=1")), "");
        assert_eq!(
            credentials(Some("c=1&key=a%22b&slug=x y")),
            "?key=a%22b&slug=x%20y"
        );
    }
}
