//! What people do with a library, operation by operation; every answer is held against the contract.

#![expect(clippy::too_many_lines, reason = "each test is one story")]

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    media,
    server::{Server, servers},
};

/// Calls and demands that status.
async fn call(
    server: &Server,
    method: Method,
    path: &str,
    body: Value,
    expected: StatusCode,
) -> Value {
    let (status, answer) = server.call(method.clone(), path, Some(body)).await;
    assert_eq!(status, expected, "{method} {path}: {answer}");
    answer
}

/// Three photos of three days, processed: the 6th and 7th of June 2021, and the 7th of June 2022.
async fn with_photos(server: &Server) -> Vec<String> {
    let mut ids = Vec::new();
    for (seed, taken) in [
        "2021:06:06 08:00:00",
        "2021:06:07 08:00:00",
        "2022:06:07 08:00:00",
    ]
    .into_iter()
    .enumerate()
    {
        let bytes = media::jpeg_with_exif(64, 48, seed as u8, 1, taken, "+00:00");
        ids.push(server.upload(&format!("photo {seed}.jpg"), bytes).await);
    }
    server.settle().await;
    ids
}

/// How many assets a search without conditions finds.
async fn count(server: &Server) -> i64 {
    let found = call(
        server,
        Method::POST,
        "/search/statistics",
        json!({}),
        StatusCode::OK,
    )
    .await;
    found["total"].as_i64().unwrap()
}

/// Makes an account and a client that acts as it.
async fn second(server: &Server) -> (String, Server) {
    let new = json!({"email": "Bob@Example.org", "name": "Bob", "password": "battery staple"});
    let made = call(
        server,
        Method::POST,
        "/admin/users",
        new.clone(),
        StatusCode::CREATED,
    )
    .await;
    assert_eq!(made["email"], "bob@example.org");
    let login = call(
        server,
        Method::POST,
        "/auth/login",
        new,
        StatusCode::CREATED,
    )
    .await;
    let bob = server.acting_as(login["accessToken"].as_str().unwrap());
    (made["id"].as_str().unwrap().to_owned(), bob)
}

#[tokio::test]
async fn photos_are_found_by_what_is_known_of_them() {
    for server in servers().await {
        let ids = with_photos(&server).await;
        let found = |filter: Value| {
            let server = &server;
            async move {
                let answer = call(
                    server,
                    Method::POST,
                    "/search/metadata",
                    filter,
                    StatusCode::OK,
                )
                .await;
                let items = answer["assets"]["items"].as_array().unwrap().clone();
                let ids: Vec<String> = items
                    .iter()
                    .map(|item| item["id"].as_str().unwrap().to_owned())
                    .collect();
                (ids, answer["assets"]["nextPage"].clone())
            }
        };
        let newest_first = vec![ids[2].clone(), ids[1].clone(), ids[0].clone()];
        assert_eq!(found(json!({})).await, (newest_first.clone(), Value::Null));
        assert_eq!(
            found(json!({"size": 2})).await,
            (newest_first[..2].to_vec(), json!("2"))
        );
        assert_eq!(
            found(json!({"size": 2, "page": 2})).await.0,
            newest_first[2..]
        );
        let june = json!({"takenAfter": "2021-06-07T00:00:00.000Z", "takenBefore": "2021-12-31", "order": "asc"});
        assert_eq!(found(june).await.0, [ids[1].clone()]);
        assert_eq!(
            found(json!({"originalFileName": "PHOTO 2"})).await.0,
            [ids[2].clone()]
        );
        assert_eq!(
            found(json!({"originalFileName": "%"})).await.0,
            Vec::<String>::new()
        );
        assert_eq!(found(json!({"city": null})).await.0.len(), 3);
        assert_eq!(found(json!({"city": "Paris"})).await.0.len(), 0);
        assert_eq!(found(json!({"type": "VIDEO"})).await.0.len(), 0);
        assert_eq!(found(json!({"ocr": "anything"})).await.0.len(), 0);
        let checksum = server.get(&format!("/assets/{}", ids[0])).await["checksum"].clone();
        assert_eq!(
            found(json!({"checksum": checksum})).await.0,
            [ids[0].clone()]
        );

        let tags = json!({"tags": ["places/lake", "boat"]});
        let tags = call(&server, Method::PUT, "/tags", tags, StatusCode::OK).await;
        let lake = tags[0]["id"].as_str().unwrap();
        let path = format!("/tags/{lake}/assets");
        let body = json!({"ids": [ids[0], ids[0]]});
        let tagged = call(&server, Method::PUT, &path, body, StatusCode::OK).await;
        assert_eq!(tagged[1]["error"], "duplicate");
        let all = server.get("/tags").await;
        let places = all
            .as_array()
            .unwrap()
            .iter()
            .find(|tag| tag["value"] == "places")
            .unwrap();
        // The tag above finds what the tag below is on.
        let filter = json!({"tagIds": [places["id"]]});
        assert_eq!(found(filter).await.0, [ids[0].clone()]);
        assert_eq!(found(json!({"tagIds": null})).await.0.len(), 2);

        let total = call(
            &server,
            Method::POST,
            "/search/statistics",
            json!({}),
            StatusCode::OK,
        );
        assert_eq!(total.await["total"], 3);
        let some = call(
            &server,
            Method::POST,
            "/search/random",
            json!({"size": 2}),
            StatusCode::OK,
        );
        assert_eq!(some.await.as_array().unwrap().len(), 2);
        let (status, _) = server
            .call(Method::POST, "/search/large-assets?size=2", None)
            .await;
        assert_eq!(status, StatusCode::OK);
        for path in [
            "/search/suggestions?type=country&includeNull=true",
            "/search/cities",
            "/search/explore",
            "/map/markers",
        ] {
            server.get(path).await;
        }
        let folders = server.get("/view/folder/unique-paths").await;
        assert_eq!(folders.as_array().unwrap().len(), 3);
        let folder = folders[0].as_str().unwrap().replace('/', "%2F");
        let shown = server.get(&format!("/view/folder?path={folder}")).await;
        assert_eq!(shown[0]["id"], ids[0]);
    }
}

#[tokio::test]
async fn an_album_is_shared_commented_and_left() {
    for server in servers().await {
        let ids = with_photos(&server).await;
        let (bob_id, bob) = second(&server).await;
        let new = json!({"albumName": "été 🏖", "assetIds": [ids[0]]});
        let album = call(&server, Method::POST, "/albums", new, StatusCode::CREATED).await;
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

#[tokio::test]
async fn accounts_sessions_preferences_and_the_pin() {
    for server in servers().await {
        let ids = with_photos(&server).await;
        let (bob_id, bob) = second(&server).await;
        let (status, _) = bob.call(Method::GET, "/admin/users", None).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
        let path = format!("/admin/users/{bob_id}");
        let quota = json!({"quotaSizeInBytes": 1000, "storageLabel": "bob"});
        let changed = call(&server, Method::PUT, &path, quota, StatusCode::OK).await;
        assert_eq!(changed["quotaSizeInBytes"], 1000);
        let none = call(
            &server,
            Method::PUT,
            &path,
            json!({"quotaSizeInBytes": null}),
            StatusCode::OK,
        );
        assert_eq!(none.await["quotaSizeInBytes"], Value::Null);
        let label = json!({"storageLabel": "../ada"});
        call(&server, Method::PUT, &path, label, StatusCode::BAD_REQUEST).await;
        for part in ["preferences", "sessions", "statistics"] {
            server.get(&format!("{path}/{part}")).await;
        }

        let change = json!({"memories": {"enabled": false}});
        let changed = call(
            &bob,
            Method::PUT,
            "/users/me/preferences",
            change,
            StatusCode::OK,
        )
        .await;
        assert_eq!(
            (&changed["memories"]["enabled"], &changed["tags"]["enabled"]),
            (&json!(false), &json!(true))
        );
        let wrong = json!({"memories": {"enabled": "perhaps"}});
        call(
            &bob,
            Method::PUT,
            "/users/me/preferences",
            wrong,
            StatusCode::BAD_REQUEST,
        )
        .await;
        call(
            &bob,
            Method::PUT,
            "/users/me/onboarding",
            json!({"isOnboarded": true}),
            StatusCode::OK,
        )
        .await;
        assert_eq!(bob.get("/users/me/onboarding").await["isOnboarded"], true);
        let renamed = call(
            &bob,
            Method::PUT,
            "/users/me",
            json!({"name": "Bobby"}),
            StatusCode::OK,
        )
        .await;
        assert_eq!(renamed["name"], "Bobby");

        let child = json!({"deviceType": "TV", "duration": 900});
        let child = call(&bob, Method::POST, "/sessions", child, StatusCode::CREATED).await;
        let television = server.acting_as(child["token"].as_str().unwrap());
        assert_eq!(television.get("/users/me").await["id"], bob_id);
        assert_eq!(bob.get("/sessions").await.as_array().unwrap().len(), 2);
        let path = format!("/sessions/{}", child["id"].as_str().unwrap());
        assert_eq!(
            bob.call(Method::DELETE, &path, None).await.0,
            StatusCode::NO_CONTENT
        );
        let (status, _) = television.call(Method::GET, "/users/me", None).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);

        let login = json!({"email": "ada@example.org", "password": "correct horse"});
        let login = call(
            &server,
            Method::POST,
            "/auth/login",
            login,
            StatusCode::CREATED,
        )
        .await;
        let ada = server.acting_as(login["accessToken"].as_str().unwrap());
        let lock = json!({"ids": [ids[0]], "visibility": "locked"});
        call(
            &ada,
            Method::PUT,
            "/assets",
            lock.clone(),
            StatusCode::UNAUTHORIZED,
        )
        .await;
        call(
            &ada,
            Method::POST,
            "/auth/pin-code",
            json!({"pinCode": "12345"}),
            StatusCode::BAD_REQUEST,
        )
        .await;
        call(
            &ada,
            Method::POST,
            "/auth/pin-code",
            json!({"pinCode": "123456"}),
            StatusCode::NO_CONTENT,
        )
        .await;
        let wrong = json!({"pinCode": "654321"});
        call(
            &ada,
            Method::POST,
            "/auth/session/unlock",
            wrong,
            StatusCode::BAD_REQUEST,
        )
        .await;
        let right = json!({"pinCode": "123456"});
        call(
            &ada,
            Method::POST,
            "/auth/session/unlock",
            right,
            StatusCode::NO_CONTENT,
        )
        .await;
        assert_eq!(ada.get("/auth/status").await["isElevated"], true);
        call(&ada, Method::PUT, "/assets", lock, StatusCode::NO_CONTENT).await;
        ada.get(&format!("/assets/{}", ids[0])).await;
        call(
            &ada,
            Method::POST,
            "/auth/session/lock",
            json!({}),
            StatusCode::NO_CONTENT,
        )
        .await;
        let (status, _) = ada
            .call(Method::GET, &format!("/assets/{}", ids[0]), None)
            .await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        let locked = json!({"visibility": "locked"});
        call(
            &ada,
            Method::POST,
            "/search/metadata",
            locked,
            StatusCode::UNAUTHORIZED,
        )
        .await;

        let gone = server
            .call(
                Method::DELETE,
                &format!("/admin/users/{bob_id}"),
                Some(json!({})),
            )
            .await;
        assert_eq!(gone.1["status"], "deleted");
        let (status, _) = bob.call(Method::GET, "/users/me", None).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        call(
            &server,
            Method::POST,
            &format!("/admin/users/{bob_id}/restore"),
            json!({}),
            StatusCode::OK,
        )
        .await;
    }
}

#[tokio::test]
async fn a_link_opens_what_it_is_for_and_nothing_else() {
    for server in servers().await {
        let ids = with_photos(&server).await;
        let place = json!({"ids": [ids[0]], "latitude": 48.1, "longitude": 11.5});
        call(
            &server,
            Method::PUT,
            "/assets",
            place,
            StatusCode::NO_CONTENT,
        )
        .await;
        let album = json!({"albumName": "trip", "assetIds": [ids[0]]});
        let album = call(&server, Method::POST, "/albums", album, StatusCode::CREATED).await;
        let album = album["id"].as_str().unwrap().to_owned();
        let link = json!({"type": "ALBUM", "albumId": album, "password": "open sesame", "showMetadata": false,
                          "slug": "trip"});
        let link = call(
            &server,
            Method::POST,
            "/shared-links",
            link,
            StatusCode::CREATED,
        )
        .await;
        let key = link["key"].as_str().unwrap();
        assert_eq!(server.get("/albums").await[0]["hasSharedLink"], true);

        let visitor = server.without_credentials();
        let (status, _) = visitor
            .call(Method::GET, "/shared-links/me?key=nonsense", None)
            .await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        let me = format!("/shared-links/me?key={key}");
        let (status, answer) = visitor.call(Method::GET, &me, None).await;
        assert_eq!(
            (status, &answer["message"]),
            (StatusCode::UNAUTHORIZED, &json!("Password required"))
        );
        let wrong = json!({"password": "open"});
        call(
            &visitor,
            Method::POST,
            "/shared-links/login?slug=trip",
            wrong,
            StatusCode::UNAUTHORIZED,
        )
        .await;
        let right = json!({"password": "open sesame"});
        call(
            &visitor,
            Method::POST,
            "/shared-links/login?slug=trip",
            right,
            StatusCode::CREATED,
        )
        .await;

        // The client keeps the cookie that came with the answer.
        assert_eq!(visitor.get(&me).await["album"]["albumName"], "trip");
        let shown = visitor.get(&format!("/assets/{}?key={key}", ids[0])).await;
        assert_eq!(shown["exifInfo"]["latitude"], Value::Null);
        let (status, _) = visitor
            .bytes(&format!("/assets/{}/thumbnail?key={key}", ids[0]))
            .await;
        assert_eq!(status, StatusCode::OK);
        let (status, _) = visitor
            .bytes(&format!("/assets/{}/original?key={key}", ids[0]))
            .await;
        assert_eq!(
            status,
            StatusCode::FORBIDDEN,
            "the original would tell the place"
        );
        for path in [
            format!("/assets/{}?key={key}", ids[1]),
            format!("/users/me?key={key}"),
            format!("/albums?key={key}"),
            format!("/timeline/buckets?key={key}"),
        ] {
            let (status, answer) = visitor.call(Method::GET, &path, None).await;
            assert!(status.is_client_error(), "{path}: {answer}");
        }

        let edit = json!({"password": null, "showMetadata": true, "expiresAt": null});
        let path = format!("/shared-links/{}", link["id"].as_str().unwrap());
        call(&server, Method::PATCH, &path, edit, StatusCode::OK).await;
        let (status, _) = visitor
            .bytes(&format!("/assets/{}/original?key={key}", ids[0]))
            .await;
        assert_eq!(status, StatusCode::OK);
        let over = json!({"expiresAt": "2020-01-01T00:00:00.000Z"});
        call(&server, Method::PATCH, &path, over, StatusCode::OK).await;
        let (status, _) = visitor.call(Method::GET, &me, None).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);

        let chosen = json!({"type": "INDIVIDUAL", "assetIds": [ids[1]]});
        let chosen = call(
            &server,
            Method::POST,
            "/shared-links",
            chosen,
            StatusCode::CREATED,
        )
        .await;
        let more = json!({"assetIds": [ids[1], ids[2]]});
        let path = format!("/shared-links/{}/assets", chosen["id"].as_str().unwrap());
        let added = call(&server, Method::PUT, &path, more, StatusCode::OK).await;
        assert_eq!(
            (&added[0]["error"], &added[1]["success"]),
            (&json!("duplicate"), &json!(true))
        );
        let key = chosen["key"].as_str().unwrap();
        let seen = visitor.get(&format!("/shared-links/me?key={key}")).await;
        assert_eq!(seen["assets"].as_array().unwrap().len(), 2);

        // A link to an album that is deleted is gone with it.
        assert_eq!(
            server
                .call(Method::DELETE, &format!("/albums/{album}"), None)
                .await
                .0,
            StatusCode::NO_CONTENT
        );
        assert_eq!(
            server.get("/shared-links").await.as_array().unwrap().len(),
            1
        );
    }
}

#[tokio::test]
async fn originals_are_downloaded_as_one_archive() {
    for server in servers().await {
        let mut ids = with_photos(&server).await;
        // The same name twice must not lose a file.
        ids.push(server.upload("photo 0.jpg", media::jpeg(40, 30, 99)).await);
        let body = json!({"assetIds": ids});
        let info = call(
            &server,
            Method::POST,
            "/download/info",
            body.clone(),
            StatusCode::CREATED,
        )
        .await;
        assert_eq!(info["archives"].as_array().unwrap().len(), 1);
        let small = json!({"assetIds": ids, "archiveSize": 1});
        let small = call(
            &server,
            Method::POST,
            "/download/info",
            small,
            StatusCode::CREATED,
        )
        .await;
        assert_eq!(small["archives"].as_array().unwrap().len(), 4);
        let (status, archive) = server.post_for_bytes("/download/archive", &body).await;
        assert_eq!(status, StatusCode::OK);
        let path = server.data.path().join("archive.zip");
        std::fs::write(&path, archive).unwrap();
        let script = "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None\n\
                      print('|'.join(f'{i.filename}:{i.file_size}' for i in z.infolist()))";
        let listed = std::process::Command::new("python3")
            .args(["-c", script])
            .arg(&path)
            .output()
            .unwrap();
        let text = String::from_utf8(listed.stdout).unwrap();
        let names: Vec<&str> = text
            .trim()
            .split('|')
            .map(|entry| entry.split(':').next().unwrap())
            .collect();
        assert_eq!(
            names,
            ["photo 0.jpg", "photo 1.jpg", "photo 2.jpg", "photo 0+1.jpg"]
        );
        let total: i64 = text
            .trim()
            .split('|')
            .map(|entry| entry.rsplit(':').next().unwrap().parse::<i64>().unwrap())
            .sum();
        assert_eq!(info["totalSize"], total);
    }
}
