//! Pictures beneath the map, from somebody else's server.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    Router, extract::Path, http::StatusCode as Status, response::IntoResponse, routing::get,
};
use reqwest::StatusCode;
use serde_json::json;
use tokio::net::TcpListener;

use crate::server::Server;

/// A tile server: where it is, and how often it was asked.
async fn tile_server() -> (String, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let answer = move |Path((theme, z, x, y)): Path<(String, u8, u32, String)>| async move {
        count.fetch_add(1, Ordering::Relaxed);
        let (html, png) = ("text/html", "image/png");
        match x {
            1 => ([("content-type", html)], "<script>".to_owned()).into_response(),
            2 => Status::NOT_FOUND.into_response(),
            _ => ([("content-type", png)], format!("{theme} {z} {x} {y}")).into_response(),
        }
    };
    let router = Router::new().route("/{theme}/{z}/{x}/{y}", get(answer));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (address, asked)
}

#[tokio::test]
async fn a_map_lies_on_the_tiles_of_a_server_that_is_configured() {
    let (address, asked) = tile_server().await;
    let (day, night) = (
        format!("{address}/day/{{z}}/{{x}}/{{y}}.png"),
        format!("{address}/night/{{z}}/{{x}}/{{y}}.png"),
    );
    let environment = [
        ("HEIRLOOM__MAP__TILES", day.as_str()),
        ("HEIRLOOM__MAP__DARK_TILES", night.as_str()),
        ("HEIRLOOM__MAP__ATTRIBUTION", "© whoever drew it"),
    ];
    let server = Server::start_with(None, &environment).await;
    let about = json!({"enabled": true, "attribution": "© whoever drew it", "maxZoom": 19});
    assert_eq!(server.get("/map/tiles").await, about);
    for (path, expected) in [
        ("light/3/4/5", "day 3 4 5.png"),
        ("light/3/4/5", "day 3 4 5.png"),
        ("dark/19/0/9", "night 19 0 9.png"),
    ] {
        let (status, bytes) = server.bytes(&format!("/map/tiles/{path}")).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        assert_eq!(String::from_utf8(bytes).unwrap(), expected);
    }
    assert_eq!(asked.load(Ordering::Relaxed), 2, "a tile is asked for once");
    for (path, expected) in [
        // Not a picture, so nothing that could run.
        ("light/3/1/1", StatusCode::BAD_GATEWAY),
        ("light/3/2/1", StatusCode::NOT_FOUND),
        ("light/3/8/1", StatusCode::NOT_FOUND),
        ("light/20/0/0", StatusCode::NOT_FOUND),
        ("pink/3/0/0", StatusCode::BAD_REQUEST),
        ("light/3/-1/0", StatusCode::BAD_REQUEST),
    ] {
        let (status, _) = server.bytes(&format!("/map/tiles/{path}")).await;
        assert_eq!(status, expected, "{path}");
    }
}

#[tokio::test]
async fn without_a_tile_server_clients_draw_their_own_map() {
    let server = Server::start(None).await;
    let about = json!({"enabled": false, "attribution": "", "maxZoom": 0});
    assert_eq!(server.get("/map/tiles").await, about);
    let (status, _) = server.bytes("/map/tiles/light/0/0/0").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_address_that_names_no_tile_is_refused_at_the_start() {
    let place = tempfile::tempdir().unwrap();
    let environment = [("HEIRLOOM__MAP__TILES", "https://tiles.example.org/{z}/{x}")];
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_heirloom"))
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(place.path())
        .envs(environment)
        .output()
        .unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("map.tiles") && said.contains("lacks {y}"),
        "{said}"
    );
}
