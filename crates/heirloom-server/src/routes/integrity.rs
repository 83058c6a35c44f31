//! Files that are not as they should be, for administrators.

use axum::{
    Json,
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{MethodFilter, on},
};
use heirloom_api::integrity::{
    IntegrityItem, IntegrityReportAsked, IntegrityReportPage, IntegritySummary, LibraryHealth,
};
use heirloom_library::integrity::{Report, ReportKind};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use uuid::Uuid;

use super::{Operation, operations};
use crate::{
    cx::Cx,
    error::{ApiError, ApiResult},
    file_response::sent,
    input::{Id, Query},
};

operations! {
    GET "/admin/integrity/report" => report,
    DELETE "/admin/integrity/report/{id}" => resolve,
    GET "/admin/integrity/report/{id}/file" => file,
    GET "/admin/integrity/report/{type}/csv" => csv,
    GET "/admin/integrity/summary" => summary,
}

/// Lines of one page when nobody says how many, and at most.
const PAGE: i64 = 500;
const PAGE_MAX: i64 = 10_000;

/// Beyond the contract, under a path of its own.
pub(crate) fn beyond() -> Vec<Operation> {
    vec![Operation::new(
        MethodFilter::GET,
        "GET",
        "/admin/library-health",
        on(MethodFilter::GET, health),
    )]
}

async fn report(
    cx: Cx,
    Query(asked): Query<IntegrityReportAsked>,
) -> ApiResult<Json<IntegrityReportPage>> {
    let limit = asked.limit.unwrap_or(PAGE);
    if limit < 1 {
        return Err(ApiError::invalid(
            &["limit"],
            "Too small: expected number to be >0",
        ));
    }
    let limit = limit.min(PAGE_MAX);
    let found = cx
        .app
        .library
        .integrity_report(&cx.caller, kind(&asked.r#type)?, asked.cursor, limit)
        .await?;
    let next_cursor = found
        .last()
        .filter(|_| found.len() as i64 == limit)
        .map(|line| line.id);
    Ok(Json(IntegrityReportPage {
        items: found.into_iter().map(item).collect(),
        next_cursor,
    }))
}

async fn summary(cx: Cx) -> ApiResult<Json<IntegritySummary>> {
    let counts = cx.app.library.integrity_counts(&cx.caller).await?;
    let count = |kind| counts.get(&kind).copied().unwrap_or(0);
    Ok(Json(IntegritySummary {
        checksum_mismatch: count(ReportKind::ChecksumMismatch),
        missing_file: count(ReportKind::MissingFile),
        untracked_file: count(ReportKind::UntrackedFile),
    }))
}

async fn resolve(cx: Cx, Id(id): Id<Uuid>) -> ApiResult<StatusCode> {
    cx.app.library.resolve_integrity(&cx.caller, id).await?;
    Ok(StatusCode::OK)
}

async fn file(cx: Cx, Id(id): Id<Uuid>) -> ApiResult<Response> {
    let (name, blob) = cx.app.library.integrity_file(&cx.caller, id).await?;
    let name = utf8_percent_encode(&name, NON_ALPHANUMERIC);
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_LENGTH, blob.len.to_string()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename*=UTF-8''{name}"),
        ),
    ];
    Ok((headers, sent(blob.body)).into_response())
}

async fn csv(cx: Cx, Path(text): Path<String>) -> ApiResult<Response> {
    let kind = kind(&text)?;
    let mut lines = String::from("id,type,path\n");
    let mut after = None;
    loop {
        let page = cx
            .app
            .library
            .integrity_report(&cx.caller, kind, after, PAGE_MAX)
            .await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        for line in &page {
            let path = line.path.replace('"', "\"\"");
            lines.push_str(&format!("{},{},\"{path}\"\n", line.id, line.kind.as_str()));
        }
    }
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{}.csv\"", kind.as_str()),
        ),
    ];
    Ok((headers, lines).into_response())
}

async fn health(cx: Cx) -> ApiResult<Json<LibraryHealth>> {
    let health = cx.app.library.health(&cx.caller).await?;
    Ok(Json(LibraryHealth {
        originals: health.originals,
        verified: health.verified,
        damaged: health.damaged,
        repaired: health.repaired,
        oldest_verification: health.oldest_verification,
        has_second_copy: cx.app.library.has_second_copy(),
    }))
}

fn kind(text: &str) -> ApiResult<ReportKind> {
    ReportKind::from_text(text).ok_or_else(|| {
        ApiError::invalid(
            &["type"],
            "Invalid option: expected one of \"untracked_file\"|\"missing_file\"|\"checksum_mismatch\"",
        )
    })
}

fn item(line: Report) -> IntegrityItem {
    IntegrityItem {
        id: line.id,
        r#type: line.kind.as_str(),
        path: line.path,
    }
}
