//! What is done with new photos without their owner.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    library::{call, change, make_album, second},
    media,
    server::{Server, servers},
};

fn step(method: &str, config: impl Into<Value>) -> Value {
    json!({"method": format!("heirloom#{method}"), "config": config.into()})
}

async fn make(server: &Server, trigger: &str, steps: Vec<Value>) -> Value {
    let workflow = json!({"name": "mine", "trigger": trigger, "steps": steps});
    let (status, made) = server
        .call(Method::POST, "/workflows", Some(workflow))
        .await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    made
}

async fn asset(server: &Server, id: &str) -> Value {
    server.get(&format!("/assets/{id}")).await
}

#[tokio::test]
async fn new_photos_are_sorted_as_their_owner_said() {
    for server in servers().await {
        let album = make_album(&server, json!({"albumName": "Lakes"})).await;
        let album = album["id"].as_str().unwrap();
        let screens = vec![
            step("fileName", json!({"pattern": "*screenshot*"})),
            step("archive", json!({})),
        ];
        make(&server, "AssetCreate", screens).await;
        let lake = vec![
            step("kind", json!({"kind": "IMAGE"})),
            step("place", json!({"name": "germany"})),
            step("addToAlbum", json!({"albumId": album})),
            step("addTag", json!({"tag": "places/lakes"})),
            step("favorite", Value::Null),
        ];
        make(&server, "AssetMetadataExtraction", lake).await;
        let taken = "2021:06:06 08:00:00";
        let there = media::jpeg_with_position(64, 48, 1, taken, (48.1, 11.5));
        let there = server.upload("there.jpg", there).await;
        let elsewhere = media::jpeg_with_position(64, 48, 2, taken, (40.4, -3.7));
        let elsewhere = server.upload("elsewhere.jpg", elsewhere).await;
        let screen = server
            .upload("Screenshot 1.jpg", media::jpeg(64, 48, 3))
            .await;
        server.settle().await;
        let found = asset(&server, &there).await;
        assert_eq!(found["isFavorite"], true);
        assert_eq!(found["tags"][0]["value"], "places/lakes");
        let other = asset(&server, &elsewhere).await;
        assert_eq!(
            (&other["isFavorite"], &other["tags"]),
            (&json!(false), &json!([]))
        );
        assert_eq!(asset(&server, &screen).await["visibility"], "archive");
        assert_eq!(found["visibility"], "timeline");
        let album = server.get(&format!("/albums/{album}")).await;
        assert_eq!(album["assetCount"], 1);
    }
}

#[tokio::test]
async fn workflows_are_changed_switched_off_shared_and_deleted() {
    for server in servers().await {
        let steps = vec![step("favorite", json!({}))];
        let made = make(&server, "AssetCreate", steps).await;
        assert_eq!(made["enabled"], true);
        let path = format!("/workflows/{}", made["id"].as_str().unwrap());
        let said = json!({"enabled": false, "description": "all of them", "name": null});
        change(&server, Method::PUT, &path, said).await;
        let read = server.get(&path).await;
        assert_eq!(
            (&read["enabled"], &read["description"], &read["name"]),
            (&json!(false), &json!("all of them"), &Value::Null)
        );
        assert_eq!(read["steps"], made["steps"]);
        assert_eq!(server.get("/workflows?enabled=true").await, json!([]));
        assert_eq!(
            server.get("/workflows?trigger=AssetCreate").await,
            json!([read])
        );
        let id = server.upload("a.jpg", media::jpeg(64, 48, 1)).await;
        server.settle().await;
        assert_eq!(asset(&server, &id).await["isFavorite"], false);
        let shared = server.get(&format!("{path}/share")).await;
        assert_eq!(
            (&shared["id"], &shared["trigger"]),
            (&Value::Null, &json!("AssetCreate"))
        );
        let (_, bob) = second(&server).await;
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            call(&bob, method, &path, json!({}), StatusCode::BAD_REQUEST).await;
        }
        call(
            &server,
            Method::DELETE,
            &path,
            json!({}),
            StatusCode::NO_CONTENT,
        )
        .await;
        assert_eq!(server.get("/workflows").await, json!([]));
    }
}

#[tokio::test]
async fn what_a_workflow_cannot_do_is_refused() {
    let server = Server::start(None).await;
    let (_, bob) = second(&server).await;
    let foreign = make_album(&bob, json!({"albumName": "Bob's"})).await;
    for (trigger, steps) in [
        ("Never", vec![]),
        ("AssetCreate", vec![step("fly", json!({}))]),
        (
            "AssetCreate",
            vec![step("fileName", json!({"pattern": "["}))],
        ),
        (
            "AssetCreate",
            vec![step("addToAlbum", json!({"albumId": foreign["id"]}))],
        ),
        ("AssetCreate", vec![step("archive", json!({})); 51]),
    ] {
        let workflow = json!({"trigger": trigger, "steps": steps});
        let refused = StatusCode::BAD_REQUEST;
        call(&server, Method::POST, "/workflows", workflow, refused).await;
    }
    assert_eq!(server.get("/workflows").await, json!([]));
    // An album that is gone stops nothing else.
    let album = make_album(&server, json!({"albumName": "short-lived"})).await;
    let id = album["id"].as_str().unwrap();
    let steps = vec![
        step("addToAlbum", json!({"albumId": id})),
        step("favorite", json!({})),
    ];
    make(&server, "AssetCreate", steps).await;
    change(&server, Method::DELETE, &format!("/albums/{id}"), json!({})).await;
    let photo = server.upload("a.jpg", media::jpeg(64, 48, 1)).await;
    server.settle().await;
    assert_eq!(asset(&server, &photo).await["isFavorite"], true);
}

#[tokio::test]
async fn clients_are_offered_what_there_is() {
    let server = Server::start(None).await;
    let plugins = server.get("/plugins").await;
    let plugin = format!("/plugins/{}", plugins[0]["id"].as_str().unwrap());
    assert_eq!(server.get(&plugin).await, plugins[0]);
    let methods = server.get("/plugins/methods?trigger=AssetCreate").await;
    assert_eq!(methods, plugins[0]["methods"]);
    assert_eq!(server.get("/plugins/methods?name=fly").await, json!([]));
    let triggers = server.get("/workflows/triggers").await;
    assert_eq!(triggers.as_array().unwrap().len(), 2);
    for template in server.get("/plugins/templates").await.as_array().unwrap() {
        let steps = template["steps"].as_array().unwrap().clone();
        make(&server, template["trigger"].as_str().unwrap(), steps).await;
    }
}
