//! How much was taken or taken in on each day.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

#[derive(Debug, Deserialize)]
pub struct CalendarHeatmapQuery {
    pub from: Option<String>,
    pub to: Option<String>,
    pub r#type: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CalendarHeatmapResponse {
    pub from: NaiveDate,
    pub series: Vec<CalendarHeatmapDay>,
    pub to: NaiveDate,
    pub total_count: i64,
}

#[derive(Debug, Serialize)]
pub struct CalendarHeatmapDay {
    pub count: i64,
    pub date: NaiveDate,
}
