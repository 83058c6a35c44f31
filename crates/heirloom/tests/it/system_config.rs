//! Settings of the server: defaults, changes, refusals, and what the configuration file fixes.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    media,
    server::{Server, servers},
};

async fn change(server: &Server, path: &str, value: Value) -> (StatusCode, Value) {
    let mut config = server.get("/system-config").await;
    *config.pointer_mut(path).unwrap() = value;
    server
        .call(Method::PUT, "/system-config", Some(config))
        .await
}

#[tokio::test]
async fn settings_are_changed_kept_and_honoured() {
    for server in servers().await {
        let mut server = server;
        let defaults = server.get("/system-config/defaults").await;
        assert_eq!(server.get("/system-config").await, defaults);
        let (status, changed) = change(&server, "/trash/days", json!(5)).await;
        assert_eq!(status, StatusCode::OK, "{changed}");
        change(&server, "/storageTemplate/template", json!("flat/{name}")).await;
        change(&server, "/theme/customCss", json!("body { color: red }")).await;
        let id = server.upload("a.jpg", media::jpeg(40, 30, 1)).await;
        let path = server.get(&format!("/assets/{id}")).await["originalPath"].clone();
        assert_eq!(path, "originals/flat/a.jpg");
        server.kill_and_restart();
        assert_eq!(server.get("/system-config").await["trash"]["days"], 5);
        assert_eq!(server.get("/server/config").await["trashDays"], 5);
        assert_eq!(
            server.get("/system-config/defaults").await["trash"]["days"],
            30
        );
        let css = server
            .client
            .get(format!("{}/custom.css", server.address))
            .send()
            .await
            .unwrap();
        assert_eq!(css.text().await.unwrap(), "body { color: red }");
    }
}

#[tokio::test]
async fn what_cannot_be_honoured_is_refused_and_nothing_changes() {
    let server = Server::start(None).await;
    let before = server.get("/system-config").await;
    for (path, value, part) in [
        ("/ffmpeg/crf", json!(30), "ffmpeg.crf"),
        ("/job/ocr/concurrency", json!(9), "job.ocr.concurrency"),
        ("/trash/days", json!(-1), "0 or more"),
        (
            "/backup/database/cronExpression",
            json!("often"),
            "five fields",
        ),
        ("/storageTemplate/template", json!("{year}"), "{name}"),
        ("/storageTemplate/template", json!("../{name}/"), "template"),
        ("/passwordLogin/enabled", json!(false), "no other way"),
        ("/ffmpeg/transcode", json!("all"), "required"),
        ("/ffmpeg/accel", json!("warp"), r#"["ffmpeg","accel"]"#),
    ] {
        let (status, answer) = change(&server, path, value).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path}: {answer}");
        let said = answer.to_string();
        assert!(said.contains(part), "{path}: {said}");
    }
    let (status, _) = server
        .call(Method::PUT, "/system-config", Some(json!({"trash": {}})))
        .await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(server.get("/system-config").await, before);
}

#[tokio::test]
async fn what_the_file_sets_wins_and_cannot_be_changed() {
    let server = Server::start_with(
        None,
        &[
            ("HEIRLOOM__SETTINGS__TRASH__DAYS", "3"),
            ("HEIRLOOM__STORAGE__TEMPLATE", "{user}/{name}"),
        ],
    )
    .await;
    assert_eq!(server.get("/server/features").await["configFile"], true);
    assert_eq!(server.get("/system-config").await["trash"]["days"], 3);
    let (status, answer) = change(&server, "/trash/days", json!(4)).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(
        answer["message"]
            .as_str()
            .unwrap()
            .contains("configuration file")
    );
    let (status, _) = change(&server, "/trash/enabled", json!(false)).await;
    assert_eq!(status, StatusCode::OK);
    let id = server.upload("a.jpg", media::jpeg(40, 30, 1)).await;
    let (status, _) = server
        .call(Method::DELETE, "/assets", Some(json!({"ids": [id]})))
        .await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(
        server.get("/assets/statistics?isTrashed=true").await["total"],
        0
    );
}

#[tokio::test]
async fn settings_are_for_administrators() {
    let server = Server::start(None).await;
    let person = json!({"email": "bob@example.org", "name": "Bob", "password": "correct horse"});
    server
        .call(Method::POST, "/admin/users", Some(person.clone()))
        .await;
    let (_, session) = server.call(Method::POST, "/auth/login", Some(person)).await;
    let bob = server.acting_as(session["accessToken"].as_str().unwrap());
    for path in [
        "/system-config",
        "/system-config/defaults",
        "/system-config/storage-template-options",
        "/system-metadata/admin-onboarding",
        "/system-metadata/reverse-geocoding-state",
        "/system-metadata/version-check-state",
        "/admin/database-backups",
    ] {
        let (status, _) = bob.call(Method::GET, path, None).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{path}");
        server.get(path).await;
    }
    assert_eq!(bob.get("/users").await.as_array().unwrap().len(), 2);
    change(&server, "/server/publicUsers", json!(false)).await;
    assert_eq!(bob.get("/users").await.as_array().unwrap().len(), 1);
    let (status, _) = server
        .call(
            Method::POST,
            "/system-metadata/admin-onboarding",
            Some(json!({"isOnboarded": true})),
        )
        .await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(server.get("/server/config").await["isOnboarded"], true);
}
