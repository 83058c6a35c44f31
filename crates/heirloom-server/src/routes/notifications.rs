//! What the server tells people.

use axum::{Json, http::StatusCode};
use heirloom_api::notifications::{
    NotificationCreate, NotificationDeleteAll, NotificationResponse, NotificationUpdate,
    NotificationUpdateAll,
};
use heirloom_library::notifications::{
    News, Notification, NotificationFilter, NotificationKind, NotificationLevel,
};
use heirloom_types::{ids::NotificationId, permission::Permission};
use serde::Deserialize;

use super::operations;
use crate::{
    cx::Cx,
    error::{ApiError, ApiResult},
    input::{Body, Id, Query},
};

operations! {
    GET "/notifications" => list,
    PUT "/notifications" => update_many,
    DELETE "/notifications" => delete_many,
    GET "/notifications/{id}" => get,
    PUT "/notifications/{id}" => update,
    DELETE "/notifications/{id}" => delete,
    POST "/admin/notifications" => create,
}

#[derive(Deserialize)]
struct Asked {
    id: Option<NotificationId>,
    level: Option<String>,
    r#type: Option<String>,
    unread: Option<bool>,
}

async fn list(cx: Cx, Query(asked): Query<Asked>) -> ApiResult<Json<Vec<NotificationResponse>>> {
    let filter = NotificationFilter {
        id: asked.id,
        kind: asked.r#type.as_deref().map(kind).transpose()?,
        level: asked.level.as_deref().map(level).transpose()?,
        is_unread: asked.unread,
    };
    let found = cx.app.library.notifications(&cx.caller, filter).await?;
    Ok(Json(found.into_iter().map(response).collect()))
}

async fn get(cx: Cx, Id(id): Id<NotificationId>) -> ApiResult<Json<NotificationResponse>> {
    let needed = Permission::NotificationRead;
    let found = cx.app.library.notification(&cx.caller, id, needed).await?;
    Ok(Json(response(found)))
}

async fn update(
    cx: Cx,
    Id(id): Id<NotificationId>,
    Body(wanted): Body<NotificationUpdate>,
) -> ApiResult<Json<NotificationResponse>> {
    if let Some(at) = wanted.read_at {
        let library = &cx.app.library;
        library.read_notifications(&cx.caller, &[id], at).await?;
    }
    let needed = Permission::NotificationUpdate;
    let found = cx.app.library.notification(&cx.caller, id, needed).await?;
    Ok(Json(response(found)))
}

async fn update_many(cx: Cx, Body(wanted): Body<NotificationUpdateAll>) -> ApiResult<StatusCode> {
    if let Some(at) = wanted.change.read_at {
        let library = &cx.app.library;
        library
            .read_notifications(&cx.caller, &wanted.ids, at)
            .await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn delete(cx: Cx, Id(id): Id<NotificationId>) -> ApiResult<StatusCode> {
    cx.app
        .library
        .delete_notifications(&cx.caller, &[id])
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn delete_many(cx: Cx, Body(wanted): Body<NotificationDeleteAll>) -> ApiResult<StatusCode> {
    cx.app
        .library
        .delete_notifications(&cx.caller, &wanted.ids)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn create(
    cx: Cx,
    Body(new): Body<NotificationCreate>,
) -> ApiResult<(StatusCode, Json<NotificationResponse>)> {
    let news = News {
        kind: new
            .r#type
            .as_deref()
            .map_or(Ok(NotificationKind::Custom), kind)?,
        level: new
            .level
            .as_deref()
            .map_or(Ok(NotificationLevel::Info), level)?,
        title: new.title,
        description: new.description,
        data: new.data,
    };
    let sent = cx
        .app
        .library
        .send_notification(&cx.caller, new.user_id, news, new.read_at)
        .await?;
    Ok((StatusCode::CREATED, Json(response(sent))))
}

fn kind(text: &str) -> ApiResult<NotificationKind> {
    NotificationKind::from_text(text).ok_or_else(|| {
        one_of(
            "type",
            NotificationKind::EVERY.iter().map(|kind| kind.as_str()),
        )
    })
}

fn level(text: &str) -> ApiResult<NotificationLevel> {
    NotificationLevel::from_text(text).ok_or_else(|| {
        one_of(
            "level",
            NotificationLevel::EVERY.iter().map(|level| level.as_str()),
        )
    })
}

fn one_of(field: &str, known: impl Iterator<Item = &'static str>) -> ApiError {
    let known: Vec<_> = known.collect();
    ApiError::invalid(
        &[field],
        format!("Invalid option: expected one of {}", known.join(", ")),
    )
}

pub(crate) fn response(row: Notification) -> NotificationResponse {
    NotificationResponse {
        created_at: row.created_at,
        data: row.data.map(|data| data.0),
        description: row.description,
        id: row.id,
        level: row.level.as_str(),
        read_at: row.read_at,
        title: row.title,
        r#type: row.kind.as_str(),
    }
}
