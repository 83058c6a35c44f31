//! `heirloom inference`: nodes that run models for others, alone and as a pool.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use heirloom_inference::{
    Engine, Error, Priority, Request, Response, Tensor,
    remote::{RemoteEngine, Settings},
};
use heirloom_testkit::onnx::Model;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

const PACKAGE: &str = "tritonclient[http,grpc]==2.73.0";
/// Most requests of one model that wait, of the nodes of these tests.
const QUEUE: usize = 64;
/// Clients that ask at one time.
const CLIENTS: usize = 1_000;

pub(crate) struct Node {
    process: Child,
    pub http: String,
    grpc: String,
    pub client: Client,
}

fn runtime() -> Option<PathBuf> {
    let named = std::env::var_os("HEIRLOOM__INFERENCE__RUNTIME").map(PathBuf::from);
    let made =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.setup/onnxruntime/libonnxruntime.so");
    let found = named.or_else(|| made.is_file().then_some(made));
    if found.is_none() {
        skipped();
    }
    found
}

#[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
fn skipped() {
    println!("skipped: there is no ONNX Runtime (cargo xtask setup fetches it)");
}

/// A repository with the models that these tests ask for.
fn repository() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let put = |model: &str, version: u32, bytes: &[u8]| {
        let folder = folder.path().join(model).join(version.to_string());
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("model.onnx"), bytes).unwrap();
    };
    for version in [1, 2] {
        put("double", version, &Model::double(4).bytes());
    }
    let configuration = "version_policy { all {} } max_batch_size: 8 dynamic_batching {}";
    fs::write(folder.path().join("double/config.pbtxt"), configuration).unwrap();
    put("plain", 1, &Model::double(4).bytes());
    put("root", 1, &Model::root(4).bytes());
    put("slow", 1, &Model::layers(256, 40).bytes());
    put("corrupt", 1, b"this is no model");
    folder
}

impl Node {
    pub(crate) fn start(models: &Path) -> Option<Self> {
        let mut process = Command::new(env!("CARGO_BIN_EXE_heirloom"))
            .args(["inference", "--listen", "127.0.0.1:0"])
            .args(["--grpc-listen", "127.0.0.1:0"])
            .env("HEIRLOOM__LOG__LEVEL", "error")
            .env("HEIRLOOM__INFERENCE__RUNTIME", runtime()?)
            .env("HEIRLOOM__INFERENCE__MODELS", models)
            .env("HEIRLOOM__INFERENCE__QUEUE", QUEUE.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut address = |before: &str| {
            let line = lines.next().unwrap().unwrap();
            let address = line.strip_prefix(before);
            address.expect("the node says where it is").to_owned()
        };
        Some(Self {
            http: address("Inference is at "),
            grpc: address("Inference over gRPC is at "),
            process,
            client: Client::new(),
        })
    }

    async fn infer(&self, model: &str, body: Value) -> (StatusCode, String) {
        let url = format!("{}/v2/models/{model}/infer", self.http);
        let answer = self.client.post(url).json(&body).send().await.unwrap();
        let status = answer.status();
        (status, answer.text().await.unwrap())
    }

    async fn refused(&self, model: &str, body: Value) -> (StatusCode, String) {
        let (status, text) = self.infer(model, body).await;
        let answer: Value = serde_json::from_str(&text).unwrap();
        (status, answer["error"].as_str().unwrap().to_owned())
    }

    fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

fn row(numbers: &Value) -> Value {
    let width = numbers.as_array().unwrap().len();
    json!({"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, width], "data": numbers}]})
}

#[tokio::test]
async fn bad_requests_are_refused_and_the_rest_is_answered() {
    let models = repository();
    let Some(node) = Node::start(models.path()) else {
        return;
    };
    let good = row(&json!([1, 2, 3, 4]));
    let cases = [
        ("nothing", good.clone(), 404, "no model nothing"),
        ("corrupt", good.clone(), 503, "corrupt"),
        ("double", row(&json!([1, 2, 3])), 400, "shape [any, 4]"),
        ("double", json!({"inputs": []}), 400, "needs the input x"),
        ("double", json!({}), 400, "not readable"),
        ("root", row(&json!([-1, 2, 3, 4])), 500, "(NaN)"),
        (
            "double",
            json!({"inputs": [{"name": "x", "datatype": "INT64", "shape": [1, 4], "data": [1, 2, 3, 4]}]}),
            400,
            "takes FP32, not INT64",
        ),
        (
            "double",
            json!({"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 536_870_912],
                               "parameters": {"binary_data_size": 2_147_483_648_u64}}]}),
            400,
            "ends before",
        ),
    ];
    for (model, body, status, told) in cases {
        let (answered, error) = node.refused(model, body).await;
        assert_eq!(answered.as_u16(), status, "{model}: {error}");
        assert!(error.contains(told), "{model}: {error}");
    }
    let said = announce(&node, 2 << 30);
    assert!(said.starts_with("HTTP/1.1 400"), "{said}");
    assert!(said.contains("a request may have"), "{said}");
    let (status, text) = node.infer("double", good).await;
    assert_eq!(status, StatusCode::OK, "{text}");
    let answer: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(answer["outputs"][0]["data"], json!([2.0, 4.0, 6.0, 8.0]));
    assert_eq!(answer["model_version"], "2");
    let metrics = node.client.get(format!("{}/metrics", node.http));
    let metrics = metrics.send().await.unwrap().text().await.unwrap();
    let line = "nv_inference_request_success{model=\"double\",version=\"2\"} 1";
    assert!(metrics.contains(line), "{metrics}");
}

/// Says that a body of that size follows, and what the node says to it.
fn announce(node: &Node, bytes: u64) -> String {
    let mut stream = TcpStream::connect(node.http.strip_prefix("http://").unwrap()).unwrap();
    let head = format!(
        "POST /v2/models/double/infer HTTP/1.1\r\nhost: node\r\nconnection: close\r\ncontent-length: {bytes}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut said = Vec::new();
    stream.read_to_end(&mut said).ok();
    String::from_utf8_lossy(&said).into_owned()
}

#[tokio::test]
async fn more_clients_than_fit_are_answered_or_told_to_come_back() {
    let models = repository();
    let Some(node) = Node::start(models.path()) else {
        return;
    };
    let (_, text) = node.infer("slow", row(&json!(vec![0.5; 256]))).await;
    assert!(text.contains("outputs"), "{text}");
    let asked = (0..CLIENTS).map(|_| node.infer("slow", row(&json!(vec![0.5; 256]))));
    let answers = futures::future::join_all(asked).await;
    let of = |status| {
        let fitting = answers
            .iter()
            .filter(move |(answered, _)| *answered == status);
        fitting.count()
    };
    let (answered, turned_away) = (of(StatusCode::OK), of(StatusCode::SERVICE_UNAVAILABLE));
    assert_eq!(answered + turned_away, answers.len());
    assert!(
        answered >= QUEUE,
        "{answered} answered, {turned_away} turned away"
    );
    let (status, _) = node.infer("slow", row(&json!(vec![0.5; 256]))).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn tritons_clients_are_served() {
    if std::env::var_os("HEIRLOOM_TEST_CLIENTS").is_none() {
        println!("skipped: HEIRLOOM_TEST_CLIENTS is not set (cargo xtask test sets it)");
        return;
    }
    let models = repository();
    let Some(node) = Node::start(models.path()) else {
        return;
    };
    let packages = tempfile::tempdir().unwrap();
    let python = packages.path().join("bin/python");
    run(Command::new("python3")
        .args(["-m", "venv"])
        .arg(packages.path()));
    run(Command::new(&python).args(["-m", "pip", "install", "--quiet", PACKAGE]));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/triton_client.py");
    let said = run(Command::new(&python)
        .arg(script)
        .arg(node.http.strip_prefix("http://").unwrap())
        .arg(&node.grpc));
    assert_eq!(said.trim(), "done");
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}{told}");
    said
}

fn pool(nodes: &[&Node]) -> Arc<RemoteEngine> {
    RemoteEngine::open(&Settings {
        nodes: nodes.iter().map(|node| node.http.clone()).collect(),
        check_every: Duration::from_millis(200),
        hedge_after: Duration::from_millis(100),
    })
    .unwrap()
}

fn slow(priority: Priority) -> Request {
    let numbers = Tensor::f32(vec![1, 256], vec![0.5; 256]).unwrap();
    Request::new("slow", vec![("x".into(), numbers)]).with_priority(priority)
}

/// A batch of another size rounds otherwise.
fn is_same(one: &Response, other: &Response) -> bool {
    let numbers = |of: &Response| of.outputs[0].1.as_f32().unwrap().to_vec();
    let (one, other) = (numbers(one), numbers(other));
    one.len() == other.len() && one.iter().zip(&other).all(|(a, b)| (a - b).abs() < 1e-4)
}

#[tokio::test]
async fn a_pool_loses_no_work_when_a_node_dies() {
    let models = repository();
    let (Some(mut first), Some(mut second)) =
        (Node::start(models.path()), Node::start(models.path()))
    else {
        return;
    };
    let engine = pool(&[&first, &second]);
    let described = engine.describe("slow").await.unwrap();
    assert_eq!(described.inputs[0].shape, [None, Some(256)]);
    let expected = engine.infer(slow(Priority::Interactive)).await.unwrap();

    // Three times as many as wait in both nodes, and one of them is killed when a tenth is done.
    let done = Arc::new(AtomicUsize::new(0));
    let count = 6 * QUEUE;
    let work: Vec<_> = (0..count)
        .map(|_| {
            let (engine, done) = (engine.clone(), done.clone());
            tokio::spawn(async move {
                let answer = engine.infer(slow(Priority::Backfill)).await;
                done.fetch_add(1, Ordering::Relaxed);
                answer
            })
        })
        .collect();
    while done.load(Ordering::Relaxed) < count / 10 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    first.kill();
    let prompt = engine.infer(slow(Priority::Interactive)).await.unwrap();
    assert!(is_same(&prompt, &expected));
    for answer in work {
        assert!(is_same(&answer.await.unwrap().unwrap(), &expected));
    }
    let metrics = engine.metrics();
    let line = format!("heirloom_inference_node_up{{node=\"{}\"}} 0", first.http);
    assert!(metrics.contains(&line), "{metrics}");

    second.kill();
    let error = engine.infer(slow(Priority::Interactive)).await.unwrap_err();
    assert!(matches!(error, Error::NotReady(_)), "{error}");
    assert!(error.to_string().contains("does not answer"), "{error}");
}

#[tokio::test]
async fn a_pool_says_what_is_wrong_with_a_request_and_where_a_model_is() {
    let (all, fewer) = (repository(), repository());
    fs::remove_dir_all(fewer.path().join("double")).unwrap();
    let (Some(first), Some(second)) = (Node::start(fewer.path()), Node::start(all.path())) else {
        return;
    };
    let engine = pool(&[&first, &second]);
    let ask = |model: &str, width: usize| {
        let numbers = Tensor::f32(vec![1, width], vec![-1.0; width]).unwrap();
        engine.infer(Request::new(model, vec![("x".into(), numbers)]))
    };
    // Only one node has it.
    for _ in 0..4 {
        assert!(ask("double", 4).await.is_ok());
    }
    let error = ask("double", 3).await.unwrap_err();
    assert!(matches!(error, Error::Invalid(_)), "{error}");
    let error = ask("nothing", 4).await.unwrap_err();
    assert!(matches!(error, Error::UnknownModel(_)), "{error}");
    let error = ask("root", 4).await.unwrap_err();
    assert!(matches!(error, Error::Failed(_)), "{error}");
}
