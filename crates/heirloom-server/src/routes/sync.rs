//! The sync stream of phones, one JSON object a line.

use axum::{
    Json,
    body::{Body as ResponseBody, Bytes},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use futures::{StreamExt, stream::poll_fn};
use heirloom_api::sync::{
    SyncAck, SyncAckDelete, SyncAckSet, SyncAlbum, SyncAlbumUser, SyncAsset, SyncAssetEdit,
    SyncAuthUser, SyncExif, SyncFace, SyncLine, SyncMemory, SyncPartner, SyncPerson, SyncStack,
    SyncStream, SyncTextLine, SyncUser,
};
use heirloom_api::wire;
use heirloom_library::sync::{Event, Key, Line, Record};
use heirloom_store::{
    albums::{Album, AlbumUser},
    asset_edits::AssetEdit,
    assets::Asset,
    exif::Exif,
    memories::Memory,
    partners::Partner,
    people::{Face, Person},
    stacks::Stack,
    users::User,
};
use heirloom_types::time::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{
    assets::{text_line_response, type_name},
    operations,
};
use crate::{cx::Cx, error::ApiResult, input::Body};

operations! {
    POST "/sync/stream" => stream,
    GET "/sync/ack" => acks,
    POST "/sync/ack" => acknowledge,
    DELETE "/sync/ack" => forget,
}

async fn stream(cx: Cx, Body(asked): Body<SyncStream>) -> ApiResult<Response> {
    let mut lines = cx
        .app
        .library
        .sync(&cx.caller, &asked.types, asked.reset)
        .await?;
    let now = cx.app.library.now();
    let chunks = poll_fn(move |context| lines.poll_recv(context)).map(move |lines| {
        let mut text = Vec::with_capacity(lines.len() * 512);
        for line in lines {
            write_line(&mut text, line, now)?;
        }
        Ok::<_, serde_json::Error>(Bytes::from(text))
    });
    let kind = [(header::CONTENT_TYPE, "application/jsonlines+json")];
    Ok((kind, ResponseBody::from_stream(chunks)).into_response())
}

async fn acks(cx: Cx) -> ApiResult<Json<Vec<SyncAck>>> {
    let checkpoints = cx.app.library.sync_acks(&cx.caller).await?;
    let ack = |checkpoint: heirloom_library::sync::Checkpoint| SyncAck {
        ack: checkpoint.ack,
        r#type: checkpoint.kind,
    };
    Ok(Json(checkpoints.into_iter().map(ack).collect()))
}

async fn acknowledge(cx: Cx, Body(set): Body<SyncAckSet>) -> ApiResult<StatusCode> {
    cx.app.library.acknowledge(&cx.caller, &set.acks).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn forget(cx: Cx, Body(wanted): Body<SyncAckDelete>) -> ApiResult<StatusCode> {
    cx.app
        .library
        .forget_acks(&cx.caller, wanted.types.as_deref())
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

fn write_line(text: &mut Vec<u8>, line: Line, now: Timestamp) -> serde_json::Result<()> {
    let Line { kind, event, ack } = line;
    match event {
        Event::Mark => put(text, kind, &ack, Map::new()),
        Event::Delete(key) => put(text, kind, &ack, gone(kind, key, now)),
        Event::DeleteValue(key, name) => {
            let mut data = gone(kind, key, now);
            data.insert("key".into(), name.into());
            put(text, kind, &ack, data)
        }
        Event::Upsert(key, record) => upsert(text, kind, &ack, key, record),
    }
}

fn put(text: &mut Vec<u8>, kind: &str, ack: &str, data: impl Serialize) -> serde_json::Result<()> {
    let line = SyncLine {
        r#type: kind,
        data,
        ack,
    };
    serde_json::to_writer(&mut *text, &line)?;
    text.push(b'\n');
    Ok(())
}

fn upsert(
    text: &mut Vec<u8>,
    kind: &str,
    ack: &str,
    (parent, entity): Key,
    record: Record,
) -> serde_json::Result<()> {
    match record {
        Record::AuthUser(row) => put(text, kind, ack, auth_user(*row)),
        Record::User(row) => put(text, kind, ack, user(*row)),
        Record::Partner(row) => put(text, kind, ack, partner(row)),
        Record::Asset(row) => {
            // Stacks of other people's albums are not sent, and an asset that names an unknown stack does not show.
            let knows_stack = !kind.starts_with("AlbumAsset");
            put(text, kind, ack, asset(*row, knows_stack))
        }
        Record::Stack(row) => put(text, kind, ack, stack(row)),
        Record::Album(row) => put(text, kind, ack, album(*row)),
        Record::AlbumUser(row) => put(text, kind, ack, album_user(row)),
        Record::AlbumToAsset => {
            let data = json!({ "albumId": parent, "assetId": entity });
            put(text, kind, ack, data)
        }
        Record::MemoryToAsset => {
            let data = json!({ "memoryId": parent, "assetId": entity });
            put(text, kind, ack, data)
        }
        Record::Exif(row, size) => put(text, kind, ack, exif(*row, size)),
        Record::Memory(row) => put(text, kind, ack, memory(*row)),
        Record::Person(row) => put(text, kind, ack, person(*row)),
        Record::Face(row) => put(text, kind, ack, face(&row)),
        Record::TextLine(row) => {
            let line = SyncTextLine {
                line: text_line_response(*row),
                is_visible: true,
            };
            put(text, kind, ack, line)
        }
        Record::AssetEdit(row) => put(text, kind, ack, edit(*row)),
        Record::Value { key, value } => {
            let owner = if kind == "AssetMetadataV1" {
                "assetId"
            } else {
                "userId"
            };
            let data = json!({ owner: entity, "key": key, "value": value });
            put(text, kind, ack, data)
        }
    }
}

/// The fields by which each type of line names what is gone.
fn gone(kind: &str, (parent, entity): Key, now: Timestamp) -> Map<String, Value> {
    let names: &[&str] = match kind {
        "AlbumDeleteV1" => &["albumId"],
        "AlbumToAssetDeleteV1" => &["assetId", "albumId"],
        "AlbumUserDeleteV1" => &["userId", "albumId"],
        "AssetEditDeleteV1" => &["editId"],
        "AssetFaceDeleteV1" => &["assetFaceId"],
        "AssetOcrDeleteV1" => &["id", "assetId"],
        "MemoryDeleteV1" => &["memoryId"],
        "MemoryToAssetDeleteV1" => &["assetId", "memoryId"],
        "PartnerDeleteV1" => &["sharedWithId", "sharedById"],
        "PersonDeleteV1" => &["personId"],
        "StackDeleteV1" | "PartnerStackDeleteV1" => &["stackId"],
        "UserDeleteV1" | "UserMetadataDeleteV1" => &["userId"],
        _ => &["assetId"],
    };
    let mut fields: Map<String, Value> = names
        .iter()
        .zip([entity, parent])
        .map(|(name, id)| ((*name).to_owned(), json!(id)))
        .collect();
    if kind == "AssetOcrDeleteV1" {
        fields.insert("deletedAt".into(), json!(wire::shown(now)));
    }
    fields
}

pub(crate) fn asset(row: Asset, knows_stack: bool) -> SyncAsset {
    SyncAsset {
        id: row.id,
        owner_id: row.owner_id,
        original_file_name: row.original_name,
        r#type: type_name(row.kind),
        visibility: row.visibility.as_str(),
        checksum: row.sha1.to_base64(),
        thumbhash: row.thumbhash.map(|hash| STANDARD.encode(hash)),
        created_at: row.created_at,
        file_created_at: row.file_created_at,
        file_modified_at: row.file_modified_at,
        local_date_time: row.local_date_time,
        duration: row.duration_ms,
        width: row.width,
        height: row.height,
        is_favorite: row.is_favorite,
        is_edited: row.is_edited,
        live_photo_video_id: row.live_video_id,
        stack_id: row.stack_id.filter(|_| knows_stack),
        library_id: row.library_id,
        deleted_at: row.deleted_at,
    }
}

pub(crate) fn exif(row: Exif, file_size_in_byte: i64) -> SyncExif {
    SyncExif {
        asset_id: row.asset_id,
        city: row.city,
        country: row.country,
        date_time_original: row.date_time_original,
        description: row.description,
        exif_image_height: row.image_height,
        exif_image_width: row.image_width,
        exposure_time: row.exposure_time,
        f_number: row.f_number,
        file_size_in_byte,
        focal_length: row.focal_length_mm,
        fps: row.frames_per_second,
        iso: row.iso,
        latitude: row.latitude,
        lens_model: row.lens_model,
        longitude: row.longitude,
        make: row.make,
        model: row.model,
        modify_date: row.modify_date,
        orientation: row.orientation.map(|value| value.to_string()),
        profile_description: row.profile_description,
        projection_type: row.projection_type,
        rating: row.rating,
        state: row.state,
        time_zone: row.time_zone,
    }
}

pub(crate) fn edit(row: AssetEdit) -> SyncAssetEdit {
    SyncAssetEdit {
        id: row.id,
        asset_id: row.asset_id,
        action: row.action.as_str(),
        parameters: row.parameters.0,
        sequence: row.sequence,
    }
}

fn partner(row: Partner) -> SyncPartner {
    SyncPartner {
        shared_by_id: row.shared_by_id,
        shared_with_id: row.shared_with_id,
        in_timeline: row.in_timeline,
    }
}

fn stack(row: Stack) -> SyncStack {
    SyncStack {
        id: row.id,
        owner_id: row.owner_id,
        primary_asset_id: row.primary_asset_id,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}

fn album(row: Album) -> SyncAlbum {
    SyncAlbum {
        id: row.id,
        name: row.name,
        description: row.description,
        order: row.asset_order.as_str(),
        thumbnail_asset_id: row.thumbnail_asset_id,
        is_activity_enabled: row.is_activity_enabled,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}

fn album_user(row: AlbumUser) -> SyncAlbumUser {
    SyncAlbumUser {
        album_id: row.album_id,
        user_id: row.user_id,
        role: row.role.as_str(),
    }
}

fn user(row: User) -> SyncUser {
    SyncUser {
        id: row.id,
        email: row.email,
        name: row.name,
        has_profile_image: row.profile_image_path.is_some(),
        profile_changed_at: row.profile_changed_at,
        avatar_color: row.avatar_color,
        deleted_at: row.deleted_at,
    }
}

fn auth_user(row: User) -> SyncAuthUser {
    SyncAuthUser {
        is_admin: row.is_admin,
        oauth_id: row.oauth_id.clone(),
        pin_code: row.pin_hash.as_ref().map(|_| "set"),
        quota_size_in_bytes: row.quota_bytes,
        quota_usage_in_bytes: row.usage_bytes,
        storage_label: row.storage_label.clone(),
        user: user(row),
    }
}

fn memory(row: Memory) -> SyncMemory {
    SyncMemory {
        id: row.id,
        owner_id: row.owner_id,
        r#type: row.kind,
        data: row.data.0,
        memory_at: row.memory_at,
        is_saved: row.is_saved,
        seen_at: row.seen_at,
        show_at: row.show_at,
        hide_at: row.hide_at,
        created_at: row.created_at,
        updated_at: row.updated_at,
        deleted_at: None,
    }
}

fn person(row: Person) -> SyncPerson {
    SyncPerson {
        id: row.id,
        owner_id: row.owner_id,
        name: row.name,
        birth_date: row.birth_date.map(|day| format!("{day}T00:00:00.000Z")),
        color: row.color,
        face_asset_id: row.face_id,
        is_favorite: row.is_favorite,
        is_hidden: row.is_hidden,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}

fn face(row: &Face) -> SyncFace {
    SyncFace {
        id: row.id,
        asset_id: row.asset_id,
        person_id: row.person_id,
        x1: row.x1,
        y1: row.y1,
        x2: row.x2,
        y2: row.y2,
        image_width: row.image_width,
        image_height: row.image_height,
        source_type: row.source.as_str(),
        is_visible: true,
        deleted_at: None,
    }
}
