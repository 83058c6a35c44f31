//! Photos and videos: what is known of them, and changing it.

use axum::{Json, http::StatusCode};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, FixedOffset, NaiveDateTime};
use heirloom_api::assets::{
    AssetBulkDelete, AssetBulkUpdate, AssetCopy, AssetResponse, AssetStackResponse,
    AssetStatsResponse, ExifResponse, TagResponse, TextLineResponse, UpdateAsset,
};
use heirloom_library::{
    assets::{Asset, AssetChange, AssetDetails, Exif, Tag, Visibility, Zone},
    copy::Copied,
    text_lines::TextLine,
};
use heirloom_store::system::{AssetTotals, TotalsFilter};
use heirloom_types::{
    ids::AssetId,
    media_type::{self, MediaKind},
};
use serde::Deserialize;

use super::operations;
use crate::{
    cx::{Cx, LinkCx},
    error::{ApiError, ApiResult},
    input::{Body, Id, Query},
};

operations! {
    GET "/assets/statistics" => statistics,
    GET "/assets/{id}" => get,
    PUT "/assets/{id}" => update,
    PATCH "/assets/{id}" => update,
    PUT "/assets" => update_many,
    PATCH "/assets" => update_many,
    DELETE "/assets" => delete,
    PUT "/assets/copy" => copy,
    GET "/assets/{id}/ocr" => ocr,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StatisticsFilter {
    is_favorite: Option<bool>,
    is_trashed: Option<bool>,
    visibility: Option<String>,
}

async fn statistics(
    cx: Cx,
    Query(filter): Query<StatisticsFilter>,
) -> ApiResult<Json<AssetStatsResponse>> {
    let totals = cx
        .app
        .library
        .asset_totals(&cx.caller, filter.totals()?)
        .await?;
    Ok(Json(stats_response(totals)))
}

impl StatisticsFilter {
    pub(super) fn totals(&self) -> ApiResult<TotalsFilter> {
        Ok(TotalsFilter {
            visibility: self.visibility.as_deref().map(visibility).transpose()?,
            is_favorite: self.is_favorite,
            is_trashed: self.is_trashed,
        })
    }
}

pub(super) fn stats_response(totals: AssetTotals) -> AssetStatsResponse {
    AssetStatsResponse {
        images: totals.images,
        total: totals.images + totals.videos,
        videos: totals.videos,
    }
}

async fn get(LinkCx(cx): LinkCx, Id(id): Id<AssetId>) -> ApiResult<Json<AssetResponse>> {
    Ok(Json(response(cx.app.library.asset(&cx.caller, id).await?)))
}

async fn update(
    cx: Cx,
    Id(id): Id<AssetId>,
    Body(wanted): Body<UpdateAsset>,
) -> ApiResult<Json<AssetResponse>> {
    let change = AssetChange {
        live_video: wanted.live_photo_video_id,
        ..change(wanted)?
    };
    cx.app
        .library
        .update_assets(&cx.caller, &[id], &change)
        .await?;
    Ok(Json(response(cx.app.library.asset(&cx.caller, id).await?)))
}

async fn update_many(cx: Cx, Body(wanted): Body<AssetBulkUpdate>) -> ApiResult<StatusCode> {
    let zone = wanted.time_zone.as_deref().map(zone).transpose()?;
    let change = AssetChange {
        shift_minutes: wanted.date_time_relative,
        zone,
        duplicate: wanted.duplicate_id,
        ..change(wanted.change)?
    };
    cx.app
        .library
        .update_assets(&cx.caller, &wanted.ids, &change)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn delete(cx: Cx, Body(wanted): Body<AssetBulkDelete>) -> ApiResult<StatusCode> {
    cx.app
        .library
        .delete_assets(&cx.caller, &wanted.ids, wanted.force)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn copy(cx: Cx, Body(wanted): Body<AssetCopy>) -> ApiResult<StatusCode> {
    let what = Copied {
        albums: wanted.albums.unwrap_or(true),
        favorite: wanted.favorite.unwrap_or(true),
        shared_links: wanted.shared_links.unwrap_or(true),
        sidecar: wanted.sidecar.unwrap_or(true),
        stack: wanted.stack.unwrap_or(true),
    };
    cx.app
        .library
        .copy_asset(&cx.caller, wanted.source_id, wanted.target_id, what)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn ocr(cx: Cx, Id(id): Id<AssetId>) -> ApiResult<Json<Vec<TextLineResponse>>> {
    let lines = cx.app.library.text_lines(&cx.caller, id).await?;
    Ok(Json(lines.into_iter().map(text_line_response).collect()))
}

pub(super) fn text_line_response(line: TextLine) -> TextLineResponse {
    TextLineResponse {
        id: line.id,
        asset_id: line.asset_id,
        x1: line.x1,
        y1: line.y1,
        x2: line.x2,
        y2: line.y2,
        x3: line.x3,
        y3: line.y3,
        x4: line.x4,
        y4: line.y4,
        text: line.text,
        box_score: line.box_score,
        text_score: line.text_score,
    }
}

pub(super) fn visibility(text: &str) -> ApiResult<Visibility> {
    Visibility::from_text(text).ok_or_else(|| {
        ApiError::invalid(
            &["visibility"],
            "Invalid option: expected one of archive, timeline, hidden, locked",
        )
    })
}

fn change(wanted: UpdateAsset) -> ApiResult<AssetChange> {
    let position = match (wanted.latitude, wanted.longitude) {
        (Some(latitude), Some(longitude)) => Some((latitude, longitude)),
        (None, None) => None,
        _ => {
            return Err(ApiError::invalid(
                &["latitude"],
                "Latitude and longitude must be provided together",
            ));
        }
    };
    Ok(AssetChange {
        is_favorite: wanted.is_favorite,
        visibility: wanted.visibility.as_deref().map(visibility).transpose()?,
        description: wanted.description,
        rating: wanted.rating.map(|stars| stars.unwrap_or(0)),
        captured: wanted
            .date_time_original
            .as_deref()
            .map(captured)
            .transpose()?,
        position,
        ..AssetChange::default()
    })
}

fn zone(name: &str) -> ApiResult<Zone> {
    Zone::named(name).ok_or_else(|| ApiError::invalid(&["timeZone"], "Invalid IANA time zone"))
}

/// A time with its zone, or a clock on the wall.
fn captured(text: &str) -> ApiResult<(NaiveDateTime, Option<FixedOffset>)> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Ok((time.naive_local(), Some(*time.offset())));
    }
    text.parse::<NaiveDateTime>()
        .map(|local| (local, None))
        .map_err(|_| ApiError::invalid(&["dateTimeOriginal"], "Invalid ISO datetime"))
}

pub(crate) fn response(details: AssetDetails) -> AssetResponse {
    let AssetDetails {
        asset,
        exif,
        tags,
        people,
        stack,
        has_metadata,
    } = details;
    AssetResponse {
        checksum: if has_metadata {
            asset.sha1.to_base64()
        } else {
            String::new()
        },
        created_at: asset.created_at,
        duplicate_id: asset.duplicate_id,
        duration: asset.duration_ms,
        file_created_at: asset.file_created_at,
        file_modified_at: asset.file_modified_at,
        has_metadata,
        height: asset.height,
        id: asset.id,
        is_archived: asset.visibility == Visibility::Archive,
        is_edited: asset.is_edited,
        is_favorite: asset.is_favorite,
        is_offline: asset.is_offline,
        is_trashed: asset.is_trashed(),
        library_id: asset.library_id,
        live_photo_video_id: asset.live_video_id,
        local_date_time: asset.local_date_time,
        original_mime_type: media_type::by_name(&asset.original_name)
            .map_or("application/octet-stream", |known| known.mime),
        owner_id: asset.owner_id,
        people: people
            .into_iter()
            .map(super::people::person_response)
            .collect(),
        resized: true,
        stack: stack.map(|(stack, asset_count)| AssetStackResponse {
            asset_count,
            id: stack.id,
            primary_asset_id: stack.primary_asset_id,
        }),
        tags: tags.into_iter().map(tag_response).collect(),
        thumbhash: asset.thumbhash.as_ref().map(|hash| STANDARD.encode(hash)),
        r#type: type_name(asset.kind),
        updated_at: asset.updated_at,
        visibility: asset.visibility.as_str(),
        width: asset.width,
        exif_info: exif_response(&asset, exif),
        original_file_name: asset.original_name,
        original_path: asset.original_path,
    }
}

fn exif_response(asset: &Asset, exif: Exif) -> ExifResponse {
    ExifResponse {
        city: exif.city,
        country: exif.country,
        date_time_original: exif.date_time_original,
        description: exif.description,
        exif_image_height: exif.image_height,
        exif_image_width: exif.image_width,
        exposure_time: exif.exposure_time,
        f_number: exif.f_number,
        file_size_in_byte: asset.size_bytes,
        focal_length: exif.focal_length_mm,
        iso: exif.iso,
        latitude: exif.latitude,
        lens_model: exif.lens_model,
        longitude: exif.longitude,
        make: exif.make,
        model: exif.model,
        modify_date: exif.modify_date,
        orientation: exif.orientation.map(|value| value.to_string()),
        projection_type: exif.projection_type,
        rating: exif.rating,
        state: exif.state,
        time_zone: exif.time_zone,
    }
}

pub(super) fn tag_response(tag: Tag) -> TagResponse {
    TagResponse {
        name: tag.name().to_owned(),
        color: tag.color,
        created_at: tag.created_at,
        id: tag.id,
        parent_id: tag.parent_id,
        updated_at: tag.updated_at,
        value: tag.value,
    }
}

pub(super) const fn type_name(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Image => "IMAGE",
        MediaKind::Video => "VIDEO",
    }
}
