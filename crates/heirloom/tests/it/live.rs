//! The websocket, with the client that Immich's apps use.

use std::path::Path;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    contract, media,
    node::{self, Program},
    server::{Server, servers},
};

const CLIENT: &[&str] = &["socket.io-client@4.8.1"];

fn connect(packages: &Path, server: &Server, headers: &Value, query: &Value) -> Program {
    let arguments = [
        server.address.as_str(),
        &headers.to_string(),
        &query.to_string(),
    ];
    Program::start(packages, "live_client.mjs", &arguments)
}

/// Connected, and told the version.
fn greeted(program: Program) -> Program {
    let event = event(&program, "on_server_version");
    contract::check_schema("ServerVersionResponseDto", &event[1]);
    assert_eq!(event[1]["major"], 3);
    program
}

fn event(program: &Program, name: &str) -> Value {
    program.wait_for(name, |event| event[0] == name)
}

async fn log_in(server: &Server) -> (String, String) {
    let login = json!({"email": "ada@example.org", "password": "correct horse"});
    let (status, session) = server.call(Method::POST, "/auth/login", Some(login)).await;
    assert_eq!(status, StatusCode::CREATED);
    let token = session["accessToken"].as_str().unwrap();
    let sessions = server.acting_as(token).get("/sessions").await;
    let current = sessions
        .as_array()
        .unwrap()
        .iter()
        .find(|session| session["current"] == true)
        .unwrap()["id"]
        .as_str()
        .unwrap();
    (token.to_owned(), current.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn sockets_without_a_credential_are_turned_away() {
    if !node::are_clients_wanted() {
        return;
    }
    let packages = node::install(CLIENT);
    let server = Server::start(None).await;
    for (headers, query) in [
        (json!({}), json!({})),
        (json!({"cookie": "immich_access_token=nonsense"}), json!({})),
        (json!({}), json!({"sessionKey": "nonsense"})),
        (
            json!({"x-api-key": server.key}),
            json!({"key": "somebody's link"}),
        ),
    ] {
        let program = connect(&packages, &server, &headers, &query);
        assert_eq!(event(&program, "error"), json!(["error", "unauthorized"]));
        event(&program, "disconnect");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_of_logging_in_opens_a_socket() {
    if !node::are_clients_wanted() {
        return;
    }
    let packages = node::install(CLIENT);
    let server = Server::start(None).await;
    let (token, _) = log_in(&server).await;
    for (headers, query) in [
        (
            json!({"cookie": format!("x=1; immich_access_token={token}")}),
            json!({}),
        ),
        (json!({"x-immich-user-token": token}), json!({})),
        (
            json!({"authorization": format!("Bearer {token}")}),
            json!({}),
        ),
        (json!({}), json!({"sessionKey": token})),
        (json!({"x-api-key": server.key}), json!({})),
        (json!({}), json!({"apiKey": server.key})),
    ] {
        greeted(connect(&packages, &server, &headers, &query));
    }
}

/// Uploads to one process of the database what another tells; gives the asset.
async fn an_upload_is_told(server: &Server, other: &Server, web: &Program) -> String {
    let first = other.upload("a.jpg", media::jpeg(64, 48, 1)).await;
    let phone = event(web, "AssetUploadReadyV2");
    contract::check_schema("SyncAssetV2", &phone[1]["asset"]);
    contract::check_schema("SyncAssetExifV1", &phone[1]["exif"]);
    assert_eq!(phone[1]["asset"]["id"], first);
    let shown = event(web, "on_upload_success");
    contract::check_schema("AssetResponseDto", &shown[1]);
    assert!(shown[1]["thumbhash"].is_string(), "{shown}");
    let (status, _) = server.bytes(&format!("/assets/{first}/thumbnail")).await;
    assert_eq!(status, StatusCode::OK, "only when there is a thumbnail");
    first
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_is_told_at_once() {
    if !node::are_clients_wanted() {
        return;
    }
    let packages = node::install(CLIENT);
    for server in servers().await {
        let (token, session) = log_in(&server).await;
        let cookie = json!({"cookie": format!("immich_access_token={token}")});
        let web = greeted(connect(&packages, &server, &cookie, &json!({})));
        // What another process of the same database does is told as well.
        let other = server.another();

        let first = an_upload_is_told(&server, &other, &web).await;
        let path = format!("/assets/{first}");
        call(&server, Method::PUT, &path, json!({"isFavorite": true})).await;
        let updated = event(&web, "on_asset_update");
        contract::check_schema("AssetResponseDto", &updated[1]);
        assert_eq!(updated[1]["isFavorite"], true);
        call(&server, Method::DELETE, "/assets", json!({"ids": [first]})).await;
        let expected = json!(["on_asset_trash", [first]]);
        assert_eq!(event(&web, "on_asset_trash"), expected);
        call(
            &server,
            Method::POST,
            "/trash/restore/assets",
            json!({"ids": [first]}),
        )
        .await;
        let expected = json!(["on_asset_restore", [first]]);
        assert_eq!(event(&web, "on_asset_restore"), expected);

        let second = server.upload("b.jpg", media::jpeg(64, 48, 2)).await;
        event(&web, "on_upload_success");
        let both = json!({"assetIds": [first, second]});
        call(&server, Method::POST, "/stacks", both).await;
        let expected = json!(["on_asset_stack_update"]);
        assert_eq!(event(&web, "on_asset_stack_update"), expected);
        let hidden = json!({"ids": [second], "visibility": "hidden"});
        call(&server, Method::PUT, "/assets", hidden).await;
        assert_eq!(
            event(&web, "on_asset_hidden"),
            json!(["on_asset_hidden", second])
        );
        let album = json!({"albumName": "Trip", "assetIds": [first]});
        let album = call(&server, Method::POST, "/albums", album).await;
        let told = event(&web, "on_album_update");
        assert_eq!(told[1]["albumId"], album["id"]);
        let for_good = json!({"ids": [first], "force": true});
        call(&server, Method::DELETE, "/assets", for_good).await;
        assert_eq!(
            event(&web, "on_asset_delete"),
            json!(["on_asset_delete", first])
        );

        let me = server.get("/users/me").await["id"].clone();
        let news = json!({"userId": me, "title": "Hello", "level": "warning"});
        call(&server, Method::POST, "/admin/notifications", news).await;
        let told = event(&web, "on_notification");
        contract::check_schema("NotificationDto", &told[1]);
        assert_eq!(told[1]["title"], "Hello");

        // A television that this session let in.
        let tv = json!({"deviceType": "tv"});
        let child = call(&server.acting_as(&token), Method::POST, "/sessions", tv).await;
        let headers = json!({"x-immich-user-token": child["token"]});
        let tv = greeted(connect(&packages, &server, &headers, &json!({})));
        let (status, _) = other
            .call(Method::DELETE, &format!("/sessions/{session}"), None)
            .await;
        assert_eq!(status, StatusCode::NO_CONTENT);
        assert_eq!(
            event(&web, "on_session_delete"),
            json!(["on_session_delete", session])
        );
        event(&web, "disconnect");
        event(&tv, "disconnect");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_told_of_what_is_not_theirs() {
    if !node::are_clients_wanted() {
        return;
    }
    let packages = node::install(CLIENT);
    let server = Server::start(None).await;
    let new = json!({"email": "bob@example.org", "name": "Bob", "password": "correct horse"});
    let bob = call(&server, Method::POST, "/admin/users", new.clone()).await;
    let (_, session) = server.call(Method::POST, "/auth/login", Some(new)).await;
    let query = json!({"sessionKey": session["accessToken"]});
    let web = greeted(connect(&packages, &server, &json!({}), &query));
    server.upload("a.jpg", media::jpeg(64, 48, 1)).await;
    server.settle().await;
    // A partnership is told to Bob, so what was before it would have come before.
    let with = json!({"sharedWithId": bob["id"]});
    call(&server, Method::POST, "/partners", with).await;
    let first = web.wait_for("anything", |event| event[0] != "connect");
    assert_eq!(first[0], "on_notification", "{first}");
}

async fn call(server: &Server, method: Method, path: &str, body: Value) -> Value {
    let (status, answer) = server.call(method, path, Some(body)).await;
    assert!(status.is_success(), "{path}: {answer}");
    answer
}
