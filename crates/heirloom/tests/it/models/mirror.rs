//! A mirror of model repositories, and what can be wrong with one.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{Path as UrlPath, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use futures::{StreamExt, stream};
use serde_json::json;
use sha1::{Digest, Sha1};
use sha2::Sha256;

pub(super) const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// A mirror of repositories, and what can be wrong with one.
#[derive(Default)]
pub(super) struct Mirror {
    pub(super) files: HashMap<&'static str, Vec<u8>>,
    /// Ends answers after this many bytes.
    pub(super) cut_after: Option<usize>,
    /// Answers that are cut; the rest is whole.
    pub(super) cuts: usize,
    /// Serves other bytes than it states.
    pub(super) lies_about: Option<&'static str>,
    /// What was asked for: a file, and the range.
    pub(super) requests: Vec<(String, Option<String>)>,
}

pub(super) type Shared = Arc<Mutex<Mirror>>;

/// CLIP's layout, with models so small that a test can hold them.
pub(super) fn clip() -> HashMap<&'static str, Vec<u8>> {
    HashMap::from([
        ("README.md", b"# A tiny CLIP".to_vec()),
        ("config.json", br#"{"embed_dim": 4}"#.to_vec()),
        ("visual/model.onnx", identity_model("image", 4)),
        ("visual/model.armnn", vec![1; 5000]),
        (
            "visual/preprocess_cfg.json",
            br#"{"size": [2, 2]}"#.to_vec(),
        ),
        ("textual/model.onnx", identity_model("text", 40_000)),
        ("textual/tokenizer.json", br#"{"version": "1.0"}"#.to_vec()),
        ("textual/fp16/model.onnx", vec![2; 100]),
        (".gitattributes", b"*.onnx filter=lfs".to_vec()),
    ])
}

/// An ONNX model that gives what it takes; its notes make it as long as it shall be.
pub(super) fn identity_model(name: &str, notes: usize) -> Vec<u8> {
    let field = |number: u8, bytes: &[u8]| {
        let mut length = bytes.len();
        let mut out = vec![number << 3 | 2];
        while length >= 0x80 {
            out.push(length as u8 | 0x80);
            length >>= 7;
        }
        out.push(length as u8);
        [out, bytes.to_vec()].concat()
    };
    let tensor_type = |name: &str| {
        let dimension = field(1, &[1 << 3, 4]);
        let tensor = [vec![1 << 3, 1], field(2, &dimension)].concat();
        [field(1, name.as_bytes()), field(2, &field(1, &tensor))].concat()
    };
    let node = [
        field(1, name.as_bytes()),
        field(2, b"embedding"),
        field(4, b"Identity"),
    ]
    .concat();
    let graph = [
        field(1, &node),
        field(2, b"tiny"),
        field(11, &tensor_type(name)),
        field(12, &tensor_type("embedding")),
    ]
    .concat();
    let opset = [vec![2 << 3, 17]].concat();
    [
        vec![1 << 3, 8],
        field(6, &vec![b' '; notes]),
        field(7, &graph),
        field(8, &opset),
    ]
    .concat()
}

async fn info(State(mirror): State<Shared>, UrlPath(path): UrlPath<String>) -> Response {
    if !path.starts_with("tiny/clip/revision/") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let mirror = mirror.lock().unwrap();
    let mut siblings: Vec<_> = mirror
        .files
        .iter()
        .map(|(name, bytes)| {
            let blob = Sha1::digest([format!("blob {}\0", bytes.len()).as_bytes(), bytes].concat());
            let mut sibling = json!({
                "rfilename": name, "size": bytes.len(), "blobId": hex::encode(blob),
            });
            if Path::new(name)
                .extension()
                .is_some_and(|extension| extension == "onnx")
            {
                // Large files are pointers in git, so the blob is another.
                let sha256 = hex::encode(Sha256::digest(bytes));
                sibling["blobId"] = "f00".into();
                sibling["lfs"] = json!({"sha256": sha256, "size": bytes.len(), "pointerSize": 130});
            }
            sibling
        })
        .collect();
    siblings.sort_by_key(|sibling| sibling["rfilename"].to_string());
    axum::Json(json!({"id": "tiny/clip", "sha": COMMIT, "siblings": siblings})).into_response()
}

async fn file(
    State(mirror): State<Shared>,
    UrlPath(path): UrlPath<String>,
    headers: HeaderMap,
) -> Response {
    let mut mirror = mirror.lock().unwrap();
    let name = path
        .strip_prefix(&format!("tiny/clip/resolve/{COMMIT}/"))
        .unwrap();
    let range = headers
        .get(header::RANGE)
        .map(|range| range.to_str().unwrap().to_owned());
    mirror.requests.push((name.to_owned(), range.clone()));
    let mut bytes = mirror.files[name].clone();
    if mirror.lies_about == Some(name) {
        bytes[0] ^= 1;
    }
    let from: usize = range.map_or(0, |range| {
        let from = range.strip_prefix("bytes=").unwrap();
        from.strip_suffix('-').unwrap().parse().unwrap()
    });
    let status = if from > 0 {
        StatusCode::PARTIAL_CONTENT
    } else {
        StatusCode::OK
    };
    let rest = bytes.split_off(from);
    match mirror.cut_after {
        Some(limit) if mirror.cuts > 0 && rest.len() > limit => {
            mirror.cuts -= 1;
            let first = rest[..limit].to_vec();
            // What was sent must have left before the line breaks.
            let broken = stream::once(async {
                tokio::time::sleep(Duration::from_millis(200)).await;
                Err(std::io::Error::other("the line broke"))
            });
            let body = stream::iter([Ok(first)]).chain(broken);
            (
                status,
                [(header::CONTENT_LENGTH, rest.len())],
                Body::from_stream(body),
            )
                .into_response()
        }
        _ => (status, rest).into_response(),
    }
}

/// Serves the mirror; gives its address.
pub(super) async fn serve(mirror: Shared) -> String {
    let router = Router::new()
        .route("/api/models/{*path}", get(info))
        .route("/{*path}", get(file))
        .with_state(mirror);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    endpoint
}
