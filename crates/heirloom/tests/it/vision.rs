//! What pictures show: text, people, copies; with the models and photos that `cargo xtask test` brings.

use std::path::PathBuf;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::server::{Server, seeing_servers};

/// One of the photos that the setting-up fetched.
pub(crate) fn photo(name: &str) -> Option<Vec<u8>> {
    let folder = PathBuf::from(std::env::var_os("HEIRLOOM_TEST_PHOTOS")?);
    Some(std::fs::read(folder.join(name)).unwrap())
}

/// The picture again, smaller and recompressed.
pub(crate) fn copy_of(png: &[u8]) -> Vec<u8> {
    let image = image::load_from_memory(png).unwrap();
    let small = image.resize(
        image.width() * 2 / 3,
        image.height(),
        image::imageops::FilterType::Triangle,
    );
    let rgb = small.to_rgb8();
    let pixels = turbojpeg::Image {
        pixels: rgb.as_raw().as_slice(),
        width: rgb.width() as usize,
        pitch: rgb.width() as usize * 3,
        height: rgb.height() as usize,
        format: turbojpeg::PixelFormat::RGB,
    };
    turbojpeg::compress(pixels, 60, turbojpeg::Subsamp::Sub2x2)
        .unwrap()
        .to_vec()
}

async fn people(server: &Server) -> Vec<Value> {
    let answer = server.get("/people").await;
    answer["people"].as_array().unwrap().clone()
}

#[tokio::test]
async fn text_in_a_picture_is_read() {
    let Some(page) = photo("page.png") else {
        return;
    };
    for server in seeing_servers().await {
        let id = server.upload("page.png", page.clone()).await;
        server.settle().await;
        let lines = server.get(&format!("/assets/{id}/ocr")).await;
        let text: Vec<&str> = lines
            .as_array()
            .unwrap()
            .iter()
            .map(|line| line["text"].as_str().unwrap())
            .collect();
        let text = text.join(" ").to_lowercase();
        assert!(text.contains("segmentation"), "{text}");
        assert!(server.get("/server/features").await["ocr"] == true);
    }
}

/// Has everybody without a name made anew.
async fn cluster_afresh(server: &Server) {
    do_again(server, "facialRecognition").await;
}

/// Has a queue's work done again, all of it.
async fn do_again(server: &Server, queue: &str) {
    let body = json!({"command": "start", "force": true});
    let (status, answer) = server
        .call(Method::PUT, &format!("/jobs/{queue}"), Some(body))
        .await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    server.settle().await;
}

async fn pictures_of(server: &Server, person: &str) -> u64 {
    let said = server.get(&format!("/people/{person}/statistics")).await;
    said["assets"].as_u64().unwrap()
}

#[tokio::test]
async fn faces_become_people_whom_a_person_corrects() {
    let Some(portrait) = photo("astronaut.png") else {
        return;
    };
    for server in seeing_servers().await {
        let first = server.upload("a.png", portrait.clone()).await;
        server.upload("b.jpg", copy_of(&portrait)).await;
        server.settle().await;
        let found = people(&server).await;
        assert_eq!(found.len(), 1, "{found:?}");
        let id = found[0]["id"].as_str().unwrap();
        let pictures = server.get(&format!("/people/{id}/statistics")).await;
        assert_eq!(pictures["assets"], 2);
        let (status, picture) = server.bytes(&format!("/people/{id}/thumbnail")).await;
        assert_eq!(status, StatusCode::OK);
        let size = turbojpeg::read_header(&picture).unwrap();
        assert_eq!(size.width, size.height);

        // A name stays with the faces, also when all nameless people are made afresh.
        let name = json!({"name": "Eileen"});
        server
            .call(Method::PUT, &format!("/people/{id}"), Some(name))
            .await;
        cluster_afresh(&server).await;
        assert_eq!(pictures_of(&server, id).await, 2);
        // What is put apart stays apart, and what is put together together.
        let (_, other) = server
            .call(Method::POST, "/people", Some(json!({"name": "Ada"})))
            .await;
        let other = other["id"].as_str().unwrap();
        let apart = json!({"data": [{"assetId": first, "personId": id}]});
        let path = format!("/people/{other}/reassign");
        let (status, answer) = server.call(Method::PUT, &path, Some(apart)).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        cluster_afresh(&server).await;
        assert_eq!(pictures_of(&server, id).await, 1);
        assert_eq!(pictures_of(&server, other).await, 1);
        let path = format!("/people/{id}/merge");
        let (status, answer) = server
            .call(Method::POST, &path, Some(json!({"ids": [other]})))
            .await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        cluster_afresh(&server).await;
        assert_eq!(pictures_of(&server, id).await, 2);
        // A face that is none is not found again.
        let faces = server.get(&format!("/faces?id={first}")).await;
        let face = faces[0]["id"].as_str().unwrap();
        let (status, _) = server
            .call(
                Method::DELETE,
                &format!("/faces/{face}"),
                Some(json!({"force": false})),
            )
            .await;
        assert_eq!(status, StatusCode::NO_CONTENT);
        let again = json!({"assetIds": [first], "name": "refresh-faces"});
        server.call(Method::POST, "/assets/jobs", Some(again)).await;
        server.settle().await;
        let faces = server.get(&format!("/faces?id={first}")).await;
        assert_eq!(faces.as_array().unwrap().len(), 0);
        let found = people(&server).await;
        assert_eq!(found.len(), 1);
        assert_eq!(found[0]["name"], "Eileen");
    }
}

#[tokio::test]
async fn a_wish_for_people_made_afresh_outlasts_a_plain_one() {
    let Some(portrait) = photo("astronaut.png") else {
        return;
    };
    for server in seeing_servers().await {
        server.upload("a.png", portrait.clone()).await;
        server.upload("b.jpg", copy_of(&portrait)).await;
        server.settle().await;
        // One of the two faces is somebody else without a name, as clustering of before may have left it.
        let named = json!({"name": "Twin"});
        let (_, twin) = server.call(Method::POST, "/people", Some(named)).await;
        let parted = server
            .write(
                "update faces set person_id = (select id from people where name = $1)
                 where asset_id = (select id from assets where original_name = 'b.jpg')",
                "Twin",
            )
            .await;
        assert_eq!(parted, 1);
        let twin = format!("/people/{}", twin["id"].as_str().unwrap());
        let nameless = json!({"name": ""});
        server.call(Method::PUT, &twin, Some(nameless)).await;
        for force in [false, true, false] {
            let body = json!({"command": "start", "force": force});
            let path = "/jobs/facialRecognition";
            let (status, answer) = server.call(Method::PUT, path, Some(body)).await;
            assert_eq!(status, StatusCode::OK, "{answer}");
        }
        server.settle().await;
        let found = people(&server).await;
        assert_eq!(found.len(), 1, "{found:?}");
    }
}

fn members(group: &Value) -> usize {
    group["assets"].as_array().unwrap().len()
}

#[tokio::test]
async fn copies_are_found_and_resolved() {
    let (Some(cat), Some(coffee)) = (photo("chelsea.png"), photo("coffee.png")) else {
        return;
    };
    for server in seeing_servers().await {
        let original = server.upload("cat.png", cat.clone()).await;
        let copy = server.upload("copy.jpg", copy_of(&cat)).await;
        let other = server.upload("coffee.png", coffee.clone()).await;
        server.settle().await;
        // A group of before that would not come to be today.
        let group = server.get("/duplicates").await[0]["duplicateId"].clone();
        let joined = json!({"ids": [other], "duplicateId": group});
        let (status, answer) = server.call(Method::PUT, "/assets", Some(joined)).await;
        assert_eq!(status, StatusCode::NO_CONTENT, "{answer}");
        assert_eq!(members(&server.get("/duplicates").await[0]), 3);
        do_again(&server, "duplicateDetection").await;
        let groups = server.get("/duplicates").await;
        let groups = groups.as_array().unwrap();
        assert_eq!(groups.len(), 1, "{groups:?}");
        assert_eq!(members(&groups[0]), 2);
        assert_eq!(groups[0]["suggestedKeepAssetIds"], json!([original]));
        let group = groups[0]["duplicateId"].as_str().unwrap();
        let wanted = json!({"groups": [
            {"duplicateId": group, "keepAssetIds": [original], "trashAssetIds": [copy]}
        ]});
        let (status, answer) = server
            .call(Method::POST, "/duplicates/resolve", Some(wanted))
            .await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(answer[0]["success"], true);
        assert_eq!(server.get("/duplicates").await, json!([]));
        assert_eq!(
            server.get(&format!("/assets/{copy}")).await["isTrashed"],
            true
        );
        // The cat is known for a cat.
        let (status, labels) = server.bytes(&format!("/assets/{original}/labels")).await;
        assert_eq!(status, StatusCode::OK);
        let labels: Value = serde_json::from_slice(&labels).unwrap();
        assert!(labels.is_array(), "{labels}");
    }
}

#[tokio::test]
async fn a_moment_in_a_video_has_a_vector_of_its_own() {
    let (Some(page), Some(portrait)) = (photo("page.png"), photo("astronaut.png")) else {
        return;
    };
    for mut server in seeing_servers().await {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("page.png"), &page).unwrap();
        std::fs::write(path("portrait.png"), &portrait).unwrap();
        let filter =
            "[0]scale=320:240,setsar=1[a];[1]scale=320:240,setsar=1[b];[a][b]concat,format=yuv420p";
        let status = std::process::Command::new("ffmpeg")
            .current_dir(folder.path())
            .args(["-v", "error", "-loop", "1", "-t", "3", "-i", "page.png"])
            .args(["-loop", "1", "-t", "3", "-i", "portrait.png"])
            .args(["-filter_complex", filter, "film.mp4"])
            .status()
            .unwrap();
        assert!(status.success());
        let film = std::fs::read(path("film.mp4")).unwrap();
        let film = server.upload("film.mp4", film).await;
        let still = server.upload("portrait.png", portrait.clone()).await;
        server.settle().await;
        if !server.is_on_sqlite() {
            continue;
        }
        let still = vectors(&server, &still).await.remove(0).1;
        let moments = vectors(&server, &film).await;
        let alike = |vector: &[f32]| vector.iter().zip(&still).map(|(a, b)| a * b).sum::<f32>();
        let best = moments
            .iter()
            .max_by(|a, b| alike(&a.1).total_cmp(&alike(&b.1)))
            .unwrap();
        assert!((3000..6000).contains(&best.0), "{}", best.0);
        assert!(alike(&best.1) > alike(&moments[0].1) + 0.2);

        // A video that came before there were moments gets them.
        let mut database = database(&server).await;
        for statement in [
            "delete from embeddings where moment_ms > 0",
            "update asset_stages set wanted_version = 1, done_version = 1 where stage = 'embed'",
            "delete from system_settings where key = 'stage-versions'",
        ] {
            sqlx::query(statement).execute(&mut database).await.unwrap();
        }
        assert_eq!(vectors(&server, &film).await.len(), 1);
        server.kill_and_restart();
        let start = std::time::Instant::now();
        while vectors(&server, &film).await.len() < moments.len() {
            assert!(start.elapsed().as_secs() < 60);
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
    }
}

#[tokio::test]
async fn a_crowd_is_found_and_strange_pictures_are_looked_at() {
    let Some(portrait) = photo("astronaut.png") else {
        return;
    };
    let face = image::load_from_memory(&portrait).unwrap();
    let face = face.crop_imm(140, 20, 170, 170).resize_exact(
        96,
        96,
        image::imageops::FilterType::Triangle,
    );
    // 300 faces, each a little otherwise: the same is nobody's twin.
    let mut crowd = image::RgbImage::new(20 * 96, 15 * 96);
    for place in 0..300u32 {
        let shade = i32::try_from(place % 7).unwrap() * 6 - 18;
        let one = face.brighten(shade).to_rgb8();
        let (x, y) = (i64::from(place % 20 * 96), i64::from(place / 20 * 96));
        image::imageops::replace(&mut crowd, &one, x, y);
    }
    let png = |picture: image::RgbImage| {
        let mut bytes = std::io::Cursor::new(Vec::new());
        picture
            .write_to(&mut bytes, image::ImageFormat::Png)
            .unwrap();
        bytes.into_inner()
    };
    for server in seeing_servers().await {
        let crowded = server.upload("crowd.png", png(crowd.clone())).await;
        let strange = [(1, 1), (20_000, 200), (3, 4_000)];
        let mut ids = Vec::new();
        for (width, height) in strange {
            let plain = image::RgbImage::from_pixel(width, height, image::Rgb([90, 120, 60]));
            let name = format!("{width}x{height}.png");
            ids.push(server.upload(&name, png(plain)).await);
        }
        server.settle().await;
        let faces = server.get(&format!("/faces?id={crowded}")).await;
        let count = faces.as_array().unwrap().len();
        assert!(count >= 200, "{count}");
        for queue in server.get("/jobs").await.as_object().unwrap().values() {
            assert_eq!(queue["jobCounts"]["failed"], 0, "{queue}");
        }
        for id in ids {
            assert_eq!(server.get(&format!("/faces?id={id}")).await, json!([]));
            assert_eq!(server.get(&format!("/assets/{id}/ocr")).await, json!([]));
            if server.is_on_sqlite() {
                assert_eq!(vectors(&server, &id).await.len(), 1);
            }
        }
    }
}

/// The database of a server that keeps its rows in SQLite.
async fn database(server: &Server) -> sqlx::SqliteConnection {
    let path = server.data.path().join("heirloom.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
    sqlx::ConnectOptions::connect(&options).await.unwrap()
}

/// What an asset means, at each of its milliseconds.
async fn vectors(server: &Server, id: &str) -> Vec<(i64, Vec<f32>)> {
    let mut database = database(server).await;
    let id: uuid::Uuid = id.parse().unwrap();
    let query = "select moment_ms, vector from embeddings where asset_id = $1 order by moment_ms";
    let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as(query)
        .bind(id.as_bytes().as_slice())
        .fetch_all(&mut database)
        .await
        .unwrap();
    let numbers = |bytes: &Vec<u8>| heirloom_store::embeddings::from_bytes(bytes);
    rows.iter()
        .map(|(at, bytes)| (*at, numbers(bytes)))
        .collect()
}
