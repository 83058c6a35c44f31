//! What others see of somebody's library, and what they never do.

use rand::{SeedableRng, rngs::StdRng};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    library::{be_partners, call, change, elevated, make_album, second, with_photos},
    media,
    phone::{Mishap, Phone},
    server::{Server, servers},
};

/// Lets an account upload.
async fn with_key(mut other: Server) -> Server {
    let key = json!({"name": "a key", "permissions": ["all"]});
    let key = call(&other, Method::POST, "/api-keys", key, StatusCode::CREATED).await;
    key["secret"].as_str().unwrap().clone_into(&mut other.key);
    other
}

async fn found(server: &Server, filter: Value) -> Vec<String> {
    let path = "/search/metadata";
    let answer = call(server, Method::POST, path, filter, StatusCode::OK).await;
    let items = answer["assets"]["items"].as_array().unwrap().iter();
    items
        .map(|item| item["id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_search_finds_of_partners_what_they_show() {
    for server in servers().await {
        let ids = with_photos(&server).await;
        let (bob, other) = second(&server).await;
        be_partners(&server, &bob, &other).await;
        let all = json!({});
        assert_eq!(found(&other, all.clone()).await.len(), 3);
        let archive = json!({"ids": [ids[0]], "visibility": "archive", "isFavorite": true});
        change(&server, Method::PUT, "/assets", archive).await;
        let like = json!({"ids": [ids[2]], "isFavorite": true});
        change(&server, Method::PUT, "/assets", like).await;
        let delete = json!({"ids": [ids[1]]});
        change(&server, Method::DELETE, "/assets", delete).await;
        for (filter, own, foreign) in [
            (all, 2, 1),
            (json!({"withDeleted": true}), 3, 1),
            (json!({"trashedAfter": "2020-01-01T00:00:00.000Z"}), 1, 0),
            (json!({"isFavorite": true}), 2, 0),
            (json!({"visibility": "archive"}), 1, 0),
        ] {
            assert_eq!(found(&server, filter.clone()).await.len(), own, "{filter}");
            assert_eq!(
                found(&other, filter.clone()).await.len(),
                foreign,
                "{filter}"
            );
            let statistics = call(
                &other,
                Method::POST,
                "/search/statistics",
                filter.clone(),
                StatusCode::OK,
            )
            .await;
            assert_eq!(statistics["total"], foreign, "{filter}");
        }
        let seen = other.get(&format!("/assets/{}", ids[2])).await;
        assert_eq!(seen["isFavorite"], false, "what she likes is her affair");
    }
}

#[tokio::test]
async fn of_whom_and_what_is_for_the_owner_alone() {
    for server in servers().await {
        let ids = with_photos(&server).await;
        let tag = json!({"name": "secret plans"});
        let tag = call(&server, Method::POST, "/tags", tag, StatusCode::CREATED).await;
        let path = format!("/tags/{}/assets", tag["id"].as_str().unwrap());
        change(&server, Method::PUT, &path, json!({"ids": [ids[0]]})).await;
        let anna = json!({"name": "Anna", "birthDate": "1990-01-02"});
        let anna = call(&server, Method::POST, "/people", anna, StatusCode::CREATED).await;
        let face = json!({
            "assetId": ids[0], "personId": anna["id"], "imageWidth": 64, "imageHeight": 48,
            "x": 10, "y": 10, "width": 20, "height": 20,
        });
        change(&server, Method::POST, "/faces", face).await;
        let own = server.get(&format!("/assets/{}", ids[0])).await;
        assert_eq!(own["people"][0]["name"], "Anna");
        assert_eq!(own["tags"][0]["value"], "secret plans");

        let (bob, other) = second(&server).await;
        let members = json!([{"userId": bob, "role": "viewer"}]);
        let album = json!({"albumName": "trip", "albumUsers": members, "assetIds": [ids[0]]});
        let album = make_album(&server, album).await;
        let link = json!({"type": "ALBUM", "albumId": album["id"], "showMetadata": false});
        let link = call(
            &server,
            Method::POST,
            "/shared-links",
            link,
            StatusCode::CREATED,
        )
        .await;
        let key = format!("?key={}", link["key"].as_str().unwrap());
        let visitor = server.without_credentials();
        for (who, more) in [(&other, ""), (&visitor, key.as_str())] {
            let seen = who.get(&format!("/assets/{}{more}", ids[0])).await;
            assert_eq!((&seen["people"], &seen["tags"]), (&json!([]), &json!([])));
        }
        let bare = visitor.get(&format!("/assets/{}{key}", ids[0])).await;
        assert_eq!(bare["hasMetadata"], false);
        assert_eq!(bare["originalPath"], "");
        assert_eq!(bare["originalFileName"], format!("{}.jpg", ids[0]));
        assert_eq!(bare["checksum"], "");
    }
}

#[tokio::test]
async fn a_link_without_metadata_gives_no_original_in_any_size() {
    let server = Server::start(None).await;
    let taken = "2024:05:06 07:08:09";
    let original = media::jpeg_with_position(64, 48, 1, taken, (52.5, 13.4));
    let id = server.upload("a.jpg", original.clone()).await;
    let place = [
        "-metadata",
        "comment=near +52.5000+013.4000",
        "-c:v",
        "libx264",
        "-pix_fmt",
        "yuv420p",
    ];
    let video = media::made_with("film.mp4", "testsrc=s=64x48:d=1", &place);
    let says_place = |bytes: &[u8]| bytes.windows(9).any(|part| part == b"+52.5000+");
    assert!(says_place(&video));
    let film = server.upload("film.mp4", video.clone()).await;
    server.settle().await;
    let own = server
        .bytes(&format!("/assets/{id}/thumbnail?size=fullsize"))
        .await;
    assert!(own.1 == original, "it is what a browser shows anyway");
    for (hidden, is_original) in [
        (json!({"allowDownload": false}), true),
        (json!({"showMetadata": false}), false),
    ] {
        let mut link = json!({"type": "INDIVIDUAL", "assetIds": [id, film]});
        link.as_object_mut()
            .unwrap()
            .extend(hidden.as_object().unwrap().clone());
        let path = "/shared-links";
        let link = call(&server, Method::POST, path, link, StatusCode::CREATED).await;
        let key = link["key"].as_str().unwrap();
        let visitor = server.without_credentials();
        for size in ["fullsize", "original", "preview", "thumbnail"] {
            let path = format!("/assets/{id}/thumbnail?size={size}&key={key}");
            let (status, bytes) = visitor.bytes(&path).await;
            assert_eq!(status, StatusCode::OK, "{size}");
            assert!(bytes != original, "{size} {hidden}");
        }
        server.settle().await;
        let playback = format!("/assets/{film}/video/playback?key={key}");
        let (status, played) = visitor.bytes(&playback).await;
        assert_eq!(status, StatusCode::OK, "{hidden}");
        assert_eq!(played == video, is_original, "{hidden}");
        assert_eq!(says_place(&played), is_original, "{hidden}");
    }
}

#[tokio::test]
async fn what_moves_in_a_photo_is_seen_where_the_photo_is() {
    for server in servers().await {
        let photo = media::samsung_motion_photo(&media::jpeg(80, 60, 3), &media::video());
        let still = server.upload("20240102_030405.jpg", photo).await;
        server.settle().await;
        let asset = server.get(&format!("/assets/{still}")).await;
        let part = asset["livePhotoVideoId"].as_str().unwrap().to_owned();
        let (bob, other) = second(&server).await;
        be_partners(&server, &bob, &other).await;
        let mut phone = Phone::new(&other.address, "bob@example.org", "battery staple").await;
        let mut rng = StdRng::seed_from_u64(1);
        let play = format!("/assets/{part}/video/playback");
        assert_eq!(other.bytes(&play).await.0, StatusCode::OK);
        phone.sync(&mut rng, Mishap::None).await;
        assert!(phone.holds().await.iter().any(|row| row.contains(&part)));

        let elevated = elevated(&server).await;
        for visibility in ["archive", "locked"] {
            let away = json!({"ids": [still], "visibility": visibility});
            change(&elevated, Method::PUT, "/assets", away).await;
            assert_eq!(other.bytes(&play).await.0, StatusCode::BAD_REQUEST);
            phone.sync(&mut rng, Mishap::None).await;
            assert!(!phone.holds().await.iter().any(|row| row.contains(&part)));
        }
        // Her own session has not given the PIN.
        assert_eq!(server.bytes(&play).await.0, StatusCode::BAD_REQUEST);
        let hidden = json!({"visibility": "hidden"});
        assert_eq!(found(&server, hidden.clone()).await.len(), 0);
        assert_eq!(found(&elevated, hidden).await, std::slice::from_ref(&part));
        let months = server.get("/timeline/buckets?visibility=hidden").await;
        let month = months[0]["timeBucket"].as_str().unwrap();
        let month = format!("/timeline/bucket?timeBucket={month}&visibility=hidden");
        assert_eq!(server.get(&month).await["id"], json!([]));
        assert_eq!(elevated.get(&month).await["id"], json!([part]));
        let out = json!({"ids": [part], "visibility": "timeline"});
        let (status, _) = server.call(Method::PUT, "/assets", Some(out)).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert_eq!(elevated.bytes(&play).await.0, StatusCode::OK);
        let back = json!({"ids": [still], "visibility": "timeline"});
        change(&elevated, Method::PUT, "/assets", back).await;
        assert_eq!(other.bytes(&play).await.0, StatusCode::OK);
        phone.sync(&mut rng, Mishap::None).await;
        assert!(phone.holds().await.iter().any(|row| row.contains(&part)));
    }
}

#[tokio::test]
async fn a_closed_account_is_seen_by_nobody_until_it_is_restored() {
    for server in servers().await {
        let ids = with_photos(&server).await;
        let (bob, other) = second(&server).await;
        let other = with_key(other).await;
        be_partners(&server, &bob, &other).await;
        let me = server.get("/users/me").await["id"].clone();
        be_partners(&other, me.as_str().unwrap(), &server).await;
        let his = other.upload("his.jpg", media::jpeg(60, 40, 90)).await;
        let lent = other.upload("lent.jpg", media::jpeg(60, 40, 91)).await;
        server.settle().await;
        let editor = json!([{"userId": bob, "role": "editor"}]);
        let hers = json!({"albumName": "hers", "albumUsers": editor, "assetIds": [ids[0]]});
        let hers = make_album(&server, hers).await["id"].clone();
        let hers = format!("/albums/{}", hers.as_str().unwrap());
        let path = format!("{hers}/assets");
        change(&other, Method::PUT, &path, json!({"ids": [lent]})).await;
        let viewer = json!([{"userId": me, "role": "viewer"}]);
        let own = json!({"albumName": "his", "albumUsers": viewer, "assetIds": [his]});
        let own = make_album(&other, own).await["id"].clone();
        let own = format!("/albums/{}", own.as_str().unwrap());
        let link = json!({"type": "INDIVIDUAL", "assetIds": [his]});
        let link = call(
            &other,
            Method::POST,
            "/shared-links",
            link,
            StatusCode::CREATED,
        )
        .await;
        let visit = format!("/shared-links/me?key={}", link["key"].as_str().unwrap());

        let mut rng = StdRng::seed_from_u64(1);
        let mut phone = Phone::new(&server.address, "ada@example.org", "correct horse").await;
        phone.sync(&mut rng, Mishap::None).await;
        let before = phone.holds().await;
        let account = format!("/admin/users/{bob}");
        change(&server, Method::DELETE, &account, json!({})).await;
        for (path, expected) in [
            (format!("/assets/{his}"), StatusCode::BAD_REQUEST),
            (format!("/assets/{lent}"), StatusCode::BAD_REQUEST),
            (own.clone(), StatusCode::BAD_REQUEST),
            (hers.clone(), StatusCode::OK),
        ] {
            let (status, answer) = server.call(Method::GET, &path, None).await;
            assert_eq!(status, expected, "{path}: {answer}");
        }
        let visitor = server.without_credentials();
        let (status, _) = visitor.call(Method::GET, &visit, None).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        // What a phone has and what a new one is sent fit together, and name nobody who is not there.
        phone.sync(&mut rng, Mishap::None).await;
        let mut new = Phone::new(&server.address, "ada@example.org", "correct horse").await;
        new.sync(&mut rng, Mishap::None).await;
        phone.assert_like(&mut new, "after closing").await;
        for gone in [&his, &lent] {
            assert!(!phone.holds().await.iter().any(|row| row.contains(gone)));
        }

        let restore = format!("{account}/restore");
        change(&server, Method::POST, &restore, json!({})).await;
        phone.sync(&mut rng, Mishap::None).await;
        assert_eq!(without_times(&phone.holds().await), without_times(&before));
        assert_eq!(
            server.get(&hers).await["albumUsers"]
                .as_array()
                .unwrap()
                .len(),
            2
        );
        assert_eq!(server.get(&own).await["assetCount"], 1);
        visitor.get(&visit).await;
    }
}

/// Rows without what restoring changes: when something was said last.
fn without_times(rows: &std::collections::BTreeSet<String>) -> Vec<String> {
    rows.iter()
        .map(|row| {
            row.split(['"', ',', ' '])
                .filter(|word| !word.starts_with("20"))
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect()
}

#[tokio::test]
async fn an_account_that_is_closed_for_good_leaves_nothing() {
    for server in servers().await {
        let (bob, other) = second(&server).await;
        let other = with_key(other).await;
        let his = other.upload("his.jpg", media::jpeg(60, 40, 90)).await;
        let tag = json!({"name": "his tag"});
        change(&other, Method::POST, "/tags", tag).await;
        make_album(&other, json!({"albumName": "his", "assetIds": [his]})).await;
        server.settle().await;
        let account = format!("/admin/users/{bob}");
        change(&server, Method::DELETE, &account, json!({"force": true})).await;
        let end = std::time::Instant::now() + std::time::Duration::from_mins(1);
        while server
            .call(Method::GET, &account, None)
            .await
            .0
            .is_success()
        {
            assert!(std::time::Instant::now() < end, "it is still there");
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        let everybody = server.get("/admin/users?withDeleted=true").await;
        assert_eq!(everybody.as_array().unwrap().len(), 1);
        // Their address is free again.
        second(&server).await;
    }
}
