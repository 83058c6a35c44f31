//! The settings of the server.

use axum::Json;
use heirloom_api::system_config::StorageTemplateOptions;
use heirloom_library::{access, system_config::SystemConfig};
use heirloom_store::blobs::template;
use heirloom_types::permission::Permission;

use super::operations;
use crate::{cx::Cx, error::ApiResult, input::Body};

operations! {
    GET "/system-config" => get,
    PUT "/system-config" => update,
    GET "/system-config/defaults" => defaults,
    GET "/system-config/storage-template-options" => template_options,
}

async fn get(cx: Cx) -> ApiResult<Json<SystemConfig>> {
    let config = cx.app.library.system_config(&cx.caller).await?;
    Ok(Json((*config).clone()))
}

async fn update(cx: Cx, Body(wanted): Body<SystemConfig>) -> ApiResult<Json<SystemConfig>> {
    let config = cx.app.library.set_system_config(&cx.caller, wanted).await?;
    Ok(Json((*config).clone()))
}

async fn defaults(cx: Cx) -> ApiResult<Json<SystemConfig>> {
    Ok(Json(cx.app.library.default_system_config(&cx.caller)?))
}

async fn template_options(cx: Cx) -> ApiResult<Json<StorageTemplateOptions>> {
    access::require_admin(&cx.caller)?;
    access::require(&cx.caller, Permission::SystemConfigRead)?;
    let words = |names: &[&str]| names.iter().map(|name| format!("{{{name}}}")).collect();
    Ok(Json(StorageTemplateOptions {
        day_options: words(&["day", "year-month-day"]),
        hour_options: words(&["hour"]),
        minute_options: words(&["minute"]),
        month_options: words(&["month", "year-month"]),
        preset_options: template::PRESETS.iter().map(ToString::to_string).collect(),
        second_options: words(&["second"]),
        // No template of this server names weeks.
        week_options: Vec::new(),
        year_options: words(&["year"]),
    }))
}
