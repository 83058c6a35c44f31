//! Pictures that move, and what people say about which video moves them.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    library::{change, second},
    media,
    server::{Server, servers},
};

async fn shown(server: &Server) -> i64 {
    let months = server.get("/timeline/buckets?visibility=timeline").await;
    let counts = months.as_array().unwrap().iter();
    counts.map(|month| month["count"].as_i64().unwrap()).sum()
}

#[tokio::test]
async fn a_video_becomes_the_moving_part_of_a_picture_and_is_one_again() {
    for server in servers().await {
        let still = server.upload("still.jpg", media::jpeg(64, 48, 1)).await;
        let video = server.upload("clip.mp4", media::video()).await;
        server.settle().await;
        assert_eq!(shown(&server).await, 2);
        let path = format!("/assets/{still}");
        let part = format!("/assets/{video}");
        let moves = json!({"livePhotoVideoId": video});
        change(&server, Method::PUT, &path, moves.clone()).await;
        assert_eq!(server.get(&path).await["livePhotoVideoId"], json!(video));
        assert_eq!(server.get(&part).await["visibility"], "hidden");
        assert_eq!(shown(&server).await, 1);
        // Nothing is said of it.
        change(&server, Method::PUT, &path, json!({"isFavorite": true})).await;
        assert_eq!(server.get(&path).await["livePhotoVideoId"], json!(video));
        let alone = json!({"livePhotoVideoId": null});
        change(&server, Method::PUT, &path, alone).await;
        assert_eq!(server.get(&path).await["livePhotoVideoId"], Value::Null);
        assert_eq!(server.get(&part).await["visibility"], "timeline");
        assert_eq!(shown(&server).await, 2);
        refuses_what_cannot_move(&server, &still, &video).await;
    }
}

async fn refuses_what_cannot_move(server: &Server, still: &str, video: &str) {
    let (_, bob) = second(server).await;
    let bobs = crate::access::key_for(&bob, &["all"]).await;
    let foreign = bobs.upload("bobs.mp4", media::video()).await;
    for (asset, part) in [
        (still, still),
        (video, video),
        (still, foreign.as_str()),
        (still, crate::access::NOBODY),
    ] {
        let body = json!({"livePhotoVideoId": part});
        let path = format!("/assets/{asset}");
        let (status, answer) = server.call(Method::PUT, &path, Some(body)).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{answer}");
    }
    assert_eq!(shown(server).await, 2);
}

#[tokio::test]
async fn what_is_said_of_a_picture_is_copied_to_another() {
    for server in servers().await {
        let from = server.upload("from.jpg", media::jpeg(64, 48, 1)).await;
        let to = server.upload("to.jpg", media::jpeg(64, 48, 2)).await;
        server.settle().await;
        let said = json!({
            "description": "the lake", "rating": 4, "latitude": 48.1, "longitude": 11.5,
            "dateTimeOriginal": "2019-05-06T07:08:09.000+02:00",
        });
        change(&server, Method::PUT, &format!("/assets/{from}"), said).await;
        let later = json!({"description": "the lake at dawn"});
        server.settle().await;
        change(&server, Method::PUT, &format!("/assets/{from}"), later).await;
        let copy = json!({"sourceId": from, "targetId": to, "sidecar": false});
        change(&server, Method::PUT, "/assets/copy", copy).await;
        let facts = server.get(&format!("/assets/{to}")).await;
        assert_eq!(facts["exifInfo"]["rating"], Value::Null);
        let copy = json!({"sourceId": from, "targetId": to});
        change(&server, Method::PUT, "/assets/copy", copy).await;
        server.settle().await;
        let (source, target) = (
            server.get(&format!("/assets/{from}")).await,
            server.get(&format!("/assets/{to}")).await,
        );
        assert_eq!(target["exifInfo"]["description"], "the lake at dawn");
        for fact in ["rating", "latitude", "city", "dateTimeOriginal", "timeZone"] {
            let (source, target) = (&source["exifInfo"][fact], &target["exifInfo"][fact]);
            assert!(!target.is_null(), "{fact}");
            assert_eq!(source, target, "{fact}");
        }
        assert_eq!(source["localDateTime"], target["localDateTime"]);
    }
}
