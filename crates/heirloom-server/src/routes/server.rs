//! What the server says of itself.

use axum::{Json, extract::State};
use heirloom_api::server::{
    ServerAbout, ServerApkLinks, ServerConfig, ServerFeatures, ServerMediaTypes, ServerPing,
    ServerStats, ServerStorage, ServerVersion, ServerVersionHistory, UsageByUser,
    VersionCheckState,
};
use heirloom_library::access;
use heirloom_types::{
    media_type::{MEDIA_TYPES, MediaKind, SIDECAR_EXTENSIONS},
    permission::Permission,
};

use super::operations;
use crate::{app::App, cx::Cx, error::ApiResult};

/// The contract that is spoken, which clients take for the server's version.
const CONTRACT: (u32, u32, u32) = (3, 1, 0);

operations! {
    GET "/server/ping" => ping,
    GET "/server/version" => version,
    GET "/server/about" => about,
    GET "/server/features" => features,
    GET "/server/config" => config,
    GET "/server/media-types" => media_types,
    GET "/server/storage" => storage,
    GET "/server/statistics" => statistics,
    GET "/server/version-check" => version_check,
    GET "/server/version-history" => version_history,
    GET "/server/apk-links" => apk_links,
}

/// Nobody is asked for newer versions, so nothing is known of them.
async fn version_check(cx: Cx) -> ApiResult<Json<VersionCheckState>> {
    access::require(&cx.caller, Permission::ServerVersionCheck)?;
    Ok(Json(VersionCheckState::default()))
}

async fn version_history(State(app): State<App>) -> ApiResult<Json<Vec<ServerVersionHistory>>> {
    let ran = app.library.versions().await?.into_iter();
    let shown = ran.map(|ran| ServerVersionHistory {
        created_at: ran.created_at,
        id: ran.id,
        version: ran.version,
    });
    Ok(Json(shown.collect()))
}

/// Where Android's app for this contract is published by those who make it.
async fn apk_links(cx: Cx) -> ApiResult<Json<ServerApkLinks>> {
    access::require(&cx.caller, Permission::ServerApkLinks)?;
    let (major, minor, patch) = CONTRACT;
    let link = |name: &str| {
        format!(
            "https://github.com/immich-app/immich/releases/download/v{major}.{minor}.{patch}/{name}.apk"
        )
    };
    Ok(Json(ServerApkLinks {
        arm64v8a: link("app-arm64-v8a-release"),
        armeabiv7a: link("app-armeabi-v7a-release"),
        universal: link("app-release"),
        x86_64: link("app-x86_64-release"),
    }))
}

async fn ping() -> Json<ServerPing> {
    Json(ServerPing { res: "pong" })
}

async fn version() -> Json<ServerVersion> {
    Json(contract())
}

/// The version clients are told.
pub(crate) fn contract() -> ServerVersion {
    let (major, minor, patch) = CONTRACT;
    ServerVersion {
        major,
        minor,
        patch,
        prerelease: None,
    }
}

async fn about(_cx: Cx) -> Json<ServerAbout> {
    let (major, minor, patch) = CONTRACT;
    Json(ServerAbout {
        licensed: false,
        version: format!("v{major}.{minor}.{patch}"),
        version_url: String::new(),
        build: concat!("heirloom ", env!("CARGO_PKG_VERSION")),
    })
}

async fn features(State(app): State<App>) -> ApiResult<Json<ServerFeatures>> {
    let config = app.library.config().await?;
    let tasks = app.library.vision_tasks();
    Ok(Json(ServerFeatures {
        config_file: app.library.has_config_file(),
        duplicate_detection: tasks.search,
        facial_recognition: tasks.faces,
        ocr: tasks.text,
        smart_search: tasks.search,
        map: config.map.enabled,
        oauth: config.oauth.enabled,
        oauth_auto_launch: config.oauth.enabled && config.oauth.auto_launch,
        password_login: config.password_login.enabled,
        reverse_geocoding: config.reverse_geocoding.enabled,
        search: true,
        sidecar: true,
        trash: config.trash.enabled,
        email: config.notifications.smtp.enabled,
        realtime_transcoding: config.ffmpeg.realtime.enabled,
        ..ServerFeatures::default()
    }))
}

async fn config(State(app): State<App>) -> ApiResult<Json<ServerConfig>> {
    let config = app.library.config().await?;
    Ok(Json(ServerConfig {
        external_domain: config.server.external_domain.clone(),
        is_initialized: app.library.has_admin().await?,
        is_onboarded: app.library.is_set_up().await?,
        login_page_message: config.server.login_page_message.clone(),
        maintenance_mode: app.library.is_in_maintenance(),
        map_dark_style_url: config.map.dark_style.clone(),
        map_light_style_url: config.map.light_style.clone(),
        min_faces: config.machine_learning.facial_recognition.min_faces,
        oauth_button_text: config.oauth.button_text.clone(),
        public_users: config.server.public_users,
        trash_days: config.trash.days,
        user_delete_delay: config.user.delete_delay,
    }))
}

async fn media_types() -> Json<ServerMediaTypes> {
    let of = |kind: MediaKind| {
        MEDIA_TYPES
            .iter()
            .filter(|known| known.kind == kind)
            .map(|known| format!(".{}", known.extension))
            .collect()
    };
    Json(ServerMediaTypes {
        image: of(MediaKind::Image),
        sidecar: SIDECAR_EXTENSIONS
            .iter()
            .map(|extension| format!(".{extension}"))
            .collect(),
        video: of(MediaKind::Video),
    })
}

async fn storage(cx: Cx) -> ApiResult<Json<ServerStorage>> {
    let space = cx.app.library.space().await?;
    let used = space.total.saturating_sub(space.available);
    let share = if space.total == 0 {
        0.0
    } else {
        used as f64 / space.total as f64 * 100.0
    };
    Ok(Json(ServerStorage {
        disk_available: shown(space.available),
        disk_available_raw: space.available,
        disk_size: shown(space.total),
        disk_size_raw: space.total,
        disk_usage_percentage: (share * 100.0).round() / 100.0,
        disk_use: shown(used),
        disk_use_raw: used,
    }))
}

async fn statistics(cx: Cx) -> ApiResult<Json<ServerStats>> {
    let mut all = ServerStats::default();
    for of_user in cx.app.library.server_totals(&cx.caller).await? {
        let (user, totals) = (of_user.user, of_user.totals);
        all.photos += totals.images;
        all.videos += totals.videos;
        all.usage += user.usage_bytes;
        all.usage_photos += of_user.photo_bytes;
        all.usage_videos += of_user.video_bytes;
        all.usage_by_user.push(UsageByUser {
            photos: totals.images,
            quota_size_in_bytes: user.quota_bytes,
            usage: user.usage_bytes,
            usage_photos: of_user.photo_bytes,
            usage_videos: of_user.video_bytes,
            user_id: user.id,
            user_name: user.name,
            videos: totals.videos,
        });
    }
    Ok(Json(all))
}

/// `1.5 GiB`.
fn shown(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}
