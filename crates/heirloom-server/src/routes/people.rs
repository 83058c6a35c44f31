//! People and faces.

use axum::{
    Json,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use heirloom_api::{
    albums::{BulkIdResponse, BulkIds},
    people::{
        AssetFaceCreate, AssetFaceResponse, AssetFaceUpdate, FaceAssign, MergePerson,
        PeopleResponse, PeopleUpdate, PersonResponse, PersonStatisticsResponse, PersonUpdate,
    },
};
use heirloom_library::{
    Error,
    people::{Face, NewFace, Person, PersonChange},
};
use heirloom_types::ids::{AssetId, FaceId, PersonId};
use serde::Deserialize;

use super::operations;
use crate::{
    cx::Cx,
    error::{ApiError, ApiResult},
    file_response::respond,
    input::{Body, Id, Query},
};

operations! {
    GET "/people" => list,
    POST "/people" => create,
    PUT "/people" => update_many,
    DELETE "/people" => delete_many,
    GET "/people/{id}" => get,
    PUT "/people/{id}" => update,
    PATCH "/people/{id}" => update,
    DELETE "/people/{id}" => delete,
    POST "/people/{id}/merge" => merge,
    PUT "/people/{id}/reassign" => reassign,
    GET "/people/{id}/statistics" => statistics,
    GET "/people/{id}/thumbnail" => thumbnail,
    GET "/faces" => faces,
    POST "/faces" => create_face,
    PUT "/faces/{id}" => assign_face,
    DELETE "/faces/{id}" => delete_face,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    page: Option<usize>,
    size: Option<usize>,
    with_hidden: Option<bool>,
}

async fn list(cx: Cx, Query(asked): Query<Asked>) -> ApiResult<Json<PeopleResponse>> {
    let size = match asked.size {
        None => 500,
        Some(size @ 1..=1000) => size,
        Some(_) => {
            return Err(ApiError::invalid(
                &["size"],
                "Invalid input: expected a number from 1 to 1000",
            ));
        }
    };
    let all = cx.app.library.people(&cx.caller).await?;
    let (total, hidden) = (
        all.len(),
        all.iter().filter(|person| person.is_hidden).count(),
    );
    let with_hidden = asked.with_hidden.unwrap_or(false);
    let first = asked
        .page
        .unwrap_or(1)
        .max(1)
        .saturating_sub(1)
        .saturating_mul(size);
    let mut shown = all
        .into_iter()
        .filter(|person| with_hidden || !person.is_hidden)
        .skip(first);
    let people = shown.by_ref().take(size).map(person_response).collect();
    Ok(Json(PeopleResponse {
        has_next_page: shown.next().is_some(),
        hidden,
        people,
        total,
    }))
}

async fn get(cx: Cx, Id(id): Id<PersonId>) -> ApiResult<Json<PersonResponse>> {
    let person = cx.app.library.person(&cx.caller, id).await?;
    Ok(Json(person_response(person)))
}

async fn create(
    cx: Cx,
    Body(new): Body<PersonUpdate>,
) -> ApiResult<(StatusCode, Json<PersonResponse>)> {
    let made = cx
        .app
        .library
        .create_person(&cx.caller, change(new))
        .await?;
    Ok((StatusCode::CREATED, Json(person_response(made))))
}

async fn update(
    cx: Cx,
    Id(id): Id<PersonId>,
    Body(wanted): Body<PersonUpdate>,
) -> ApiResult<Json<PersonResponse>> {
    let changed = cx
        .app
        .library
        .update_person(&cx.caller, id, change(wanted))
        .await?;
    Ok(Json(person_response(changed)))
}

async fn update_many(
    cx: Cx,
    Body(wanted): Body<PeopleUpdate>,
) -> ApiResult<Json<Vec<BulkIdResponse<PersonId>>>> {
    let mut results = Vec::with_capacity(wanted.people.len());
    for item in wanted.people {
        let library = &cx.app.library;
        let result = library
            .update_person(&cx.caller, item.id, change(item.change))
            .await;
        let error = match result {
            Ok(_) => None,
            Err(Error::NotFound { .. }) => Some("not_found"),
            Err(Error::Invalid { .. }) => Some("validation"),
            Err(error) => return Err(error.into()),
        };
        results.push(BulkIdResponse {
            id: item.id,
            success: error.is_none(),
            error,
        });
    }
    Ok(Json(results))
}

async fn delete(cx: Cx, Id(id): Id<PersonId>) -> ApiResult<StatusCode> {
    cx.app.library.delete_people(&cx.caller, &[id]).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn delete_many(
    cx: Cx,
    Body(BulkIds { ids }): Body<BulkIds<PersonId>>,
) -> ApiResult<StatusCode> {
    cx.app.library.delete_people(&cx.caller, &ids).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn merge(
    cx: Cx,
    Id(id): Id<PersonId>,
    Body(MergePerson { ids }): Body<MergePerson>,
) -> ApiResult<Json<Vec<BulkIdResponse<PersonId>>>> {
    let merged = cx.app.library.merge_people(&cx.caller, id, &ids).await?;
    let result = |(id, success): (PersonId, bool)| BulkIdResponse {
        id,
        success,
        error: (!success).then_some("not_found"),
    };
    Ok(Json(ids.into_iter().zip(merged).map(result).collect()))
}

/// The path names who the faces become; each item says in which picture whose face is meant.
async fn reassign(
    cx: Cx,
    Id(id): Id<PersonId>,
    Body(wanted): Body<AssetFaceUpdate>,
) -> ApiResult<Json<Vec<PersonResponse>>> {
    let library = &cx.app.library;
    let mut changed = Vec::new();
    for item in wanted.data {
        let again = library.reassign_faces(&cx.caller, item.asset_id, item.person_id, id);
        changed.extend(again.await?);
    }
    Ok(Json(changed.into_iter().map(person_response).collect()))
}

async fn statistics(cx: Cx, Id(id): Id<PersonId>) -> ApiResult<Json<PersonStatisticsResponse>> {
    let assets = cx.app.library.person_pictures(&cx.caller, id).await?;
    Ok(Json(PersonStatisticsResponse { assets }))
}

async fn thumbnail(cx: Cx, Id(id): Id<PersonId>, headers: HeaderMap) -> ApiResult<Response> {
    let file = cx.app.library.person_thumbnail(&cx.caller, id).await?;
    respond(&cx.app.library, &file, &headers).await
}

#[derive(Deserialize)]
struct OfAsset {
    id: AssetId,
}

async fn faces(cx: Cx, Query(asked): Query<OfAsset>) -> ApiResult<Json<Vec<AssetFaceResponse>>> {
    let faces = cx.app.library.faces(&cx.caller, asked.id).await?;
    Ok(Json(faces.into_iter().map(face_response).collect()))
}

async fn create_face(cx: Cx, Body(new): Body<AssetFaceCreate>) -> ApiResult<StatusCode> {
    let face = NewFace {
        asset: new.asset_id,
        person: new.person_id,
        image_width: new.image_width,
        image_height: new.image_height,
        x: new.x,
        y: new.y,
        width: new.width,
        height: new.height,
    };
    cx.app.library.create_face(&cx.caller, face).await?;
    Ok(StatusCode::CREATED)
}

/// The path names the person, the body the face.
async fn assign_face(
    cx: Cx,
    Id(person): Id<PersonId>,
    Body(FaceAssign { id }): Body<FaceAssign>,
) -> ApiResult<Json<PersonResponse>> {
    let person = cx.app.library.assign_face(&cx.caller, id, person).await?;
    Ok(Json(person_response(person)))
}

async fn delete_face(cx: Cx, Id(id): Id<FaceId>) -> ApiResult<StatusCode> {
    cx.app.library.delete_face(&cx.caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn change(wanted: PersonUpdate) -> PersonChange {
    PersonChange {
        name: wanted.name,
        birth_date: wanted.birth_date,
        color: wanted.color,
        is_favorite: wanted.is_favorite,
        is_hidden: wanted.is_hidden,
        face_asset: wanted.feature_face_asset_id,
    }
}

pub(super) fn person_response(person: Person) -> PersonResponse {
    PersonResponse {
        birth_date: person.birth_date,
        color: person.color,
        id: person.id,
        is_favorite: person.is_favorite,
        is_hidden: person.is_hidden,
        name: person.name,
        thumbnail_path: person
            .face_id
            .map(|face| format!("{face}.jpeg"))
            .unwrap_or_default(),
        updated_at: person.updated_at,
    }
}

fn face_response((face, person): (Face, Option<Person>)) -> AssetFaceResponse {
    AssetFaceResponse {
        x1: face.x1,
        x2: face.x2,
        y1: face.y1,
        y2: face.y2,
        id: face.id,
        image_height: face.image_height,
        image_width: face.image_width,
        person: person.map(person_response),
        source_type: face.source.as_str(),
    }
}
