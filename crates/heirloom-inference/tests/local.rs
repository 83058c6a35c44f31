//! The engine of this process with the real runtime. `HEIRLOOM__INFERENCE__RUNTIME` says where it is; `cargo xtask test`
//! sets it. Where there is none, these tests say so and do nothing. `HEIRLOOM_TEST_PROVIDER=cuda` has a graphics card compute.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![expect(clippy::print_stdout, reason = "a test that is skipped says so")]

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use heirloom_inference::{
    Engine, Error, Priority, Request, Tensor,
    local::{LocalEngine, ModelSettings, Provider, Settings, State},
    tensor::Data,
};
use heirloom_testkit::onnx::{Model, Type};
use tempfile::TempDir;

fn runtime() -> Option<PathBuf> {
    let named = std::env::var_os("HEIRLOOM__INFERENCE__RUNTIME").map(PathBuf::from);
    let made =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.setup/onnxruntime/libonnxruntime.so");
    let found = named.or_else(|| made.is_file().then_some(made));
    if found.is_none() {
        println!("skipped: there is no ONNX Runtime (cargo xtask setup fetches it)");
    }
    found
}

fn provider() -> Option<Provider> {
    let name = std::env::var("HEIRLOOM_TEST_PROVIDER").ok()?;
    Some(Provider::named(&name, 0).unwrap())
}

/// A repository of models and an engine over it.
struct Bench {
    folder: TempDir,
    runtime: PathBuf,
}

impl Bench {
    fn new() -> Option<Self> {
        Some(Self {
            runtime: runtime()?,
            folder: tempfile::tempdir().unwrap(),
        })
    }

    fn put(&self, model: &str, version: u32, bytes: &[u8]) {
        let folder = self.folder.path().join(model).join(version.to_string());
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("model.onnx"), bytes).unwrap();
    }

    fn configure(&self, model: &str, text: &str) {
        fs::write(self.folder.path().join(model).join("config.pbtxt"), text).unwrap();
    }

    fn settings(&self) -> Settings {
        Settings {
            runtime: self.runtime.clone(),
            models: self.folder.path().to_owned(),
            providers: provider().into_iter().collect(),
            ..Settings::default()
        }
    }

    fn open(&self) -> Arc<LocalEngine> {
        LocalEngine::open(self.settings()).unwrap()
    }
}

fn row(values: &[f32]) -> Tensor {
    Tensor::f32(vec![1, values.len()], values.to_vec()).unwrap()
}

fn ask(model: &str, tensor: Tensor) -> Request {
    Request::new(model, vec![("x".into(), tensor)])
}

async fn answer(engine: &LocalEngine, model: &str, values: &[f32]) -> Result<Vec<f32>, Error> {
    let mut response = engine.infer(ask(model, row(values))).await?;
    Ok(response.take("y").unwrap().as_f32().unwrap().to_vec())
}

#[tokio::test]
async fn a_model_answers_and_says_what_it_takes() {
    let Some(bench) = Bench::new() else { return };
    bench.put("double", 1, &Model::double(3).bytes());
    let engine = bench.open();
    assert_eq!(
        answer(&engine, "double", &[1.0, 2.0, -3.0]).await.unwrap(),
        [2.0, 4.0, -6.0]
    );
    let described = engine.describe("double").await.unwrap();
    assert_eq!(described.versions, ["1"]);
    assert_eq!(described.inputs[0].shape, [None, Some(3)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_at_once_share_batches_and_each_gets_its_own_answer() {
    thousand_at_once(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn so_they_do_where_batches_are_filled_up() {
    thousand_at_once(Some(4)).await;
}

async fn thousand_at_once(shapes: Option<usize>) {
    let Some(bench) = Bench::new() else { return };
    bench.put("layers", 1, &Model::layers(256, 4).bytes());
    let engine = LocalEngine::open(Settings {
        queue: 1000,
        shapes,
        ..bench.settings()
    })
    .unwrap();
    let mut expected = Vec::new();
    for seed in 0..10 {
        expected.push(
            answer(&engine, "layers", &[seed as f32; 256])
                .await
                .unwrap(),
        );
    }
    let alone = engine.readings()[0].counters.runs;
    let clients: Vec<_> = (0..1000)
        .map(|at: usize| {
            let engine = engine.clone();
            tokio::spawn(async move {
                answer(&engine, "layers", &[(at % 10) as f32; 256])
                    .await
                    .unwrap()
            })
        })
        .collect();
    for (at, client) in clients.into_iter().enumerate() {
        let found = client.await.unwrap();
        let near = |(one, other): (&f32, &f32)| (one - other).abs() <= 1e-3 * one.abs().max(1.0);
        assert!(
            found.iter().zip(&expected[at % 10]).all(near),
            "client {at}"
        );
    }
    let counters = engine.readings()[0].counters.clone();
    assert_eq!(counters.items, 1010);
    assert!(
        counters.runs - alone < 700,
        "{} runs",
        counters.runs - alone
    );
}

#[tokio::test]
async fn a_session_for_each_shape_gives_the_same_answers() {
    let Some(bench) = Bench::new() else { return };
    bench.put("layers", 1, &Model::layers(16, 2).bytes());
    let (usual, by_shape) = (
        bench.open(),
        LocalEngine::open(Settings {
            // Fewer than the sizes below, so that sessions go and come back.
            shapes: Some(2),
            ..bench.settings()
        })
        .unwrap(),
    );
    for items in [1, 3, 8, 5, 3, 1] {
        let values = (0..items * 16).map(|at| at as f32 / 100.0).collect();
        let tensor = Tensor::f32(vec![items, 16], values).unwrap();
        let mut answers = Vec::new();
        for engine in [&usual, &by_shape] {
            let mut response = engine.infer(ask("layers", tensor.clone())).await.unwrap();
            let answer = response.take("y").unwrap();
            assert_eq!(answer.shape(), [items, 16], "{items}");
            answers.push(answer.as_f32().unwrap().to_vec());
        }
        for (one, other) in answers[0].iter().zip(&answers[1]) {
            assert!((one - other).abs() < 1e-5, "{items}: {one} {other}");
        }
    }
}

#[tokio::test]
async fn a_request_that_does_not_fit_is_told_why_and_harms_nobody() {
    let Some(bench) = Bench::new() else { return };
    bench.put("double", 1, &Model::double(2).bytes());
    let engine = LocalEngine::open(Settings {
        request_bytes: 1 << 20,
        ..bench.settings()
    })
    .unwrap();
    let integers = Tensor::i64(vec![1, 2], vec![1, 2]).unwrap();
    let huge = Tensor::new(vec![1, 2 << 20], Data::U8(vec![0; 2 << 20])).unwrap();
    for (request, told) in [
        (Request::new("double", Vec::new()), "needs the input x"),
        (
            Request::new("double", vec![("z".into(), row(&[1.0, 2.0]))]),
            "needs the input x",
        ),
        (ask("double", integers), "takes FP32, not INT64"),
        (
            ask("double", row(&[1.0])),
            "has the shape [any, 2], not [1, 1]",
        ),
        (
            ask("double", Tensor::f32(vec![0, 2], Vec::new()).unwrap()),
            "is empty",
        ),
        (ask("double", huge), "a request may have 1 MiB"),
        (
            ask("double", row(&[1.0, 2.0])).with_outputs(&["q"]),
            "has no output q",
        ),
    ] {
        match engine.infer(request).await {
            Err(Error::Invalid(reason)) => assert!(reason.contains(told), "{reason}"),
            other => panic!("{told}: {other:?}"),
        }
    }
    let unknown = engine.infer(ask("triple", row(&[1.0, 2.0]))).await;
    assert!(matches!(unknown, Err(Error::UnknownModel(_))));
    assert_eq!(
        answer(&engine, "double", &[1.0, 2.0]).await.unwrap(),
        [2.0, 4.0]
    );
}

#[tokio::test]
async fn a_broken_file_is_named_and_the_others_answer() {
    let Some(bench) = Bench::new() else { return };
    bench.put("corrupt", 1, b"this is no model");
    let whole = Model::double(2).bytes();
    bench.put("cut", 1, &whole[..whole.len() / 2]);
    let twisted = Model::new("twisted")
        .input("x", Type::Float, &[1, 2])
        .output("y", Type::Float, &[1, 5])
        .constant("w", &[3, 5], vec![0.0; 15])
        .node("MatMul", &["x", "w"], &["y"]);
    bench.put("twisted", 1, &twisted.bytes());
    bench.put("double", 1, &whole);
    let engine = bench.open();
    for name in ["corrupt", "cut", "twisted"] {
        match answer(&engine, name, &[1.0, 2.0]).await {
            Err(Error::NotReady(reason)) => assert!(reason.contains(name), "{reason}"),
            other => panic!("{name}: {other:?}"),
        }
    }
    assert_eq!(
        answer(&engine, "double", &[1.0, 2.0]).await.unwrap(),
        [2.0, 4.0]
    );
    let failed = |state: &State| matches!(state, State::Failed(_));
    assert_eq!(
        engine
            .index()
            .iter()
            .filter(|entry| failed(&entry.state))
            .count(),
        3
    );
    assert!(
        engine
            .metrics()
            .contains("nv_inference_request_success{model=\"double\",version=\"1\"} 1")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_gets_no_number_is_told_and_its_company_is_not() {
    let Some(bench) = Bench::new() else { return };
    bench.put("root", 1, &Model::root(1).bytes());
    let engine = bench.open();
    let mut clients = Vec::new();
    for at in 0..64 {
        let engine = engine.clone();
        let value = if at % 8 == 3 { -4.0 } else { 4.0 };
        clients.push(tokio::spawn(async move {
            (value, answer(&engine, "root", &[value]).await)
        }));
    }
    for client in clients {
        match client.await.unwrap() {
            (4.0, found) => assert_eq!(found.unwrap(), [2.0]),
            (_, Err(Error::Failed(reason))) => assert!(reason.contains("NaN"), "{reason}"),
            (value, other) => panic!("{value}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_model_that_scales_by_its_company_is_kept_apart() {
    let Some(bench) = Bench::new() else { return };
    let dynamic = Model::new("dynamic")
        .input("x", Type::Float, &[-1, 4])
        .output("y", Type::Uint8, &[-1, 4])
        .node("DynamicQuantizeLinear", &["x"], &["y", "scale", "zero"]);
    bench.put("dynamic", 1, &dynamic.bytes());
    bench.put("double", 1, &Model::double(4).bytes());
    let engine = bench.open();
    assert_eq!(
        engine
            .configuration("dynamic", None)
            .await
            .unwrap()
            .max_batch,
        0
    );
    assert_eq!(
        engine
            .configuration("double", None)
            .await
            .unwrap()
            .max_batch,
        8
    );
}

#[tokio::test]
async fn the_memory_budget_holds_and_what_is_too_large_is_refused() {
    let Some(bench) = Bench::new() else { return };
    // 4 MiB of weights each; a session is taken to need twice that and a little more.
    for name in ["a", "b", "c"] {
        bench.put(name, 1, &Model::layers(1024, 1).bytes());
    }
    bench.put("large", 1, &Model::layers(4096, 1).bytes());
    let engine = LocalEngine::open(Settings {
        memory_bytes: 60 << 20,
        ..bench.settings()
    })
    .unwrap();
    for _ in 0..2 {
        for name in ["a", "b", "c"] {
            answer(&engine, name, &[1.0; 1024]).await.unwrap();
        }
    }
    match answer(&engine, "large", &[1.0; 4096]).await {
        Err(Error::NotReady(reason)) => {
            assert!(reason.contains("inference.memory_mib"), "{reason}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_model_at_rest_is_unloaded_and_comes_back() {
    let Some(bench) = Bench::new() else { return };
    bench.put("double", 1, &Model::double(1).bytes());
    let engine = LocalEngine::open(Settings {
        idle: Duration::from_millis(20),
        ..bench.settings()
    })
    .unwrap();
    answer(&engine, "double", &[1.0]).await.unwrap();
    let held = |engine: &LocalEngine| {
        !engine
            .metrics()
            .contains("heirloom_inference_memory_bytes 0")
    };
    let patience = Instant::now() + Duration::from_mins(1);
    while held(&engine) {
        assert!(Instant::now() < patience, "it stays loaded");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(answer(&engine, "double", &[1.0]).await.unwrap(), [2.0]);
}

#[tokio::test]
async fn versions_stand_side_by_side_and_are_changed_while_it_runs() {
    let Some(bench) = Bench::new() else { return };
    bench.put("m", 1, &Model::double(1).bytes());
    bench.put("m", 2, &Model::root(1).bytes());
    bench.configure("m", "version_policy: { all {} }");
    let engine = bench.open();
    let mut first = ask("m", row(&[9.0]));
    first.version = Some("1".into());
    let found = engine.infer(first.clone()).await.unwrap();
    assert_eq!(
        (found.version.as_str(), found.outputs[0].1.as_f32().unwrap()),
        ("1", &[18.0][..])
    );
    assert_eq!(answer(&engine, "m", &[9.0]).await.unwrap(), [3.0]);
    // A newer file that cannot be loaded does not take the place of what works.
    bench.put("m", 3, b"broken");
    assert!(engine.load("m").await.is_err());
    assert_eq!(answer(&engine, "m", &[9.0]).await.unwrap(), [3.0]);
    bench.put("m", 3, &Model::double(1).bytes());
    engine.load("m").await.unwrap();
    assert_eq!(answer(&engine, "m", &[9.0]).await.unwrap(), [18.0]);
    engine.unload("m").unwrap();
    assert!(matches!(
        answer(&engine, "m", &[9.0]).await,
        Err(Error::NotReady(_))
    ));
    engine.load("m").await.unwrap();
    assert_eq!(answer(&engine, "m", &[9.0]).await.unwrap(), [18.0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn overload_is_said_at_the_door_and_deadlines_are_kept() {
    let Some(bench) = Bench::new() else { return };
    bench.put("slow", 1, &Model::layers(1024, 40).bytes());
    let engine = LocalEngine::open(Settings {
        queue: 4,
        per_model: [(
            "slow".to_owned(),
            ModelSettings {
                max_batch: Some(1),
                ..ModelSettings::default()
            },
        )]
        .into(),
        ..bench.settings()
    })
    .unwrap();
    answer(&engine, "slow", &[1.0; 1024]).await.unwrap();
    let ask_slow = |priority| ask("slow", row(&[1.0; 1024])).with_priority(priority);
    let crowd: Vec<_> = (0..200)
        .map(|_| {
            let (engine, request) = (engine.clone(), ask_slow(Priority::Backfill));
            tokio::spawn(async move { engine.infer(request).await })
        })
        .collect();
    let mut turned_away = 0;
    for client in crowd {
        match client.await.unwrap() {
            Ok(_) => {}
            Err(Error::Overloaded { retry_after }) => {
                assert!(!retry_after.is_zero());
                turned_away += 1;
            }
            Err(other) => panic!("{other}"),
        }
    }
    assert!(turned_away > 0);
    // Somebody who waits is let in beside a full queue of those who do not.
    engine.infer(ask_slow(Priority::Interactive)).await.unwrap();
    let mut late = ask_slow(Priority::Upload);
    late.deadline = Some(Instant::now());
    assert!(matches!(engine.infer(late).await, Err(Error::Late)));
}

#[test]
fn a_missing_runtime_or_folder_is_said() {
    let missing = LocalEngine::open(Settings {
        runtime: "/nowhere/libonnxruntime.so".into(),
        ..Settings::default()
    });
    // Where another test has loaded it already, it is the folder that is missing.
    match missing.map(|_| ()) {
        Err(Error::NotReady(reason)) => {
            assert!(
                reason.contains("inference.runtime") || reason.contains("inference.models"),
                "{reason}"
            );
        }
        other => panic!("{other:?}"),
    }
}
