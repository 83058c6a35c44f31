//! How much work is left, and pausing it.

use std::collections::BTreeMap;

use axum::{Json, extract::Path};
use heirloom_api::queues::{NAMES, QueueCommand, QueueResponse, QueueStatistics, QueueStatus};
use heirloom_library::{
    access::require_admin,
    queues::{QueueCounts, Stage},
};

use super::operations;
use crate::{
    cx::Cx,
    error::{ApiError, ApiResult},
    input::Body,
};

operations! {
    GET "/jobs" => list,
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

async fn command(
    cx: Cx,
    Path(name): Path<String>,
    Body(wanted): Body<QueueCommand>,
) -> ApiResult<Json<QueueResponse>> {
    require_admin(&cx.caller)?;
    let Some(name) = NAMES.iter().find(|known| **known == name) else {
        return Err(ApiError::invalid(&["name"], "Invalid option"));
    };
    let Some(stage) = stage(name) else {
        return Err(ApiError::bad_request(format!(
            "The queue {name} has no work on this server"
        )));
    };
    match wanted.command.as_str() {
        "pause" => cx.app.library.pause_stage(&cx.caller, stage).await?,
        "resume" => cx.app.library.resume_stage(&cx.caller, stage).await?,
        other => {
            return Err(ApiError::bad_request(format!(
                "The command {other} is not supported yet"
            )));
        }
    }
    Ok(Json(response(&cx, name).await?))
}

fn stage(name: &str) -> Option<Stage> {
    match name {
        "metadataExtraction" => Some(Stage::Metadata),
        "thumbnailGeneration" => Some(Stage::Render),
        "videoConversion" => Some(Stage::Transcode),
        "sidecar" => Some(Stage::Sidecar),
        _ => None,
    }
}

/// A queue without a stage has no work, truthfully.
async fn response(cx: &Cx, name: &str) -> ApiResult<QueueResponse> {
    let counts = match stage(name) {
        Some(stage) => cx.app.library.queue_counts(&cx.caller, stage).await?,
        None => QueueCounts::default(),
    };
    let (waiting, paused) = if counts.is_paused {
        (0, counts.waiting)
    } else {
        (counts.waiting, 0)
    };
    Ok(QueueResponse {
        job_counts: QueueStatistics {
            active: counts.active,
            failed: counts.failed,
            paused,
            waiting,
            ..QueueStatistics::default()
        },
        queue_status: QueueStatus {
            is_active: counts.active > 0,
            is_paused: counts.is_paused,
        },
    })
}
