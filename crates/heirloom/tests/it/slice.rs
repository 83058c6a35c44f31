//! The main job: photos go in, are understood, and come back as a timeline.

use reqwest::{Method, StatusCode, header};
use serde_json::json;

use crate::{media, server::servers};

#[tokio::test]
async fn a_photo_is_kept_understood_and_shown() {
    for server in servers().await {
        let bytes = media::jpeg_with_exif(400, 300, 7, 6, "2021:06:07 08:09:10", "+02:00");
        let id = server.upload("sunset.jpg", bytes.clone()).await;
        server.settle().await;

        let asset = server.get(&format!("/assets/{id}")).await;
        assert_eq!(asset["fileCreatedAt"], "2021-06-07T06:09:10.000Z");
        assert_eq!(asset["localDateTime"], "2021-06-07T08:09:10.000Z");
        assert_eq!(
            (&asset["width"], &asset["height"]),
            (&json!(300), &json!(400))
        );
        assert_eq!(asset["exifInfo"]["exifImageWidth"], 400);
        assert_eq!(asset["exifInfo"]["timeZone"], "UTC+2");
        assert_eq!(
            asset["originalPath"],
            "originals/admin/2021/2021-06-07/sunset.jpg"
        );
        assert_eq!(
            std::fs::read(
                server
                    .data
                    .path()
                    .join(asset["originalPath"].as_str().unwrap())
            )
            .unwrap(),
            bytes
        );

        let buckets = server.get("/timeline/buckets").await;
        assert_eq!(buckets, json!([{"timeBucket": "2021-06-01", "count": 1}]));
        let bucket = server.get("/timeline/bucket?timeBucket=2021-06-01").await;
        assert_eq!(bucket["id"], json!([id]));
        assert_eq!(bucket["ratio"], json!([0.75]));
        assert_eq!(bucket["localOffsetHours"], json!([2.0]));

        let (status, preview) = server
            .bytes(&format!("/assets/{id}/thumbnail?size=preview"))
            .await;
        assert_eq!(status, StatusCode::OK);
        let shown = turbojpeg::decompress(&preview, turbojpeg::PixelFormat::RGB).unwrap();
        assert_eq!((shown.width, shown.height), (300, 400));
        // Turned clockwise, the dark left half is on top.
        assert!(shown.pixels[3 * 150] < 60 && shown.pixels[shown.pitch * 399 + 3 * 150] > 200);
        let (status, original) = server.bytes(&format!("/assets/{id}/original")).await;
        assert_eq!((status, original), (StatusCode::OK, bytes.clone()));

        let (status, answer) = server.try_upload("again.jpg", bytes).await.unwrap();
        assert_eq!(
            (status, &answer["status"], &answer["id"]),
            (StatusCode::OK, &json!("duplicate"), &json!(id))
        );
        let metrics = server
            .client
            .get(format!("{}/metrics", server.address))
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        assert!(
            metrics.contains("heirloom_media_decodes_total 1\n"),
            "{metrics}"
        );
    }
}

#[tokio::test]
async fn files_are_served_in_parts_and_cached() {
    let server = servers().await.swap_remove(0);
    let bytes = media::jpeg(200, 100, 5);
    let id = server.upload("a.jpg", bytes.clone()).await;
    let url = format!(
        "{}/api/assets/{id}/original?apiKey={}",
        server.address, server.key
    );
    let part = server
        .client
        .get(&url)
        .header(header::RANGE, "bytes=10-19")
        .send()
        .await
        .unwrap();
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(
        part.headers()[header::CONTENT_RANGE],
        format!("bytes 10-19/{}", bytes.len())
    );
    let tag = part.headers()[header::ETAG].clone();
    assert_eq!(part.bytes().await.unwrap(), bytes[10..20]);
    let known = server
        .client
        .get(&url)
        .header(header::IF_NONE_MATCH, tag)
        .send()
        .await
        .unwrap();
    assert_eq!(known.status(), StatusCode::NOT_MODIFIED);
    let beyond = server
        .client
        .get(&url)
        .header(header::RANGE, "bytes=9999999-")
        .send()
        .await
        .unwrap();
    assert_eq!(beyond.status(), StatusCode::RANGE_NOT_SATISFIABLE);
}

#[tokio::test]
async fn a_client_that_asks_first_sends_nothing_twice() {
    let server = servers().await.swap_remove(0);
    let bytes = media::jpeg(50, 50, 1);
    let id = server.upload("a.jpg", bytes.clone()).await;
    let sha1 = {
        use sha1::Digest;
        hex::encode(sha1::Sha1::digest(&bytes))
    };
    let body = json!({"assets": [{"id": "x", "checksum": sha1}, {"id": "y", "checksum": "00".repeat(20)}]});
    let (_, answer) = server
        .call(Method::POST, "/assets/bulk-upload-check", Some(body))
        .await;
    let expected = json!([
        {"id": "x", "action": "reject", "reason": "duplicate", "assetId": id, "isTrashed": false},
        {"id": "y", "action": "accept"},
    ]);
    assert_eq!(answer["results"], expected);
    // Answered before the body, which never comes.
    let request = server
        .client
        .post(format!("{}/api/assets", server.address))
        .header("x-api-key", &server.key);
    let answer = request
        .header("x-immich-checksum", sha1)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
}

#[tokio::test]
async fn edits_go_to_a_sidecar_and_survive_reading_the_file_again() {
    let server = servers().await.swap_remove(0);
    let bytes = media::jpeg_with_exif(80, 60, 7, 1, "2021:06:07 08:09:10", "+02:00");
    let id = server.upload("a.jpg", bytes.clone()).await;
    server.settle().await;
    let change = json!({"description": "On the pier", "rating": 4, "latitude": 52.5, "longitude": 13.4,
        "dateTimeOriginal": "1999-12-31T23:59:00.000+01:00"});
    server
        .call(Method::PUT, &format!("/assets/{id}"), Some(change))
        .await;
    server.settle().await;
    let asset = server.get(&format!("/assets/{id}")).await;
    assert_eq!(asset["exifInfo"]["description"], "On the pier");
    assert_eq!(asset["exifInfo"]["rating"], 4);
    assert_eq!(asset["exifInfo"]["latitude"], 52.5);
    assert_eq!(asset["localDateTime"], "1999-12-31T23:59:00.000Z");
    let sidecars: Vec<_> = server
        .files("originals")
        .into_iter()
        .filter(|path| path.extension().is_some_and(|e| e == "xmp"))
        .collect();
    let text = std::fs::read_to_string(&sidecars[0]).unwrap();
    assert!(
        text.contains("On the pier") && text.contains("1999-12-31T23:59:00.000+01:00"),
        "{text}"
    );
    let (_, original) = server.bytes(&format!("/assets/{id}/original")).await;
    assert_eq!(original, bytes);
}

#[tokio::test]
async fn the_trash_gives_back_and_forgets_for_good() {
    for server in servers().await {
        let id = server.upload("a.jpg", media::jpeg(50, 50, 1)).await;
        server.settle().await;
        let ids = json!({"ids": [id]});
        let (status, _) = server
            .call(Method::DELETE, "/assets", Some(ids.clone()))
            .await;
        assert_eq!(status, StatusCode::NO_CONTENT);
        assert_eq!(server.get("/timeline/buckets").await, json!([]));
        assert_eq!(
            server.get("/timeline/buckets?isTrashed=true").await[0]["count"],
            1
        );
        let (_, answer) = server
            .call(Method::POST, "/trash/restore/assets", Some(ids.clone()))
            .await;
        assert_eq!(answer["count"], 1);
        assert_eq!(server.get("/timeline/buckets").await[0]["count"], 1);
        server.call(Method::DELETE, "/assets", Some(ids)).await;
        let (_, answer) = server.call(Method::POST, "/trash/empty", None).await;
        assert_eq!(answer["count"], 1);
        let (status, _) = server
            .call(Method::GET, &format!("/assets/{id}"), None)
            .await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
    }
}

#[tokio::test]
async fn a_paused_stage_waits_and_goes_on() {
    for server in servers().await {
        let (_, queue) = server
            .call(
                Method::PUT,
                "/jobs/thumbnailGeneration",
                Some(json!({"command": "pause", "force": false})),
            )
            .await;
        assert_eq!(queue["queueStatus"]["isPaused"], true);
        let id = server
            .upload(
                "a.jpg",
                media::jpeg_with_exif(50, 50, 1, 1, "2021:06:07 08:09:10", "Z"),
            )
            .await;
        let start = std::time::Instant::now();
        while server.get(&format!("/assets/{id}")).await["exifInfo"]["dateTimeOriginal"].is_null() {
            assert!(start.elapsed().as_secs() < 60, "other stages go on");
        }
        let queues = server.get("/jobs").await;
        assert_eq!(queues["thumbnailGeneration"]["jobCounts"]["paused"], 1);
        let (status, _) = server.bytes(&format!("/assets/{id}/thumbnail")).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        server
            .call(
                Method::PUT,
                "/jobs/thumbnailGeneration",
                Some(json!({"command": "resume", "force": false})),
            )
            .await;
        server.settle().await;
        let (status, _) = server.bytes(&format!("/assets/{id}/thumbnail")).await;
        assert_eq!(status, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_motion_photo_moves_and_goes_as_one() {
    let server = servers().await.swap_remove(0);
    let video = media::video();
    let bytes = media::motion_photo(&media::jpeg(80, 60, 3), &video);
    let id = server.upload("moving.jpg", bytes.clone()).await;
    server.settle().await;
    let asset = server.get(&format!("/assets/{id}")).await;
    let part = asset["livePhotoVideoId"]
        .as_str()
        .expect("the still has a moving part")
        .to_owned();
    let (status, played) = server
        .bytes(&format!("/assets/{part}/video/playback"))
        .await;
    assert_eq!(status, StatusCode::OK);
    assert!(played == video);
    assert_eq!(server.get("/timeline/buckets").await[0]["count"], 1);
    let (_, original) = server.bytes(&format!("/assets/{id}/original")).await;
    assert!(original == bytes);
    server
        .call(
            Method::DELETE,
            "/assets",
            Some(json!({"ids": [id], "force": true})),
        )
        .await;
    let (status, _) = server
        .call(Method::GET, &format!("/assets/{part}"), None)
        .await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}
