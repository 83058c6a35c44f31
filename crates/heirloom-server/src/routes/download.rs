//! Downloads: originals in one zip, written while it is sent.

use std::sync::Arc;

use anyhow::Context;
use async_zip::{Compression, ZipDateTime, ZipEntryBuilder, tokio::write::ZipFileWriter};
use axum::{
    Json,
    body::Body as ResponseBody,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use futures::{AsyncWriteExt, TryStreamExt};
use heirloom_api::download::{
    DownloadArchive, DownloadArchiveInfo, DownloadInfo, DownloadResponse,
};
use heirloom_library::{
    Library,
    download::{ARCHIVE_BYTES, ArchiveFile, Wanted},
};
use tokio::io::DuplexStream;
use tokio_util::io::ReaderStream;

use super::operations;
use crate::{
    cx::LinkCx,
    error::{ApiError, ApiResult},
    input::Body,
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

async fn archive(LinkCx(cx): LinkCx, Body(asked): Body<DownloadArchive>) -> ApiResult<Response> {
    let library = cx.app.library.clone();
    let files = library.archive_files(&cx.caller, &asked.asset_ids).await?;
    let (writer, reader) = tokio::io::duplex(BUFFER);
    tokio::spawn(async move {
        // A cut archive has no directory at its end, so nobody takes it for whole.
        if let Err(error) = write(&library, files, writer).await {
            tracing::warn!(?error, "an archive was cut");
        }
    });
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"heirloom.zip\"",
        ),
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
        let mut chunks = blob.body;
        while let Some(chunk) = chunks.try_next().await? {
            entry.write_all(&chunk).await?;
        }
        entry.close().await.context(file.name)?;
    }
    archive.close().await?;
    Ok(())
}
