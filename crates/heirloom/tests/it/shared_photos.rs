//! Real photos, where they are at hand.

use std::path::Path;

use reqwest::StatusCode;

use crate::server::Server;

/// Photos of one scene in every orientation: their size as displayed tells whether they were turned.
const LANDSCAPE: (i64, i64) = (600, 450);

#[tokio::test]
async fn every_real_photo_shows_the_right_way_up() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/photos/exif");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!("skipped: {} is not here", folder.display());
        return;
    };
    let server = Server::start(None).await;
    let mut ids = Vec::new();
    for entry in entries.flatten().filter(|entry| entry.path().is_file()) {
        let name = entry.file_name().to_string_lossy().into_owned();
        if heirloom_types::media_type::by_name(&name).is_some() {
            ids.push((
                server
                    .upload(&name, std::fs::read(entry.path()).unwrap())
                    .await,
                name,
            ));
        }
    }
    server.settle().await;
    for (id, name) in ids {
        let asset = server.get(&format!("/assets/{id}")).await;
        let (status, _) = server.bytes(&format!("/assets/{id}/thumbnail")).await;
        assert_eq!(status, StatusCode::OK, "{name} has no thumbnail");
        let (width, height) = (
            asset["width"].as_i64().unwrap(),
            asset["height"].as_i64().unwrap(),
        );
        if name.contains("orientation_landscape") {
            assert_eq!((width, height), LANDSCAPE, "{name}");
        }
        if name.contains("orientation_portrait") {
            assert_eq!((height, width), LANDSCAPE, "{name}");
        }
    }
}
