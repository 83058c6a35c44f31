//! Shared links.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use heirloom_api::shared_links::{
    AssetIds, AssetIdsResponse, SharedLinkCreate, SharedLinkEdit, SharedLinkLogin,
    SharedLinkResponse,
};
use heirloom_library::{
    Error,
    albums::Placed,
    shared_links::{LinkChange, LinkDetails, LinkKind, NewLink},
};
use heirloom_types::ids::{AlbumId, AssetId, SharedLinkId};
use serde::Deserialize;

use super::{albums, assets, operations};
use crate::{
    app::App,
    cookies,
    cx::{Cx, LinkCx, link_word},
    error::{ApiError, ApiResult},
    input::{Body, Id, Query},
};

operations! {
    GET "/shared-links" => list,
    POST "/shared-links" => create,
    POST "/shared-links/login" => log_in,
    GET "/shared-links/me" => me,
    GET "/shared-links/{id}" => get,
    PATCH "/shared-links/{id}" => update,
    DELETE "/shared-links/{id}" => delete,
    PUT "/shared-links/{id}/assets" => add,
    DELETE "/shared-links/{id}/assets" => remove,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    album_id: Option<AlbumId>,
    id: Option<SharedLinkId>,
}

async fn list(cx: Cx, Query(asked): Query<Asked>) -> ApiResult<Json<Vec<SharedLinkResponse>>> {
    let links = cx
        .app
        .library
        .shared_links(&cx.caller, asked.album_id)
        .await?;
    Ok(Json(
        links
            .into_iter()
            .filter(|details| asked.id.is_none_or(|id| details.link.id == id))
            .map(response)
            .collect(),
    ))
}

async fn create(
    cx: Cx,
    Body(new): Body<SharedLinkCreate>,
) -> ApiResult<(StatusCode, Json<SharedLinkResponse>)> {
    let kind = LinkKind::from_text(&new.r#type).ok_or_else(|| {
        ApiError::invalid(
            &["type"],
            "Invalid option: expected one of ALBUM, INDIVIDUAL",
        )
    })?;
    let new = NewLink {
        kind,
        album: new.album_id,
        assets: new.asset_ids,
        change: change(new.change),
    };
    let made = cx.app.library.create_shared_link(&cx.caller, new).await?;
    Ok((StatusCode::CREATED, Json(response(made))))
}

async fn get(cx: Cx, Id(id): Id<SharedLinkId>) -> ApiResult<Json<SharedLinkResponse>> {
    let link = cx.app.library.shared_link(&cx.caller, id).await?;
    Ok(Json(response(link)))
}

async fn update(
    cx: Cx,
    Id(id): Id<SharedLinkId>,
    Body(wanted): Body<SharedLinkEdit>,
) -> ApiResult<Json<SharedLinkResponse>> {
    let changed = cx
        .app
        .library
        .update_shared_link(&cx.caller, id, change(wanted))
        .await?;
    Ok(Json(response(changed)))
}

async fn delete(cx: Cx, Id(id): Id<SharedLinkId>) -> ApiResult<StatusCode> {
    cx.app.library.delete_shared_link(&cx.caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn me(LinkCx(cx): LinkCx) -> ApiResult<Json<SharedLinkResponse>> {
    let link = cx.app.library.visited_link(&cx.caller).await?;
    Ok(Json(response(link)))
}

/// The cookie that comes with the answer stands for the password from then on.
async fn log_in(
    State(app): State<App>,
    uri: Uri,
    headers: HeaderMap,
    Body(given): Body<SharedLinkLogin>,
) -> ApiResult<Response> {
    let query: Vec<(String, String)> =
        serde_html_form::from_str(uri.query().unwrap_or_default()).unwrap_or_default();
    let word = link_word(&headers, &query).ok_or(Error::Unauthenticated("Invalid share key"))?;
    let (caller, token) = app.library.open_link(word, given.password).await?;
    let link = app.library.visited_link(&caller).await?;
    let mut answer = (StatusCode::CREATED, Json(response(link))).into_response();
    if let Some(token) = token {
        let is_secure = cookies::is_secure(&headers);
        cookies::open_link(answer.headers_mut(), &token, is_secure);
    }
    Ok(answer)
}

async fn add(
    cx: Cx,
    Id(id): Id<SharedLinkId>,
    Body(AssetIds { asset_ids }): Body<AssetIds>,
) -> ApiResult<Json<Vec<AssetIdsResponse>>> {
    change_assets(&cx, id, asset_ids, true).await
}

async fn remove(
    cx: Cx,
    Id(id): Id<SharedLinkId>,
    Body(AssetIds { asset_ids }): Body<AssetIds>,
) -> ApiResult<Json<Vec<AssetIdsResponse>>> {
    change_assets(&cx, id, asset_ids, false).await
}

async fn change_assets(
    cx: &Cx,
    id: SharedLinkId,
    ids: Vec<AssetId>,
    is_added: bool,
) -> ApiResult<Json<Vec<AssetIdsResponse>>> {
    let placed = cx
        .app
        .library
        .change_link_assets(&cx.caller, id, &ids, is_added)
        .await?;
    let result = |(asset_id, placed): (AssetId, Placed)| AssetIdsResponse {
        asset_id,
        error: albums::error_of(placed),
        success: placed == Placed::Done,
    };
    Ok(Json(ids.into_iter().zip(placed).map(result).collect()))
}

fn change(wanted: SharedLinkEdit) -> LinkChange {
    LinkChange {
        description: wanted.description,
        password: wanted.password,
        slug: wanted.slug,
        expires_at: wanted.expires_at,
        allow_upload: wanted.allow_upload,
        allow_download: wanted.allow_download,
        show_metadata: wanted.show_metadata,
    }
}

fn response(details: LinkDetails) -> SharedLinkResponse {
    let LinkDetails {
        link,
        album,
        assets,
    } = details;
    SharedLinkResponse {
        album: album.map(albums::response),
        allow_download: link.allow_download,
        allow_upload: link.allow_upload,
        assets: assets.into_iter().map(assets::response).collect(),
        created_at: link.created_at,
        description: link.description,
        expires_at: link.expires_at,
        id: link.id,
        key: link.key_text,
        password: link.password_hash.map(|_| "********"),
        show_metadata: link.show_metadata,
        slug: link.slug,
        r#type: link.kind.as_str(),
        user_id: link.owner_id,
    }
}
