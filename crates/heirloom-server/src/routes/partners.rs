//! Partners.

use axum::{Json, http::StatusCode};
use heirloom_api::partners::{PartnerCreate, PartnerResponse, PartnerUpdate};
use heirloom_library::partners::{Direction, Partner};
use heirloom_store::users::User;
use heirloom_types::ids::UserId;
use serde::Deserialize;

use super::{operations, users};
use crate::{
    cx::Cx,
    error::{ApiError, ApiResult},
    input::{Body, Id, Query},
};

operations! {
    GET "/partners" => list,
    POST "/partners" => create,
    POST "/partners/{id}" => create_by_id,
    PUT "/partners/{id}" => update,
    DELETE "/partners/{id}" => delete,
}

#[derive(Deserialize)]
struct Asked {
    direction: String,
}

async fn list(cx: Cx, Query(asked): Query<Asked>) -> ApiResult<Json<Vec<PartnerResponse>>> {
    let direction = match asked.direction.as_str() {
        "shared-by" => Direction::SharedBy,
        "shared-with" => Direction::SharedWith,
        _ => {
            return Err(ApiError::invalid(
                &["direction"],
                "Invalid option: expected one of shared-by, shared-with",
            ));
        }
    };
    let partners = cx.app.library.partners(&cx.caller, direction).await?;
    Ok(Json(partners.into_iter().map(response).collect()))
}

async fn create(
    cx: Cx,
    Body(new): Body<PartnerCreate>,
) -> ApiResult<(StatusCode, Json<PartnerResponse>)> {
    let made = cx
        .app
        .library
        .add_partner(&cx.caller, new.shared_with_id)
        .await?;
    Ok((StatusCode::CREATED, Json(response(made))))
}

async fn create_by_id(
    cx: Cx,
    Id(id): Id<UserId>,
) -> ApiResult<(StatusCode, Json<PartnerResponse>)> {
    let made = cx.app.library.add_partner(&cx.caller, id).await?;
    Ok((StatusCode::CREATED, Json(response(made))))
}

async fn update(
    cx: Cx,
    Id(id): Id<UserId>,
    Body(wanted): Body<PartnerUpdate>,
) -> ApiResult<Json<PartnerResponse>> {
    let changed = cx
        .app
        .library
        .update_partner(&cx.caller, id, wanted.in_timeline)
        .await?;
    Ok(Json(response(changed)))
}

async fn delete(cx: Cx, Id(id): Id<UserId>) -> ApiResult<StatusCode> {
    cx.app.library.remove_partner(&cx.caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn response((partner, user): (Partner, User)) -> PartnerResponse {
    PartnerResponse {
        user: users::response(user),
        in_timeline: partner.in_timeline,
    }
}
