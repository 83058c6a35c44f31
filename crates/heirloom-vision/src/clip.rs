//! Search models as repositories of CLIP's and SigLIP's families have them (`heirloom models pull`): `visual/model.onnx` sees
//! one picture, `textual/model.onnx` reads one text, and both give a vector of one space. What pictures are prepared with
//! stands in `visual/preprocess_cfg.json` (open_clip's words), what texts are in `config.json` and the tokenizer's files.

use std::path::Path;

use heirloom_inference::{
    Priority, Tensor,
    engine::Description,
    tensor::{Data, DataType},
};
use heirloom_types::frame::Frame;
use serde::Deserialize;
use tokenizers::{PaddingParams, PaddingStrategy, Tokenizer, TruncationParams};
use tokio::sync::OnceCell;

use crate::{
    Error, Result, Vision,
    pack::{json, json_if_any, refused},
    planes::{Planes, Scale},
    raster::{Filter, Raster, Window},
    vectors::normalise,
    vision::{aside, lacks, pictures_of},
};

const VISUAL: &str = "visual_model";
const TEXTUAL: &str = "textual_model";
const VISUAL_FILE: &str = "visual/model.onnx";
/// Word parts of a text, where neither the configuration nor the model says how many.
const CONTEXT: usize = 77;

/// How the models of one pack are asked.
pub(crate) struct Clip {
    side: u32,
    fit: Fit,
    filter: Filter,
    scale: Scale,
    tokenizer: Tokenizer,
    context: usize,
    padding: u32,
    /// Without capitals and punctuation, as SigLIP was trained.
    is_plain: bool,
    /// What the models take and give, once it was asked.
    visual: OnceCell<Description>,
    textual: OnceCell<Description>,
}

/// What becomes of pictures that are no squares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Fit {
    /// The middle.
    #[default]
    Shortest,
    /// Everything, distorted.
    Squash,
    /// Everything, with black beside it.
    Longest,
}

#[derive(Deserialize)]
struct Preprocessing {
    size: Side,
    /// Of CLIP, where nothing is said.
    #[serde(default = "mean")]
    mean: [f32; 3],
    #[serde(default = "deviation")]
    std: [f32; 3],
    #[serde(default)]
    interpolation: Interpolation,
    #[serde(default)]
    resize_mode: Fit,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Side {
    Square(u32),
    Both([u32; 2]),
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Interpolation {
    #[default]
    Bicubic,
    Bilinear,
}

fn mean() -> [f32; 3] {
    [0.481_454_66, 0.457_827_5, 0.408_210_73]
}

fn deviation() -> [f32; 3] {
    [0.268_629_54, 0.261_302_6, 0.275_777_1]
}

/// The parts of `config.json` that matter.
#[derive(Default, Deserialize)]
struct Configuration {
    #[serde(default)]
    text_cfg: TextConfiguration,
}

#[derive(Default, Deserialize)]
struct TextConfiguration {
    context_length: Option<usize>,
    #[serde(default)]
    tokenizer_kwargs: TokenizerOptions,
}

#[derive(Default, Deserialize)]
struct TokenizerOptions {
    clean: Option<String>,
}

/// The part of `tokenizer_config.json` that matters.
#[derive(Default, Deserialize)]
struct TokenizerConfiguration {
    pad_token: Option<Token>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Token {
    Plain(String),
    Described { content: String },
}

impl Clip {
    pub(crate) fn is_in(folder: &Path) -> bool {
        folder.join(VISUAL_FILE).is_file()
    }

    pub(crate) fn open(folder: &Path) -> Result<Self> {
        let file = folder.join("visual/preprocess_cfg.json");
        let pictures: Preprocessing = json(file.clone())?;
        let side = match pictures.size {
            Side::Square(side) => side,
            Side::Both([height, width]) if height == width => width,
            Side::Both(_) => return Err(refused(file, &"its pictures are no squares")),
        };
        let texts: Configuration = json_if_any(folder.join("config.json"))?;
        let texts = texts.text_cfg;
        let file = folder.join("textual/tokenizer.json");
        let tokenizer = Tokenizer::from_file(&file).map_err(|error| refused(file, &error))?;
        let said: TokenizerConfiguration =
            json_if_any(folder.join("textual/tokenizer_config.json"))?;
        let padding = said.pad_token.and_then(|token| {
            let (Token::Plain(name) | Token::Described { content: name }) = token;
            tokenizer.token_to_id(&name)
        });
        Ok(Self {
            side,
            fit: pictures.resize_mode,
            filter: match pictures.interpolation {
                Interpolation::Bicubic => Filter::Cubic,
                Interpolation::Bilinear => Filter::Area,
            },
            scale: Scale::standardised(pictures.mean, pictures.std),
            tokenizer,
            context: texts.context_length.unwrap_or(CONTEXT),
            padding: padding.unwrap_or(0),
            is_plain: texts.tokenizer_kwargs.clean.as_deref() == Some("canonicalize"),
            visual: OnceCell::new(),
            textual: OnceCell::new(),
        })
    }

    fn prepared(&self, frame: &Frame) -> Result<Tensor> {
        let raster = Raster::of(frame)?;
        let (width, height) = (f64::from(raster.width), f64::from(raster.height));
        let picture = match self.fit {
            Fit::Squash => raster.scaled(self.side, self.side, self.filter),
            Fit::Shortest => {
                let side = width.min(height);
                let middle = Window {
                    left: (width - side) / 2.0,
                    top: (height - side) / 2.0,
                    width: side,
                    height: side,
                };
                raster.cut(middle, self.side, self.side, self.filter)
            }
            Fit::Longest => {
                raster.square((width / 2.0, height / 2.0), width.max(height), self.side)
            }
        };
        let mut planes = Planes::new(1, self.side, self.side);
        planes.put(0, &picture, self.scale);
        Ok(planes.tensor())
    }

    /// The numbers of a text's parts, and which of them are no padding.
    fn read(&self, text: &str, context: usize) -> Option<(Vec<u32>, Vec<u32>)> {
        let mut tokenizer = self.tokenizer.clone();
        let truncation = TruncationParams {
            max_length: context,
            ..TruncationParams::default()
        };
        tokenizer.with_truncation(Some(truncation)).ok()?;
        tokenizer.with_padding(Some(PaddingParams {
            strategy: PaddingStrategy::Fixed(context),
            pad_id: self.padding,
            ..PaddingParams::default()
        }));
        let text = if self.is_plain {
            plain(text)
        } else {
            text.to_owned()
        };
        let read = tokenizer.encode(text, true).ok()?;
        Some((read.get_ids().to_vec(), read.get_attention_mask().to_vec()))
    }
}

/// Small letters, no punctuation, single spaces.
fn plain(text: &str) -> String {
    let letters: String = text
        .to_lowercase()
        .chars()
        .filter(|letter| !letter.is_ascii_punctuation())
        .collect();
    letters.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Vision {
    /// The place of a picture, of length one.
    pub(crate) async fn clip_of_picture(
        &self,
        clip: &Clip,
        frame: &Frame,
        priority: Priority,
    ) -> Result<Vec<f32>> {
        let described = clip
            .visual
            .get_or_try_init(|| self.ports_of(VISUAL))
            .await?;
        let input = pictures_of(VISUAL, described)?;
        let (pack, frame) = (self.pack.clone(), frame.clone());
        let picture = aside(move || match &pack.clip {
            Some(clip) => clip.prepared(&frame),
            None => Err(Error::Stopped),
        });
        let inputs = vec![(input, picture.await??)];
        self.clip_vector(VISUAL, described, inputs, priority).await
    }

    /// The place of a text, of length one.
    pub(crate) async fn clip_of_text(
        &self,
        clip: &Clip,
        text: String,
        priority: Priority,
    ) -> Result<Vec<f32>> {
        let described = clip
            .textual
            .get_or_try_init(|| self.ports_of(TEXTUAL))
            .await?;
        let is_mask = |name: &str| name.contains("mask");
        let ids = described.inputs.iter().find(|port| !is_mask(&port.name));
        let ids = ids.ok_or_else(|| lacks(TEXTUAL, "an input for texts"))?;
        let context = ids.shape.last().copied().flatten().unwrap_or(clip.context);
        let pack = self.pack.clone();
        let read = aside(move || pack.clip.as_ref()?.read(&text, context));
        let (numbers, mask) = read.await?.ok_or(Error::NoText)?;
        let inputs = described.inputs.iter().map(|port| {
            let values = if is_mask(&port.name) { &mask } else { &numbers };
            (port.name.as_str(), row(values, port.data_type))
        });
        self.clip_vector(TEXTUAL, described, inputs.collect(), priority)
            .await
    }

    async fn clip_vector(
        &self,
        model: &'static str,
        described: &Description,
        inputs: Vec<(&str, Tensor)>,
        priority: Priority,
    ) -> Result<Vec<f32>> {
        let output = described.outputs.first();
        let output = &output.ok_or_else(|| lacks(model, "an output"))?.name;
        let mut answer = self.ask(model, inputs, &[output], priority).await?;
        let mut vector = answer.floats(output, &[1, 0])?;
        normalise(&mut vector);
        Ok(vector)
    }
}

/// One row of whole numbers, of the type that a model takes.
fn row(values: &[u32], of: DataType) -> Tensor {
    let shape = vec![1, values.len()];
    let data = if of == DataType::Int32 {
        Data::I32(values.iter().map(|value| value.cast_signed()).collect())
    } else {
        Data::I64(values.iter().map(|value| i64::from(*value)).collect())
    };
    Tensor::new(shape, data).expect("one number a word part")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_plain_has_neither_capitals_nor_punctuation() {
        assert_eq!(plain("A dog, on  the BEACH!"), "a dog on the beach");
    }

    #[test]
    fn what_pictures_are_prepared_with_is_read_in_the_words_of_open_clip() {
        let read = |text: &str| serde_json::from_str::<Preprocessing>(text).unwrap();
        let clip = read(r#"{"size": [224, 224], "interpolation": "bicubic", "fill_color": 0}"#);
        assert!(matches!(clip.size, Side::Both([224, 224])));
        assert_eq!((clip.mean, clip.resize_mode), (mean(), Fit::Shortest));
        let siglip = r#"{"size": 256, "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5],
                         "interpolation": "bilinear", "resize_mode": "squash"}"#;
        let siglip = read(siglip);
        assert!(matches!(siglip.size, Side::Square(256)));
        assert_eq!((siglip.std, siglip.resize_mode), ([0.5; 3], Fit::Squash));
    }
}
