//! Taking files in over multipart forms, and answering clients that ask before sending.

use std::time::Duration;

use axum::{
    Json,
    extract::{DefaultBodyLimit, FromRequest, Multipart, Request, multipart::Field},
    http::{HeaderMap, StatusCode},
};
use chrono::DateTime;
use futures::StreamExt;
use heirloom_api::assets::{
    AssetBulkUploadCheck, AssetBulkUploadCheckResponse, AssetBulkUploadCheckResult,
    AssetMediaResponse, AssetMetadataUpsertItem,
};
use heirloom_library::{
    Error, access,
    ingest::{Ingested, NewAsset},
};
use heirloom_store::{assets::Visibility, blobs::Received};
use heirloom_types::{checksum::Sha1, ids::AssetId, permission::Permission, time::Timestamp};
use tokio::time::timeout;

use super::{assets::visibility, operations};
use crate::{
    cx::{Cx, LinkCx},
    error::{ApiError, ApiResult},
    input::Body,
};

/// Longest value of a field that is not a file, in bytes.
const FIELD_BYTES_MAX: usize = 1 << 20;

/// How long a refused client may go on sending before the connection closes.
const DRAIN_TIME: Duration = Duration::from_secs(10);

/// The same for one whose file is here already.
const SKIM_TIME: Duration = Duration::from_secs(2);

pub(crate) fn operations() -> Vec<super::Operation> {
    let mut all = checked();
    for operation in &mut all {
        // Files are as large as they are; they are streamed to disk.
        operation.handler = operation.handler.clone().layer(DefaultBodyLimit::disable());
    }
    all
}

use tables::operations as checked;

mod tables {
    use super::{check, upload};

    super::operations! {
        POST "/assets" => upload,
        POST "/assets/bulk-upload-check" => check,
    }
}

async fn check(
    cx: Cx,
    Body(asked): Body<AssetBulkUploadCheck>,
) -> ApiResult<Json<AssetBulkUploadCheckResponse>> {
    let mut sha1s = Vec::with_capacity(asked.assets.len());
    for item in &asked.assets {
        sha1s.push(sha1(&item.checksum)?);
    }
    let known = cx.app.library.known_all(&cx.caller, &sha1s).await?;
    let answer = |(item, known): (
        heirloom_api::assets::AssetBulkUploadCheckItem,
        Option<heirloom_library::ingest::Checked>,
    )| {
        AssetBulkUploadCheckResult {
            id: item.id,
            action: if known.is_some() { "reject" } else { "accept" },
            reason: known.map(|_| "duplicate"),
            asset_id: known.map(|known| known.id),
            is_trashed: known.map(|known| known.is_trashed),
        }
    };
    let results = asked.assets.into_iter().zip(known).map(answer).collect();
    Ok(Json(AssetBulkUploadCheckResponse { results }))
}

/// A visitor of a link is not told what the owner has: the file is taken in, wherever it came from before.
async fn upload(
    LinkCx(cx): LinkCx,
    headers: HeaderMap,
    request: Request,
) -> ApiResult<(StatusCode, Json<AssetMediaResponse>)> {
    access::require(&cx.caller, Permission::AssetUpload)?;
    let announced = announced(&headers)?;
    if let Some(sha1) = announced
        && cx.caller.is_account()
        && let Some(known) = cx.app.library.known(&cx.caller, sha1).await?
    {
        skim(request.into_body()).await;
        return Ok(answer(Ingested::Duplicate(known.id)));
    }
    let mut multipart = Multipart::from_request(request, &())
        .await
        .map_err(|error| ApiError::bad_request(error.body_text()))?;
    let form = match read(&cx, &mut multipart).await {
        Ok(form) => form,
        Err(refusal) => {
            timeout(DRAIN_TIME, drain(multipart)).await.ok();
            return Err(refusal);
        }
    };
    let (file, file_name) = form
        .file
        .ok_or_else(|| ApiError::bad_request("File is required"))?;
    let new = NewAsset {
        name: form.name.unwrap_or(file_name),
        file_created_at: form.file_created_at.ok_or_else(|| {
            ApiError::invalid(
                &["fileCreatedAt"],
                "Invalid input: expected date, received undefined",
            )
        })?,
        file_modified_at: form.file_modified_at.ok_or_else(|| {
            ApiError::invalid(
                &["fileModifiedAt"],
                "Invalid input: expected date, received undefined",
            )
        })?,
        is_favorite: form.is_favorite,
        visibility: form.visibility.unwrap_or(Visibility::Timeline),
        live_video_id: form.live_video_id,
        duration_ms: form.duration_ms,
        metadata: form.metadata,
        announced,
    };
    Ok(answer(
        cx.app
            .library
            .ingest(&cx.caller, new, file, form.sidecar)
            .await?,
    ))
}

fn answer(ingested: Ingested) -> (StatusCode, Json<AssetMediaResponse>) {
    let (code, id, status) = match ingested {
        Ingested::Created(id) => (StatusCode::CREATED, id, "created"),
        Ingested::Duplicate(id) => (StatusCode::OK, id, "duplicate"),
    };
    (code, Json(AssetMediaResponse { id, status }))
}

/// What a form held, in whatever order.
#[derive(Default)]
struct Form {
    file: Option<(Received, String)>,
    sidecar: Option<Received>,
    name: Option<String>,
    file_created_at: Option<Timestamp>,
    file_modified_at: Option<Timestamp>,
    is_favorite: bool,
    visibility: Option<Visibility>,
    live_video_id: Option<AssetId>,
    duration_ms: Option<i64>,
    metadata: Vec<(String, serde_json::Value)>,
}

async fn read(cx: &Cx, multipart: &mut Multipart) -> ApiResult<Form> {
    let mut form = Form::default();
    while let Some(field) = multipart
        .next_field()
        .await
        .map_err(|error| broken(&error))?
    {
        match field.name().unwrap_or_default() {
            "assetData" => {
                let name = field.file_name().unwrap_or_default().to_owned();
                // Refused before its bytes are read, unless a later field gives another name.
                if form.name.is_none() {
                    cx.app.library.check_name(&name)?;
                }
                form.file = Some((receive(cx, field).await?, name));
            }
            "sidecarData" => form.sidecar = Some(receive(cx, field).await?),
            _ => form.take(field).await?,
        }
    }
    Ok(form)
}

/// Reads on for a moment: many programs take it for an error when the connection closes while they send, whatever the
/// answer. What is large is answered before it has come.
async fn skim(body: axum::body::Body) {
    let mut body = body.into_data_stream();
    timeout(SKIM_TIME, async {
        while let Some(Ok(_)) = body.next().await {}
    })
    .await
    .ok();
}

/// Reads the rest of a form that is refused: a client that is still sending when the connection closes never sees why.
async fn drain(mut multipart: Multipart) {
    while let Ok(Some(mut field)) = multipart.next_field().await {
        while let Ok(Some(_)) = field.chunk().await {}
    }
}

impl Form {
    async fn take(&mut self, field: Field<'_>) -> ApiResult<()> {
        let name = field.name().unwrap_or_default().to_owned();
        let value = text(field).await?;
        match name.as_str() {
            "filename" if !value.is_empty() => self.name = Some(value),
            "fileCreatedAt" => self.file_created_at = Some(time(&value, "fileCreatedAt")?),
            "fileModifiedAt" => self.file_modified_at = Some(time(&value, "fileModifiedAt")?),
            "isFavorite" => self.is_favorite = value == "true",
            "visibility" => self.visibility = Some(visibility(&value)?),
            "livePhotoVideoId" if !value.is_empty() => {
                let id = value
                    .parse()
                    .map_err(|_| ApiError::invalid(&["livePhotoVideoId"], "Invalid UUID"))?;
                self.live_video_id = Some(id);
            }
            "duration" => self.duration_ms = value.parse().ok(),
            "metadata" if !value.is_empty() => {
                let items: Vec<AssetMetadataUpsertItem> = serde_json::from_str(&value)
                    .map_err(|error| ApiError::invalid(&["metadata"], error.to_string()))?;
                self.metadata = items
                    .into_iter()
                    .map(|item| (item.key, item.value))
                    .collect();
            }
            _ => {}
        }
        Ok(())
    }
}

/// Streams a file to disk. A client that goes away in the middle leaves nothing.
async fn receive(cx: &Cx, mut field: Field<'_>) -> ApiResult<Received> {
    let mut incoming = cx.app.library.receive(&cx.caller).await?;
    while let Some(chunk) = field.chunk().await.map_err(|error| broken(&error))? {
        incoming.write(chunk).await.map_err(Error::from)?;
    }
    Ok(incoming.seal().await.map_err(Error::from)?)
}

async fn text(mut field: Field<'_>) -> ApiResult<String> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(|error| broken(&error))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > FIELD_BYTES_MAX {
            return Err(ApiError::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "A field of the form is too long",
            ));
        }
    }
    String::from_utf8(bytes).map_err(|_| ApiError::bad_request("A field of the form is not UTF-8"))
}

fn broken(error: &axum::extract::multipart::MultipartError) -> ApiError {
    ApiError::bad_request(format!(
        "The form ended early or is not well-formed: {}",
        error.body_text()
    ))
}

fn time(text: &str, field: &str) -> ApiResult<Timestamp> {
    DateTime::parse_from_rfc3339(text)
        .map(|time| heirloom_types::time::truncate(time.to_utc()))
        .map_err(|_| ApiError::invalid(&[field], "Invalid ISO datetime"))
}

fn announced(headers: &HeaderMap) -> ApiResult<Option<Sha1>> {
    headers
        .get("x-immich-checksum")
        .map(|value| sha1(value.to_str().unwrap_or_default()))
        .transpose()
}

fn sha1(text: &str) -> ApiResult<Sha1> {
    text.parse().map_err(|_| {
        ApiError::invalid(
            &["checksum"],
            "Invalid input: expected a SHA-1 in hex or base64",
        )
    })
}
