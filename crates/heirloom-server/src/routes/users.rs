//! Accounts.

use axum::{Json, http::StatusCode};
use heirloom_api::users::{Onboarding, UserAdminResponse, UserResponse, UserUpdateMe};
use heirloom_library::{access, preferences::Preferences, users::UserChange};
use heirloom_store::users::User;
use heirloom_types::{ids::UserId, permission::Permission};

use super::operations;
use crate::{
    cx::Cx,
    error::ApiResult,
    input::{Body, Id},
};

operations! {
    GET "/users/me" => me,
    PUT "/users/me" => update_me,
    PATCH "/users/me" => update_me,
    GET "/users" => list,
    GET "/users/{id}" => get,
    GET "/users/me/preferences" => preferences,
    PUT "/users/me/preferences" => update_preferences,
    PATCH "/users/me/preferences" => update_preferences,
    GET "/users/me/onboarding" => onboarding,
    PUT "/users/me/onboarding" => set_onboarding,
    DELETE "/users/me/onboarding" => reset_onboarding,
}

async fn me(cx: Cx) -> ApiResult<Json<UserAdminResponse>> {
    access::require(&cx.caller, Permission::UserRead)?;
    Ok(Json(admin_response(
        cx.app.library.user_of(&cx.caller).await?,
    )))
}

async fn list(cx: Cx) -> ApiResult<Json<Vec<UserResponse>>> {
    let users = cx.app.library.visible_users(&cx.caller).await?;
    Ok(Json(users.into_iter().map(response).collect()))
}

async fn get(cx: Cx, Id(id): Id<UserId>) -> ApiResult<Json<UserResponse>> {
    access::require(&cx.caller, Permission::UserRead)?;
    Ok(Json(response(cx.app.library.user(id).await?)))
}

async fn update_me(cx: Cx, Body(wanted): Body<UserUpdateMe>) -> ApiResult<Json<UserAdminResponse>> {
    access::require(&cx.caller, Permission::UserUpdate)?;
    let user = cx
        .app
        .library
        .update_own_user(&cx.caller, change(wanted))
        .await?;
    Ok(Json(admin_response(user)))
}

async fn preferences(cx: Cx) -> ApiResult<Json<Preferences>> {
    Ok(Json(cx.app.library.preferences(&cx.caller).await?))
}

async fn update_preferences(
    cx: Cx,
    Body(change): Body<serde_json::Value>,
) -> ApiResult<Json<Preferences>> {
    let changed = cx
        .app
        .library
        .update_preferences(&cx.caller, &change)
        .await?;
    Ok(Json(changed))
}

async fn onboarding(cx: Cx) -> ApiResult<Json<Onboarding>> {
    let is_onboarded = cx.app.library.is_onboarded(&cx.caller).await?;
    Ok(Json(Onboarding { is_onboarded }))
}

async fn set_onboarding(cx: Cx, Body(wanted): Body<Onboarding>) -> ApiResult<Json<Onboarding>> {
    cx.app
        .library
        .set_onboarded(&cx.caller, wanted.is_onboarded)
        .await?;
    Ok(Json(wanted))
}

async fn reset_onboarding(cx: Cx) -> ApiResult<StatusCode> {
    cx.app.library.reset_onboarding(&cx.caller).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) fn change(wanted: UserUpdateMe) -> UserChange {
    UserChange {
        email: wanted.email,
        name: wanted.name,
        password: wanted.password,
        avatar_color: wanted.avatar_color,
    }
}

pub(super) fn admin_response(user: User) -> UserAdminResponse {
    UserAdminResponse {
        status: if user.deleted_at.is_some() {
            "deleted"
        } else {
            "active"
        },
        avatar_color: user.avatar_color,
        created_at: user.created_at,
        deleted_at: user.deleted_at,
        email: user.email,
        id: user.id,
        is_admin: user.is_admin,
        license: None,
        name: user.name,
        oauth_id: user.oauth_id,
        profile_changed_at: user.profile_changed_at,
        profile_image_path: user.profile_image_path.unwrap_or_default(),
        quota_size_in_bytes: user.quota_bytes,
        quota_usage_in_bytes: user.usage_bytes,
        should_change_password: user.should_change_password,
        storage_label: user.storage_label,
        updated_at: user.updated_at,
    }
}

pub(super) fn response(user: User) -> UserResponse {
    UserResponse {
        avatar_color: user.avatar_color,
        email: user.email,
        id: user.id,
        name: user.name,
        profile_changed_at: user.profile_changed_at,
        profile_image_path: user.profile_image_path.unwrap_or_default(),
    }
}
