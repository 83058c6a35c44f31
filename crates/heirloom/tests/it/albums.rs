//! Albums with other people, partners, stacks, people by hand, memories.

#![expect(clippy::too_many_lines, reason = "each test is one story")]

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::{
    library::{call, count, make_album, second, with_photos},
    server::servers,
};

#[tokio::test]
async fn an_album_is_shared_commented_and_left() {
    for server in servers().await {
        let ids = with_photos(&server).await;
        let (bob_id, bob) = second(&server).await;
        let new = json!({"albumName": "été 🏖", "assetIds": [ids[0]]});
        let album = make_album(&server, new).await;
        let album = album["id"].as_str().unwrap().to_owned();
        let path = format!("/albums/{album}");
        let hidden = bob.call(Method::GET, &path, None).await;
        assert_eq!(hidden.0, StatusCode::BAD_REQUEST);
        let (status, _) = bob.bytes(&format!("/assets/{}/thumbnail", ids[0])).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);

        let people = json!({"albumUsers": [{"userId": bob_id, "role": "viewer"}]});
        let users = format!("{path}/users");
        call(&server, Method::PUT, &users, people.clone(), StatusCode::OK).await;
        let again = call(
            &server,
            Method::PUT,
            &users,
            people,
            StatusCode::BAD_REQUEST,
        )
        .await;
        assert_eq!(again["message"], "User already added");
        assert_eq!(bob.get(&path).await["assetCount"], 1);
        let (status, _) = bob.bytes(&format!("/assets/{}/thumbnail", ids[0])).await;
        assert_eq!(status, StatusCode::OK);
        let (status, _) = bob.bytes(&format!("/assets/{}/thumbnail", ids[1])).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        // A viewer looks and does not change.
        let body = json!({"ids": [ids[0]]});
        let assets = format!("{path}/assets");
        call(
            &bob,
            Method::DELETE,
            &assets,
            body.clone(),
            StatusCode::BAD_REQUEST,
        )
        .await;
        call(
            &bob,
            Method::PATCH,
            &path,
            json!({"albumName": "x"}),
            StatusCode::BAD_REQUEST,
        )
        .await;

        let like = json!({"albumId": album, "type": "like"});
        call(
            &bob,
            Method::POST,
            "/activities",
            like.clone(),
            StatusCode::CREATED,
        )
        .await;
        let comment =
            json!({"albumId": album, "assetId": ids[0], "type": "comment", "comment": "مرحبا"});
        let said = call(
            &bob,
            Method::POST,
            "/activities",
            comment,
            StatusCode::CREATED,
        )
        .await;
        let counts = server
            .get(&format!("/activities/statistics?albumId={album}"))
            .await;
        assert_eq!(counts, json!({"comments": 1, "likes": 1}));
        let said = format!("/activities/{}", said["id"].as_str().unwrap());
        assert_eq!(
            server.call(Method::DELETE, &said, None).await.0,
            StatusCode::NO_CONTENT
        );

        let search = json!({"albumIds": [album]});
        let found = call(
            &bob,
            Method::POST,
            "/search/metadata",
            search,
            StatusCode::OK,
        )
        .await;
        assert_eq!(found["assets"]["items"][0]["id"], ids[0]);
        let role = format!("{path}/user/{bob_id}");
        call(
            &server,
            Method::PUT,
            &role,
            json!({"role": "editor"}),
            StatusCode::NO_CONTENT,
        )
        .await;
        let removed = call(&bob, Method::DELETE, &assets, body, StatusCode::OK).await;
        assert_eq!(removed[0]["success"], true);
        let me = format!("{path}/user/me");
        assert_eq!(
            bob.call(Method::DELETE, &me, None).await.0,
            StatusCode::NO_CONTENT
        );
        assert_eq!(bob.get("/albums").await, json!([]));
        let own = server.call(Method::DELETE, &me, None).await;
        assert_eq!(own.0, StatusCode::BAD_REQUEST);
        assert_eq!(server.get("/albums/statistics").await["owned"], 1);
    }
}

#[tokio::test]
async fn partners_stacks_people_and_memories_hang_together() {
    for server in servers().await {
        let ids = with_photos(&server).await;
        let (bob_id, bob) = second(&server).await;
        let body = json!({"sharedWithId": bob_id});
        let me = server.get("/users/me").await["id"]
            .as_str()
            .unwrap()
            .to_owned();
        call(
            &server,
            Method::POST,
            "/partners",
            body,
            StatusCode::CREATED,
        )
        .await;
        let own = json!({"sharedWithId": me});
        call(
            &server,
            Method::POST,
            "/partners",
            own,
            StatusCode::BAD_REQUEST,
        )
        .await;
        assert_eq!(
            bob.get("/partners?direction=shared-with").await[0]["id"],
            me
        );
        assert_eq!(count(&bob).await, 0);
        let shown = json!({"inTimeline": true});
        call(
            &bob,
            Method::PUT,
            &format!("/partners/{me}"),
            shown,
            StatusCode::OK,
        )
        .await;
        assert_eq!(count(&bob).await, 3);
        let archive = json!({"ids": [ids[0]], "visibility": "archive"});
        call(
            &server,
            Method::PUT,
            "/assets",
            archive,
            StatusCode::NO_CONTENT,
        )
        .await;
        let (status, _) = bob.bytes(&format!("/assets/{}/thumbnail", ids[0])).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);

        let body = json!({"assetIds": [ids[1], ids[2]]});
        let stack = call(&server, Method::POST, "/stacks", body, StatusCode::CREATED).await;
        assert_eq!(stack["assets"][0]["id"], ids[1]);
        let stack = format!("/stacks/{}", stack["id"].as_str().unwrap());
        let other = json!({"primaryAssetId": ids[2]});
        let changed = call(&server, Method::PUT, &stack, other, StatusCode::OK).await;
        assert_eq!(changed["assets"][0]["id"], ids[2]);
        assert_eq!(
            server.get(&format!("/assets/{}", ids[1])).await["stack"]["assetCount"],
            2
        );
        let months = server
            .get("/timeline/buckets?withStacked=true&visibility=timeline")
            .await;
        assert_eq!(months, json!([{"timeBucket": "2022-06-01", "count": 1}]));
        let copy = json!({"sourceId": ids[1], "targetId": ids[0]});
        call(
            &server,
            Method::PUT,
            "/assets/copy",
            copy,
            StatusCode::NO_CONTENT,
        )
        .await;
        let copied = server.get(&format!("/assets/{}", ids[0])).await;
        assert_eq!(copied["stack"]["assetCount"], 3);
        let stack = format!("/stacks/{}", copied["stack"]["id"].as_str().unwrap());
        let one = format!("{stack}/assets/{}", ids[1]);
        assert_eq!(
            server.call(Method::DELETE, &one, None).await.0,
            StatusCode::NO_CONTENT
        );
        let other = format!("{stack}/assets/{}", ids[0]);
        assert_eq!(
            server.call(Method::DELETE, &other, None).await.0,
            StatusCode::NO_CONTENT
        );
        assert_eq!(server.get("/stacks").await, json!([]));
        assert_eq!(
            server.get(&format!("/assets/{}/ocr", ids[0])).await,
            json!([])
        );
        server.get(&format!("/assets/{}/edits", ids[0])).await;

        let ann = json!({"name": "Ann Lee", "birthDate": "1987-06-05"});
        let ann = call(&server, Method::POST, "/people", ann, StatusCode::CREATED).await;
        let ann = ann["id"].as_str().unwrap().to_owned();
        let face = json!({"assetId": ids[1], "personId": ann, "imageWidth": 64, "imageHeight": 48,
                          "x": 1, "y": 2, "width": 10, "height": 12});
        call(&server, Method::POST, "/faces", face, StatusCode::CREATED).await;
        let outside = json!({"assetId": ids[1], "personId": ann, "imageWidth": 64, "imageHeight": 48,
                             "x": 60, "y": 2, "width": 10, "height": 12});
        call(
            &server,
            Method::POST,
            "/faces",
            outside,
            StatusCode::BAD_REQUEST,
        )
        .await;
        let faces = server.get(&format!("/faces?id={}", ids[1])).await;
        assert_eq!(faces[0]["person"]["name"], "Ann Lee");
        let search = json!({"personIds": [ann]});
        let found = call(
            &server,
            Method::POST,
            "/search/metadata",
            search,
            StatusCode::OK,
        )
        .await;
        assert_eq!(found["assets"]["items"][0]["people"][0]["id"], ann);
        assert_eq!(server.get("/search/person?name=lee").await[0]["id"], ann);
        let other = call(
            &server,
            Method::POST,
            "/people",
            json!({}),
            StatusCode::CREATED,
        )
        .await;
        let merge = json!({"ids": [ann, ann]});
        let path = format!("/people/{}/merge", other["id"].as_str().unwrap());
        let merged = call(&server, Method::POST, &path, merge, StatusCode::OK).await;
        assert_eq!(
            (&merged[0]["success"], &merged[1]["success"]),
            (&json!(true), &json!(false))
        );
        let people = server.get("/people").await;
        assert_eq!(
            (&people["total"], &people["people"][0]["name"]),
            (&json!(1), &json!("Ann Lee"))
        );

        let memory = json!({"type": "on_this_day", "data": {"year": 2021}, "assetIds": [ids[1]],
                            "memoryAt": "2021-06-07T00:00:00.000Z"});
        let memory = call(
            &server,
            Method::POST,
            "/memories",
            memory,
            StatusCode::CREATED,
        )
        .await;
        let memory = format!("/memories/{}", memory["id"].as_str().unwrap());
        let seen = json!({"isSaved": true, "seenAt": "2024-06-07T10:00:00.000Z"});
        call(&server, Method::PUT, &memory, seen, StatusCode::OK).await;
        assert_eq!(
            server
                .get("/memories?isSaved=true")
                .await
                .as_array()
                .unwrap()
                .len(),
            1
        );
        assert_eq!(server.get("/memories/statistics").await["total"], 1);
        let out = json!({"ids": [ids[1]]});
        call(
            &server,
            Method::DELETE,
            &format!("{memory}/assets"),
            out,
            StatusCode::OK,
        )
        .await;
        assert_eq!(
            server.call(Method::DELETE, &memory, None).await.0,
            StatusCode::NO_CONTENT
        );
    }
}
