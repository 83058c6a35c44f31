//! Resumable uploads: tus 1.0 (<https://tus.io/protocols/resumable-upload>) with the extensions creation, expiration,
//! checksum and termination. Not part of the contract.

use std::collections::HashMap;

use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, Request},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{options, patch},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::DateTime;
use futures::StreamExt;
use heirloom_library::{
    Error,
    ingest::{Ingested, NewAsset},
    uploads::Upload,
};
use heirloom_store::assets::Visibility;
use heirloom_types::{checksum::Sha1, ids::UploadId, time::Timestamp};
use serde_json::{Value, json};

use super::{assets::visibility, below_api};
use crate::{
    app::App,
    cx::Cx,
    error::{ApiError, ApiResult},
    input::Id,
};

const VERSION: &str = "1.0.0";
const RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const LENGTH: &str = "upload-length";
const OFFSET: &str = "upload-offset";
/// The id of the asset that came of an upload, and whether it is new.
const ASSET: &str = "heirloom-asset-id";
const ASSET_STATUS: &str = "heirloom-asset-status";

/// What [`router`] serves to those who have an account; what it can do it tells anybody.
pub(super) const SERVED: &[(&str, &str)] = &[
    ("POST", "/uploads"),
    ("PATCH", "/uploads/{id}"),
    ("HEAD", "/uploads/{id}"),
    ("DELETE", "/uploads/{id}"),
];

pub(super) fn router() -> Router<App> {
    Router::new()
        .route(&below_api("/uploads"), options(capabilities).post(create))
        .route(
            &below_api("/uploads/{id}"),
            patch(append).head(offset).delete(terminate),
        )
        .layer(middleware::from_fn(versioned))
        .layer(DefaultBodyLimit::disable())
}

/// Every request but `OPTIONS` names the version it speaks; every answer does.
async fn versioned(request: Request, next: Next) -> Response {
    let spoken = request.headers().get(RESUMABLE);
    let is_known = request.method() == http::Method::OPTIONS
        || spoken.is_some_and(|version| version == VERSION);
    let mut response = if is_known {
        next.run(request).await
    } else {
        let refused = ApiError::new(
            StatusCode::PRECONDITION_FAILED,
            "Send the header Tus-Resumable: 1.0.0",
        );
        ([("tus-version", VERSION)], refused).into_response()
    };
    response
        .headers_mut()
        .insert(RESUMABLE, HeaderValue::from_static(VERSION));
    response
}

async fn capabilities() -> Response {
    let headers = [
        ("tus-version", VERSION),
        ("tus-extension", "creation,expiration,checksum,termination"),
        ("tus-checksum-algorithm", "sha1"),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

async fn create(cx: Cx, headers: HeaderMap) -> ApiResult<Response> {
    let size = number(&headers, LENGTH)?;
    let said = metadata(text(&headers, "upload-metadata").unwrap_or_default())?;
    cx.app.library.check_name(&described(&said)?.name)?;
    let upload = cx
        .app
        .library
        .begin_upload(&cx.caller, size, json!(said))
        .await?;
    let location = format!("/api/uploads/{}", upload.id);
    let headers = [("location", location), ("upload-expires", expiry(&upload))];
    Ok((StatusCode::CREATED, headers).into_response())
}

async fn offset(cx: Cx, Id(id): Id<UploadId>) -> ApiResult<Response> {
    let (upload, length) = cx.app.library.upload(&cx.caller, id).await?;
    let headers = [
        (OFFSET, length.to_string()),
        (LENGTH, upload.size_bytes.to_string()),
        ("upload-expires", expiry(&upload)),
        ("cache-control", "no-store".into()),
    ];
    let mut response = (StatusCode::OK, headers).into_response();
    if let Some(asset) = upload.asset_id {
        insert(&mut response, ASSET, &asset.to_string());
    }
    Ok(response)
}

async fn append(
    cx: Cx,
    Id(id): Id<UploadId>,
    headers: HeaderMap,
    body: Body,
) -> ApiResult<Response> {
    if text(&headers, header::CONTENT_TYPE.as_str()) != Some("application/offset+octet-stream") {
        let message = "The body must be application/offset+octet-stream";
        return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
    }
    let announced = text(&headers, "upload-checksum")
        .map(checksum)
        .transpose()?;
    let writing = cx
        .app
        .library
        .continue_upload(&cx.caller, id, number(&headers, OFFSET)?)
        .await;
    let mut writing = writing.map_err(|error| match error {
        Error::Conflict(message) => ApiError::new(StatusCode::CONFLICT, message),
        error => error.into(),
    })?;
    let mut chunks = body.into_data_stream();
    // A body that ends early is what this protocol is for: what arrived is kept.
    while let Some(Ok(chunk)) = chunks.next().await {
        writing.append(chunk).await?;
    }
    if !writing.finish(announced).await? {
        let mismatch = StatusCode::from_u16(460).unwrap_or(StatusCode::BAD_REQUEST);
        return Err(ApiError::new(
            mismatch,
            "Checksum mismatch; send the chunk again",
        ));
    }
    let offset = writing.offset();
    let mut response = StatusCode::NO_CONTENT.into_response();
    insert(&mut response, OFFSET, &offset.to_string());
    insert(&mut response, "upload-expires", &expiry(&writing.upload));
    if offset == writing.upload.size_bytes as u64 {
        let new = described(&said_before(&writing.upload.metadata.0))?;
        let (asset, status) = match writing.take_in(&cx.caller, new).await? {
            Ingested::Created(asset) => (asset, "created"),
            Ingested::Duplicate(asset) => (asset, "duplicate"),
        };
        insert(&mut response, ASSET, &asset.to_string());
        insert(&mut response, ASSET_STATUS, status);
    }
    Ok(response)
}

async fn terminate(cx: Cx, Id(id): Id<UploadId>) -> ApiResult<StatusCode> {
    cx.app.library.discard_upload(&cx.caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn insert(response: &mut Response, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response
            .headers_mut()
            .insert(HeaderName::from_static(name), value);
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn number(headers: &HeaderMap, name: &str) -> ApiResult<u64> {
    text(headers, name)
        .and_then(|value| value.parse().ok())
        .ok_or_else(|| {
            ApiError::bad_request(format!("The header {name} must be a number of bytes"))
        })
}

/// `sha1 <base64>`
fn checksum(value: &str) -> ApiResult<Sha1> {
    value
        .strip_prefix("sha1 ")
        .and_then(|digest| digest.trim().parse().ok())
        .ok_or_else(|| {
            ApiError::bad_request("The header Upload-Checksum must be sha1 and a digest in base64")
        })
}

/// Comma-separated pairs of a key and a value in base64.
fn metadata(header: &str) -> ApiResult<HashMap<String, String>> {
    let pair = |pair: &str| {
        let (key, value) = pair.trim().split_once(' ').unwrap_or((pair.trim(), ""));
        let value = String::from_utf8(STANDARD.decode(value.trim()).ok()?).ok()?;
        Some((key.to_owned(), value))
    };
    header
        .split(',')
        .filter(|part| !part.trim().is_empty())
        .map(|part| {
            pair(part).ok_or_else(|| {
                ApiError::bad_request("The header Upload-Metadata is not as tus 1.0 has it")
            })
        })
        .collect()
}

fn said_before(metadata: &Value) -> HashMap<String, String> {
    serde_json::from_value(metadata.clone()).unwrap_or_default()
}

/// What the client said of the file, under the names of the multipart form's fields.
fn described(said: &HashMap<String, String>) -> ApiResult<NewAsset> {
    let name = said.get("filename").or_else(|| said.get("name"));
    let name =
        name.ok_or_else(|| ApiError::bad_request("Upload-Metadata must name the file (filename)"))?;
    let time = |key: &str| -> ApiResult<Timestamp> {
        let value = said.get(key).map_or("1970-01-01T00:00:00Z", String::as_str);
        DateTime::parse_from_rfc3339(value)
            .map(|time| heirloom_types::time::truncate(time.to_utc()))
            .map_err(|_| {
                ApiError::bad_request(format!(
                    "{key} in Upload-Metadata must be a time such as 2024-05-06T07:08:09Z"
                ))
            })
    };
    Ok(NewAsset {
        name: name.clone(),
        file_created_at: time("fileCreatedAt")?,
        file_modified_at: time("fileModifiedAt")?,
        is_favorite: said.get("isFavorite").is_some_and(|value| value == "true"),
        visibility: said
            .get("visibility")
            .map_or(Ok(Visibility::Timeline), |value| visibility(value))?,
        live_video_id: said
            .get("livePhotoVideoId")
            .and_then(|value| value.parse().ok()),
        duration_ms: said.get("duration").and_then(|value| value.parse().ok()),
        metadata: Vec::new(),
        announced: said.get("sha1").and_then(|value| value.parse().ok()),
    })
}

fn expiry(upload: &Upload) -> String {
    upload
        .expires_at
        .format("%a, %d %b %Y %H:%M:%S GMT")
        .to_string()
}
