//! Picture frames: pairing, what a screen shows, and what people say of their frames. Not part of the contract.

use axum::{
    Json,
    extract::{FromRequestParts, State},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use heirloom_api::frames::{
    FrameAsked, FrameChoice as Choice, FrameCreate, FramePairingResponse, FramePhotoResponse,
    FrameResponse, FrameScreenResponse, FrameUpdate,
};
use heirloom_library::{
    Error,
    frames::{FrameChoice, FrameDetails, FramePhoto, FrameShows, Screen},
};
use heirloom_types::ids::{AssetId, FrameId};

use super::operations;
use crate::{
    app::App,
    cx::Cx,
    error::{ApiError, ApiResult},
    file_response::respond,
    input::{Body, Id, Query},
};

operations! {
    POST "/frames/pairings" => pair,
    GET "/frames/screen" => screen,
    GET "/frames/screen/{id}/preview" => preview,
    GET "/frames" => list,
    POST "/frames" => create,
    PUT "/frames/{id}" => update,
    DELETE "/frames/{id}" => end,
}

/// Where a screen's token stands. Nothing else looks there, so the token opens nothing else.
const TOKEN: &str = "x-heirloom-frame";

/// A request of a screen.
pub(crate) struct FrameCx {
    app: App,
    token: String,
}

impl FromRequestParts<App> for FrameCx {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let token = parts.headers.get(TOKEN);
        let token = token
            .and_then(|value| value.to_str().ok())
            .ok_or(Error::Unauthenticated("Authentication required"))?;
        Ok(Self {
            app: app.clone(),
            token: token.to_owned(),
        })
    }
}

async fn pair(State(app): State<App>) -> ApiResult<(StatusCode, Json<FramePairingResponse>)> {
    let made = app.library.begin_frame_pairing().await?;
    let body = FramePairingResponse {
        token: made.token,
        code: made.code,
        expires_at: made.expires_at,
    };
    Ok((StatusCode::CREATED, Json(body)))
}

async fn screen(cx: FrameCx, Query(asked): Query<FrameAsked>) -> ApiResult<Response> {
    let body = match cx.app.library.screen(&cx.token, asked.day).await? {
        Screen::Waiting { .. } => FrameScreenResponse {
            is_waiting: true,
            name: None,
            shows: None,
            photos: Vec::new(),
        },
        Screen::Showing { frame, photos } => FrameScreenResponse {
            is_waiting: false,
            name: Some(frame.name),
            shows: Some(frame.shows.as_str()),
            photos: photos.into_iter().map(photo).collect(),
        },
    };
    let mut response = Json(body).into_response();
    let never = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, never);
    Ok(response)
}

async fn preview(
    cx: FrameCx,
    Id(id): Id<AssetId>,
    Query(asked): Query<FrameAsked>,
    headers: HeaderMap,
) -> ApiResult<Response> {
    let library = &cx.app.library;
    let file = library.frame_preview(&cx.token, id, asked.day).await?;
    respond(library, &file, &headers).await
}

async fn list(cx: Cx) -> ApiResult<Json<Vec<FrameResponse>>> {
    let found = cx.app.library.frames(&cx.caller).await?;
    Ok(Json(found.into_iter().map(response).collect()))
}

async fn create(
    cx: Cx,
    Body(new): Body<FrameCreate>,
) -> ApiResult<(StatusCode, Json<FrameResponse>)> {
    let choice = choice(&new.choice)?;
    let library = &cx.app.library;
    let made = library
        .pair_frame(&cx.caller, &new.code, &new.name, choice)
        .await?;
    Ok((StatusCode::CREATED, Json(response(made))))
}

async fn update(
    cx: Cx,
    Id(id): Id<FrameId>,
    Body(wanted): Body<FrameUpdate>,
) -> ApiResult<Json<FrameResponse>> {
    let choice = wanted
        .shows
        .map(|shows| {
            choice(&Choice {
                shows,
                album_id: wanted.album_id,
                person_id: wanted.person_id,
            })
        })
        .transpose()?;
    let library = &cx.app.library;
    let changed = library
        .update_frame(&cx.caller, id, wanted.name.as_deref(), choice)
        .await?;
    Ok(Json(response(changed)))
}

async fn end(cx: Cx, Id(id): Id<FrameId>) -> ApiResult<StatusCode> {
    cx.app.library.end_frame(&cx.caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn choice(wanted: &Choice) -> ApiResult<FrameChoice> {
    let shows = FrameShows::from_text(&wanted.shows).ok_or_else(|| {
        ApiError::invalid(
            &["shows"],
            "Invalid option: expected one of album, person, memories, favorites, recent",
        )
    })?;
    Ok(FrameChoice {
        shows,
        album: wanted.album_id,
        person: wanted.person_id,
    })
}

fn photo(found: FramePhoto) -> FramePhotoResponse {
    FramePhotoResponse {
        id: found.id,
        taken_at: found.local_date_time,
        width: found.width,
        height: found.height,
        thumbhash: found.thumbhash.map(|hash| STANDARD.encode(hash)),
        city: found.city,
        country: found.country,
        description: found.description.filter(|text| !text.is_empty()),
    }
}

fn response(details: FrameDetails) -> FrameResponse {
    let frame = details.frame;
    FrameResponse {
        id: frame.id,
        name: frame.name,
        shows: frame.shows.as_str(),
        album_id: frame.album_id,
        person_id: frame.person_id,
        subject: details.subject,
        created_at: frame.created_at,
        seen_at: frame.seen_at,
    }
}
