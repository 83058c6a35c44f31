//! Logged-in devices.

use axum::{Json, http::StatusCode};
use chrono::TimeDelta;
use heirloom_api::sessions::{
    SessionCreate, SessionCreateResponse, SessionResponse, SessionUpdate,
};
use heirloom_library::{auth::Device, sessions::Session};
use heirloom_types::ids::SessionId;

use super::operations;
use crate::{
    cx::Cx,
    error::{ApiError, ApiResult},
    input::{Body, Id},
};

operations! {
    GET "/sessions" => list,
    POST "/sessions" => create,
    DELETE "/sessions" => delete_others,
    PUT "/sessions/{id}" => update,
    PATCH "/sessions/{id}" => update,
    DELETE "/sessions/{id}" => delete,
    POST "/sessions/{id}/lock" => lock,
}

async fn list(cx: Cx) -> ApiResult<Json<Vec<SessionResponse>>> {
    let sessions = cx.app.library.sessions(&cx.caller).await?;
    let pending = cx.app.library.pending_resets(&cx.caller).await?;
    Ok(Json(
        sessions
            .into_iter()
            .map(|session| {
                let is_pending = pending.contains(&session.id);
                SessionResponse {
                    is_pending_sync_reset: is_pending,
                    ..response(session, cx.caller.session())
                }
            })
            .collect(),
    ))
}

async fn create(
    cx: Cx,
    Body(new): Body<SessionCreate>,
) -> ApiResult<(StatusCode, Json<SessionCreateResponse>)> {
    let lasts = match new.duration {
        Some(seconds) if seconds < 1 => {
            return Err(ApiError::invalid(
                &["duration"],
                "Too small: expected number to be >=1",
            ));
        }
        // A century, at most: far times do not fit a date.
        Some(seconds) => Some(TimeDelta::seconds(seconds.min(100 * 365 * 86_400))),
        None => None,
    };
    let device = Device {
        kind: new.device_type.unwrap_or_default(),
        os: new.device_os.unwrap_or_default(),
        app_version: None,
    };
    let (session, token) = cx
        .app
        .library
        .create_child_session(&cx.caller, device, lasts)
        .await?;
    let session = response(session, cx.caller.session());
    Ok((
        StatusCode::CREATED,
        Json(SessionCreateResponse { session, token }),
    ))
}

async fn update(
    cx: Cx,
    Id(id): Id<SessionId>,
    Body(wanted): Body<SessionUpdate>,
) -> ApiResult<Json<SessionResponse>> {
    let session = cx
        .app
        .library
        .update_session(&cx.caller, id, wanted.is_pending_sync_reset)
        .await?;
    Ok(Json(SessionResponse {
        is_pending_sync_reset: wanted.is_pending_sync_reset,
        ..response(session, cx.caller.session())
    }))
}

async fn delete(cx: Cx, Id(id): Id<SessionId>) -> ApiResult<StatusCode> {
    cx.app.library.delete_session(&cx.caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn delete_others(cx: Cx) -> ApiResult<StatusCode> {
    cx.app.library.delete_other_sessions(&cx.caller).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn lock(cx: Cx, Id(id): Id<SessionId>) -> ApiResult<StatusCode> {
    cx.app.library.lock_device(&cx.caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) fn response(session: Session, current: Option<SessionId>) -> SessionResponse {
    SessionResponse {
        app_version: session.app_version,
        created_at: session.created_at,
        current: current == Some(session.id),
        device_os: session.device_os,
        device_type: session.device_type,
        expires_at: session.expires_at,
        id: session.id,
        is_pending_sync_reset: false,
        updated_at: session.updated_at,
    }
}
