//! Searching, exploring, and the map.

use axum::Json;
use chrono::{DateTime, NaiveDate, NaiveDateTime};
use heirloom_api::{
    assets::AssetResponse,
    people::PersonResponse,
    search::{
        MapMarkerResponse, MapReverseGeocodeResponse, PlacesResponse, QuestionPart, SearchAssets,
        SearchExploreItem, SearchExploreResponse, SearchFilter, SearchPage, SearchResponse,
        SearchStatisticsResponse, SmartSearch, SmartSearchResponse,
    },
};
use heirloom_library::{
    assets::Visibility,
    places::{Place, Town},
    search::{Arrange, Field, Filter, Found, Marker, Others, Span},
    smart::SmartQuery,
};
use heirloom_types::{checksum::Sha1, ids::AlbumId, media_type::MediaKind, time::Timestamp};
use serde::Deserialize;

use super::{
    assets::{response, visibility},
    operations,
    people::person_response,
};
use crate::{
    cx::{Cx, LinkCx},
    error::{ApiError, ApiResult},
    input::{Body, Id, Query},
};

operations! {
    POST "/search/metadata" => metadata,
    POST "/search/smart" => smart,
    POST "/search/random" => random,
    POST "/search/large-assets" => large,
    POST "/search/statistics" => statistics,
    GET "/search/suggestions" => suggestions,
    GET "/search/cities" => cities,
    GET "/search/explore" => explore,
    GET "/search/person" => person,
    GET "/search/places" => places,
    GET "/map/markers" => markers,
    GET "/map/reverse-geocode" => reverse_geocode,
    GET "/albums/{id}/map-markers" => album_markers,
    GET "/view/folder/unique-paths" => folders,
    GET "/view/folder" => folder,
}

/// Assets of a page when nobody says how many.
const PAGE: u64 = 250;
/// As [`PAGE`], where the first are the best.
const SMART_PAGE: u64 = 100;

/// Whether the oldest come first, which nobody wants who does not say so.
pub(super) fn is_ascending(order: Option<&str>) -> ApiResult<bool> {
    match order {
        None | Some("desc") => Ok(false),
        Some("asc") => Ok(true),
        Some(_) => Err(ApiError::invalid(
            &["order"],
            "Invalid option: expected one of asc, desc",
        )),
    }
}

async fn metadata(cx: Cx, Body(asked): Body<SearchFilter>) -> ApiResult<Json<SearchResponse>> {
    let arrange = if is_ascending(asked.order.as_deref())? {
        Arrange::OldestFirst
    } else {
        Arrange::NewestFirst
    };
    let (page, size) = (asked.page.unwrap_or(1), page_size(asked.size)?);
    let found = cx
        .app
        .library
        .search(&cx.caller, filter(asked)?, arrange, page, size)
        .await?;
    Ok(Json(search_response(found)))
}

async fn smart(cx: Cx, Body(asked): Body<SmartSearch>) -> ApiResult<Json<SmartSearchResponse>> {
    let text = asked.query.filter(|text| !text.trim().is_empty());
    if text.is_none() && asked.query_asset_id.is_none() {
        return Err(ApiError::bad_request(
            "Either `query` or `queryAssetId` must be set",
        ));
    }
    let query = SmartQuery {
        text,
        example: asked.query_asset_id,
        ignored: asked.ignore,
        page: asked.filter.page.unwrap_or(1),
        size: page_size_or(asked.filter.size, SMART_PAGE)?,
        filter: filter(asked.filter)?,
    };
    let answer = cx.app.library.search_smart(&cx.caller, query).await?;
    Ok(Json(SmartSearchResponse {
        found: search_response(answer.found),
        interpretation: answer
            .parts
            .into_iter()
            .map(|part| QuestionPart {
                kind: part.meaning.kind(),
                text: part.text,
                value: part.value,
                start: part.start,
                end: part.end,
            })
            .collect(),
        meaning: answer.meaning,
        moments: answer.moments,
        is_degraded: answer.is_degraded,
    }))
}

async fn random(cx: Cx, Body(asked): Body<SearchFilter>) -> ApiResult<Json<Vec<AssetResponse>>> {
    let size = page_size(asked.size)?;
    let found = cx
        .app
        .library
        .random(&cx.caller, filter(asked)?, size)
        .await?;
    Ok(Json(found.into_iter().map(response).collect()))
}

async fn large(cx: Cx, Query(asked): Query<SearchFilter>) -> ApiResult<Json<Vec<AssetResponse>>> {
    let size = page_size(asked.size)?;
    let found = cx
        .app
        .library
        .search(&cx.caller, filter(asked)?, Arrange::LargestFirst, 1, size)
        .await?;
    Ok(Json(found.assets.into_iter().map(response).collect()))
}

async fn statistics(
    cx: Cx,
    Body(asked): Body<SearchFilter>,
) -> ApiResult<Json<SearchStatisticsResponse>> {
    let total = cx
        .app
        .library
        .count_matches(&cx.caller, filter(asked)?)
        .await?;
    Ok(Json(SearchStatisticsResponse { total }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Suggest {
    r#type: String,
    country: Option<String>,
    state: Option<String>,
    make: Option<String>,
    model: Option<String>,
    lens_model: Option<String>,
}

/// `includeNull` brings nothing: the contract's list holds texts only.
async fn suggestions(cx: Cx, Query(asked): Query<Suggest>) -> ApiResult<Json<Vec<String>>> {
    let field = match asked.r#type.as_str() {
        "country" => Field::Country,
        "state" => Field::State,
        "city" => Field::City,
        "camera-make" => Field::Make,
        "camera-model" => Field::Model,
        "camera-lens-model" => Field::LensModel,
        _ => {
            return Err(ApiError::invalid(
                &["type"],
                "Invalid option: expected one of country, state, city, camera-make, camera-model, camera-lens-model",
            ));
        }
    };
    let filter = Filter {
        country: asked.country.map(Some),
        state: asked.state.map(Some),
        make: asked.make.map(Some),
        model: asked.model.map(Some),
        lens_model: asked.lens_model.map(Some),
        ..Filter::default()
    };
    Ok(Json(
        cx.app
            .library
            .suggestions(&cx.caller, filter, field)
            .await?,
    ))
}

async fn cities(cx: Cx) -> ApiResult<Json<Vec<AssetResponse>>> {
    let cities = cx.app.library.cities(&cx.caller).await?;
    Ok(Json(
        cities
            .into_iter()
            .map(|(_, asset)| response(asset))
            .collect(),
    ))
}

async fn explore(cx: Cx) -> ApiResult<Json<Vec<SearchExploreResponse>>> {
    /// Cities that a page shows.
    const SHOWN: usize = 12;
    let cities = cx.app.library.cities(&cx.caller).await?;
    let items = cities
        .into_iter()
        .take(SHOWN)
        .map(|(value, asset)| SearchExploreItem {
            data: response(asset),
            value,
        })
        .collect();
    let things = cx.app.library.things(&cx.caller).await?;
    let things = things
        .into_iter()
        .map(|(value, asset)| SearchExploreItem {
            data: response(asset),
            value,
        })
        .collect();
    Ok(Json(vec![
        SearchExploreResponse {
            field_name: "exifInfo.city",
            items,
        },
        SearchExploreResponse {
            field_name: "smartInfo.objects",
            items: things,
        },
    ]))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PersonName {
    name: String,
    with_hidden: Option<bool>,
}

async fn person(cx: Cx, Query(asked): Query<PersonName>) -> ApiResult<Json<Vec<PersonResponse>>> {
    let wanted = asked.name.to_lowercase();
    let with_hidden = asked.with_hidden.unwrap_or(false);
    let people = cx.app.library.people(&cx.caller).await?;
    Ok(Json(
        people
            .into_iter()
            .filter(|person| with_hidden || !person.is_hidden)
            .filter(|person| {
                let name = person.name.to_lowercase();
                !name.is_empty()
                    && (name.starts_with(&wanted) || name.contains(&format!(" {wanted}")))
            })
            .map(person_response)
            .collect(),
    ))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MapFilter {
    file_created_after: Option<String>,
    file_created_before: Option<String>,
    is_archived: Option<bool>,
    is_favorite: Option<bool>,
    #[serde(default)]
    with_partners: bool,
    #[serde(default)]
    with_shared_albums: bool,
}

async fn markers(
    cx: Cx,
    Query(asked): Query<MapFilter>,
) -> ApiResult<Json<Vec<MapMarkerResponse>>> {
    let filter = Filter {
        visibility: match asked.is_archived {
            Some(true) => None,
            _ => Some(Visibility::Timeline),
        },
        is_favorite: asked.is_favorite,
        taken: span(
            "fileCreatedAfter",
            asked.file_created_after,
            asked.file_created_before,
        )?,
        ..Filter::default()
    };
    let others = Others {
        partners: asked.with_partners,
        albums: asked.with_shared_albums,
    };
    let markers = cx
        .app
        .library
        .map_markers(&cx.caller, filter, others)
        .await?;
    Ok(Json(markers.into_iter().map(marker_response).collect()))
}

async fn album_markers(
    LinkCx(cx): LinkCx,
    Id(id): Id<AlbumId>,
) -> ApiResult<Json<Vec<MapMarkerResponse>>> {
    let markers = cx.app.library.album_markers(&cx.caller, id).await?;
    Ok(Json(markers.into_iter().map(marker_response).collect()))
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

async fn places(cx: Cx, Query(asked): Query<Named>) -> ApiResult<Json<Vec<PlacesResponse>>> {
    let towns = cx.app.library.towns(&cx.caller, &asked.name)?;
    let response = |town: Town| PlacesResponse {
        name: town.name,
        latitude: town.position.latitude,
        longitude: town.position.longitude,
        admin1name: town.state,
    };
    Ok(Json(towns.into_iter().map(response).collect()))
}

#[derive(Deserialize)]
struct Where {
    lat: f64,
    lon: f64,
}

async fn reverse_geocode(
    cx: Cx,
    Query(asked): Query<Where>,
) -> ApiResult<Json<Vec<MapReverseGeocodeResponse>>> {
    let place = cx.app.library.place_at(&cx.caller, asked.lat, asked.lon)?;
    let response = |place: Place| MapReverseGeocodeResponse {
        city: place.city,
        country: place.country,
        state: place.state,
    };
    Ok(Json(place.into_iter().map(response).collect()))
}

async fn folders(cx: Cx) -> ApiResult<Json<Vec<String>>> {
    Ok(Json(cx.app.library.folders(&cx.caller).await?))
}

#[derive(Deserialize)]
struct Folder {
    path: String,
}

async fn folder(cx: Cx, Query(asked): Query<Folder>) -> ApiResult<Json<Vec<AssetResponse>>> {
    let assets = cx.app.library.folder(&cx.caller, &asked.path).await?;
    Ok(Json(assets.into_iter().map(response).collect()))
}

fn search_response(found: Found) -> SearchResponse {
    let items: Vec<AssetResponse> = found.assets.into_iter().map(response).collect();
    SearchResponse {
        albums: SearchPage {
            count: 0,
            facets: [],
            items: Vec::new(),
            total: 0,
        },
        assets: SearchAssets {
            page: SearchPage {
                count: items.len(),
                facets: [],
                total: items.len(),
                items,
            },
            next_page: found.next_page.map(|page| page.to_string()),
        },
    }
}

fn marker_response(marker: Marker) -> MapMarkerResponse {
    MapMarkerResponse {
        city: marker.city,
        country: marker.country,
        id: marker.id,
        lat: marker.latitude,
        lon: marker.longitude,
        state: marker.state,
    }
}

fn page_size(asked: Option<u64>) -> ApiResult<u64> {
    page_size_or(asked, PAGE)
}

fn page_size_or(asked: Option<u64>, usual: u64) -> ApiResult<u64> {
    match asked {
        None => Ok(usual),
        Some(size @ 1..=1000) => Ok(size),
        Some(_) => Err(ApiError::invalid(
            &["size"],
            "Invalid input: expected a number from 1 to 1000",
        )),
    }
}

fn filter(asked: SearchFilter) -> ApiResult<Filter> {
    let is_impossible = asked.encoded_video_path.is_some()
        || asked.preview_path.is_some()
        || asked.thumbnail_path.is_some();
    let trashed = span("trashedAfter", asked.trashed_after, asked.trashed_before)?;
    Ok(Filter {
        // What only the library knows.
        is_locked_shut: false,
        reader: None,
        owners: Vec::new(),
        albums: asked.album_ids.unwrap_or_default(),
        people: asked.person_ids.unwrap_or_default(),
        tags: asked
            .tag_ids
            .map(|tags| tags.filter(|tags| !tags.is_empty())),
        id: asked.id,
        sha1: asked.checksum.as_deref().map(checksum).transpose()?,
        kind: asked.r#type.as_deref().map(kind).transpose()?,
        visibility: asked.visibility.as_deref().map(visibility).transpose()?,
        is_favorite: asked.is_favorite,
        is_offline: asked.is_offline,
        is_motion: asked.is_motion,
        is_encoded: asked.is_encoded,
        is_not_in_album: asked.is_not_in_album.unwrap_or(false),
        with_trashed: asked.with_deleted.unwrap_or(false),
        taken: span("takenAfter", asked.taken_after, asked.taken_before)?,
        created: span("createdAfter", asked.created_after, asked.created_before)?,
        updated: span("updatedAfter", asked.updated_after, asked.updated_before)?,
        trashed,
        name: asked.original_file_name,
        path: asked.original_path,
        text: asked.ocr,
        words: Vec::new(),
        local: Span::default(),
        description: asked.description,
        city: asked.city,
        state: asked.state,
        country: asked.country,
        make: asked.make,
        model: asked.model,
        lens_model: asked.lens_model,
        library: asked.library_id,
        rating: asked.rating,
        min_bytes: asked.min_file_size,
        is_impossible,
    })
}

fn kind(text: &str) -> ApiResult<MediaKind> {
    match text {
        "IMAGE" => Ok(MediaKind::Image),
        "VIDEO" => Ok(MediaKind::Video),
        _ => Err(ApiError::invalid(
            &["type"],
            "Invalid option: expected one of IMAGE, VIDEO",
        )),
    }
}

fn checksum(text: &str) -> ApiResult<Sha1> {
    text.parse()
        .map_err(|_| ApiError::invalid(&["checksum"], "Invalid checksum: expected SHA-1"))
}

fn span(field: &str, after: Option<String>, before: Option<String>) -> ApiResult<Span> {
    let read = |text: Option<String>| text.map(|text| time(field, &text)).transpose();
    Ok(Span {
        after: read(after)?,
        before: read(before)?,
    })
}

/// A time with its zone, a clock in UTC, or a day.
fn time(field: &str, text: &str) -> ApiResult<Timestamp> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Ok(time.to_utc());
    }
    if let Ok(time) = text.parse::<NaiveDateTime>() {
        return Ok(time.and_utc());
    }
    text.parse::<NaiveDate>()
        .ok()
        .and_then(|day| day.and_hms_opt(0, 0, 0))
        .map(|time| time.and_utc())
        .ok_or_else(|| ApiError::invalid(&[field], "Invalid ISO datetime"))
}
