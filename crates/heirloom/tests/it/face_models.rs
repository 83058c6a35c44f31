//! Another pack of models for faces is chosen: faces are looked for again, and what people have said stays.

use std::time::{Duration, Instant};

use heirloom_testkit::onnx::{Model, Type};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    media,
    models::command as models_command,
    search_models::{make_clip, pack_of},
    server::{Server, seeing_servers},
    vision::{copy_of, photo},
};

/// Side of the square that the detector looks at, and of the faces that are described.
const SIDE: usize = 640;
const STRIDES: [usize; 3] = [8, 16, 32];
/// How sure the detector of the tests is.
const SCORE: f32 = 0.95;

/// Models in the layout of InsightFace's repositories: in every picture that is not dark there is one face, at that place of
/// the square, and faces of one colour are one person's.
fn make_faces(place: [f32; 4]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut directions = vec![0.0; 3 * 512];
    for channel in 0..3 {
        directions[channel * 512 + channel * 100] = 1.0;
    }
    let recognition = Model::new("recognition")
        .input("data", Type::Float, &[-1, 3, 112, 112])
        .output("embedding", Type::Float, &[-1, 512])
        .constant("directions", &[3, 512], directions)
        .node("GlobalAveragePool", &["data"], &["mean"])
        .node("Flatten", &["mean"], &["colour"])
        .node("MatMul", &["colour", "directions"], &["embedding"]);
    for (name, model) in [
        ("detection", make_detector(place)),
        ("recognition", recognition),
    ] {
        let folder = folder.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("model.onnx"), model.bytes()).unwrap();
    }
    folder
}

fn make_detector(place: [f32; 4]) -> Model {
    let side = SIDE as i64;
    // The lightest channel's mean, made to a switch that is off only for what is all but black.
    let mut model = Model::new("detection")
        .input("input.1", Type::Float, &[1, 3, side, side])
        .constant("steep", &[1, 1], vec![20.0])
        .constant("shift", &[1, 1], vec![18.0])
        .node("GlobalAveragePool", &["input.1"], &["mean"])
        .node("ReduceMax", &["mean"], &["lightest"])
        .node("Flatten", &["lightest"], &["flat"])
        .node("Mul", &["flat", "steep"], &["scaled"])
        .node("Add", &["scaled", "shift"], &["shifted"])
        .node("Sigmoid", &["shifted"], &["switch"]);
    for stride in STRIDES {
        let rows = (SIDE / stride).pow(2) * 2;
        let (scores, boxes, points) = if stride == 32 {
            said(place, stride, rows)
        } else {
            (vec![0.0; rows], vec![0.0; rows * 4], vec![0.0; rows * 10])
        };
        for (kind, numbers, values) in [
            ("score", 1, scores),
            ("box", 4, boxes),
            ("point", 10, points),
        ] {
            let (constant, output) = (format!("{kind}s_{stride}"), format!("{kind}_{stride}"));
            model = model
                .constant(&constant, &[rows as i64, numbers], values)
                .output(&output, Type::Float, &[rows as i64, numbers]);
            model = match kind {
                "score" => model.node("Mul", &[&constant, "switch"], &[&output]),
                _ => model.node("Identity", &[&constant], &[&output]),
            };
        }
    }
    model
}

/// Scores, boxes and points of a grid that has one face.
fn said([x1, y1, x2, y2]: [f32; 4], stride: usize, rows: usize) -> (Vec<f32>, Vec<f32>, Vec<f32>) {
    let step = stride as f32;
    let (column, line) = (
        (f32::midpoint(x1, x2) / step).round(),
        (f32::midpoint(y1, y2) / step).round(),
    );
    let row = (line as usize * (SIDE / stride) + column as usize) * 2;
    let (x, y) = (column * step, line * step);
    let mut scores = vec![0.0; rows];
    scores[row] = SCORE;
    let mut boxes = vec![0.0; rows * 4];
    boxes[row * 4..row * 4 + 4]
        .copy_from_slice(&[x - x1, y - y1, x2 - x, y2 - y].map(|at| at / step));
    let mut points = vec![0.0; rows * 10];
    let places = [(0.3, 0.4), (0.7, 0.4), (0.5, 0.6), (0.35, 0.8), (0.65, 0.8)];
    for (number, (across, down)) in places.into_iter().enumerate() {
        let point = [x1 + across * (x2 - x1) - x, y1 + down * (y2 - y1) - y];
        let at = row * 10 + number * 2;
        points[at..at + 2].copy_from_slice(&point.map(|at| at / step));
    }
    (scores, boxes, points)
}

async fn faces(server: &Server, asset: &str) -> Vec<Value> {
    let faces = server.get(&format!("/faces?id={asset}")).await;
    faces.as_array().unwrap().clone()
}

/// Whose the faces of an asset are, by the faces' ids.
async fn whose(server: &Server, asset: &str) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let faces = faces(server, asset).await;
    let mut whose: Vec<_> = faces
        .iter()
        .map(|face| (text(&face["id"]), text(&face["person"]["name"])))
        .collect();
    whose.sort();
    whose
}

/// The place of a face in the square that the detector looks at.
fn place_of(face: &Value) -> [f32; 4] {
    let number = |name: &str| face[name].as_f64().unwrap() as f32;
    let unit = SIDE as f32 / number("imageWidth").max(number("imageHeight"));
    ["X1", "Y1", "X2", "Y2"].map(|side| number(&format!("boundingBox{side}")) * unit)
}

async fn made(server: &Server, method: Method, path: &str, body: Value) -> Value {
    let (status, answer) = server.call(method, path, Some(body)).await;
    assert!(status.is_success(), "{path}: {answer}");
    answer
}

async fn choose(server: &Server, change: impl FnOnce(&mut Value)) -> (StatusCode, Value) {
    let mut config = server.get("/system-config").await;
    change(&mut config["machineLearning"]);
    server
        .call(Method::PUT, "/system-config", Some(config))
        .await
}

/// Waits until a pack has seen everything, and people are grouped by it.
async fn seen_by(server: &Server, pack: &str) {
    let start = Instant::now();
    loop {
        let models = server.get("/admin/models").await;
        let faces = &models["faces"];
        if faces["chosen"] == pack && faces["total"] == faces["seen"] {
            break;
        }
        assert!(start.elapsed().as_secs() < 90, "{faces}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    server.settle().await;
}

/// How many pictures each person is in that has no name, the most first.
async fn nameless(server: &Server) -> Vec<u64> {
    let people = server.get("/people").await;
    let mut counts = Vec::new();
    for person in people["people"].as_array().unwrap() {
        if person["name"] == "" {
            let path = format!("/people/{}/statistics", person["id"].as_str().unwrap());
            counts.push(server.get(&path).await["assets"].as_u64().unwrap());
        }
    }
    counts.sort_unstable_by(|a, b| b.cmp(a));
    counts
}

/// Two pictures of one person, of whom it is said that they are two people; somebody is drawn by hand in the first.
async fn say_who_they_are(server: &Server, first: &str, second: &str) {
    let found = &faces(server, first).await[0]["person"]["id"];
    let found = found.as_str().unwrap();
    let name = json!({"name": "Eileen"});
    made(server, Method::PUT, &format!("/people/{found}"), name).await;
    let ada = made(server, Method::POST, "/people", json!({"name": "Ada"})).await;
    let apart = json!({"data": [{"assetId": second, "personId": found}]});
    let path = format!("/people/{}/reassign", ada["id"].as_str().unwrap());
    made(server, Method::PUT, &path, apart).await;
    let cleo = made(server, Method::POST, "/people", json!({"name": "Cleo"})).await;
    let drawn = json!({"assetId": first, "personId": cleo["id"], "imageWidth": 512, "imageHeight": 512,
                       "x": 400, "y": 400, "width": 60, "height": 60});
    made(server, Method::POST, "/faces", drawn).await;
}

/// What cannot look for faces, or search, cannot be chosen for it.
async fn refuse_what_does_not_suit(server: &Server) {
    for (task, pack, reason) in [
        ("facialRecognition", "nowhere", "nowhere"),
        ("facialRecognition", "../models/other", "cannot be used"),
        ("facialRecognition", "colours", "no models for faces"),
        ("clip", "blocks", "no models for search"),
    ] {
        let chosen = choose(server, |settings| settings[task]["modelName"] = pack.into());
        let (status, answer) = chosen.await;
        assert!(status.is_client_error(), "{pack}: {answer}");
        assert!(answer["message"].to_string().contains(reason), "{answer}");
    }
    let chosen = choose(server, |settings| {
        settings["facialRecognition"]["minScore"] = json!(0.05);
    });
    assert_eq!(chosen.await.0, StatusCode::BAD_REQUEST);
}

fn pull(server: &Server, name: &str, made: &TempDir) {
    let from = made.path().to_str().unwrap();
    let output = models_command(server.data.path(), &["pull", name, "--from", from])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}

async fn choose_faces(server: &Server, pack: &str) {
    let chosen = choose(server, |settings| {
        settings["facialRecognition"]["modelName"] = pack.into();
    });
    let (status, answer) = chosen.await;
    assert_eq!(status, StatusCode::OK, "{answer}");
}

#[tokio::test]
async fn faces_are_looked_for_again_by_the_chosen_pack_and_stay_whose_they_are() {
    let Some(portrait) = photo("astronaut.png") else {
        return;
    };
    let plain = |colour: &str, side: usize| {
        media::made("a.png", &format!("color=c={colour}:s={side}x{side}"))
    };
    for mut server in seeing_servers().await {
        let first = server.upload("a.png", portrait.clone()).await;
        let second = server.upload("b.jpg", copy_of(&portrait)).await;
        server.upload("1.png", plain("lime", 512)).await;
        let lime = server.upload("2.png", plain("lime", 500)).await;
        server.upload("3.png", plain("blue", 512)).await;
        let dark = server.upload("4.png", plain("black", 512)).await;
        server.settle().await;
        let place = place_of(&faces(&server, &first).await[0]);
        say_who_they_are(&server, &first, &second).await;
        server.settle().await;
        let said = (whose(&server, &first).await, whose(&server, &second).await);
        assert_eq!((said.0.len(), said.1.len()), (2, 1));
        assert!(nameless(&server).await.is_empty());

        pull(&server, "blocks", &make_faces(place));
        pull(&server, "colours", &make_clip());
        server.kill_and_restart();
        let models = server.get("/admin/models").await;
        assert_eq!(pack_of(&models, "blocks")["canFindFaces"], true);
        assert_eq!(pack_of(&models, "colours")["canFindFaces"], false);
        assert_eq!(models["faces"]["chosen"], "starter");
        refuse_what_does_not_suit(&server).await;

        // Whatever stops the server meanwhile: it is done when it is there again.
        choose_faces(&server, "blocks").await;
        server.kill_and_restart();
        seen_by(&server, "blocks").await;
        let now = (whose(&server, &first).await, whose(&server, &second).await);
        assert_eq!(now, said);
        assert_eq!(nameless(&server).await, [2, 1]);
        assert!(faces(&server, &dark).await.is_empty());
        // What comes later is compared with what the chosen models describe.
        server.upload("5.png", plain("lime", 480)).await;
        server.settle().await;
        assert_eq!(nameless(&server).await, [3, 1]);

        // Of what they are less sure than the settings want, nothing comes.
        let chosen = choose(&server, |settings| {
            settings["facialRecognition"]["minScore"] = json!(0.97);
        });
        assert_eq!(chosen.await.0, StatusCode::OK);
        let again = json!({"assetIds": [lime], "name": "refresh-faces"});
        made(&server, Method::POST, "/assets/jobs", again).await;
        server.settle().await;
        assert_eq!(nameless(&server).await, [2, 1]);

        // And back.
        choose_faces(&server, "starter").await;
        seen_by(&server, "starter").await;
        let now = (whose(&server, &first).await, whose(&server, &second).await);
        assert_eq!(now, said);
        assert!(nameless(&server).await.is_empty());
    }
}
