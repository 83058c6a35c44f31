//! Every function of the store, on every database that can be had.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod assets;
mod blobs;
mod changes;
mod columns;
mod faces;
mod meaning;
mod migrations;
mod plans;
mod queue;
mod search;
mod stages;
mod users;

use heirloom_store::{
    Tx,
    assets::{Asset, Visibility},
    timeline,
    users::User,
};
use heirloom_types::{
    checksum::{Blake3, Sha1},
    ids::{AssetId, UserId},
    media_type::MediaKind,
    time::{Timestamp, at_millis},
};
use rand::{Rng, SeedableRng, rngs::StdRng};

const NOW_MS: i64 = 1_700_000_000_000;

fn now() -> Timestamp {
    at_millis(NOW_MS)
}

fn rng() -> StdRng {
    StdRng::seed_from_u64(7)
}

async fn user(tx: &mut Tx, rng: &mut StdRng, email: &str) -> User {
    let user = User {
        id: UserId::new(now(), rng),
        email: email.into(),
        name: "Ada".into(),
        password_hash: None,
        pin_hash: None,
        is_admin: true,
        should_change_password: false,
        storage_label: None,
        oauth_id: String::new(),
        avatar_color: "primary".into(),
        profile_image_path: None,
        profile_changed_at: now(),
        quota_bytes: None,
        usage_bytes: 0,
        created_at: now(),
        updated_at: now(),
        deleted_at: None,
    };
    heirloom_store::users::insert(tx, &user).await.unwrap();
    user
}

/// An asset taken at `local`, not stored yet.
fn photo(owner: UserId, rng: &mut StdRng, local: Timestamp) -> Asset {
    let id = AssetId::new(now(), rng);
    Asset {
        owner_id: owner,
        id,
        kind: MediaKind::Image,
        visibility: Visibility::Timeline,
        original_name: "a.jpg".into(),
        original_path: format!("ada/{id}.jpg"),
        sidecar_path: None,
        size_bytes: 10,
        sha1: Sha1(rng.random()),
        blake3: Blake3(rng.random()),
        created_at: now(),
        updated_at: now(),
        file_created_at: local,
        file_modified_at: local,
        local_date_time: local,
        local_month: timeline::month_of(local),
        is_favorite: false,
        is_offline: false,
        is_edited: false,
        is_collapsed: false,
        deleted_at: None,
        duration_ms: None,
        width: None,
        height: None,
        thumbhash: None,
        renditions: 0,
        live_video_id: None,
        stack_id: None,
        library_id: None,
        duplicate_id: None,
    }
}
