//! Downloads: originals in one zip, written while it is sent.

use std::sync::Arc;

use anyhow::Context;
use async_zip::{Compression, ZipDateTime, ZipEntryBuilder, tokio::write::ZipFileWriter};
use axum::{
    Json,
    body::Body as ResponseBody,
    extract::{FromRequest, Request},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures::{AsyncWriteExt, TryStreamExt};
use heirloom_api::download::{
    DownloadArchive, DownloadArchiveForm, DownloadArchiveInfo, DownloadInfo, DownloadResponse,
};
use heirloom_library::{
    Library,
    download::{ARCHIVE_BYTES, ArchiveFile, Wanted},
};
use heirloom_types::ids::AssetId;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::io::DuplexStream;
use tokio_util::io::ReaderStream;

use super::operations;
use crate::{
    cx::LinkCx,
    error::{ApiError, ApiResult},
    input::{Body, Form},
};

operations! {
    POST "/download/info" => info,
    POST "/download/archive" => archive,
}

/// Bytes that wait for a slow client; then reading the files waits too.
const BUFFER: usize = 256 << 10;

async fn info(
    LinkCx(cx): LinkCx,
    Body(asked): Body<DownloadInfo>,
) -> ApiResult<(StatusCode, Json<DownloadResponse>)> {
    let wanted = match (asked.asset_ids, asked.album_id, asked.user_id) {
        (Some(assets), ..) => Wanted::Assets(assets),
        (None, Some(album), _) => Wanted::Album(album),
        (None, None, Some(user)) => Wanted::User(user),
        (None, None, None) => {
            return Err(ApiError::bad_request(
                "assetIds, albumId, or userId is required",
            ));
        }
    };
    let bytes = asked.archive_size.unwrap_or(ARCHIVE_BYTES).max(1);
    let archives = cx
        .app
        .library
        .plan_download(&cx.caller, wanted, bytes)
        .await?;
    let answer = DownloadResponse {
        total_size: archives.iter().map(|archive| archive.size).sum(),
        archives: archives
            .into_iter()
            .map(|archive| DownloadArchiveInfo {
                asset_ids: archive.assets,
                size: archive.size,
            })
            .collect(),
    };
    Ok((StatusCode::CREATED, Json(answer)))
}

/// Which assets to send in one file, and what it is to be called.
struct Asked {
    assets: Vec<AssetId>,
    name: Option<String>,
}

impl<S: Send + Sync> FromRequest<S> for Asked {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if !is_form(request.headers()) {
            let Body(asked) = Body::<DownloadArchive>::from_request(request, state).await?;
            let (assets, name) = (asked.asset_ids, None);
            return Ok(Self { assets, name });
        }
        let Form(asked) = Form::<DownloadArchiveForm>::from_request(request, state).await?;
        let ids = asked.asset_ids.split(',').filter(|id| !id.is_empty());
        let assets = ids.map(str::parse).collect::<Result<_, _>>();
        Ok(Self {
            assets: assets.map_err(|_| ApiError::invalid(&["assetIds"], "Invalid UUID"))?,
            name: asked.name,
        })
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let said = headers.get(header::CONTENT_TYPE);
    said.is_some_and(|said| {
        said.as_bytes()
            .starts_with(b"application/x-www-form-urlencoded")
    })
}

/// The header that has a browser save a file under that name (RFC 6266).
fn saved_as(name: Option<&str>) -> String {
    let name: String = name
        .unwrap_or_default()
        .chars()
        .filter(|letter| !letter.is_control() && !matches!(letter, '/' | '\\'))
        .collect();
    let name = name.trim();
    let plain = "attachment; filename=\"heirloom.zip\"";
    if name.is_empty() {
        return plain.into();
    }
    let name = utf8_percent_encode(name, NON_ALPHANUMERIC);
    format!("{plain}; filename*=UTF-8''{name}.zip")
}

async fn archive(LinkCx(cx): LinkCx, asked: Asked) -> ApiResult<Response> {
    let library = cx.app.library.clone();
    let files = library.archive_files(&cx.caller, &asked.assets).await?;
    let (writer, reader) = tokio::io::duplex(BUFFER);
    tokio::spawn(async move {
        // A cut archive has no directory at its end, so nobody takes it for whole.
        if let Err(error) = write(&library, files, writer).await {
            tracing::warn!(?error, "an archive was cut");
        }
    });
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_DISPOSITION, saved_as(asked.name.as_deref())),
    ];
    Ok((
        headers,
        ResponseBody::from_stream(ReaderStream::new(reader)),
    )
        .into_response())
}

/// Photos and videos are compressed already: they are stored as they are.
async fn write(
    library: &Arc<Library>,
    files: Vec<ArchiveFile>,
    writer: DuplexStream,
) -> anyhow::Result<()> {
    let mut archive = ZipFileWriter::with_tokio(writer);
    for file in files {
        let blob = library.open_archive_file(&file).await?;
        let date = ZipDateTime::from_chrono(&file.modified);
        let entry = ZipEntryBuilder::new(file.name.clone().into(), Compression::Stored)
            .last_modification_date(date)
            .unix_permissions(0o644);
        let mut entry = archive.write_entry_stream(entry).await?;
        let mut chunks = blob.body.pieces();
        while let Some(chunk) = chunks.try_next().await? {
            entry.write_all(&chunk).await?;
        }
        entry.close().await.context(file.name)?;
    }
    archive.close().await?;
    Ok(())
}
