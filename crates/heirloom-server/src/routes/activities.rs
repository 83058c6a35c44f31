//! Comments and likes in albums.

use axum::{Json, http::StatusCode};
use heirloom_api::activities::{ActivityCreate, ActivityResponse, ActivityStatisticsResponse};
use heirloom_library::activities::Activity;
use heirloom_store::users::User;
use heirloom_types::{
    ids::{ActivityId, AlbumId, AssetId, UserId},
    permission::Permission,
};
use serde::Deserialize;

use super::{operations, users};
use crate::{
    cx::Cx,
    error::{ApiError, ApiResult},
    input::{Body, Id, Query},
};

operations! {
    GET "/activities" => list,
    POST "/activities" => create,
    GET "/activities/statistics" => statistics,
    DELETE "/activities/{id}" => delete,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    album_id: AlbumId,
    asset_id: Option<AssetId>,
    level: Option<String>,
    r#type: Option<String>,
    user_id: Option<UserId>,
}

impl Asked {
    fn is_wanted(&self, activity: &Activity) -> bool {
        let is_of_level = match self.level.as_deref() {
            Some("album") => activity.asset_id.is_none(),
            Some("asset") => activity.asset_id.is_some(),
            _ => true,
        };
        is_of_level
            && self.asset_id.is_none_or(|id| activity.asset_id == Some(id))
            && self.user_id.is_none_or(|id| activity.user_id == id)
            && self
                .r#type
                .as_deref()
                .is_none_or(|kind| kind == kind_of(activity))
    }
}

async fn find(cx: &Cx, asked: &Asked, needed: Permission) -> ApiResult<Vec<(Activity, User)>> {
    let mut found = cx
        .app
        .library
        .activities(&cx.caller, asked.album_id, needed)
        .await?;
    found.retain(|(activity, _)| asked.is_wanted(activity));
    Ok(found)
}

async fn list(cx: Cx, Query(asked): Query<Asked>) -> ApiResult<Json<Vec<ActivityResponse>>> {
    let found = find(&cx, &asked, Permission::ActivityRead).await?;
    Ok(Json(
        found
            .into_iter()
            .map(|(activity, user)| response(activity, user))
            .collect(),
    ))
}

async fn statistics(
    cx: Cx,
    Query(asked): Query<Asked>,
) -> ApiResult<Json<ActivityStatisticsResponse>> {
    let mut statistics = ActivityStatisticsResponse::default();
    for (activity, _) in find(&cx, &asked, Permission::ActivityStatistics).await? {
        match activity.comment {
            Some(_) => statistics.comments += 1,
            None => statistics.likes += 1,
        }
    }
    Ok(Json(statistics))
}

async fn create(
    cx: Cx,
    Body(new): Body<ActivityCreate>,
) -> ApiResult<(StatusCode, Json<ActivityResponse>)> {
    let comment = match (new.r#type.as_str(), new.comment) {
        ("like", _) => None,
        ("comment", Some(comment)) => Some(comment),
        ("comment", None) => {
            return Err(ApiError::invalid(
                &["comment"],
                "Invalid input: expected string, received undefined",
            ));
        }
        _ => {
            return Err(ApiError::invalid(
                &["type"],
                "Invalid option: expected one of comment, like",
            ));
        }
    };
    let (activity, user) = cx
        .app
        .library
        .create_activity(&cx.caller, new.album_id, new.asset_id, comment)
        .await?;
    Ok((StatusCode::CREATED, Json(response(activity, user))))
}

async fn delete(cx: Cx, Id(id): Id<ActivityId>) -> ApiResult<StatusCode> {
    cx.app.library.delete_activity(&cx.caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn kind_of(activity: &Activity) -> &'static str {
    if activity.comment.is_some() {
        "comment"
    } else {
        "like"
    }
}

fn response(activity: Activity, user: User) -> ActivityResponse {
    ActivityResponse {
        asset_id: activity.asset_id,
        r#type: kind_of(&activity),
        comment: activity.comment,
        created_at: activity.created_at,
        id: activity.id,
        user: users::response(user),
    }
}
