//! Who was shown a photo in the timeline gets its thumbnail without the database being asked again; until the moment that
//! they may not see it any more.

use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::{
    library::{be_partners, call, change, elevated, make_album, second, with_photos},
    server::{Server, servers},
};

/// Longest that a change by another process may stay unnoticed, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Shows somebody the month of the first two photos; gives what they see.
async fn look(server: &Server, more: &str) -> Vec<String> {
    let path = format!("/timeline/bucket?timeBucket=2021-06-01&visibility=timeline{more}");
    let month = server.get(&path).await;
    let ids = month["id"].as_array().unwrap().iter();
    ids.map(|id| id.as_str().unwrap().to_owned()).collect()
}

async fn thumbnail(server: &Server, id: &str) -> StatusCode {
    server.bytes(&format!("/assets/{id}/thumbnail")).await.0
}

#[tokio::test]
async fn what_is_locked_or_deleted_goes_at_once() {
    for server in servers().await {
        let ids = with_photos(&server).await;
        assert_eq!(look(&server, "").await.len(), 2);
        for _ in 0..2 {
            assert_eq!(thumbnail(&server, &ids[0]).await, StatusCode::OK);
        }
        let lock = json!({"ids": [ids[0]], "visibility": "locked"});
        let elevated = elevated(&server).await;
        change(&elevated, Method::PUT, "/assets", lock).await;
        assert_eq!(thumbnail(&server, &ids[0]).await, StatusCode::BAD_REQUEST);
        assert_eq!(thumbnail(&server, &ids[1]).await, StatusCode::OK);
        // One session sees what another of the same person does not.
        let locked = "/timeline/bucket?timeBucket=2021-06-01&visibility=locked";
        assert_eq!(elevated.get(locked).await["id"], json!([ids[0]]));
        assert_eq!(thumbnail(&elevated, &ids[0]).await, StatusCode::OK);
        assert_eq!(thumbnail(&server, &ids[0]).await, StatusCode::BAD_REQUEST);
        look(&server, "").await;
        let delete = json!({"ids": [ids[1]], "force": true});
        change(&server, Method::DELETE, "/assets", delete).await;
        assert_eq!(thumbnail(&server, &ids[1]).await, StatusCode::BAD_REQUEST);
    }
}

#[tokio::test]
async fn what_others_show_no_more_goes_at_once() {
    for server in servers().await {
        let ids = with_photos(&server).await;
        let (bob, other) = second(&server).await;
        be_partners(&server, &bob, &other).await;
        assert_eq!(look(&other, "&withPartners=true").await.len(), 2);
        assert_eq!(thumbnail(&other, &ids[0]).await, StatusCode::OK);
        let path = format!("/partners/{bob}");
        call(
            &server,
            Method::DELETE,
            &path,
            json!({}),
            StatusCode::NO_CONTENT,
        )
        .await;
        assert_eq!(thumbnail(&other, &ids[0]).await, StatusCode::BAD_REQUEST);

        let new = json!({"albumName": "Shown", "assetIds": ids, "albumUsers": [{"userId": bob, "role": "viewer"}]});
        let album = make_album(&server, new).await["id"]
            .as_str()
            .unwrap()
            .to_owned();
        assert_eq!(look(&other, &format!("&albumId={album}")).await.len(), 2);
        assert_eq!(thumbnail(&other, &ids[0]).await, StatusCode::OK);
        let path = format!("/albums/{album}/assets");
        change(&server, Method::DELETE, &path, json!({"ids": [ids[0]]})).await;
        assert_eq!(thumbnail(&other, &ids[0]).await, StatusCode::BAD_REQUEST);
        assert_eq!(thumbnail(&other, &ids[1]).await, StatusCode::OK);
        look(&other, &format!("&albumId={album}")).await;
        let path = format!("/albums/{album}/user/{bob}");
        call(
            &server,
            Method::DELETE,
            &path,
            json!({}),
            StatusCode::NO_CONTENT,
        )
        .await;
        assert_eq!(thumbnail(&other, &ids[1]).await, StatusCode::BAD_REQUEST);
    }
}

#[tokio::test]
async fn what_another_process_takes_away_goes_within_seconds() {
    for server in servers().await {
        let ids = with_photos(&server).await;
        let node = server.another();
        look(&node, "").await;
        assert_eq!(thumbnail(&node, &ids[0]).await, StatusCode::OK);
        let lock = json!({"ids": [ids[0]], "visibility": "locked"});
        change(&elevated(&server).await, Method::PUT, "/assets", lock).await;
        let since = Instant::now();
        while thumbnail(&node, &ids[0]).await == StatusCode::OK {
            assert!(since.elapsed() < PATIENCE, "it is still shown");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}
