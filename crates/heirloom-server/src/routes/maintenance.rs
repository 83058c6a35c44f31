//! Maintenance of the server, and restoring a backup meanwhile.

use axum::{
    Json,
    extract::{FromRequestParts, State},
    http::{HeaderMap, StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use heirloom_api::maintenance::{
    MaintenanceAction, MaintenanceAuth, MaintenanceDetectInstallResponse,
    MaintenanceDetectInstallStorageFolder, MaintenanceLogin, MaintenanceStatusResponse,
    SetMaintenanceMode,
};
use heirloom_library::{Error, maintenance::Action};
use heirloom_types::caller::Caller;

use super::operations;
use crate::{
    app::App,
    cookies,
    cx::Cx,
    error::{ApiError, ApiResult},
    input::Body,
};

operations! {
    POST "/admin/maintenance" => set,
    GET "/admin/maintenance/detect-install" => detect_install,
    POST "/admin/maintenance/login" => log_in,
    GET "/admin/maintenance/status" => status,
    POST "/admin/database-backups/start-restore" => start_restore,
}

async fn set(
    cx: Cx,
    headers: HeaderMap,
    Body(wanted): Body<SetMaintenanceMode>,
) -> ApiResult<Response> {
    let action = action_of(wanted.action);
    let token = cx
        .app
        .library
        .set_maintenance(&cx.caller, action, wanted.restore_backup_filename)
        .await?;
    let mut response = StatusCode::CREATED.into_response();
    if let Some(token) = token {
        let is_secure = cookies::is_secure(&headers);
        cookies::begin_maintenance(response.headers_mut(), &token, is_secure);
    } else if action == Action::End {
        cookies::end_maintenance(response.headers_mut());
    }
    Ok(response)
}

async fn start_restore(State(app): State<App>, headers: HeaderMap) -> ApiResult<Response> {
    let token = app.library.begin_restore_of_new_server().await?;
    let mut response = StatusCode::CREATED.into_response();
    let is_secure = cookies::is_secure(&headers);
    cookies::begin_maintenance(response.headers_mut(), &token, is_secure);
    Ok(response)
}

async fn log_in(
    State(app): State<App>,
    headers: HeaderMap,
    Body(login): Body<MaintenanceLogin>,
) -> ApiResult<Response> {
    let sent = login.token.filter(|token| !token.is_empty());
    let token = sent
        .as_deref()
        .or_else(|| cookies::get(&headers, cookies::MAINTENANCE_TOKEN))
        .ok_or(Error::Unauthenticated("Missing maintenance token"))?;
    let username = app
        .library
        .pass_holder(token)
        .await?
        .ok_or(Error::Unauthenticated("Invalid maintenance token"))?;
    let told = Json(MaintenanceAuth { username });
    let mut response = (StatusCode::CREATED, told).into_response();
    let is_secure = cookies::is_secure(&headers);
    cookies::begin_maintenance(response.headers_mut(), token, is_secure);
    Ok(response)
}

async fn status(
    State(app): State<App>,
    Asker(caller): Asker,
) -> ApiResult<Json<MaintenanceStatusResponse>> {
    let status = app.library.maintenance_status(caller.as_ref()).await?;
    Ok(Json(MaintenanceStatusResponse {
        action: match status.action {
            Action::Start => MaintenanceAction::Start,
            Action::End => MaintenanceAction::End,
            Action::SelectDatabaseRestore => MaintenanceAction::SelectDatabaseRestore,
            Action::RestoreDatabase => MaintenanceAction::RestoreDatabase,
        },
        active: status.is_active,
        error: status.error,
        progress: status.progress,
        task: status.task,
    }))
}

async fn detect_install(cx: Cx) -> ApiResult<Json<MaintenanceDetectInstallResponse>> {
    let found = cx.app.library.stored_folders(&cx.caller).await?;
    let storage = found
        .into_iter()
        .map(|found| MaintenanceDetectInstallStorageFolder {
            files: found.files,
            folder: found.name,
            readable: found.is_readable,
            writable: found.is_writable,
        })
        .collect();
    Ok(Json(MaintenanceDetectInstallResponse { storage }))
}

fn action_of(action: MaintenanceAction) -> Action {
    match action {
        MaintenanceAction::Start => Action::Start,
        MaintenanceAction::End => Action::End,
        MaintenanceAction::SelectDatabaseRestore => Action::SelectDatabaseRestore,
        MaintenanceAction::RestoreDatabase => Action::RestoreDatabase,
    }
}

/// Whoever asks what anybody may, if they say who they are.
struct Asker(Option<Caller>);

impl FromRequestParts<App> for Asker {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let cx = Cx::from_request_parts(parts, app).await;
        Ok(Self(cx.ok().map(|cx| cx.caller)))
    }
}
