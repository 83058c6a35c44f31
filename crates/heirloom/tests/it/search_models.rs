//! Another pack of search models is chosen: the one before answers until the new one has seen everything.

use std::path::{Path, PathBuf};

use heirloom_testkit::onnx::{Model, Type};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    media,
    models::command as models_command,
    server::{Server, seeing_servers},
};

/// Names of colours, as a tokenizer numbers them from 1 on, and their places among colours from -1 to 1.
const COLOURS: [(&str, [f32; 3]); 3] = [
    ("red", [1.0, -1.0, -1.0]),
    ("lime", [-1.0, 1.0, -1.0]),
    ("blue", [-1.0, -1.0, 1.0]),
];
/// Word parts that its model of texts reads.
const PARTS: i64 = 8;

/// Models in the layout of CLIP's repositories that know nothing but colours.
pub(crate) fn make_clip() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |file: &str, bytes: Vec<u8>| {
        let file = folder.path().join(file);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, bytes).unwrap();
    };
    let visual = Model::new("visual")
        .input("image", Type::Float, &[-1, 3, 4, 4])
        .output("embedding", Type::Float, &[-1, 3])
        .node("GlobalAveragePool", &["image"], &["mean"])
        .node("Flatten", &["mean"], &["embedding"]);
    write("visual/model.onnx", visual.bytes());
    let prepared = json!({"size": [4, 4], "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5], "resize_mode": "squash"});
    write("visual/preprocess_cfg.json", prepared.to_string().into());

    let mut places = vec![0.0; 3];
    places.extend(COLOURS.iter().flat_map(|(_, place)| place));
    places.extend([0.0; 3]);
    let textual = Model::new("textual")
        .input("text", Type::Int32, &[-1, PARTS])
        .output("embedding", Type::Float, &[-1, 3])
        .constant("places", &[5, 3], places)
        .constant("ones", &[1, 1, PARTS], vec![1.0; PARTS as usize])
        .node("Gather", &["places", "text"], &["words"])
        .node("MatMul", &["ones", "words"], &["sum"])
        .node("Flatten", &["sum"], &["embedding"]);
    write("textual/model.onnx", textual.bytes());
    let mut words = json!({"[PAD]": 0, "[UNK]": 4});
    for (number, (name, _)) in COLOURS.iter().enumerate() {
        words[*name] = (number + 1).into();
    }
    let tokenizer = json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
        "normalizer": {"type": "Lowercase"}, "pre_tokenizer": {"type": "Whitespace"},
        "post_processor": null, "decoder": null,
        "model": {"type": "WordLevel", "vocab": words, "unk_token": "[UNK]"},
    });
    write("textual/tokenizer.json", tokenizer.to_string().into());
    let padding = json!({"pad_token": "[PAD]"});
    write("textual/tokenizer_config.json", padding.to_string().into());
    folder
}

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
pub(crate) fn pack_of<'a>(models: &'a Value, name: &str) -> &'a Value {
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

#[tokio::test]
async fn a_pack_of_another_family_answers_once_it_is_chosen() {
    let made = make_clip();
    for mut server in seeing_servers().await {
        let from = made.path().to_str().unwrap();
        let output = models_command(server.data.path(), &["pull", "colours", "--from", from])
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        server.kill_and_restart();
        let models = server.get("/admin/models").await;
        assert_eq!(pack_of(&models, "colours")["canSearch"], true);

        let mut pictures = Vec::new();
        for (number, (name, _)) in COLOURS.iter().enumerate() {
            let picture = media::made("a.png", &format!("color=c={name}:s=96x64"));
            pictures.push(server.upload(&format!("{number}.png"), picture).await);
        }
        server.settle().await;
        let (status, answer) = choose(&server, "colours").await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        for ((name, _), picture) in COLOURS.iter().zip(&pictures) {
            answered_by(&server, &format!("something {name}"), picture).await;
        }
        // Nobody has measured how like such a model's answers are: all come, the best first.
        let question = json!({"query": "red lime"});
        let (_, answer) = server
            .call(Method::POST, "/search/smart", Some(question))
            .await;
        let found = answer["assets"]["items"].as_array().unwrap();
        assert_eq!(found.len(), 2, "what points the other way is left out");
        let example = json!({"queryAssetId": pictures[2]});
        let (_, answer) = server
            .call(Method::POST, "/search/smart", Some(example))
            .await;
        assert_eq!(answer["assets"]["items"][0]["id"], pictures[2].as_str());
    }
}
