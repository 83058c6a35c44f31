//! Every operation, called by somebody with the ids of somebody else.

use std::collections::BTreeSet;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use self::{calls::calls, home::Home};
use crate::{
    access::PUBLIC,
    backup::state,
    phone,
    server::{Server, servers},
};

mod calls;
mod home;

/// Operations with the id of another person in their path that are not refused, and why; this list only shrinks.
const OPEN: &[(&str, &str)] = &[
    // Who is on the server is known to all who are on it.
    ("GET", "/users/{id}"),
    // Showing one's own library to another, and ending that.
    ("POST", "/partners/{id}"),
    ("DELETE", "/partners/{id}"),
    // A group of copies that one does not have is dismissed already.
    ("DELETE", "/duplicates/{id}"),
];

/// What changes without anybody's doing.
const RESTLESS: &[&str] = &["jobs", "sessions", "api_keys"];

#[tokio::test(flavor = "multi_thread")]
async fn nobody_reads_or_changes_what_is_another_persons() {
    for server in servers().await {
        let (ada, bob) = homes(&server).await;
        let before = state(&server);
        let mut wrong = Vec::new();
        let beyond = heirloom_server::served_beyond();
        for (method, path) in heirloom_server::served().into_iter().chain(beyond) {
            if PUBLIC.contains(&(method, path)) || path.starts_with("/admin") {
                continue;
            }
            wrong.append(&mut tried(&ada, &bob, method, path).await);
        }
        wrong.append(&mut taken_by_upload(&ada, &bob).await);
        wrong.append(&mut told_to_phone(&ada, &bob).await);
        server.settle().await;
        wrong.append(&mut touched(&ada, &before, &state(&server)));
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}

/// Two people who know nothing of each other and are no administrators.
async fn homes(server: &Server) -> (Home, Home) {
    let mut made = Vec::new();
    for (seed, word) in [(0, "tulip"), (1, "basil")] {
        let account = json!({
            "email": format!("{word}@example.org"), "name": word, "password": "battery staple",
        });
        let new = server.call(Method::POST, "/admin/users", Some(account.clone()));
        assert_eq!(new.await.0, StatusCode::CREATED);
        let (_, login) = server
            .call(Method::POST, "/auth/login", Some(account))
            .await;
        let session = server.acting_as(login["accessToken"].as_str().unwrap());
        let key = crate::access::key_for(&session, &["all"]).await;
        made.push(Home::make(server, key, word, seed).await);
    }
    let bob = made.pop().unwrap();
    (made.pop().unwrap(), bob)
}

/// What went wrong when Bob called an operation with Ada's ids in its path, its body, or both.
async fn tried(ada: &Home, bob: &Home, method: &str, path: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for (there, given) in [(ada, ada), (ada, bob), (bob, ada)] {
        let is_theirs = there.word == ada.word;
        for call in calls(method, path, there, given) {
            // One's own path with nothing of another's in it is one's own affair.
            let text = call.body.as_ref().map_or(String::new(), Value::to_string);
            let names_one = ada.ids().chain([ada.id("user")]);
            let mut names_one =
                names_one.filter(|id| call.path.contains(*id) || text.contains(*id));
            if names_one.next().is_none() {
                continue;
            }
            let (status, said) = answer(bob, method, &call.path, call.body.as_ref()).await;
            let is_refused = matches!(status.as_u16(), 400 | 403 | 404);
            let names_path = is_theirs && path.contains("{id}");
            let is_open = OPEN.contains(&(method, path));
            let told = said.contains(ada.word) && !is_open;
            if told || status.is_server_error() || (names_path && !is_refused && !is_open) {
                wrong.push(format!("{method} {} {text}: {status} {said}", call.path));
            }
        }
    }
    wrong
}

async fn answer(
    caller: &Home,
    method: &str,
    path: &str,
    body: Option<&Value>,
) -> (StatusCode, String) {
    let holder = &caller.holder;
    let method: Method = method.parse().unwrap();
    let request = holder
        .client
        .request(method, format!("{}/api{path}", holder.address))
        .header("x-api-key", &holder.key)
        .header("tus-resumable", "1.0.0");
    let request = match body {
        Some(body) => request.json(body),
        None if path.starts_with("/uploads") => request
            .header("content-type", "application/offset+octet-stream")
            .header("upload-offset", "0"),
        None => request,
    };
    let response = request.send().await.unwrap();
    let status = response.status();
    let bytes = response.bytes().await.unwrap();
    (status, String::from_utf8_lossy(&bytes).into_owned())
}

/// A photo whose moving part is to be another person's.
async fn taken_by_upload(ada: &Home, bob: &Home) -> Vec<String> {
    let part = reqwest::multipart::Part::bytes(crate::media::jpeg(40, 30, 99));
    let form = reqwest::multipart::Form::new()
        .part("assetData", part.file_name("live.jpg"))
        .text("fileCreatedAt", "2020-01-02T03:04:05.000Z")
        .text("fileModifiedAt", "2020-01-02T03:04:05.000Z")
        .text("livePhotoVideoId", ada.id("asset").to_owned());
    let request = bob
        .holder
        .client
        .post(format!("{}/api/assets", bob.holder.address))
        .header("x-api-key", &bob.holder.key);
    let response = request.multipart(form).send().await.unwrap();
    let status = response.status();
    if status.is_client_error() {
        return Vec::new();
    }
    vec![format!("an upload with a foreign moving part: {status}")]
}

/// All that a phone of Bob's is told.
async fn told_to_phone(ada: &Home, bob: &Home) -> Vec<String> {
    let login = json!({"email": "basil@example.org", "password": "battery staple"});
    let (_, login) = bob
        .holder
        .without_credentials()
        .call(Method::POST, "/auth/login", Some(login))
        .await;
    let phone = bob.holder.acting_as(login["accessToken"].as_str().unwrap());
    let response = phone
        .client
        .post(format!("{}/api/sync/stream", phone.address))
        .bearer_auth(phone.token.as_deref().unwrap())
        .json(&json!({ "types": phone::TYPES }))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let told = response.text().await.unwrap();
    assert!(told.contains(bob.word), "{told}");
    // That there is somebody of that name is known to all.
    let lines = told.lines().filter(|line| line.contains(ada.word));
    lines
        .filter(|line| !line.contains("\"UserV1\""))
        .map(|line| format!("a phone is told {line}"))
        .collect()
}

/// Rows about Ada's things that went, changed or came.
fn touched(ada: &Home, before: &BTreeSet<String>, after: &BTreeSet<String>) -> Vec<String> {
    let is_hers = |row: &&String| ada.ids().any(|id| row.contains(id));
    let is_at_rest = |row: &&String| {
        let table = row.split(':').next().unwrap();
        !RESTLESS.contains(&table)
    };
    before
        .symmetric_difference(after)
        .filter(is_hers)
        .filter(is_at_rest)
        .map(|row| format!("touched: {row}"))
        .collect()
}
