//! Nobody sees what is not theirs.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    contract,
    library::second,
    media,
    server::{Server, servers},
};

/// Operations that anybody may call; this list only shrinks.
pub(crate) const PUBLIC: &[(&str, &str)] = &[
    ("POST", "/auth/admin-sign-up"),
    ("POST", "/auth/login"),
    // A provider vouches for who comes this way.
    ("POST", "/oauth/authorize"),
    ("POST", "/oauth/callback"),
    ("GET", "/oauth/mobile-redirect"),
    ("POST", "/oauth/backchannel-logout"),
    // Whoever has a pass shows it, and everybody may know that there is maintenance.
    ("POST", "/admin/maintenance/login"),
    ("GET", "/admin/maintenance/status"),
    // As signing up: only while there is no account.
    ("POST", "/admin/database-backups/start-restore"),
    ("GET", "/server/ping"),
    ("GET", "/server/version"),
    ("GET", "/server/features"),
    ("GET", "/server/config"),
    ("GET", "/server/media-types"),
    ("GET", "/server/version-history"),
    // The way in for somebody with a link, as a log-in is for an account.
    ("POST", "/shared-links/login"),
    // A screen that nobody knows yet: it gets a code to show, and sees nothing.
    ("POST", "/frames/pairings"),
];

/// An id that nothing has.
pub(crate) const NOBODY: &str = "01a20db7-ff15-4e9f-aa0a-a2892c7a6c8e";

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
    for (method, path) in heirloom_api::operations::unsupported() {
        let (status, _) = refusal_of(&server, &method.parse().unwrap(), &plain(path)).await;
        assert_eq!(status, StatusCode::NOT_IMPLEMENTED, "{method} {path}");
    }
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

/// A path of the contract with ids of nothing in it.
fn plain(path: &str) -> String {
    path.replace("{id}", NOBODY)
        .replace("{assetId}", NOBODY)
        .replace("{userId}", NOBODY)
        .replace("{name}", "sidecar")
        .replace("{filename}", "a.gz")
        .replace("{type}", "missing_file")
        .replace("{sessionId}", NOBODY)
        .replace("{variantIndex}", "0")
        .replace("{key}", "theme")
}

/// What the contract says of an operation that is served. Twins are not in it.
fn said_of(method: &str, path: &str) -> &'static Value {
    &contract::CONTRACT["paths"][path][method.to_lowercase()]
}

pub(crate) async fn key_for(server: &Server, permissions: &[&str]) -> Server {
    let body = json!({"name": "a key", "permissions": permissions});
    let (status, made) = server.call(Method::POST, "/api-keys", Some(body)).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let mut holder = server.without_credentials();
    made["secret"].as_str().unwrap().clone_into(&mut holder.key);
    holder
}

/// The status of an answer, and its message if it is a refusal.
async fn refusal_of(server: &Server, method: &Method, path: &str) -> (StatusCode, String) {
    let address = format!("{}/api{path}", server.address);
    let request = server.client.request(method.clone(), address);
    let response = request.header("x-api-key", &server.key).send().await;
    let response = response.unwrap();
    let status = response.status();
    let answer = response.json::<Value>().await.unwrap_or_default();
    let message = answer["message"].as_str().unwrap_or_default();
    (status, message.to_owned())
}

#[tokio::test]
async fn keys_do_what_the_contract_names_and_nothing_else() {
    let server = Server::start(None).await;
    let every = contract::CONTRACT["components"]["schemas"]["Permission"]["enum"]
        .as_array()
        .unwrap();
    let every: Vec<&str> = every.iter().map(|name| name.as_str().unwrap()).collect();
    let mut wrong = Vec::new();
    for (method, path) in heirloom_server::served() {
        let Some(needed) = said_of(method, path)["x-immich-permission"].as_str() else {
            continue;
        };
        let refusal = format!("Missing required permission: {needed}");
        let others: Vec<&str> = every
            .iter()
            .copied()
            .filter(|name| *name != needed && *name != "all")
            .collect();
        for (permissions, is_refused) in [(vec![needed], false), (others, true)] {
            let key = key_for(&server, &permissions).await;
            let method: Method = method.parse().unwrap();
            let (status, said) = refusal_of(&key, &method, &plain(path)).await;
            let said = said.as_str();
            let is_right = if is_refused {
                (status, said) == (StatusCode::FORBIDDEN, refusal.as_str())
            } else {
                !said.starts_with("Missing required permission")
            };
            if !is_right {
                wrong.push(format!("{method} {path} ({needed}): {status} {said}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn links_open_what_the_contract_names_and_administration_is_for_administrators() {
    for server in servers().await {
        let id = server.upload("a.jpg", media::jpeg(40, 30, 1)).await;
        let (_, other) = second(&server).await;
        let link = json!({"type": "INDIVIDUAL", "assetIds": [id]});
        let (_, link) = server.call(Method::POST, "/shared-links", Some(link)).await;
        let key = link["key"].as_str().unwrap();
        let visitor = server.without_credentials();
        let mut wrong = Vec::new();
        for (method, path) in heirloom_server::served() {
            let said = said_of(method, path);
            if PUBLIC.contains(&(method, path)) || said.is_null() {
                continue;
            }
            let call: Method = method.parse().unwrap();
            let parameters = said["parameters"].as_array();
            let is_open = parameters.is_some_and(|all| all.iter().any(|one| one["name"] == "key"));
            if !is_open {
                let with_key = format!("{}?key={key}", plain(path));
                let (status, _) = visitor.call(call.clone(), &with_key, None).await;
                if status != StatusCode::FORBIDDEN {
                    wrong.push(format!("a visitor: {method} {path}: {status}"));
                }
            }
            if said["x-immich-admin-only"] == true {
                let (status, _) = other.call(call, &plain(path), None).await;
                if status != StatusCode::FORBIDDEN {
                    wrong.push(format!("no administrator: {method} {path}: {status}"));
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}

#[tokio::test]
async fn a_secret_can_be_an_argument_of_a_program() {
    let server = Server::start(None).await;
    // Of so many, one in sixty-four would begin with a hyphen.
    for _ in 0..400 {
        let holder = key_for(&server, &["asset.read"]).await;
        assert!(!holder.key.starts_with('-'), "{}", holder.key);
    }
}
