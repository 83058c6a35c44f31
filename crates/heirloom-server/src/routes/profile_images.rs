//! Pictures of people with an account.

use axum::{
    Json,
    extract::{FromRequest, Multipart, Request},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use heirloom_api::users::CreateProfileImageResponse;
use heirloom_library::{access, profile_images::BYTES_MAX};
use heirloom_types::{ids::UserId, permission::Permission};

use super::operations;
use crate::{
    cx::Cx,
    error::{ApiError, ApiResult},
    file_response::respond,
    input::Id,
};

operations! {
    POST "/users/profile-image" => create,
    DELETE "/users/profile-image" => delete,
    GET "/users/{id}/profile-image" => get,
}

async fn create(
    cx: Cx,
    request: Request,
) -> ApiResult<(StatusCode, Json<CreateProfileImageResponse>)> {
    access::require(&cx.caller, Permission::UserProfileImageUpdate)?;
    let broken =
        |error: axum::extract::multipart::MultipartError| ApiError::bad_request(error.body_text());
    let mut form = Multipart::from_request(request, &())
        .await
        .map_err(|error| ApiError::bad_request(error.body_text()))?;
    while let Some(mut field) = form.next_field().await.map_err(broken)? {
        if field.name() != Some("file") {
            continue;
        }
        let name = field.file_name().unwrap_or_default().to_owned();
        let mut incoming = cx.app.library.receive_profile_image(&cx.caller).await?;
        while let Some(chunk) = field.chunk().await.map_err(broken)? {
            if incoming.bytes_received() + chunk.len() as u64 > BYTES_MAX {
                return Err(ApiError::new(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    format!("A profile image has at most {BYTES_MAX} bytes"),
                ));
            }
            incoming
                .write(chunk)
                .await
                .map_err(heirloom_library::Error::from)?;
        }
        let received = incoming
            .seal()
            .await
            .map_err(heirloom_library::Error::from)?;
        let library = &cx.app.library;
        let user = library
            .set_profile_image(&cx.caller, &name, received)
            .await?;
        let body = CreateProfileImageResponse {
            profile_changed_at: user.profile_changed_at,
            profile_image_path: user.profile_image_path.unwrap_or_default(),
            user_id: user.id,
        };
        return Ok((StatusCode::CREATED, Json(body)));
    }
    Err(ApiError::bad_request("File is required"))
}

async fn delete(cx: Cx) -> ApiResult<StatusCode> {
    cx.app.library.delete_profile_image(&cx.caller).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn get(cx: Cx, Id(id): Id<UserId>, headers: HeaderMap) -> ApiResult<Response> {
    let file = cx.app.library.profile_image(&cx.caller, id).await?;
    respond(&cx.app.library, &file, &headers).await
}
