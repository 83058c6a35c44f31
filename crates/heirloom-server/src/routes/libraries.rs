//! External libraries.

use axum::{Json, http::StatusCode};
use heirloom_api::libraries::{
    CreateLibrary, LibraryResponse, LibraryStats, UpdateLibrary, ValidateImportPath,
    ValidateLibrary, ValidateLibraryResponse,
};
use heirloom_library::libraries::{
    CheckedPath, ExternalLibrary, LibraryChange, LibraryTotals, NewLibrary,
};
use heirloom_types::ids::LibraryId;

use super::operations;
use crate::{
    cx::Cx,
    error::ApiResult,
    input::{Body, Id},
};

operations! {
    GET "/libraries" => list,
    POST "/libraries" => create,
    GET "/libraries/{id}" => get,
    PUT "/libraries/{id}" => update,
    PATCH "/libraries/{id}" => update,
    DELETE "/libraries/{id}" => delete,
    POST "/libraries/{id}/scan" => scan,
    GET "/libraries/{id}/statistics" => statistics,
    POST "/libraries/{id}/validate" => validate,
}

async fn list(cx: Cx) -> ApiResult<Json<Vec<LibraryResponse>>> {
    let all = cx.app.library.libraries(&cx.caller).await?;
    Ok(Json(all.into_iter().map(response).collect()))
}

async fn create(
    cx: Cx,
    Body(new): Body<CreateLibrary>,
) -> ApiResult<(StatusCode, Json<LibraryResponse>)> {
    let new = NewLibrary {
        owner: new.owner_id,
        name: new.name,
        import_paths: new.import_paths,
        exclusion_patterns: new.exclusion_patterns,
    };
    let made = cx.app.library.create_library(&cx.caller, new).await?;
    let body = response((made, LibraryTotals::default()));
    Ok((StatusCode::CREATED, Json(body)))
}

async fn get(cx: Cx, Id(id): Id<LibraryId>) -> ApiResult<Json<LibraryResponse>> {
    let found = cx.app.library.library(&cx.caller, id).await?;
    Ok(Json(response(found)))
}

async fn update(
    cx: Cx,
    Id(id): Id<LibraryId>,
    Body(wanted): Body<UpdateLibrary>,
) -> ApiResult<Json<LibraryResponse>> {
    let change = LibraryChange {
        name: wanted.name,
        import_paths: wanted.import_paths,
        exclusion_patterns: wanted.exclusion_patterns,
    };
    let changed = cx
        .app
        .library
        .update_library(&cx.caller, id, change)
        .await?;
    Ok(Json(response(changed)))
}

async fn delete(cx: Cx, Id(id): Id<LibraryId>) -> ApiResult<StatusCode> {
    cx.app.library.delete_library(&cx.caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn scan(cx: Cx, Id(id): Id<LibraryId>) -> ApiResult<StatusCode> {
    cx.app.library.scan_library(&cx.caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn statistics(cx: Cx, Id(id): Id<LibraryId>) -> ApiResult<Json<LibraryStats>> {
    let totals = cx.app.library.library_totals(&cx.caller, id).await?;
    Ok(Json(LibraryStats {
        photos: totals.photos,
        total: totals.photos + totals.videos,
        usage: totals.bytes,
        videos: totals.videos,
    }))
}

async fn validate(
    cx: Cx,
    Id(id): Id<LibraryId>,
    Body(asked): Body<ValidateLibrary>,
) -> ApiResult<Json<ValidateLibraryResponse>> {
    let checked = cx
        .app
        .library
        .validate_library(&cx.caller, id, asked.import_paths, asked.exclusion_patterns)
        .await?;
    Ok(Json(ValidateLibraryResponse {
        import_paths: checked.into_iter().map(checked_path).collect(),
    }))
}

fn response((library, totals): (ExternalLibrary, LibraryTotals)) -> LibraryResponse {
    LibraryResponse {
        asset_count: totals.photos + totals.videos,
        created_at: library.created_at,
        exclusion_patterns: library.exclusion_patterns.0,
        id: library.id,
        import_paths: library.import_paths.0,
        name: library.name,
        owner_id: library.owner_id,
        refreshed_at: library.refreshed_at,
        updated_at: library.updated_at,
    }
}

fn checked_path(checked: CheckedPath) -> ValidateImportPath {
    ValidateImportPath {
        import_path: checked.path,
        is_valid: checked.is_valid,
        message: checked.message,
    }
}
