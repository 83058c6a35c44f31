//! The models of the pack as this crate asks them, against the outputs that the pack's manifest names ("golden"): a wrong
//! channel order, scale or crop shows here. `cargo xtask test` brings the pack; without it there is nothing to compare.

use std::path::PathBuf;

use heirloom_inference::{
    Engine, Request, Tensor,
    local::{LocalEngine, Provider, Settings},
};
use heirloom_types::{
    frame::{Frame, Layout},
    geometry::Size,
};
use serde_json::Value;

use crate::{
    Priority, Vision, look,
    planes::{Planes, Scale},
    raster::Raster,
    reading,
};

/// The manifest allows this; eight bits a channel instead of the formula's decimals need less.
const TOLERANCE: f64 = 0.01;
/// Boxes of objects, in pixels: kernels differ by processor.
const BOX_TOLERANCE: f64 = 0.02;
/// The text model computes in eight bits, which differ between processors.
const TEXT_TOLERANCE: f64 = 0.02;

struct Golden {
    engine: std::sync::Arc<LocalEngine>,
    vision: Vision,
    manifest: Value,
}

impl Golden {
    fn open() -> Option<Self> {
        let path = |name| std::env::var_os(name).map(PathBuf::from);
        let models = path("HEIRLOOM__INFERENCE__MODELS")?;
        let engine = LocalEngine::open(Settings {
            runtime: path("HEIRLOOM__INFERENCE__RUNTIME")?,
            models: models.clone(),
            providers: provider().into_iter().collect(),
            ..Settings::default()
        });
        let engine = engine.unwrap();
        let manifest = std::fs::read(models.join("models.json")).unwrap();
        Some(Self {
            vision: Vision::open(engine.clone(), &models).unwrap(),
            manifest: serde_json::from_slice(&manifest).unwrap(),
            engine,
        })
    }

    fn of(&self, file: &str) -> &Value {
        let models = self.manifest["models"].as_array().unwrap();
        let model = models.iter().find(|model| model["file"] == file).unwrap();
        &model["golden"]
    }

    /// Asks a model and compares all of its outputs.
    async fn compare(&self, file: &str, input: &str, tensor: Tensor) {
        let name = file.trim_end_matches(".onnx").replace('/', "_");
        let request = Request::new(name, vec![(input.to_owned(), tensor)]);
        let response = self.engine.infer(request).await.unwrap();
        for (output, tensor) in response.outputs {
            let golden = &self.of(file)[&output];
            assert!(golden.is_object(), "{file} {output}");
            let shape: Vec<u64> = tensor.shape().iter().map(|side| *side as u64).collect();
            assert_eq!(golden["shape"], serde_json::json!(shape), "{file} {output}");
            let values: Vec<f64> = match tensor.as_i64() {
                Some(values) => values.iter().map(|value| *value as f64).collect(),
                None => floats(tensor.as_f32().unwrap()),
            };
            let tolerance = if file.starts_with("objects/") {
                BOX_TOLERANCE
            } else {
                TOLERANCE
            };
            check(&format!("{file} {output}"), &values, golden, tolerance);
        }
    }
}

/// What computes, if `HEIRLOOM_TEST_PROVIDER` names something other than the processor.
fn provider() -> Option<Provider> {
    let name = std::env::var("HEIRLOOM_TEST_PROVIDER").ok()?;
    Some(Provider::named(&name, 0).unwrap())
}

fn floats(values: &[f32]) -> Vec<f64> {
    values.iter().map(|value| f64::from(*value)).collect()
}

/// The first numbers and the mean of all; of large numbers (pixels) the tolerance is a share.
fn check(what: &str, values: &[f64], golden: &Value, tolerance: f64) {
    let near = |got: f64, want: f64| (got - want).abs() <= tolerance * want.abs().max(1.0);
    for (got, want) in values.iter().zip(golden["first"].as_array().unwrap()) {
        assert!(
            near(*got, want.as_f64().unwrap()),
            "{what}: {got} for {want}"
        );
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let want = golden["mean"].as_f64().unwrap();
    assert!(near(mean, want), "{what}: the mean {mean} for {want}");
}

/// The manifest's formula: what stands at this place of a tensor, 0 to 1.
fn formula(index: usize) -> f64 {
    (index * 7919 % 1009) as f64 / 1009.0
}

/// A picture whose tensor, prepared rightly, is the formula's. `byte` turns the formula's number into a pixel's; `blue_first`
/// says that the tensor's first plane is the blue one.
fn picture(width: u32, height: u32, blue_first: bool, byte: fn(f64) -> f64) -> Vec<u8> {
    let area = (width * height) as usize;
    let mut pixels = Vec::with_capacity(area * 3);
    for place in 0..area {
        for channel in 0..3 {
            let plane = if blue_first { 2 - channel } else { channel };
            let value = byte(formula(plane * area + place));
            pixels.push(value.round().clamp(0.0, 255.0) as u8);
        }
    }
    pixels
}

/// Prepared as `(v - 127) / 128`, this is `2 * formula - 1`.
fn lite(value: f64) -> f64 {
    (2.0 * value - 1.0) * 128.0 + 127.0
}

/// Prepared as `v / 127.5 - 1`, this is `2 * formula - 1`; as it is, `255 * formula`.
fn bytes(value: f64) -> f64 {
    value * 255.0
}

#[tokio::test]
async fn every_model_of_pictures_answers_as_the_manifest_says() {
    let Some(golden) = Golden::open() else {
        return;
    };
    for (file, input, width, height, scale) in [
        ("search/visual.onnx", "pixel_values", 224, 224, Scale::LITE),
        ("faces/detector_ssd.onnx", "image", 512, 512, Scale::BYTES),
        ("faces/verifier_mmod.onnx", "image", 160, 160, Scale::BYTES),
        ("faces/landmarks68.onnx", "image", 112, 112, Scale::BYTES),
        ("faces/embedding.onnx", "image", 150, 150, Scale::BYTES),
        (
            "objects/centernet_coco.onnx",
            "image",
            512,
            512,
            Scale::BYTES,
        ),
        ("ocr/det.onnx", "x", 96, 64, Scale::PADDLE),
        ("ocr/rec.onnx", "x", 320, 48, Scale::PADDLE),
        ("ocr/cls.onnx", "x", 192, 48, Scale::PADDLE),
    ] {
        let is_search = file.starts_with("search");
        let byte = if is_search { lite } else { bytes };
        let pixels = picture(width, height, file.starts_with("ocr"), byte);
        let mut planes = Planes::new(1, width, height);
        planes.put(0, &Raster::own(width, height, pixels), scale);
        golden.compare(file, input, planes.tensor()).await;
    }
}

#[tokio::test]
async fn the_middle_of_a_photo_is_what_the_classifier_sees() {
    let Some(golden) = Golden::open() else {
        return;
    };
    // 224 pixels of 256 are the middle, so a margin of 16 around the formula's picture is cut off.
    let (inner, whole, margin) = (224, 256, 16);
    let middle = picture(inner, inner, false, lite);
    let mut pixels = vec![90; (whole * whole * 3) as usize];
    for row in 0..inner {
        let from = (row * inner * 3) as usize;
        let to = (((row + margin) * whole + margin) * 3) as usize;
        let length = (inner * 3) as usize;
        pixels[to..to + length].copy_from_slice(&middle[from..from + length]);
    }
    let frame = Frame::new(Size::new(whole, whole), Layout::Rgb, pixels).unwrap();
    let (views, _) = look::prepare(&frame).unwrap();
    let view = views.as_f32().unwrap()[..(3 * inner * inner) as usize].to_vec();
    for (index, value) in view.iter().enumerate() {
        let want = 2.0 * formula(index) - 1.0;
        assert!((f64::from(*value) - want).abs() < 0.01, "{index}");
    }
    let shape = vec![1, 3, inner as usize, inner as usize];
    let view = Tensor::f32(shape, view).unwrap();
    golden
        .compare("search/visual.onnx", "pixel_values", view)
        .await;
}

#[tokio::test]
async fn a_text_is_cut_into_the_same_words_and_means_the_same() {
    let Some(golden) = Golden::open() else {
        return;
    };
    let text = "a photo of a dog";
    let tokenizer = golden.vision.pack.tokenizer.as_ref().unwrap();
    let encoding = tokenizer.encode(text, true).unwrap();
    assert_eq!(encoding.get_ids(), [101, 1037, 6302, 1997, 1037, 3899, 102]);
    let vector = golden
        .vision
        .text_vector(text, Priority::Interactive)
        .await
        .unwrap();
    let wanted = &golden.of("search/textual.onnx")["text_embedding"];
    check("text", &floats(&vector), wanted, TEXT_TOLERANCE);
    // However it is put, a dog stays a dog.
    let question = golden
        .vision
        .question_vector("dog", Priority::Interactive)
        .await
        .unwrap();
    let cosine: f32 = vector.iter().zip(&question).map(|(a, b)| a * b).sum();
    assert!(cosine > 0.6, "{cosine}");
}

#[tokio::test]
async fn what_the_recogniser_sees_in_noise_is_no_text() {
    let Some(golden) = Golden::open() else {
        return;
    };
    assert_eq!(golden.vision.pack.dictionary.len(), 18_708);
    let pixels = picture(320, 48, true, bytes);
    let frame = Frame::new(Size::new(320, 48), Layout::Rgb, pixels).unwrap();
    let lines = golden.vision.read(&frame, Priority::Upload).await.unwrap();
    assert_eq!(lines, Vec::<reading::Line>::new());
    let objects = golden.vision.objects(&frame, Priority::Upload).await;
    assert!(objects.unwrap().iter().all(|object| object.score >= 0.4));
}
