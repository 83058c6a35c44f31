//! What the server says of itself.

use axum::{Json, extract::State};
use heirloom_api::server::{
    ServerAbout, ServerConfig, ServerFeatures, ServerMediaTypes, ServerPing, ServerStats,
    ServerStorage, ServerVersion, UsageByUser, VersionCheckState,
};
use heirloom_library::{access, upkeep::TRASH_DAYS};
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
}

/// Nobody is asked for newer versions, so nothing is known of them.
async fn version_check(cx: Cx) -> ApiResult<Json<VersionCheckState>> {
    access::require(&cx.caller, Permission::ServerVersionCheck)?;
    Ok(Json(VersionCheckState::default()))
}

async fn ping() -> Json<ServerPing> {
    Json(ServerPing { res: "pong" })
}

async fn version() -> Json<ServerVersion> {
    let (major, minor, patch) = CONTRACT;
    Json(ServerVersion {
        major,
        minor,
        patch,
        prerelease: None,
    })
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

async fn features() -> Json<ServerFeatures> {
    Json(ServerFeatures {
        password_login: true,
        search: true,
        sidecar: true,
        trash: true,
        ..ServerFeatures::default()
    })
}

async fn config(State(app): State<App>) -> ApiResult<Json<ServerConfig>> {
    let is_initialized = app.library.has_admin().await?;
    Ok(Json(ServerConfig {
        external_domain: String::new(),
        is_initialized,
        is_onboarded: is_initialized,
        login_page_message: String::new(),
        maintenance_mode: false,
        map_dark_style_url: String::new(),
        map_light_style_url: String::new(),
        min_faces: 3,
        oauth_button_text: String::new(),
        public_users: true,
        trash_days: TRASH_DAYS,
        user_delete_delay: 7,
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
