//! Another pack of search models is chosen: the one before answers until the new one has seen everything.

use std::path::{Path, PathBuf};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::server::{Server, seeing_servers};

/// Makes a pack of the one there is, in which "cat" is read as "coffee" and the other way round: who answers a question can be
/// told by the answer.
fn make_pack(data: &Path, name: &str) {
    let made = PathBuf::from(std::env::var_os("HEIRLOOM__INFERENCE__MODELS").unwrap());
    let folder = data.join("models").join(name);
    std::fs::create_dir_all(folder.join("search")).unwrap();
    let read = |file: &str| -> Value {
        serde_json::from_slice(&std::fs::read(made.join(file)).unwrap()).unwrap()
    };
    let write = |file: &str, value: &Value| {
        std::fs::write(folder.join(file), serde_json::to_vec(value).unwrap()).unwrap();
    };
    let mut manifest = read("models.json");
    manifest["pack"] = name.into();
    manifest["models"]
        .as_array_mut()
        .unwrap()
        .retain(|model| model["file"].as_str().unwrap().starts_with("search/"));
    write("models.json", &manifest);
    for file in ["visual.onnx", "textual.onnx", "labels.json"] {
        let file = Path::new("search").join(file);
        std::os::unix::fs::symlink(made.join(&file), folder.join(&file)).unwrap();
    }
    let mut tokenizer = read("search/tokenizer.json");
    let words = &mut tokenizer["model"]["vocab"];
    let (cat, coffee) = (words["cat"].take(), words["coffee"].take());
    (words["cat"], words["coffee"]) = (coffee, cat);
    write("search/tokenizer.json", &tokenizer);
}

async fn choose(server: &Server, pack: &str) -> (StatusCode, Value) {
    let mut config = server.get("/system-config").await;
    config["machineLearning"]["clip"]["modelName"] = pack.into();
    server
        .call(Method::PUT, "/system-config", Some(config))
        .await
}

async fn first(server: &Server, text: &str) -> Option<String> {
    let question = json!({ "query": text });
    let (status, answer) = server
        .call(Method::POST, "/search/smart", Some(question))
        .await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let id = &answer["assets"]["items"][0]["id"];
    id.as_str().map(str::to_owned)
}

/// Waits until a question's first answer is this one: the models change behind the scenes.
async fn answered_by(server: &Server, text: &str, wanted: &str) {
    let start = std::time::Instant::now();
    while first(server, text).await.as_deref() != Some(wanted) {
        assert!(start.elapsed().as_secs() < 60, "{text}");
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
}

async fn command(server: &Server, command: &str) {
    let body = json!({"command": command, "force": false});
    let (status, answer) = server
        .call(Method::PUT, "/jobs/smartSearch", Some(body))
        .await;
    assert_eq!(status, StatusCode::OK, "{answer}");
}

/// The pack of that name, as an administrator sees it.
fn pack_of<'a>(models: &'a Value, name: &str) -> &'a Value {
    let packs = models["packs"].as_array().unwrap();
    packs.iter().find(|pack| pack["name"] == name).unwrap()
}

#[tokio::test]
async fn administrators_see_which_models_there_are() {
    let plain = Server::start_with(None, &[("HEIRLOOM__INFERENCE__RUNTIME", "/none")]).await;
    let models = plain.get("/admin/models").await;
    assert_eq!(
        (&models["engine"], &models["search"]),
        (&json!("none"), &Value::Null)
    );
    let ben = json!({"email": "ben@example.org", "name": "Ben", "password": "horse"});
    plain
        .call(Method::POST, "/admin/users", Some(ben.clone()))
        .await;
    let (_, session) = plain.call(Method::POST, "/auth/login", Some(ben)).await;
    let ben = plain.acting_as(session["accessToken"].as_str().unwrap());
    let (status, _) = ben.call(Method::GET, "/admin/models", None).await;
    assert_eq!(status, StatusCode::FORBIDDEN);

    for mut server in seeing_servers().await {
        make_pack(server.data.path(), "other");
        server.kill_and_restart();
        let models = server.get("/admin/models").await;
        assert_eq!(models["engine"], "here");
        assert_eq!(
            models["search"],
            json!({"chosen": "starter", "seen": 0, "total": 0, "waitingUsers": 0})
        );
        let (starter, other) = (pack_of(&models, "starter"), pack_of(&models, "other"));
        assert_eq!(
            (&starter["isUsed"], &other["isUsed"]),
            (&json!(true), &json!(false))
        );
        assert_eq!(
            (&starter["canSearch"], &other["canSearch"]),
            (&json!(true), &json!(true))
        );
        assert_eq!(starter["models"].as_array().unwrap().len(), 10);
        for model in other["models"].as_array().unwrap() {
            assert_eq!(model["state"], "asleep");
            assert!(model["bytes"].as_u64().unwrap() > 0);
            assert!(model["licence"].is_string());
        }
    }
}

#[tokio::test]
async fn the_pack_before_answers_until_the_chosen_one_has_seen_everything() {
    let Some(photos) = std::env::var_os("HEIRLOOM_TEST_PHOTOS").map(PathBuf::from) else {
        return;
    };
    let photo = |name: &str| std::fs::read(photos.join(name)).unwrap();
    for mut server in seeing_servers().await {
        let cat = server.upload("1.png", photo("chelsea.png")).await;
        let cup = server.upload("2.png", photo("coffee.png")).await;
        server.settle().await;
        assert_eq!(first(&server, "cat").await.as_ref(), Some(&cat));

        make_pack(server.data.path(), "other");
        server.kill_and_restart();
        for wrong in ["nowhere", "../models/other", ""] {
            let (status, answer) = choose(&server, wrong).await;
            assert!(status.is_client_error(), "{wrong}: {answer}");
        }
        command(&server, "pause").await;
        let (status, answer) = choose(&server, "other").await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        // Whatever has been seen by now, it is the pack before that answers; also after a restart.
        tokio::time::sleep(std::time::Duration::from_secs(3)).await;
        assert_eq!(first(&server, "cat").await.as_ref(), Some(&cat));
        server.kill_and_restart();
        assert_eq!(first(&server, "coffee").await.as_ref(), Some(&cup));

        command(&server, "resume").await;
        answered_by(&server, "cat", &cup).await;
        assert_eq!(first(&server, "coffee").await.as_ref(), Some(&cat));
        // What arrives later is seen by the chosen pack, too.
        let rocket = server.upload("3.jpg", photo("rocket.jpg")).await;
        server.settle().await;
        assert_eq!(first(&server, "rocket").await, Some(rocket));

        // And back.
        assert_eq!(choose(&server, "starter").await.0, StatusCode::OK);
        answered_by(&server, "cat", &cat).await;
    }
}
