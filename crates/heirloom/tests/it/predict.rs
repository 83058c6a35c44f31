//! `heirloom inference` in the place of Immich's machine-learning service.

use std::path::Path;

use reqwest::{
    StatusCode,
    multipart::{Form, Part},
};
use serde_json::{Value, json};

use crate::{inference::Node, media, vision::photo};

/// How long vectors are, as Immich's database wants them.
const VECTOR: usize = 512;

/// A node with the pack that `cargo xtask test` names.
#[expect(
    clippy::print_stdout,
    reason = "who runs the tests must see what was not tested"
)]
fn node() -> Option<Node> {
    let Some(pack) = std::env::var_os("HEIRLOOM__INFERENCE__MODELS") else {
        println!("skipped: HEIRLOOM__INFERENCE__MODELS is not set (cargo xtask test sets it)");
        return None;
    };
    Node::start(Path::new(&pack))
}

/// Tasks as Immich's server writes them.
fn entries(tasks: &[(&str, &str, Value)]) -> String {
    let mut entries = json!({});
    for (task, kind, options) in tasks {
        entries[*task][*kind] = json!({"modelName": "any", "options": options});
    }
    entries.to_string()
}

async fn predict(node: &Node, form: Form) -> (StatusCode, Value) {
    let url = format!("{}/predict", node.http);
    let answer = node.client.post(url).multipart(form).send().await.unwrap();
    let status = answer.status();
    (status, answer.json().await.unwrap())
}

fn image(bytes: Vec<u8>, tasks: &[(&str, &str, Value)]) -> Form {
    Form::new()
        .text("entries", entries(tasks))
        .part("image", Part::bytes(bytes).file_name("image.jpg"))
}

fn text(text: &str) -> Form {
    let tasks = [("clip", "textual", json!({"language": "en"}))];
    Form::new()
        .text("entries", entries(&tasks))
        .text("text", text.to_owned())
}

/// The numbers of a vector, which stands there as a string.
fn vector(value: &Value) -> Vec<f32> {
    let numbers: Vec<f32> = serde_json::from_str(value.as_str().unwrap()).unwrap();
    assert_eq!(numbers.len(), VECTOR);
    let length: f32 = numbers.iter().map(|number| number * number).sum();
    assert!((length - 1.0).abs() < 1e-3, "{length}");
    numbers
}

fn alike(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}

#[tokio::test]
async fn immichs_server_is_told_what_pictures_and_texts_mean() {
    let Some(node) = node() else { return };
    let get = |path: &str| node.client.get(format!("{}{path}", node.http)).send();
    assert_eq!(get("/ping").await.unwrap().text().await.unwrap(), "pong");
    let root: Value = get("/").await.unwrap().json().await.unwrap();
    assert_eq!(root, json!({"message": "Immich ML"}));

    let (Some(portrait), Some(page)) = (photo("astronaut.png"), photo("page.png")) else {
        return;
    };
    let tasks = [
        ("clip", "visual", json!({})),
        ("facial-recognition", "detection", json!({"minScore": 0.3})),
        ("facial-recognition", "recognition", json!({})),
    ];
    let (status, answer) = predict(&node, image(portrait, &tasks)).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(
        (&answer["imageWidth"], &answer["imageHeight"]),
        (&json!(512), &json!(512))
    );
    let picture = vector(&answer["clip"]);
    let faces = answer["facial-recognition"].as_array().unwrap();
    assert_eq!(faces.len(), 1, "{answer}");
    vector(&faces[0]["embedding"]);
    let side = |name: &str| faces[0]["boundingBox"][name].as_i64().unwrap();
    // The astronaut's face, in pixels.
    assert!(
        (150..220).contains(&side("x1")) && (230..310).contains(&side("x2")),
        "{faces:?}"
    );
    assert!(
        (40..110).contains(&side("y1")) && (150..230).contains(&side("y2")),
        "{faces:?}"
    );

    let mut near = Vec::new();
    for asked in ["an astronaut in a space suit", "a plate of noodles"] {
        let (status, answer) = predict(&node, text(asked)).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        assert!(answer.get("imageWidth").is_none());
        near.push(alike(&picture, &vector(&answer["clip"])));
    }
    assert!(near[0] > near[1] + 0.05, "{near:?}");

    let ocr = |least: f64| {
        let least = json!({"minScore": least, "maxResolution": 736});
        [
            ("ocr", "detection", least.clone()),
            ("ocr", "recognition", least),
        ]
    };
    let (_, answer) = predict(&node, image(page.clone(), &ocr(0.5))).await;
    let read = &answer["ocr"];
    let lines = read["text"].as_array().unwrap();
    let all: Vec<_> = lines.iter().filter_map(Value::as_str).collect();
    assert!(
        all.join(" ").to_lowercase().contains("segmentation"),
        "{read}"
    );
    let count = |name: &str| read[name].as_array().unwrap().len();
    assert_eq!(
        (count("box"), count("boxScore"), count("textScore")),
        (8 * lines.len(), lines.len(), lines.len())
    );
    let corners = read["box"].as_array().unwrap();
    assert!(
        corners
            .iter()
            .all(|at| (-0.1..=1.1).contains(&at.as_f64().unwrap()))
    );
    let (_, answer) = predict(&node, image(page, &ocr(1.1))).await;
    assert_eq!(answer["ocr"]["text"], json!([]));
}

#[tokio::test]
async fn what_is_no_question_is_refused() {
    let Some(node) = node() else { return };
    let visual = [("clip", "visual", json!({}))];
    let whole = media::jpeg(64, 48, 1);
    let cut = whole[..40].to_vec();
    let form = || Form::new();
    let nothing = "Either image or text must be provided";
    let invalid = "Invalid request format.";
    let cases = [
        (form().text("entries", entries(&visual)), 400, nothing),
        (image(Vec::new(), &visual), 400, nothing),
        (text(""), 400, nothing),
        (text(" \n"), 400, "the text is empty"),
        (form(), 422, invalid),
        (
            form().text("entries", "{").text("text", "a dog"),
            422,
            invalid,
        ),
        (form().text("text", "a dog"), 422, invalid),
        (
            image(whole.clone(), &[("clip", "smell", json!({}))]),
            422,
            invalid,
        ),
        (
            image(whole.clone(), &[("astrology", "visual", json!({}))]),
            422,
            invalid,
        ),
        (
            image(whole.clone(), &[("clip", "textual", json!({}))]),
            422,
            invalid,
        ),
        (
            form()
                .text("entries", entries(&visual))
                .text("text", "a dog"),
            422,
            invalid,
        ),
        (image(b"no picture".to_vec(), &visual), 400, "not a picture"),
        (image(cut, &visual), 400, "damaged"),
        (image(media::png_bomb(), &visual), 400, "damaged"),
    ];
    for (number, (form, status, told)) in cases.into_iter().enumerate() {
        let (answered, answer) = predict(&node, form).await;
        assert_eq!(answered.as_u16(), status, "case {number}: {answer}");
        let detail = answer["detail"].as_str().unwrap();
        assert!(detail.contains(told), "case {number}: {detail}");
    }
    let url = format!("{}/predict", node.http);
    let empty = node.client.post(&url).send().await.unwrap();
    assert_eq!(empty.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let cut_off = node
        .client
        .post(&url)
        .header("content-type", "multipart/form-data; boundary=x");
    let cut_off = cut_off.body("--x\r\ncontent-disposition: form-data; name=\"entries\"\r\n\r\n{");
    assert_eq!(
        cut_off.send().await.unwrap().status(),
        StatusCode::UNPROCESSABLE_ENTITY
    );

    // It is still there for others.
    let (status, answer) = predict(&node, image(whole, &visual)).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    vector(&answer["clip"]);
}

#[tokio::test]
async fn a_thousand_clients_are_answered_or_told_to_come_back() {
    let Some(node) = node() else { return };
    let asked = (0..1_000).map(|_| predict(&node, text("a dog on the beach")));
    let answers = futures::future::join_all(asked).await;
    let (mut answered, mut turned_away) = (0, 0);
    for (status, answer) in answers {
        match status {
            StatusCode::OK => {
                vector(&answer["clip"]);
                answered += 1;
            }
            StatusCode::SERVICE_UNAVAILABLE => turned_away += 1,
            other => panic!("{other}: {answer}"),
        }
    }
    assert_eq!(answered + turned_away, 1_000);
    assert!(
        answered > 500,
        "{answered} answered, {turned_away} turned away"
    );
}
