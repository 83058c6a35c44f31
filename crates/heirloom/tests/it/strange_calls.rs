//! Calls that no app should make, and that somebody makes: the contract's error, nothing lost, the server goes on.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    library::{call, count, make_album, second, with_photos},
    media,
    server::{Server, servers},
};

const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

/// Demands that a call is refused as bad input, with a message for a person.
async fn refused(server: &Server, method: Method, path: &str, body: Value) {
    let (status, answer) = server.call(method.clone(), path, Some(body)).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{method} {path}: {answer}");
    assert!(answer["message"].is_string(), "{answer}");
}

#[tokio::test]
async fn ids_and_words_that_do_not_exist_are_refused() {
    for server in servers().await {
        let ids = with_photos(&server).await;
        for path in ["/assets/7", "/albums/x", "/people/%00", "/tags/'--"] {
            refused(&server, Method::GET, path, json!({})).await;
        }
        for path in ["/albums", "/assets", "/tags", "/people"] {
            let (status, _) = server
                .call(Method::GET, &format!("{path}/{NOBODY}"), None)
                .await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{path}");
        }
        let one = format!("/assets/{}", ids[0]);
        for body in [
            json!({"visibility": "invisible"}),
            json!({"rating": 7}),
            json!({"rating": "good"}),
            json!({"latitude": 91, "longitude": 0}),
            json!({"latitude": "north", "longitude": 0}),
            json!({"dateTimeOriginal": "2023-02-30T10:00:00Z"}),
            json!({"dateTimeOriginal": "yesterday"}),
            json!({"isFavorite": "yes"}),
        ] {
            refused(&server, Method::PUT, &one, body).await;
        }
        for body in [
            json!({"ids": ["7"]}),
            json!({"ids": [NOBODY], "isFavorite": true}),
            json!({"ids": "all"}),
            json!({}),
        ] {
            refused(&server, Method::PUT, "/assets", body).await;
        }
        for path in [
            "/timeline/bucket?timeBucket=2021-13-01",
            "/timeline/bucket",
            "/timeline/buckets?visibility=none",
            "/search/suggestions?type=colour",
        ] {
            refused(&server, Method::GET, path, json!({})).await;
        }
        for body in [
            json!({"takenAfter": "2021-02-30"}),
            json!({"type": "AUDIO"}),
            json!({"size": 1_000_000}),
            json!({"personIds": ["x"]}),
        ] {
            refused(&server, Method::POST, "/search/metadata", body).await;
        }
        let unchanged = server.get(&one).await;
        assert_eq!(unchanged["isFavorite"], false);
        assert_eq!(count(&server).await, 3);
    }
}

/// What is absent stays, what is null goes.
#[tokio::test]
async fn null_is_not_absent() {
    for server in servers().await {
        let ids = with_photos(&server).await;
        let one = format!("/assets/{}", ids[0]);
        let put = |body: Value| call(&server, Method::PUT, &one, body, StatusCode::OK);
        put(json!({"rating": 4, "description": "a lake"})).await;
        put(json!({"isFavorite": true})).await;
        let kept = server.get(&one).await;
        assert_eq!(kept["exifInfo"]["rating"], 4);
        assert_eq!(kept["exifInfo"]["description"], "a lake");
        put(json!({"rating": null})).await;
        let cleared = server.get(&one).await;
        assert_eq!(cleared["exifInfo"]["rating"], Value::Null);
        assert_eq!(cleared["exifInfo"]["description"], "a lake");
        assert_eq!(cleared["isFavorite"], true);

        let put = |body: Value| call(&server, Method::PUT, "/users/me", body, StatusCode::OK);
        assert_eq!(
            put(json!({"avatarColor": "amber"})).await["avatarColor"],
            "amber"
        );
        assert_eq!(put(json!({"name": "Ada L."})).await["avatarColor"], "amber");
        let chosen = put(json!({"avatarColor": null})).await;
        assert!(chosen["avatarColor"].is_string());
        let account = json!({"email": "eve@example.org", "name": "Eve", "password": "correct horse",
                             "avatarColor": "pink"});
        let made = call(
            &server,
            Method::POST,
            "/admin/users",
            account,
            StatusCode::CREATED,
        )
        .await;
        assert_eq!(made["avatarColor"], "pink");
    }
}

/// A client shows its user which field is wrong: the path leads there, also through lists.
#[tokio::test]
async fn what_is_wrong_is_said_with_its_place() {
    for server in servers().await {
        let issue = |method: Method, path: &'static str, body: Option<Value>| {
            let server = &server;
            async move {
                let (status, answer) = server.call(method, path, body).await;
                assert_eq!(status, StatusCode::BAD_REQUEST, "{path}: {answer}");
                assert_eq!(answer["message"], "Validation failed", "{path}");
                let issue = &answer["errors"][0];
                json!([issue["path"], issue["message"]])
            }
        };
        let body =
            json!({"albumName": "a", "albumUsers": [{"userId": "nobody", "role": "editor"}]});
        assert_eq!(
            issue(Method::POST, "/albums", Some(body)).await,
            json!([["albumUsers", 0, "userId"], "Invalid UUID"])
        );
        let body = json!({"ids": [NOBODY, 7]});
        assert_eq!(
            issue(Method::DELETE, "/assets", Some(body)).await,
            json!([
                ["ids", 1],
                "Invalid input: expected string, received number"
            ])
        );
        let path = "/timeline/buckets?withStacked=perhaps";
        assert_eq!(
            issue(Method::GET, path, None).await[0],
            json!(["withStacked"])
        );
        let body = json!({"page": "second"});
        assert_eq!(
            issue(Method::POST, "/search/metadata", Some(body)).await,
            json!([["page"], "Invalid input: expected number, received string"])
        );
    }
}

#[tokio::test]
async fn ten_thousand_ids_are_one_call() {
    for server in servers().await {
        let ids = with_photos(&server).await;
        let album = make_album(&server, json!({"albumName": "all"})).await;
        let album = album["id"].as_str().unwrap();
        let mut many: Vec<String> = (0..10_000)
            .map(|number: u128| {
                uuid::Builder::from_bytes(number.to_be_bytes())
                    .with_version(uuid::Version::Random)
                    .with_variant(uuid::Variant::RFC4122)
                    .into_uuid()
                    .to_string()
            })
            .collect();
        many.extend(ids.clone());
        let path = format!("/albums/{album}/assets");
        let body = json!({"ids": many});
        let placed = call(&server, Method::PUT, &path, body.clone(), StatusCode::OK).await;
        let done = |item: &&Value| item["success"] == true;
        assert_eq!(placed.as_array().unwrap().iter().filter(done).count(), 3);
        refused(&server, Method::PUT, "/assets", body).await;
        let check: Vec<Value> = (0..10_000)
            .map(|number| json!({"id": number.to_string(), "checksum": format!("{number:040x}")}))
            .collect();
        let answer = call(
            &server,
            Method::POST,
            "/assets/bulk-upload-check",
            json!({"assets": check}),
            StatusCode::OK,
        )
        .await;
        let all = answer["results"].as_array().unwrap();
        assert!(all.iter().all(|item| item["action"] == "accept"));
        assert_eq!(count(&server).await, 3);
    }
}

#[tokio::test]
async fn names_in_every_script_come_back_as_they_were() {
    let names = [
        "👨‍👩‍👧‍👦🏳️‍🌈",
        "שלום עולם",
        "مرحبا \u{202e}txt.exe",
        "ZA̡͊͠͝LGO",
        "  blanks  ",
        "' or 1=1 --",
        "<script>alert(1)</script>",
        "日本語の写真",
        "%00%2e%2e",
    ];
    for server in servers().await {
        for name in names {
            let made = make_album(&server, json!({"albumName": name, "description": name})).await;
            let album = server
                .get(&format!("/albums/{}", made["id"].as_str().unwrap()))
                .await;
            assert_eq!(album["albumName"], name);
            assert_eq!(album["description"], name);
        }
        let (status, _) = server
            .call(
                Method::POST,
                "/albums",
                Some(json!({"albumName": "a\u{0}b"})),
            )
            .await;
        assert!(status.is_success() || status == StatusCode::BAD_REQUEST);
    }
}

#[tokio::test]
async fn nobody_shares_with_themselves_and_partners_may_be_each_others() {
    for server in servers().await {
        let ids = with_photos(&server).await;
        let me = server.get("/users/me").await["id"].clone();
        let (bob_id, bob) = second(&server).await;
        let album = make_album(&server, json!({"albumName": "mine", "assetIds": ids})).await;
        let users = format!("/albums/{}/users", album["id"].as_str().unwrap());
        let with_me = json!({"albumUsers": [{"userId": me, "role": "editor"}]});
        refused(&server, Method::PUT, &users, with_me).await;
        refused(
            &server,
            Method::POST,
            "/partners",
            json!({"sharedWithId": me}),
        )
        .await;
        let with_bob = json!({"sharedWithId": bob_id});
        call(
            &server,
            Method::POST,
            "/partners",
            with_bob.clone(),
            StatusCode::CREATED,
        )
        .await;
        refused(&server, Method::POST, "/partners", with_bob).await;
        call(
            &bob,
            Method::POST,
            "/partners",
            json!({"sharedWithId": me}),
            StatusCode::CREATED,
        )
        .await;
        for person in [&server, &bob] {
            let partners = person.get("/partners?direction=shared-with").await;
            assert_eq!(partners.as_array().unwrap().len(), 1);
        }
        // Each still sees the other's photos once.
        let path = format!(
            "/timeline/buckets?visibility=timeline&userId={}",
            me.as_str().unwrap()
        );
        let months = bob.get(&path).await;
        let total: i64 = months
            .as_array()
            .unwrap()
            .iter()
            .map(|month| month["count"].as_i64().unwrap())
            .sum();
        assert_eq!(total, 3);
    }
}

#[tokio::test]
async fn a_link_to_a_deleted_album_is_gone_with_it() {
    for server in servers().await {
        let ids = with_photos(&server).await;
        let album = make_album(&server, json!({"albumName": "mine", "assetIds": ids})).await;
        let link = call(
            &server,
            Method::POST,
            "/shared-links",
            json!({"type": "ALBUM", "albumId": album["id"]}),
            StatusCode::CREATED,
        )
        .await;
        let key = link["key"].as_str().unwrap();
        let visitor = server.without_credentials();
        let mine = format!("/shared-links/me?key={key}");
        visitor.get(&mine).await;
        let path = format!("/albums/{}", album["id"].as_str().unwrap());
        let (status, _) = server.call(Method::DELETE, &path, None).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
        let (status, _) = visitor.call(Method::GET, &mine, None).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        let links = server.get("/shared-links").await;
        assert_eq!(links, json!([]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_thing_may_be_deleted_by_many_at_once() {
    for server in servers().await {
        let ids = with_photos(&server).await;
        let album = make_album(&server, json!({"albumName": "mine", "assetIds": ids})).await;
        let path = format!("/albums/{}", album["id"].as_str().unwrap());
        let deletions = (0..8).map(|_| server.call(Method::DELETE, &path, None));
        let answers = futures::future::join_all(deletions).await;
        let gone = answers
            .iter()
            .filter(|(status, _)| *status == StatusCode::NO_CONTENT);
        assert!(gone.count() >= 1, "{answers:?}");
        assert!(
            answers.iter().all(|(status, _)| !status.is_server_error()),
            "{answers:?}"
        );
        let body = json!({"ids": [ids[0]], "force": true});
        let deletions = (0..8).map(|_| server.call(Method::DELETE, "/assets", Some(body.clone())));
        let answers = futures::future::join_all(deletions).await;
        assert!(
            answers.iter().all(|(status, _)| !status.is_server_error()),
            "{answers:?}"
        );
        assert_eq!(count(&server).await, 2);
        let used = server.get("/server/statistics").await;
        assert_eq!(used["usageByUser"][0]["photos"], 2);
    }
}

/// A phone whose clock is decades off still keeps its photos, in the order of their own times.
#[tokio::test]
async fn a_clients_clock_may_be_years_off() {
    for server in servers().await {
        for (seed, time) in [
            "1970-01-01T00:00:00.000Z",
            "2099-12-31T23:59:59.999Z",
            "0001-01-01T00:00:00.000Z",
        ]
        .into_iter()
        .enumerate()
        {
            let form = reqwest::multipart::Form::new()
                .part(
                    "assetData",
                    reqwest::multipart::Part::bytes(media::jpeg(30, 30, seed as u8 * 50))
                        .file_name("a.jpg"),
                )
                .text("fileCreatedAt", time)
                .text("fileModifiedAt", time);
            let response = server
                .client
                .post(format!("{}/api/assets", server.address))
                .header("x-api-key", &server.key)
                .multipart(form)
                .send()
                .await
                .unwrap();
            assert_eq!(response.status(), StatusCode::CREATED, "{time}");
        }
        server.settle().await;
        let months = server.get("/timeline/buckets").await;
        assert_eq!(months.as_array().unwrap().len(), 3, "{months}");
        assert_eq!(months[0]["timeBucket"], "2099-12-01");
    }
}

#[tokio::test]
async fn large_assets_are_found_by_every_filter() {
    for server in servers().await {
        let ids = with_photos(&server).await;
        let found = |query: String| {
            let server = &server;
            async move {
                let path = format!("/search/large-assets{query}");
                let answer = call(server, Method::POST, &path, Value::Null, StatusCode::OK).await;
                answer.as_array().unwrap().len()
            }
        };
        let album = make_album(&server, json!({"albumName": "two", "assetIds": ids[..2]})).await;
        let album = album["id"].as_str().unwrap();
        assert_eq!(found(String::new()).await, 3);
        assert_eq!(found("?minFileSize=1000000".into()).await, 0);
        assert_eq!(found(format!("?albumIds={album}")).await, 2);
        assert_eq!(
            found(format!("?albumIds={album}&albumIds={album}")).await,
            2
        );
        assert_eq!(found("?isNotInAlbum=true".into()).await, 1);
        assert_eq!(found("?createdAfter=2099-01-01T00:00:00Z".into()).await, 0);
        assert_eq!(found("?rating=5".into()).await, 0);
        assert_eq!(found("?takenBefore=2021-12-31&size=1".into()).await, 1);
    }
}

#[tokio::test]
async fn a_collapsed_stack_says_how_many_it_holds() {
    for server in servers().await {
        let ids = with_photos(&server).await;
        let stack = call(
            &server,
            Method::POST,
            "/stacks",
            json!({"assetIds": [ids[1], ids[0]]}),
            StatusCode::CREATED,
        )
        .await;
        let path = "/timeline/bucket?timeBucket=2021-06-01&withStacked=true";
        let month = server.get(path).await;
        assert_eq!(month["id"], json!([ids[1]]));
        assert_eq!(month["stack"], json!([[stack["id"], "2"]]));
        let open = server.get("/timeline/bucket?timeBucket=2021-06-01").await;
        assert_eq!(open["id"].as_array().unwrap().len(), 2);
        assert!(open.get("stack").is_none());
    }
}
