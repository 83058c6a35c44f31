//! A library of three photos, what other stories about it share, and finding by what is known of photos.

#![expect(clippy::too_many_lines, reason = "each test is one story")]

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    media,
    server::{Server, servers},
};

/// Calls and demands that status.
pub(crate) async fn call(
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
pub(crate) async fn with_photos(server: &Server) -> Vec<String> {
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

/// A call that must succeed.
pub(crate) async fn change(server: &Server, method: Method, path: &str, body: Value) {
    let (status, answer) = server.call(method, path, Some(body)).await;
    assert!(status.is_success(), "{path}: {answer}");
}

/// The server's first account in a session that has given the PIN.
pub(crate) async fn elevated(server: &Server) -> Server {
    let ada = json!({"email": "ada@example.org", "password": "correct horse"});
    let (_, login) = server.call(Method::POST, "/auth/login", Some(ada)).await;
    let session = server.acting_as(login["accessToken"].as_str().unwrap());
    for path in ["/auth/pin-code", "/auth/session/unlock"] {
        let pin = json!({"pinCode": "123456"});
        change(&session, Method::POST, path, pin).await;
    }
    session
}

/// Shows somebody the caller's library among their own.
pub(crate) async fn be_partners(server: &Server, with: &str, other: &Server) {
    let me = server.get("/users/me").await["id"].clone();
    let body = json!({"sharedWithId": with});
    change(server, Method::POST, "/partners", body).await;
    let path = format!("/partners/{}", me.as_str().unwrap());
    change(other, Method::PUT, &path, json!({"inTimeline": true})).await;
}

/// Makes an album and gives what the server says of it.
pub(crate) async fn make_album(server: &Server, new: Value) -> Value {
    call(server, Method::POST, "/albums", new, StatusCode::CREATED).await
}

/// How many assets a search without conditions finds.
pub(crate) async fn count(server: &Server) -> i64 {
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
pub(crate) async fn second(server: &Server) -> (String, Server) {
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
        let colour = format!("/tags/{lake}");
        for (said, kept) in [
            (json!({"color": "#112233"}), json!("#112233")),
            (json!({}), json!("#112233")),
            (json!({"color": null}), Value::Null),
        ] {
            let tag = call(&server, Method::PUT, &colour, said, StatusCode::OK).await;
            assert_eq!(tag["color"], kept);
        }
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
