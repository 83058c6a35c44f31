//! Shared links and archives to download.

#![expect(clippy::too_many_lines, reason = "each test is one story")]

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    library::{call, make_album, with_photos},
    media,
    server::{Server, servers},
};

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
        let album = make_album(&server, album).await;
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

#[tokio::test]
async fn a_page_has_the_browser_save_an_archive_under_its_name() {
    let server = Server::start(None).await;
    let ids = with_photos(&server).await;
    let send = async |ids: String, name: &str| {
        let form = [("assetIds", ids), ("name", name.to_owned())];
        let form = reqwest::Url::parse_with_params("http://form", form).unwrap();
        let body = form.query().unwrap().to_owned();
        let request = server
            .client
            .post(format!("{}/api/download/archive", server.address))
            .header("x-api-key", &server.key)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body);
        request.send().await.unwrap()
    };
    let sent = send(ids.join(","), "a/b \u{5de}\u{5d9}\n").await;
    assert_eq!(sent.status(), StatusCode::OK);
    let plain = "attachment; filename=\"heirloom.zip\"";
    assert_eq!(
        sent.headers()["content-disposition"],
        format!("{plain}; filename*=UTF-8''ab%20%D7%9E%D7%99.zip")
    );
    let body = json!({"assetIds": ids});
    let (_, same) = server.post_for_bytes("/download/archive", &body).await;
    assert_eq!(sent.bytes().await.unwrap(), same);
    let sent = send(ids.join(","), "").await;
    assert_eq!(sent.headers()["content-disposition"], plain);
    assert_eq!(send("x".into(), "").await.status(), StatusCode::BAD_REQUEST);
}
