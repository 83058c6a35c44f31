//! The timeline: months, and the assets of one in columns.

use axum::Json;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{Datelike, NaiveDate};
use heirloom_api::{
    timeline::{TimeBucketAssetResponse, TimeBucketsResponse},
    wire,
};
use heirloom_library::timeline::{Area, OrderBy, StackSizes, TimelineAsset, TimelineFilter};
use heirloom_types::{
    ids::{AlbumId, PersonId, StackId, TagId, UserId},
    media_type::MediaKind,
};
use serde::Deserialize;

use super::{assets::visibility, operations, search::is_ascending};
use crate::{
    cx::LinkCx,
    error::{ApiError, ApiResult},
    input::Query,
};

operations! {
    GET "/timeline/buckets" => buckets,
    GET "/timeline/bucket" => bucket,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    album_id: Option<AlbumId>,
    tag_id: Option<TagId>,
    person_id: Option<PersonId>,
    user_id: Option<UserId>,
    /// A rectangle of the map: `west,south,east,north`.
    bbox: Option<String>,
    is_favorite: Option<bool>,
    is_trashed: Option<bool>,
    order: Option<String>,
    order_by: Option<String>,
    time_bucket: Option<String>,
    visibility: Option<String>,
    with_coordinates: Option<bool>,
    with_partners: Option<bool>,
    with_stacked: Option<bool>,
}

impl Asked {
    fn filter(&self) -> ApiResult<TimelineFilter> {
        Ok(TimelineFilter {
            visibility: self.visibility.as_deref().map(visibility).transpose()?,
            is_trashed: self.is_trashed.unwrap_or(false),
            is_favorite: self.is_favorite,
            collapse_stacks: self.with_stacked.unwrap_or(false),
            album: self.album_id,
            tag: self.tag_id,
            person: self.person_id,
            area: self.bbox.as_deref().map(area).transpose()?,
            with_partners: self.with_partners.unwrap_or(false),
            ascending: is_ascending(self.order.as_deref())?,
            by: order_by(self.order_by.as_deref())?,
        })
    }
}

async fn buckets(
    LinkCx(cx): LinkCx,
    Query(asked): Query<Asked>,
) -> ApiResult<Json<Vec<TimeBucketsResponse>>> {
    let filter = asked.filter()?;
    let library = &cx.app.library;
    let months = library
        .timeline_months(&cx.caller, asked.user_id, &filter)
        .await?;
    let bucket = |month: i32| {
        format!(
            "{:04}-{:02}-01",
            month.div_euclid(12),
            month.rem_euclid(12) + 1
        )
    };
    Ok(Json(
        months
            .into_iter()
            .map(|month| TimeBucketsResponse {
                time_bucket: bucket(month.local_month),
                count: month.count,
            })
            .collect(),
    ))
}

async fn bucket(
    LinkCx(cx): LinkCx,
    Query(asked): Query<Asked>,
) -> ApiResult<Json<TimeBucketAssetResponse>> {
    let month = month(asked.time_bucket.as_deref().unwrap_or_default())?;
    let (assets, sizes) = cx
        .app
        .library
        .timeline_assets(&cx.caller, asked.user_id, &asked.filter()?, month)
        .await?;
    let stacks = asked.with_stacked.unwrap_or(false).then_some(&sizes);
    let has_coordinates = asked.with_coordinates.unwrap_or(false);
    Ok(Json(columns(assets, stacks, has_coordinates)))
}

fn order_by(text: Option<&str>) -> ApiResult<OrderBy> {
    match text {
        None | Some("takenAt") => Ok(OrderBy::Taken),
        Some("createdAt") => Ok(OrderBy::Added),
        Some(_) => Err(ApiError::invalid(
            &["orderBy"],
            "Invalid option: expected one of takenAt, createdAt",
        )),
    }
}

/// The rectangle of `west,south,east,north`.
fn area(text: &str) -> ApiResult<Area> {
    let degrees: Vec<f64> = text
        .split(',')
        .map_while(|part| part.trim().parse().ok())
        .collect();
    match degrees[..] {
        [west, south, east, north] if degrees.iter().all(|degree| degree.is_finite()) => Ok(Area {
            west,
            south,
            east,
            north,
        }),
        _ => Err(ApiError::invalid(
            &["bbox"],
            "Invalid input: expected west,south,east,north in degrees",
        )),
    }
}

/// The month of `2024-05-01`, also with a time after it.
fn month(text: &str) -> ApiResult<i32> {
    let date = text
        .get(..10)
        .and_then(|date| date.parse::<NaiveDate>().ok());
    date.map(|date| date.year() * 12 + date.month0() as i32)
        .ok_or_else(|| {
            ApiError::invalid(
                &["timeBucket"],
                "Invalid input: expected a date such as 2024-05-01",
            )
        })
}

fn columns(
    assets: Vec<TimelineAsset>,
    stacks: Option<&StackSizes>,
    with_coordinates: bool,
) -> TimeBucketAssetResponse {
    let mut columns = TimeBucketAssetResponse {
        latitude: with_coordinates.then(Vec::new),
        longitude: with_coordinates.then(Vec::new),
        stack: stacks.map(|sizes| assets.iter().map(|asset| stack(asset, sizes)).collect()),
        ..TimeBucketAssetResponse::default()
    };
    // Columns of times go without the zone.
    let clock = |time| wire::shown(time).trim_end_matches('Z').to_owned();
    for asset in assets {
        let offset = asset.local_date_time - asset.file_created_at;
        columns.city.push(asset.city);
        columns.country.push(asset.country);
        columns.created_at.push(clock(asset.created_at));
        columns.duration.push(asset.duration_ms);
        columns.file_created_at.push(clock(asset.file_created_at));
        columns.id.push(asset.id);
        columns.is_favorite.push(asset.is_favorite);
        columns.is_image.push(asset.kind == MediaKind::Image);
        columns.is_trashed.push(asset.deleted_at.is_some());
        columns.live_photo_video_id.push(asset.live_video_id);
        columns
            .local_offset_hours
            .push(offset.num_minutes() as f64 / 60.0);
        columns.owner_id.push(asset.owner_id);
        columns.projection_type.push(asset.projection_type);
        columns.ratio.push(ratio(asset.width, asset.height));
        columns
            .thumbhash
            .push(asset.thumbhash.map(|hash| STANDARD.encode(hash)));
        columns.visibility.push(asset.visibility.as_str());
        if let (Some(latitudes), Some(longitudes)) = (&mut columns.latitude, &mut columns.longitude)
        {
            latitudes.push(asset.latitude);
            longitudes.push(asset.longitude);
        }
    }
    columns
}

/// The stack that an asset stands for, and how many pictures it has, as text.
fn stack(asset: &TimelineAsset, sizes: &StackSizes) -> Option<(StackId, String)> {
    let id = asset.stack_id?;
    Some((id, sizes.get(&id)?.to_string()))
}

/// A square until the size is known.
fn ratio(width: Option<i32>, height: Option<i32>) -> f64 {
    match (width, height) {
        (Some(width), Some(height)) if width > 0 && height > 0 => {
            f64::from(width) / f64::from(height)
        }
        _ => 1.0,
    }
}
