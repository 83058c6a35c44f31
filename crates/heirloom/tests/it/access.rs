//! Nobody sees what is not theirs.

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::{media, server::Server};

/// Operations that anybody may call; this list only shrinks.
pub(crate) const PUBLIC: &[(&str, &str)] = &[
    ("POST", "/auth/admin-sign-up"),
    ("POST", "/auth/login"),
    // A provider vouches for who comes this way.
    ("POST", "/oauth/authorize"),
    ("POST", "/oauth/callback"),
    ("GET", "/oauth/mobile-redirect"),
    ("POST", "/oauth/backchannel-logout"),
    ("GET", "/server/ping"),
    ("GET", "/server/version"),
    ("GET", "/server/features"),
    ("GET", "/server/config"),
    ("GET", "/server/media-types"),
    // The way in for somebody with a link, as a log-in is for an account.
    ("POST", "/shared-links/login"),
    // A screen that nobody knows yet: it gets a code to show, and sees nothing.
    ("POST", "/frames/pairings"),
];

/// An id that nothing has.
const NOBODY: &str = "01a20db7-ff15-4e9f-aa0a-a2892c7a6c8e";

#[tokio::test]
async fn every_operation_wants_a_credential() {
    let server = Server::start(None).await;
    let beyond = heirloom_server::served_beyond();
    for (method, path) in heirloom_server::served().into_iter().chain(beyond) {
        if PUBLIC.contains(&(method, path)) {
            continue;
        }
        let path = path
            .replace("{id}", NOBODY)
            .replace("{name}", "sidecar")
            .replace("{filename}", "a.gz")
            .replace("{type}", "missing_file");
        let request = server.client.request(
            method.parse().unwrap(),
            format!("{}/api{path}", server.address),
        );
        // Resumable uploads look at the protocol's version before anything else.
        let request = request.header("tus-resumable", "1.0.0");
        let response = request.send().await.unwrap();
        assert_eq!(
            response.status(),
            StatusCode::UNAUTHORIZED,
            "{method} {path}"
        );
        if method == "HEAD" {
            continue;
        }
        assert!(
            response
                .text()
                .await
                .unwrap()
                .contains("Authentication required")
        );
    }
}

#[tokio::test]
async fn a_key_does_only_what_it_is_for() {
    let mut server = Server::start(None).await;
    let id = server.upload("a.jpg", media::jpeg(40, 30, 1)).await;
    let body = json!({"name": "reader", "permissions": ["asset.read"]});
    let (_, made) = server.call(Method::POST, "/api-keys", Some(body)).await;
    server.key = made["secret"].as_str().unwrap().to_owned();
    server.get(&format!("/assets/{id}")).await;
    let (status, answer) = server
        .call(Method::DELETE, "/assets", Some(json!({"ids": [id]})))
        .await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert_eq!(
        answer["message"],
        "Missing required permission: asset.delete"
    );
    let (status, _) = server
        .try_upload("b.jpg", media::jpeg(40, 30, 2))
        .await
        .unwrap();
    assert_eq!(status, StatusCode::FORBIDDEN);
    let (status, _) = server.bytes(&format!("/assets/{id}/original")).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn what_is_not_there_is_answered_as_clients_expect() {
    let server = Server::start(None).await;
    let (status, answer) = server
        .call(Method::GET, &format!("/assets/{NOBODY}"), None)
        .await;
    assert_eq!(
        (status, answer["message"].as_str()),
        (
            StatusCode::BAD_REQUEST,
            Some("Not found or no asset.read access")
        )
    );
    let (status, answer) = server.call(Method::GET, "/assets/nonsense", None).await;
    assert_eq!(
        (status, answer["message"].as_str()),
        (StatusCode::BAD_REQUEST, Some("Validation failed"))
    );
    let (status, answer) = server.call(Method::GET, "/nope", None).await;
    assert_eq!(
        (status, answer["message"].as_str()),
        (StatusCode::NOT_FOUND, Some("Cannot GET /api/nope"))
    );
    let (status, _) = server.call(Method::POST, "/workflows", None).await;
    assert_eq!(status, StatusCode::NOT_IMPLEMENTED);
    let again = json!({"email": "eve@example.org", "name": "Eve", "password": "x"});
    let (status, answer) = server
        .call(Method::POST, "/auth/admin-sign-up", Some(again))
        .await;
    assert_eq!(
        (status, answer["message"].as_str()),
        (
            StatusCode::BAD_REQUEST,
            Some("The server already has an admin")
        )
    );
}
