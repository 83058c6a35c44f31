//! Albums.

use axum::{Json, http::StatusCode};
use heirloom_api::albums::{
    AlbumResponse, AlbumUserResponse, BulkIdResponse, BulkIds, CreateAlbum,
};
use heirloom_library::albums::{Added, AlbumDetails};
use heirloom_types::ids::{AlbumId, AssetId};
use serde::Deserialize;

use super::{operations, users};
use crate::{
    cx::Cx,
    error::ApiResult,
    input::{Body, Id, Query},
};

operations! {
    GET "/albums" => list,
    POST "/albums" => create,
    GET "/albums/{id}" => get,
    DELETE "/albums/{id}" => delete,
    PUT "/albums/{id}/assets" => add,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Filter {
    asset_id: Option<AssetId>,
    is_shared: Option<bool>,
    is_owned: Option<bool>,
}

async fn list(cx: Cx, Query(filter): Query<Filter>) -> ApiResult<Json<Vec<AlbumResponse>>> {
    let albums = cx.app.library.albums(&cx.caller, filter.asset_id).await?;
    let is_wanted = |album: &AlbumDetails| {
        let is_owned = album
            .users
            .iter()
            .any(|(part, _)| part.user_id == cx.caller.user && part.role.as_str() == "owner");
        filter
            .is_shared
            .is_none_or(|wanted| wanted == (album.users.len() > 1))
            && filter.is_owned.is_none_or(|wanted| wanted == is_owned)
    };
    Ok(Json(
        albums.into_iter().filter(is_wanted).map(response).collect(),
    ))
}

async fn create(
    cx: Cx,
    Body(new): Body<CreateAlbum>,
) -> ApiResult<(StatusCode, Json<AlbumResponse>)> {
    let description = new.description.unwrap_or_default();
    let made = cx
        .app
        .library
        .create_album(&cx.caller, new.album_name, description, &new.asset_ids)
        .await?;
    Ok((StatusCode::CREATED, Json(response(made))))
}

async fn get(cx: Cx, Id(id): Id<AlbumId>) -> ApiResult<Json<AlbumResponse>> {
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
    let added = cx.app.library.add_to_album(&cx.caller, id, &ids).await?;
    let answer = |(id, added): (AssetId, Added)| BulkIdResponse {
        id,
        success: added == Added::New,
        error: match added {
            Added::New => None,
            Added::Already => Some("duplicate"),
            Added::NotAllowed => Some("no_permission"),
        },
    };
    Ok(Json(ids.into_iter().zip(added).map(answer).collect()))
}

fn response(details: AlbumDetails) -> AlbumResponse {
    let AlbumDetails {
        album,
        users,
        summary,
    } = details;
    AlbumResponse {
        album_name: album.name,
        album_thumbnail_asset_id: album.thumbnail_asset_id.or(summary.newest_asset_id),
        shared: users.len() > 1,
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
        has_shared_link: false,
        id: album.id,
        is_activity_enabled: album.is_activity_enabled,
        last_modified_asset_timestamp: summary.last_modified,
        order: album.asset_order.as_str(),
        start_date: summary.start,
        updated_at: album.updated_at,
    }
}
