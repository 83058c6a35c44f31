//! Accounts, as administrators see and change them.

use axum::{Json, http::StatusCode};
use heirloom_api::{
    assets::AssetStatsResponse,
    sessions::SessionResponse,
    users::{UserAdminCreate, UserAdminDelete, UserAdminResponse, UserAdminUpdate},
};
use heirloom_library::{
    access,
    preferences::Preferences,
    users::{AccountChange, NewAccount, NewUser, UserChange},
};
use heirloom_types::{ids::UserId, permission::Permission};
use serde::Deserialize;
use serde_json::Value;

use super::{assets::StatisticsFilter, operations, sessions, users::admin_response};
use crate::{
    cx::Cx,
    error::ApiResult,
    input::{Body, Id, Query},
};

operations! {
    GET "/admin/users" => list,
    POST "/admin/users" => create,
    GET "/admin/users/{id}" => get,
    PUT "/admin/users/{id}" => update,
    PATCH "/admin/users/{id}" => update,
    DELETE "/admin/users/{id}" => delete,
    POST "/admin/users/{id}/restore" => restore,
    GET "/admin/users/{id}/preferences" => preferences,
    PUT "/admin/users/{id}/preferences" => update_preferences,
    PATCH "/admin/users/{id}/preferences" => update_preferences,
    GET "/admin/users/{id}/sessions" => list_sessions,
    GET "/admin/users/{id}/statistics" => statistics,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    id: Option<UserId>,
    with_deleted: Option<bool>,
}

async fn list(cx: Cx, Query(asked): Query<Asked>) -> ApiResult<Json<Vec<UserAdminResponse>>> {
    let with_deleted = asked.with_deleted.unwrap_or(false);
    let mut users = cx.app.library.accounts(&cx.caller, with_deleted).await?;
    users.retain(|user| asked.id.is_none_or(|id| user.id == id));
    Ok(Json(users.into_iter().map(admin_response).collect()))
}

async fn create(
    cx: Cx,
    Body(new): Body<UserAdminCreate>,
) -> ApiResult<(StatusCode, Json<UserAdminResponse>)> {
    let new = NewAccount {
        pin: new.pin_code,
        is_welcomed: new.notify,
        user: NewUser {
            email: new.email,
            name: new.name,
            password: Some(new.password),
            is_admin: new.is_admin,
            should_change_password: new.should_change_password,
            quota_bytes: new.quota_size_in_bytes,
            storage_label: new.storage_label,
            avatar_color: new.avatar_color,
        },
    };
    let user = cx.app.library.create_user(&cx.caller, new).await?;
    Ok((StatusCode::CREATED, Json(admin_response(user))))
}

async fn get(cx: Cx, Id(id): Id<UserId>) -> ApiResult<Json<UserAdminResponse>> {
    let user = cx.app.library.account(&cx.caller, id).await?;
    Ok(Json(admin_response(user)))
}

async fn update(
    cx: Cx,
    Id(id): Id<UserId>,
    Body(wanted): Body<UserAdminUpdate>,
) -> ApiResult<Json<UserAdminResponse>> {
    let own = wanted
        .own
        .map_or_else(UserChange::default, super::users::change);
    let change = AccountChange {
        own,
        is_admin: wanted.is_admin,
        should_change_password: wanted.should_change_password,
        quota_bytes: wanted.quota_size_in_bytes,
        storage_label: wanted.storage_label,
        pin: wanted.pin_code,
    };
    let user = cx
        .app
        .library
        .update_account(&cx.caller, id, change)
        .await?;
    Ok(Json(admin_response(user)))
}

async fn delete(
    cx: Cx,
    Id(id): Id<UserId>,
    Body(wanted): Body<UserAdminDelete>,
) -> ApiResult<Json<UserAdminResponse>> {
    let user = cx
        .app
        .library
        .close_account(&cx.caller, id, wanted.force)
        .await?;
    Ok(Json(admin_response(user)))
}

async fn restore(cx: Cx, Id(id): Id<UserId>) -> ApiResult<Json<UserAdminResponse>> {
    let user = cx.app.library.restore_account(&cx.caller, id).await?;
    Ok(Json(admin_response(user)))
}

async fn preferences(cx: Cx, Id(id): Id<UserId>) -> ApiResult<Json<Preferences>> {
    Ok(Json(cx.app.library.preferences_of(&cx.caller, id).await?))
}

async fn update_preferences(
    cx: Cx,
    Id(id): Id<UserId>,
    Body(change): Body<Value>,
) -> ApiResult<Json<Preferences>> {
    let changed = cx
        .app
        .library
        .update_preferences_of(&cx.caller, id, &change)
        .await?;
    Ok(Json(changed))
}

async fn list_sessions(cx: Cx, Id(id): Id<UserId>) -> ApiResult<Json<Vec<SessionResponse>>> {
    let found = cx.app.library.sessions_of(&cx.caller, id).await?;
    Ok(Json(
        found
            .into_iter()
            .map(|session| sessions::response(session, cx.caller.session()))
            .collect(),
    ))
}

async fn statistics(
    cx: Cx,
    Id(id): Id<UserId>,
    Query(filter): Query<StatisticsFilter>,
) -> ApiResult<Json<AssetStatsResponse>> {
    access::require(&cx.caller, Permission::AdminUserRead)?;
    let totals = cx
        .app
        .library
        .asset_totals_of(&cx.caller, id, filter.totals()?)
        .await?;
    Ok(Json(super::assets::stats_response(totals)))
}
