//! How much work is left, and pausing it.

use std::collections::BTreeMap;

use axum::{Json, extract::Path, http::StatusCode};
use heirloom_api::queues::{
    JobCreate, NAMES, QueueCommand, QueueResponse, QueueStatistics, QueueStatus,
};
use heirloom_library::{
    access::require_admin,
    integrity::ReportKind,
    queues::{Queue, QueueCounts, Stage},
};

use super::{operations, queues};
use crate::{
    cx::Cx,
    error::{ApiError, ApiResult},
    input::Body,
};

operations! {
    GET "/jobs" => list,
    POST "/jobs" => create,
    PUT "/jobs/{name}" => command,
}

async fn list(cx: Cx) -> ApiResult<Json<BTreeMap<&'static str, QueueResponse>>> {
    require_admin(&cx.caller)?;
    let mut all = BTreeMap::new();
    for name in NAMES {
        all.insert(*name, response(&cx, name).await?);
    }
    Ok(Json(all))
}

async fn create(cx: Cx, Body(wanted): Body<JobCreate>) -> ApiResult<StatusCode> {
    require_admin(&cx.caller)?;
    let library = &cx.app.library;
    match wanted.name.as_str() {
        "memory-create" | "memory-cleanup" => library.renew_memories(&cx.caller).await?,
        "tag-cleanup" => library.remove_unused_tags(&cx.caller).await?,
        "person-cleanup" => library.remove_unseen_people(&cx.caller).await?,
        "user-cleanup" => library.remove_closed_accounts(&cx.caller).await?,
        "backup-database" => library.request_backup(&cx.caller).await?,
        name => match name.strip_prefix("integrity-").and_then(check) {
            Some((kind, Check::Run)) => library.request_check(&cx.caller, kind).await?,
            Some((kind, Check::Resolve)) => library.resolve_all(&cx.caller, kind).await?,
            None => return Err(ApiError::invalid(&["name"], "Invalid option")),
        },
    }
    Ok(StatusCode::NO_CONTENT)
}

/// What is to be done about files that are not as they should be.
enum Check {
    Run,
    Resolve,
}

/// By the rest of a job's name. A check always looks at everything, also at what is already reported.
fn check(name: &str) -> Option<(ReportKind, Check)> {
    let (kind, what) = match name.strip_suffix("-delete-all") {
        Some(kind) => (kind, Check::Resolve),
        None => (name.strip_suffix("-refresh").unwrap_or(name), Check::Run),
    };
    let kind = match kind {
        "missing-files" => ReportKind::MissingFile,
        "untracked-files" => ReportKind::UntrackedFile,
        "checksum-mismatch" => ReportKind::ChecksumMismatch,
        _ => return None,
    };
    Some((kind, what))
}

async fn command(
    cx: Cx,
    Path(name): Path<String>,
    Body(wanted): Body<QueueCommand>,
) -> ApiResult<Json<QueueResponse>> {
    require_admin(&cx.caller)?;
    let Some(name) = NAMES.iter().find(|known| **known == name) else {
        return Err(ApiError::invalid(&["name"], "Invalid option"));
    };
    let library = &cx.app.library;
    match wanted.command.as_str() {
        "pause" => library.pause_stage(&cx.caller, working(name)?).await?,
        "resume" => library.resume_stage(&cx.caller, working(name)?).await?,
        "start" => {
            let of_all = wanted.force.unwrap_or(false);
            let queue = queue(name).ok_or_else(|| no_work(name))?;
            library.restart(&cx.caller, queue, of_all).await?;
        }
        "clear-failed" => {
            library.forget_failures(&cx.caller, working(name)?).await?;
        }
        "empty" => return Err(ApiError::bad_request(queues::CANNOT_EMPTY)),
        _ => {
            return Err(ApiError::invalid(
                &["command"],
                "Invalid option: expected one of start, pause, resume, empty, clear-failed",
            ));
        }
    }
    Ok(Json(response(&cx, name).await?))
}

fn no_work(name: &str) -> ApiError {
    ApiError::bad_request(format!("The queue {name} has no work on this server"))
}

/// The stage of a queue that can be paused and can fail.
pub(super) fn working(name: &str) -> ApiResult<Stage> {
    match queue(name) {
        Some(Queue::Stage(stage)) => Ok(stage),
        Some(_) => Err(ApiError::bad_request(format!(
            "The queue {name} can only be started"
        ))),
        None => Err(no_work(name)),
    }
}

pub(super) fn queue(name: &str) -> Option<Queue> {
    let stage = match name {
        "editor" => Stage::Edit,
        "metadataExtraction" => Stage::Metadata,
        "thumbnailGeneration" => Stage::Render,
        "videoConversion" => Stage::Transcode,
        "sidecar" => Stage::Sidecar,
        "smartSearch" => Stage::Embed,
        "faceDetection" => Stage::Faces,
        "ocr" => Stage::Text,
        "facialRecognition" => return Some(Queue::People),
        "duplicateDetection" => return Some(Queue::Duplicates),
        "library" => return Some(Queue::Libraries),
        "storageTemplateMigration" => return Some(Queue::Moves),
        "workflow" => return Some(Queue::Workflows),
        _ => return None,
    };
    Some(Queue::Stage(stage))
}

/// The stage of a queue, for what only stages can.
pub(super) fn stage(name: &str) -> Option<Stage> {
    match queue(name) {
        Some(Queue::Stage(stage)) => Some(stage),
        _ => None,
    }
}

/// A queue without a stage has no work, truthfully.
async fn response(cx: &Cx, name: &str) -> ApiResult<QueueResponse> {
    let (job_counts, queue_status) = state(cx, name).await?;
    Ok(QueueResponse {
        job_counts,
        queue_status,
    })
}

/// How much of a queue is left, and whether it goes on.
pub(super) async fn state(cx: &Cx, name: &str) -> ApiResult<(QueueStatistics, QueueStatus)> {
    let counts = match queue(name) {
        Some(queue) => cx.app.library.queue_counts(&cx.caller, queue).await?,
        None => QueueCounts::default(),
    };
    let (waiting, paused) = if counts.is_paused {
        (0, counts.waiting)
    } else {
        (counts.waiting, 0)
    };
    let statistics = QueueStatistics {
        active: counts.active,
        failed: counts.failed,
        paused,
        waiting,
        ..QueueStatistics::default()
    };
    let status = QueueStatus {
        is_active: counts.active > 0,
        is_paused: counts.is_paused,
    };
    Ok((statistics, status))
}
