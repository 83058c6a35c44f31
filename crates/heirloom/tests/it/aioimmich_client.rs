//! Home Assistant's client, as published.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{media, server::servers};

const PACKAGE: &str = "aioimmich==0.18.0";

#[tokio::test]
async fn home_assistant_finds_albums_tags_people_and_photos() {
    if std::env::var_os("HEIRLOOM_TEST_CLIENTS").is_none() {
        println!("skipped: HEIRLOOM_TEST_CLIENTS is not set (cargo xtask test sets it)");
        return;
    }
    let packages = install();
    for server in servers().await {
        let id = server.upload("a.jpg", media::jpeg(64, 48, 1)).await;
        let make = |method: Method, path: String, body: Value| {
            let server = &server;
            async move {
                let (status, answer) = server.call(method, &path, Some(body)).await;
                assert!(status.is_success(), "{path}: {answer}");
                answer
            }
        };
        make(Method::POST, "/albums".into(), json!({"albumName": "Trip"})).await;
        let tags = make(Method::PUT, "/tags".into(), json!({"tags": ["lake"]})).await;
        let path = format!("/tags/{}/assets", tags[0]["id"].as_str().unwrap());
        make(Method::PUT, path, json!({"ids": [id]})).await;
        let ann = make(Method::POST, "/people".into(), json!({"name": "Ann"})).await;
        let face = json!({"assetId": id, "personId": ann["id"], "imageWidth": 64, "imageHeight": 48,
                          "x": 1, "y": 1, "width": 9, "height": 9});
        let (status, _) = server.call(Method::POST, "/faces", Some(face)).await;
        assert_eq!(status, StatusCode::CREATED);
        make(
            Method::PUT,
            format!("/assets/{id}"),
            json!({"isFavorite": true}),
        )
        .await;
        server.settle().await;

        let photo = server.data.path().join("b.jpg");
        let bytes = media::jpeg(64, 48, 2);
        std::fs::write(&photo, &bytes).unwrap();
        let film = server.data.path().join("film.mp4");
        std::fs::write(&film, media::video()).unwrap();
        let files = [photo.to_str().unwrap(), film.to_str().unwrap()];
        let arguments = [&server.address, &server.key, files[0], files[1], &id];
        let found = drive(&packages, &arguments);
        assert_eq!(
            found,
            json!({
                "version": "v3.1.0", "disk": true, "photos": 2, "major": 3, "user": "ada@example.org", "album": 1,
                "in_album": 1, "all": 3, "favorites": 1, "tagged": 1, "with_person": 1, "people": ["Ann"],
                "tag": "lake", "person": "Ann", "original": bytes.len(), "played": media::video().len(),
                "sizes": [true, true, true], "albums_named": 1, "people_named": 1, "people_count": 1, "face": true,
                "tags_named": 1, "asked": 1,
            })
        );
    }
}

/// The package in a folder of its own, below the target folder.
fn install() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(PACKAGE);
    if !folder.try_exists().unwrap() {
        let part = folder.with_extension("part");
        let output = Command::new("python3")
            .args(["-m", "pip", "install", "--quiet", "--target"])
            .args([part.as_os_str(), PACKAGE.as_ref()])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        std::fs::rename(part, &folder).unwrap();
    }
    folder
}

fn drive(packages: &Path, arguments: &[&str]) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/aioimmich_client.py");
    let output = Command::new("python3")
        .env("PYTHONPATH", packages)
        .arg(script)
        .args(arguments)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    serde_json::from_slice(&output.stdout).unwrap()
}
