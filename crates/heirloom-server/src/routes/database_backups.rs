//! Backups of the database, for administrators.

use axum::{
    Json,
    extract::{DefaultBodyLimit, FromRequest, Multipart, Path, Request},
    handler::Handler,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use heirloom_api::database_backups::{DatabaseBackup, DatabaseBackupDelete, DatabaseBackupList};

use super::operations;
use crate::{
    cx::Cx,
    error::{ApiError, ApiResult},
    file_response::sent,
    input::Body,
};

operations! {
    GET "/admin/database-backups" => list,
    DELETE "/admin/database-backups" => delete,
    POST "/admin/database-backups/upload" => upload.layer(DefaultBodyLimit::disable()),
    GET "/admin/database-backups/{filename}" => download,
}

async fn list(cx: Cx) -> ApiResult<Json<DatabaseBackupList>> {
    let found = cx.app.library.backups(&cx.caller).await?;
    let backups = found
        .into_iter()
        .map(|(filename, entry)| DatabaseBackup {
            filename,
            filesize: entry.len,
            timezone: "UTC",
        })
        .collect();
    Ok(Json(DatabaseBackupList { backups }))
}

async fn delete(cx: Cx, Body(asked): Body<DatabaseBackupDelete>) -> ApiResult<StatusCode> {
    cx.app
        .library
        .delete_backups(&cx.caller, &asked.backups)
        .await?;
    Ok(StatusCode::OK)
}

async fn download(cx: Cx, Path(filename): Path<String>) -> ApiResult<Response> {
    let blob = cx.app.library.open_backup(&cx.caller, &filename).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_LENGTH, blob.len.to_string()),
        (
            header::CONTENT_DISPOSITION,
            // The name was found, so it is a plain one.
            format!("attachment; filename=\"{filename}\""),
        ),
    ];
    Ok((headers, sent(blob.body)).into_response())
}

async fn upload(cx: Cx, request: Request) -> ApiResult<StatusCode> {
    let mut incoming = cx.app.library.receive_backup(&cx.caller).await?;
    let refused = |error: axum::extract::multipart::MultipartError| {
        ApiError::new(error.status(), error.body_text())
    };
    let mut form = Multipart::from_request(request, &())
        .await
        .map_err(|error| ApiError::bad_request(error.body_text()))?;
    while let Some(mut field) = form.next_field().await.map_err(refused)? {
        if field.name() != Some("file") {
            continue;
        }
        let name = field.file_name().unwrap_or_default().to_owned();
        while let Some(chunk) = field.chunk().await.map_err(refused)? {
            incoming
                .write(chunk)
                .await
                .map_err(heirloom_library::Error::from)?;
        }
        let file = incoming
            .seal()
            .await
            .map_err(heirloom_library::Error::from)?;
        cx.app.library.keep_backup(&cx.caller, &name, file).await?;
        return Ok(StatusCode::CREATED);
    }
    Err(ApiError::bad_request("File is required"))
}
