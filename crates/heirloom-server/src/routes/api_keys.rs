//! Keys for programs.

use axum::{Json, http::StatusCode};
use heirloom_api::api_keys::{ApiKeyCreate, ApiKeyCreateResponse, ApiKeyResponse, ApiKeyUpdate};
use heirloom_library::{access, api_keys::ApiKeyChange, auth::permissions_from_text};
use heirloom_store::api_keys::ApiKey;
use heirloom_types::{
    ids::ApiKeyId,
    permission::{Permission, Permissions},
};

use super::operations;
use crate::{
    cx::Cx,
    error::{ApiError, ApiResult},
    input::{Body, Id},
};

operations! {
    GET "/api-keys" => list,
    POST "/api-keys" => create,
    GET "/api-keys/me" => me,
    GET "/api-keys/{id}" => get,
    PUT "/api-keys/{id}" => update,
    PATCH "/api-keys/{id}" => update,
    DELETE "/api-keys/{id}" => delete,
}

async fn list(cx: Cx) -> ApiResult<Json<Vec<ApiKeyResponse>>> {
    access::require(&cx.caller, Permission::ApiKeyRead)?;
    let keys = cx.app.library.api_keys(&cx.caller).await?;
    Ok(Json(keys.into_iter().map(response).collect()))
}

async fn create(
    cx: Cx,
    Body(new): Body<ApiKeyCreate>,
) -> ApiResult<(StatusCode, Json<ApiKeyCreateResponse>)> {
    access::require(&cx.caller, Permission::ApiKeyCreate)?;
    let permissions = permissions(&new.permissions)?;
    let name = new.name.unwrap_or_else(|| "API Key".into());
    let made = cx
        .app
        .library
        .create_api_key(&cx.caller, name, permissions)
        .await?;
    let body = ApiKeyCreateResponse {
        api_key: response(made.key),
        secret: made.secret,
    };
    Ok((StatusCode::CREATED, Json(body)))
}

/// Any key may look at itself: programs find out here what they may do.
async fn me(cx: Cx) -> ApiResult<Json<ApiKeyResponse>> {
    Ok(Json(response(
        cx.app.library.current_api_key(&cx.caller).await?,
    )))
}

async fn get(cx: Cx, Id(id): Id<ApiKeyId>) -> ApiResult<Json<ApiKeyResponse>> {
    access::require(&cx.caller, Permission::ApiKeyRead)?;
    Ok(Json(response(
        cx.app.library.api_key(&cx.caller, id).await?,
    )))
}

async fn update(
    cx: Cx,
    Id(id): Id<ApiKeyId>,
    Body(change): Body<ApiKeyUpdate>,
) -> ApiResult<Json<ApiKeyResponse>> {
    access::require(&cx.caller, Permission::ApiKeyUpdate)?;
    let change = ApiKeyChange {
        name: change.name,
        permissions: change
            .permissions
            .map(|texts| permissions(&texts))
            .transpose()?,
    };
    Ok(Json(response(
        cx.app
            .library
            .update_api_key(&cx.caller, id, change)
            .await?,
    )))
}

async fn delete(cx: Cx, Id(id): Id<ApiKeyId>) -> ApiResult<StatusCode> {
    access::require(&cx.caller, Permission::ApiKeyDelete)?;
    cx.app.library.delete_api_key(&cx.caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn permissions(texts: &[String]) -> ApiResult<Permissions> {
    if texts.is_empty() {
        return Err(ApiError::invalid(
            &["permissions"],
            "Too small: expected array to have >=1 items",
        ));
    }
    let parsed = texts.iter().map(|text| {
        text.parse::<Permission>()
            .map_err(|_| ApiError::invalid(&["permissions"], format!("Invalid option: {text}")))
    });
    parsed.collect()
}

fn response(key: ApiKey) -> ApiKeyResponse {
    ApiKeyResponse {
        permissions: permissions_from_text(&key.permissions)
            .iter()
            .map(|permission| permission.as_str().to_owned())
            .collect(),
        created_at: key.created_at,
        id: key.id,
        name: key.name,
        updated_at: key.updated_at,
    }
}
