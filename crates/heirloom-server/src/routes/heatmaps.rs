//! How much was taken or taken in on each day.

use axum::Json;
use chrono::NaiveDate;
use heirloom_api::heatmaps::{CalendarHeatmapDay, CalendarHeatmapQuery, CalendarHeatmapResponse};
use heirloom_library::heatmaps::{Counted, Heatmap};
use heirloom_types::ids::UserId;

use super::operations;
use crate::{
    cx::Cx,
    error::{ApiError, ApiResult},
    input::{Id, Query},
};

operations! {
    GET "/users/me/calendar-heatmap" => own,
    GET "/admin/users/{id}/calendar-heatmap" => of_user,
}

async fn own(
    cx: Cx,
    Query(asked): Query<CalendarHeatmapQuery>,
) -> ApiResult<Json<CalendarHeatmapResponse>> {
    let (what, from, to) = wanted(&asked)?;
    let library = &cx.app.library;
    let found = library.heatmap(&cx.caller, what, from, to).await?;
    Ok(Json(response(found)))
}

async fn of_user(
    cx: Cx,
    Id(id): Id<UserId>,
    Query(asked): Query<CalendarHeatmapQuery>,
) -> ApiResult<Json<CalendarHeatmapResponse>> {
    let (what, from, to) = wanted(&asked)?;
    let library = &cx.app.library;
    let found = library
        .heatmap_of_user(&cx.caller, id, what, from, to)
        .await?;
    Ok(Json(response(found)))
}

type Wanted = (Counted, Option<NaiveDate>, Option<NaiveDate>);

fn wanted(asked: &CalendarHeatmapQuery) -> ApiResult<Wanted> {
    let what = match asked.r#type.as_deref() {
        None | Some("Upload") => Counted::Uploaded,
        Some("Taken") => Counted::Taken,
        Some(_) => {
            return Err(ApiError::invalid(
                &["type"],
                "Invalid option: expected one of Upload, Taken",
            ));
        }
    };
    let day = |field: &str, text: &Option<String>| {
        text.as_deref()
            .map(str::parse)
            .transpose()
            .map_err(|_| ApiError::invalid(&[field], "Invalid ISO date"))
    };
    Ok((what, day("from", &asked.from)?, day("to", &asked.to)?))
}

fn response(found: Heatmap) -> CalendarHeatmapResponse {
    CalendarHeatmapResponse {
        from: found.from,
        total_count: found.days.iter().map(|(_, count)| count).sum(),
        series: found
            .days
            .into_iter()
            .map(|(date, count)| CalendarHeatmapDay { count, date })
            .collect(),
        to: found.to,
    }
}
