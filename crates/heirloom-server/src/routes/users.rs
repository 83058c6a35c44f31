//! Accounts.

use axum::Json;
use heirloom_api::users::{UserAdminResponse, UserResponse};
use heirloom_library::access;
use heirloom_store::users::User;
use heirloom_types::permission::Permission;

use super::operations;
use crate::{cx::Cx, error::ApiResult};

operations! {
    GET "/users/me" => me,
    GET "/users" => list,
}

async fn me(cx: Cx) -> ApiResult<Json<UserAdminResponse>> {
    access::require(&cx.caller, Permission::UserRead)?;
    Ok(Json(admin_response(
        cx.app.library.user_of(&cx.caller).await?,
    )))
}

async fn list(cx: Cx) -> ApiResult<Json<Vec<UserResponse>>> {
    access::require(&cx.caller, Permission::UserRead)?;
    let users = cx.app.library.users().await?;
    Ok(Json(users.into_iter().map(response).collect()))
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
