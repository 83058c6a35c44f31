//! What is left to do, stage by stage, and what was given up with its reason.

use axum::{Json, extract::Path, http::StatusCode};
use heirloom_api::queues::{
    AssetJobs, NAMES, QueueDelete, QueueDetails, QueueJobResponse, QueueUpdate,
};
use heirloom_library::{
    access::{require, require_admin},
    queues::{Pending, Stage},
};
use heirloom_types::permission::Permission;
use serde_json::json;

use super::{
    jobs::{stage, state, working},
    operations,
};
use crate::{
    cx::Cx,
    error::{ApiError, ApiResult},
    input::{Body, Query},
};

operations! {
    GET "/queues" => list,
    GET "/queues/{name}" => get,
    PUT "/queues/{name}" => update,
    GET "/queues/{name}/jobs" => list_jobs,
    DELETE "/queues/{name}/jobs" => empty,
    POST "/assets/jobs" => redo,
}

/// Why work that is wanted is not thrown away.
pub(super) const CANNOT_EMPTY: &str = "What is still to be done is part of the assets and cannot be thrown away; \
                                       pause the queue instead, or clear what has failed";

async fn list(cx: Cx) -> ApiResult<Json<Vec<QueueDetails>>> {
    allow(&cx, Permission::QueueRead)?;
    let mut all = Vec::with_capacity(NAMES.len());
    for name in NAMES {
        all.push(details(&cx, name).await?);
    }
    Ok(Json(all))
}

async fn get(cx: Cx, Path(name): Path<String>) -> ApiResult<Json<QueueDetails>> {
    allow(&cx, Permission::QueueRead)?;
    Ok(Json(details(&cx, known(&name)?).await?))
}

async fn update(
    cx: Cx,
    Path(name): Path<String>,
    Body(wanted): Body<QueueUpdate>,
) -> ApiResult<Json<QueueDetails>> {
    allow(&cx, Permission::QueueUpdate)?;
    let name = known(&name)?;
    let library = &cx.app.library;
    match (wanted.is_paused, working(name)) {
        (None, _) => {}
        (Some(true), stage) => library.pause_stage(&cx.caller, stage?).await?,
        (Some(false), stage) => library.resume_stage(&cx.caller, stage?).await?,
    }
    Ok(Json(details(&cx, name).await?))
}

async fn list_jobs(
    cx: Cx,
    Path(name): Path<String>,
    Query(asked): Query<Vec<(String, String)>>,
) -> ApiResult<Json<Vec<QueueJobResponse>>> {
    allow(&cx, Permission::QueueJobRead)?;
    let name = known(&name)?;
    let Some(stage) = stage(name) else {
        return Ok(Json(Vec::new()));
    };
    let wanted: Vec<&str> = asked
        .iter()
        .filter(|(key, _)| key == "status")
        .map(|(_, value)| value.as_str())
        .collect();
    let is_wanted =
        |names: &[&str]| wanted.is_empty() || wanted.iter().any(|status| names.contains(status));
    let is_paused = state(&cx, name).await?.1.is_paused;
    let due = if is_paused {
        &["paused"][..]
    } else {
        &["active", "waiting", "delayed"][..]
    };
    let mut found = Vec::new();
    for (names, has_failed) in [(due, false), (&["failed"][..], true)] {
        if is_wanted(names) {
            let library = &cx.app.library;
            found.extend(library.queue_pending(&cx.caller, stage, has_failed).await?);
        }
    }
    let jobs = found.into_iter().map(|pending| job(stage, &pending));
    Ok(Json(jobs.collect()))
}

async fn empty(
    cx: Cx,
    Path(name): Path<String>,
    Body(wanted): Body<QueueDelete>,
) -> ApiResult<StatusCode> {
    allow(&cx, Permission::QueueJobDelete)?;
    let stage = working(known(&name)?)?;
    if !wanted.failed {
        return Err(ApiError::bad_request(CANNOT_EMPTY));
    }
    cx.app.library.forget_failures(&cx.caller, stage).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn redo(cx: Cx, Body(wanted): Body<AssetJobs>) -> ApiResult<StatusCode> {
    let stage = match wanted.name.as_str() {
        "regenerate-thumbnail" => Stage::Render,
        "refresh-metadata" => Stage::Metadata,
        "transcode-video" => Stage::Transcode,
        "refresh-faces" => Stage::Faces,
        _ => {
            return Err(ApiError::invalid(
                &["name"],
                "Invalid option: expected one of refresh-faces, refresh-metadata, regenerate-thumbnail, \
                 transcode-video",
            ));
        }
    };
    cx.app
        .library
        .redo(&cx.caller, &wanted.asset_ids, stage)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

fn allow(cx: &Cx, needed: Permission) -> ApiResult<()> {
    require_admin(&cx.caller)?;
    Ok(require(&cx.caller, needed)?)
}

fn known(name: &str) -> ApiResult<&'static str> {
    NAMES
        .iter()
        .find(|known| **known == name)
        .copied()
        .ok_or_else(|| ApiError::invalid(&["name"], "Invalid option"))
}

async fn details(cx: &Cx, name: &'static str) -> ApiResult<QueueDetails> {
    let (statistics, status) = state(cx, name).await?;
    Ok(QueueDetails {
        is_paused: status.is_paused,
        name,
        statistics,
    })
}

fn job(stage: Stage, pending: &Pending) -> QueueJobResponse {
    let at = pending.failed_at.unwrap_or(pending.created_at);
    QueueJobResponse {
        data: json!({
            "id": pending.asset_id,
            "ownerId": pending.owner_id,
            "attempts": pending.attempts,
            "failure": pending.failure,
        }),
        id: pending.asset_id.to_string(),
        name: job_name(stage),
        timestamp: at.timestamp_millis(),
    }
}

const fn job_name(stage: Stage) -> &'static str {
    match stage {
        Stage::Sidecar => "SidecarWrite",
        Stage::Metadata => "AssetExtractMetadata",
        Stage::Render => "AssetGenerateThumbnails",
        Stage::Transcode => "AssetEncodeVideo",
        Stage::Edit => "AssetEditThumbnailGeneration",
        Stage::Embed => "SmartSearch",
        Stage::Faces => "AssetDetectFaces",
        Stage::Text => "Ocr",
    }
}
