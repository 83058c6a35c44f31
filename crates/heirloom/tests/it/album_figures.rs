//! What albums come to is kept in memory, and what people are told of an album that grows.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    library::{call, make_album, second, with_photos},
    server::{Server, servers},
};

/// What an album comes to: the list, which is kept, has to say of every album what its details say, which are counted
/// anew each time.
async fn figures(server: &Server, id: &Value) -> Value {
    let list = server.get("/albums").await;
    let mut found = Value::Null;
    for album in list.as_array().unwrap() {
        let details = server
            .get(&format!("/albums/{}", album["id"].as_str().unwrap()))
            .await;
        for what in [
            "assetCount",
            "startDate",
            "endDate",
            "lastModifiedAssetTimestamp",
            "albumThumbnailAssetId",
            "shared",
            "hasSharedLink",
        ] {
            assert_eq!(album[what], details[what], "{what}");
        }
        if album["id"] == *id {
            found = details;
        }
    }
    found
}

#[tokio::test]
async fn the_list_of_albums_follows_every_change_of_what_is_in_them() {
    for server in servers().await {
        let ids = with_photos(&server).await;
        let (bob_id, bob) = second(&server).await;
        let people = json!([{"userId": bob_id, "role": "editor"}]);
        let new = json!({"albumName": "a", "assetIds": [ids[0]], "albumUsers": people});
        let album = make_album(&server, new).await;
        let path = format!("/albums/{}", album["id"].as_str().unwrap());
        let other = json!({"albumName": "b", "assetIds": [ids[1], ids[2]], "albumUsers": people});
        make_album(&server, other).await;
        let assets = format!("{path}/assets");
        let steps = [
            (
                Method::PUT,
                assets.as_str(),
                json!({"ids": [ids[1], ids[2]]}),
                3,
            ),
            (
                Method::PUT,
                "/assets",
                json!({"ids": [ids[1]], "dateTimeOriginal": "2030-01-01T00:00:00.000Z"}),
                3,
            ),
            (
                Method::PUT,
                "/assets",
                json!({"ids": [ids[0]], "isFavorite": true}),
                3,
            ),
            (Method::DELETE, "/assets", json!({"ids": [ids[2]]}), 2),
            (Method::POST, "/trash/restore", json!({}), 3),
            (Method::DELETE, assets.as_str(), json!({"ids": [ids[1]]}), 2),
            (
                Method::PUT,
                "/assets",
                json!({"ids": [ids[0]], "visibility": "archive"}),
                2,
            ),
            (
                Method::DELETE,
                "/assets",
                json!({"ids": [ids[2]], "force": true}),
                1,
            ),
        ];
        for (method, path, body, count) in steps {
            let (status, answer) = server.call(method.clone(), path, Some(body.clone())).await;
            assert!(status.is_success(), "{method} {path} {body}: {answer}");
            server.settle().await;
            for reader in [&server, &bob] {
                assert_eq!(
                    figures(reader, &album["id"]).await["assetCount"],
                    count,
                    "{method} {path} {body}"
                );
            }
        }
        let link = json!({"type": "ALBUM", "albumId": album["id"]});
        call(
            &server,
            Method::POST,
            "/shared-links",
            link,
            StatusCode::CREATED,
        )
        .await;
        assert_eq!(figures(&bob, &album["id"]).await["hasSharedLink"], true);
    }
}

#[tokio::test]
async fn the_other_people_of_an_album_hear_once_that_it_has_grown() {
    for server in servers().await {
        let ids = with_photos(&server).await;
        let (bob_id, bob) = second(&server).await;
        let people = json!([{"userId": bob_id, "role": "editor"}]);
        let new = json!({"albumName": "Lake", "assetIds": [ids[0]], "albumUsers": people});
        let album = make_album(&server, new).await;
        let assets = format!("/albums/{}/assets", album["id"].as_str().unwrap());
        for id in &ids {
            call(
                &server,
                Method::PUT,
                &assets,
                json!({"ids": [id]}),
                StatusCode::OK,
            )
            .await;
        }
        let grown = "/notifications?type=AlbumUpdate";
        let told = bob.get(grown).await;
        assert_eq!(told.as_array().unwrap().len(), 1, "{told}");
        assert_eq!(
            told[0]["description"],
            "2 more photos are in the album Lake"
        );
        assert_eq!(told[0]["data"]["albumId"], album["id"]);
        assert_eq!(server.get(grown).await, json!([]), "who adds knows it");

        let read = json!({"ids": [told[0]["id"]], "readAt": "2026-01-01T00:00:00.000Z"});
        call(
            &bob,
            Method::PUT,
            "/notifications",
            read,
            StatusCode::NO_CONTENT,
        )
        .await;
        call(
            &server,
            Method::DELETE,
            &assets,
            json!({"ids": [ids[1]]}),
            StatusCode::OK,
        )
        .await;
        call(
            &server,
            Method::PUT,
            &assets,
            json!({"ids": [ids[1]]}),
            StatusCode::OK,
        )
        .await;
        let told = bob.get(&format!("{grown}&unread=true")).await;
        assert_eq!(
            told[0]["description"],
            "One more photo is in the album Lake"
        );
    }
}

#[tokio::test]
async fn cities_and_days_of_two_people_are_counted() {
    for server in servers().await {
        with_photos(&server).await;
        let (bob_id, bob) = second(&server).await;
        let ada = server.get("/users/me").await["id"].clone();
        let share = json!({"sharedWithId": bob_id});
        call(
            &server,
            Method::POST,
            "/partners",
            share,
            StatusCode::CREATED,
        )
        .await;
        let path = format!("/partners/{}", ada.as_str().unwrap());
        let shown = json!({"inTimeline": true});
        call(&bob, Method::PUT, &path, shown, StatusCode::OK).await;
        assert_eq!(bob.get("/search/cities").await, json!([]));
    }
}
