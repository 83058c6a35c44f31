//! Albums.

use axum::{Json, extract::Path, http::StatusCode};
use heirloom_api::albums::{
    AddUsers, AlbumResponse, AlbumStatisticsResponse, AlbumUserAdd, AlbumUserResponse,
    AlbumsAddAssets, AlbumsAddAssetsResponse, BulkIdResponse, BulkIds, CreateAlbum, UpdateAlbum,
    UpdateAlbumUser,
};
use heirloom_library::{
    Error,
    albums::{AlbumChange, AlbumDetails, AlbumRole, AssetOrder, NewAlbum, Placed},
};
use heirloom_types::{
    ids::{AlbumId, AssetId, UserId},
    permission::Permission,
};
use serde::Deserialize;

use super::{operations, users};
use crate::{
    cx::{Cx, LinkCx},
    error::{ApiError, ApiResult},
    input::{Body, Id, Query},
};

operations! {
    GET "/albums" => list,
    POST "/albums" => create,
    GET "/albums/{id}" => get,
    DELETE "/albums/{id}" => delete,
    PATCH "/albums/{id}" => update,
    PUT "/albums/{id}/assets" => add,
    DELETE "/albums/{id}/assets" => remove,
    PUT "/albums/{id}/users" => share,
    PUT "/albums/{id}/user/{userId}" => update_user,
    DELETE "/albums/{id}/user/{userId}" => remove_user,
    PUT "/albums/assets" => add_to_many,
    GET "/albums/statistics" => statistics,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Filter {
    asset_id: Option<AssetId>,
    is_shared: Option<bool>,
    is_owned: Option<bool>,
    id: Option<AlbumId>,
    name: Option<String>,
}

async fn list(cx: Cx, Query(filter): Query<Filter>) -> ApiResult<Json<Vec<AlbumResponse>>> {
    let albums = cx
        .app
        .library
        .albums(&cx.caller, filter.asset_id, Permission::AlbumRead)
        .await?;
    let is_wanted = |album: &AlbumDetails| {
        let is_shared = album.users.len() > 1;
        filter.is_shared.is_none_or(|wanted| wanted == is_shared)
            && filter
                .is_owned
                .is_none_or(|wanted| wanted == is_owned(&cx, album))
            && filter.id.is_none_or(|wanted| wanted == album.album.id)
            && filter
                .name
                .as_ref()
                .is_none_or(|wanted| *wanted == album.album.name)
    };
    Ok(Json(
        albums.into_iter().filter(is_wanted).map(response).collect(),
    ))
}

async fn create(
    cx: Cx,
    Body(new): Body<CreateAlbum>,
) -> ApiResult<(StatusCode, Json<AlbumResponse>)> {
    let new = NewAlbum {
        name: new.album_name,
        description: new.description.unwrap_or_default(),
        assets: new.asset_ids,
        users: parts(new.album_users)?,
    };
    let made = cx.app.library.create_album(&cx.caller, new).await?;
    Ok((StatusCode::CREATED, Json(response(made))))
}

async fn update(
    cx: Cx,
    Id(id): Id<AlbumId>,
    Body(wanted): Body<UpdateAlbum>,
) -> ApiResult<Json<AlbumResponse>> {
    let order = |text: String| {
        AssetOrder::from_text(&text).ok_or_else(|| {
            ApiError::invalid(&["order"], "Invalid option: expected one of asc, desc")
        })
    };
    let change = AlbumChange {
        name: wanted.album_name,
        description: wanted.description,
        thumbnail: wanted.album_thumbnail_asset_id,
        order: wanted.order.map(order).transpose()?,
        is_activity_enabled: wanted.is_activity_enabled,
    };
    let changed = cx.app.library.update_album(&cx.caller, id, change).await?;
    Ok(Json(response(changed)))
}

async fn statistics(cx: Cx) -> ApiResult<Json<AlbumStatisticsResponse>> {
    let mut statistics = AlbumStatisticsResponse::default();
    for album in cx
        .app
        .library
        .albums(&cx.caller, None, Permission::AlbumStatistics)
        .await?
    {
        let is_shared = album.users.len() > 1;
        if is_owned(&cx, &album) {
            statistics.owned += 1;
            statistics.not_shared += usize::from(!is_shared);
        }
        statistics.shared += usize::from(is_shared);
    }
    Ok(Json(statistics))
}

async fn add_to_many(
    cx: Cx,
    Body(wanted): Body<AlbumsAddAssets>,
) -> ApiResult<Json<AlbumsAddAssetsResponse>> {
    let mut placed = Vec::new();
    for album in wanted.album_ids {
        let assets = &wanted.asset_ids;
        match cx.app.library.add_to_album(&cx.caller, album, assets).await {
            Ok(results) => placed.extend(results),
            Err(Error::NotFound { .. }) => placed.push(Placed::NotAllowed),
            Err(error) => return Err(error.into()),
        }
    }
    let success = placed.contains(&Placed::Done);
    let error = match placed.first() {
        _ if success => None,
        Some(placed) => error_of(*placed),
        None => None,
    };
    Ok(Json(AlbumsAddAssetsResponse { error, success }))
}

async fn get(LinkCx(cx): LinkCx, Id(id): Id<AlbumId>) -> ApiResult<Json<AlbumResponse>> {
    Ok(Json(response(cx.app.library.album(&cx.caller, id).await?)))
}

async fn delete(cx: Cx, Id(id): Id<AlbumId>) -> ApiResult<StatusCode> {
    cx.app.library.delete_album(&cx.caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn add(
    cx: Cx,
    Id(id): Id<AlbumId>,
    Body(BulkIds { ids }): Body<BulkIds<AssetId>>,
) -> ApiResult<Json<Vec<BulkIdResponse<AssetId>>>> {
    let placed = cx.app.library.add_to_album(&cx.caller, id, &ids).await?;
    Ok(Json(bulk_response(ids, placed)))
}

async fn remove(
    cx: Cx,
    Id(id): Id<AlbumId>,
    Body(BulkIds { ids }): Body<BulkIds<AssetId>>,
) -> ApiResult<Json<Vec<BulkIdResponse<AssetId>>>> {
    let library = &cx.app.library;
    let placed = library.remove_from_album(&cx.caller, id, &ids).await?;
    Ok(Json(bulk_response(ids, placed)))
}

async fn share(
    cx: Cx,
    Id(id): Id<AlbumId>,
    Body(wanted): Body<AddUsers>,
) -> ApiResult<Json<AlbumResponse>> {
    let people = parts(wanted.album_users)?;
    let shared = cx.app.library.share_album(&cx.caller, id, &people).await?;
    Ok(Json(response(shared)))
}

async fn update_user(
    cx: Cx,
    Path((id, user)): Path<(String, String)>,
    Body(wanted): Body<UpdateAlbumUser>,
) -> ApiResult<StatusCode> {
    let (id, user) = member(&cx, &id, &user)?;
    let role = role(&wanted.role)?;
    cx.app
        .library
        .set_album_role(&cx.caller, id, user, role)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn remove_user(cx: Cx, Path((id, user)): Path<(String, String)>) -> ApiResult<StatusCode> {
    let (id, user) = member(&cx, &id, &user)?;
    cx.app.library.leave_album(&cx.caller, id, user).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Album and user of a path; `me` is the caller.
fn member(cx: &Cx, id: &str, user: &str) -> ApiResult<(AlbumId, UserId)> {
    let invalid = |field| ApiError::invalid(&[field], "Invalid UUID");
    let id = id.parse().map_err(|_| invalid("id"))?;
    match user {
        "me" => Ok((id, cx.caller.user)),
        user => Ok((id, user.parse().map_err(|_| invalid("userId"))?)),
    }
}

fn role(text: &str) -> ApiResult<AlbumRole> {
    AlbumRole::from_text(text)
        .filter(|role| *role != AlbumRole::Owner)
        .ok_or_else(|| {
            ApiError::invalid(&["role"], "Invalid option: expected one of editor, viewer")
        })
}

fn parts(people: Vec<AlbumUserAdd>) -> ApiResult<Vec<(UserId, AlbumRole)>> {
    people
        .into_iter()
        .map(|person| {
            let role = role(person.role.as_deref().unwrap_or("editor"))?;
            Ok((person.user_id, role))
        })
        .collect()
}

fn is_owned(cx: &Cx, album: &AlbumDetails) -> bool {
    album
        .users
        .iter()
        .any(|(part, _)| part.user_id == cx.caller.user && part.role == AlbumRole::Owner)
}

/// What became of each, as the contract says it.
pub(super) fn bulk_response<T>(ids: Vec<T>, placed: Vec<Placed>) -> Vec<BulkIdResponse<T>> {
    ids.into_iter()
        .zip(placed)
        .map(|(id, placed)| BulkIdResponse {
            id,
            success: placed == Placed::Done,
            error: error_of(placed),
        })
        .collect()
}

pub(super) fn error_of(placed: Placed) -> Option<&'static str> {
    match placed {
        Placed::Done => None,
        Placed::Already => Some("duplicate"),
        Placed::NotThere => Some("not_found"),
        Placed::NotAllowed => Some("no_permission"),
    }
}

pub(super) fn response(details: AlbumDetails) -> AlbumResponse {
    let AlbumDetails {
        album,
        users,
        summary,
        has_shared_link,
    } = details;
    AlbumResponse {
        album_name: album.name,
        album_thumbnail_asset_id: album.thumbnail_asset_id.or(summary.newest_asset_id),
        shared: users.len() > 1 || has_shared_link,
        album_users: users
            .into_iter()
            .map(|(part, user)| AlbumUserResponse {
                role: part.role.as_str(),
                user: users::response(user),
            })
            .collect(),
        asset_count: summary.count,
        created_at: album.created_at,
        description: album.description,
        end_date: summary.end,
        has_shared_link,
        id: album.id,
        is_activity_enabled: album.is_activity_enabled,
        last_modified_asset_timestamp: summary.last_modified,
        order: album.asset_order.as_str(),
        start_date: summary.start,
        updated_at: album.updated_at,
    }
}
