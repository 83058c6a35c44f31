//! What people see of one another's photos in the timeline: visitors of a link, members of an album, partners.

use reqwest::{
    Method, StatusCode,
    multipart::{Form, Part},
};
use serde_json::{Value, json};

use crate::{
    media,
    server::{Server, servers},
};

async fn made(server: &Server, path: &str, body: Value) -> Value {
    let (status, answer) = server.call(Method::POST, path, Some(body)).await;
    assert_eq!(status, StatusCode::CREATED, "{path}: {answer}");
    answer
}

async fn photo(server: &Server, seed: u8) -> String {
    let bytes = media::jpeg_with_exif(64, 48, seed, 1, "2021:06:06 08:00:00", "+00:00");
    server.upload(&format!("photo {seed}.jpg"), bytes).await
}

/// Sends a file as the public page of a link does, without an account; `more` are further fields of the form.
async fn send(
    server: &Server,
    key: &str,
    bytes: Vec<u8>,
    more: &[(&'static str, &str)],
) -> (StatusCode, Value) {
    let mut form = Form::new()
        .part("assetData", Part::bytes(bytes).file_name("guest.jpg"))
        .text("fileCreatedAt", "2020-01-02T03:04:05.000Z")
        .text("fileModifiedAt", "2020-01-02T03:04:05.000Z");
    for (name, value) in more {
        form = form.text(*name, (*value).to_owned());
    }
    let address = format!("{}/api/assets?key={key}", server.address);
    let response = server
        .client
        .post(address)
        .multipart(form)
        .send()
        .await
        .unwrap();
    (response.status(), response.json().await.unwrap())
}

#[tokio::test]
async fn a_visitor_sees_the_album_and_adds_to_it() {
    for server in servers().await {
        let (shown, other) = (photo(&server, 1).await, photo(&server, 2).await);
        let liked = json!({"isFavorite": true});
        server
            .call(Method::PUT, &format!("/assets/{shown}"), Some(liked))
            .await;
        let album = made(
            &server,
            "/albums",
            json!({"albumName": "trip", "assetIds": [shown]}),
        )
        .await;
        let album = album["id"].as_str().unwrap();
        let link = json!({"type": "ALBUM", "albumId": album, "allowUpload": true});
        let link = made(&server, "/shared-links", link).await;
        let key = link["key"].as_str().unwrap();

        let visitor = server.without_credentials();
        let months = visitor
            .get(&format!("/timeline/buckets?key={key}&albumId={album}"))
            .await;
        assert_eq!(months, json!([{"timeBucket": "2021-06-01", "count": 1}]));
        let month = format!("/timeline/bucket?key={key}&albumId={album}&timeBucket=2021-06-01");
        let photos = visitor.get(&month).await;
        assert_eq!(
            (&photos["id"], &photos["isFavorite"]),
            (&json!([shown]), &json!([false]))
        );
        for more in [
            "",
            "&isFavorite=true",
            "&isTrashed=true",
            "&visibility=locked",
        ] {
            let album = if more.is_empty() {
                String::new()
            } else {
                format!("&albumId={album}")
            };
            let path = format!("/timeline/buckets?key={key}{album}{more}");
            let (status, answer) = visitor.call(Method::GET, &path, None).await;
            assert!(status.is_client_error(), "{path}: {answer}");
        }

        // What a visitor sends is nothing but a picture, whatever the form says.
        let (status, guest) = send(
            &visitor,
            key,
            media::jpeg(64, 48, 3),
            &[("visibility", "locked"), ("isFavorite", "true")],
        )
        .await;
        assert_eq!(status, StatusCode::CREATED, "{guest}");
        let guest = server
            .get(&format!("/assets/{}", guest["id"].as_str().unwrap()))
            .await;
        assert_eq!(
            (&guest["visibility"], &guest["isFavorite"]),
            (&json!("timeline"), &json!(false))
        );
        // What the owner has already goes into the album too.
        let again = media::jpeg_with_exif(64, 48, 2, 1, "2021:06:06 08:00:00", "+00:00");
        let (status, answer) = send(&visitor, key, again, &[]).await;
        assert_eq!((status, &answer["id"]), (StatusCode::OK, &json!(other)));
        assert_eq!(
            server.get(&format!("/albums/{album}")).await["assetCount"],
            3
        );

        let off = json!({"allowUpload": false, "showMetadata": false});
        let path = format!("/shared-links/{}", link["id"].as_str().unwrap());
        server.call(Method::PATCH, &path, Some(off)).await;
        let (status, _) = send(&visitor, key, media::jpeg(64, 48, 4), &[]).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn members_of_an_album_see_what_the_others_put_in_and_partners_the_library() {
    for server in servers().await {
        let new = json!({"email": "bob@example.org", "name": "Bob", "password": "battery staple"});
        let bob_id = made(&server, "/admin/users", new.clone()).await["id"].clone();
        let login = made(&server, "/auth/login", new).await;
        let bob = server.acting_as(login["accessToken"].as_str().unwrap());
        let own = photo(&server, 1).await;
        let users = json!([{"userId": bob_id, "role": "viewer"}]);
        let album = json!({"albumName": "trip", "assetIds": [own], "albumUsers": users});
        let album = made(&server, "/albums", album).await;
        let seen = format!(
            "/timeline/buckets?albumId={}",
            album["id"].as_str().unwrap()
        );
        assert_eq!(bob.get(&seen).await[0]["count"], 1);
        let put_away = json!({"ids": [own], "isFavorite": true});
        server.call(Method::PUT, "/assets", Some(put_away)).await;
        let month = format!(
            "/timeline/bucket?albumId={}&timeBucket=2021-06-01",
            album["id"].as_str().unwrap()
        );
        assert_eq!(bob.get(&month).await["isFavorite"], json!([false]));

        let ada = server.get("/users/me").await["id"]
            .as_str()
            .unwrap()
            .to_owned();
        let of_ada = format!("/timeline/buckets?userId={ada}&visibility=timeline");
        let (status, _) = bob.call(Method::GET, &of_ada, None).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        made(&server, "/partners", json!({"sharedWithId": bob_id})).await;
        assert_eq!(bob.get(&of_ada).await[0]["count"], 1);
        let (status, _) = bob
            .call(Method::GET, &format!("{of_ada}&isTrashed=true"), None)
            .await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
    }
}

#[tokio::test]
async fn the_timeline_of_a_person_and_of_a_place() {
    for server in servers().await {
        let (near, far) = (photo(&server, 1).await, photo(&server, 2).await);
        server.settle().await;
        for (id, latitude, longitude) in [(&near, 52.5, 13.4), (&far, -17.8, 179.5)] {
            let place = json!({"latitude": latitude, "longitude": longitude});
            server
                .call(Method::PUT, &format!("/assets/{id}"), Some(place))
                .await;
        }
        let person = made(&server, "/people", json!({"name": "Anna"})).await;
        let person = person["id"].as_str().unwrap();
        let face = json!({"assetId": far, "personId": person, "imageWidth": 64, "imageHeight": 48,
                          "x": 1, "y": 1, "width": 20, "height": 20});
        made(&server, "/faces", face).await;
        for (filter, expected) in [
            (format!("personId={person}"), &far),
            ("bbox=13,52,14,53".to_owned(), &near),
            // Over the date line.
            ("bbox=170,-20,-170,0".to_owned(), &far),
            // To the point, and half the world.
            ("bbox=13.4,52.5,13.4,52.5".to_owned(), &near),
            ("bbox=179.5,-17.8,180,-17.8".to_owned(), &far),
            ("bbox=-180,-90,180,20".to_owned(), &far),
            ("bbox=-180,-16,180,90".to_owned(), &near),
        ] {
            let path = format!("/timeline/bucket?{filter}&timeBucket=2021-06-01");
            assert_eq!(server.get(&path).await["id"], json!([expected]), "{filter}");
        }
        let (status, _) = server
            .call(Method::GET, "/timeline/buckets?bbox=1,2,nan,4", None)
            .await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
    }
}
