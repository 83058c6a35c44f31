//! What a picture is about: its place among all pictures and texts, names of what it shows, how good it is.

use std::collections::HashMap;

use heirloom_inference::{Priority, Tensor};
use heirloom_types::frame::Frame;

use crate::{
    Result, Vision,
    pack::Class,
    planes::{Planes, Scale},
    quality,
    raster::{Filter, Raster, Window},
    vectors::{add, normalise},
    vision::aside,
};

const MODEL: &str = "search_visual";
const SIDE: u32 = 224;
/// The middle that the classifier was trained on: 224 of 256 pixels of the shorter side.
const MIDDLE: f64 = 224.0 / 256.0;
const EMBEDDING: usize = 384;
const FEATURE: usize = 1280;
/// Of 100 labels above it 96 are right.
const LABEL_THRESHOLD: f32 = 0.5;
/// The middle, and the whole picture squashed: what is not in the middle is found as well.
const VIEWS: usize = 2;

/// What a picture is about.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    /// The place among pictures and texts, of length one; near is alike in meaning.
    pub embedding: Vec<f32>,
    /// What the picture shows for sure, the surest first; often nothing.
    pub labels: Vec<Label>,
    /// The place among pictures by appearance, of length one; copies lie close together.
    pub feature: Vec<f32>,
    /// 0 (blurred, or nothing but black or white) to 1.
    pub quality: f32,
}

/// A name for what a picture shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    pub name: String,
    /// The probability.
    pub score: f32,
}

impl Vision {
    /// Looks at a picture. Search models of other families than the starter pack's give its place and nothing else.
    pub async fn look(&self, frame: &Frame, priority: Priority) -> Result<Look> {
        if let Some(clip) = &self.pack.clip {
            return Ok(Look {
                embedding: self.clip_of_picture(clip, frame, priority).await?,
                labels: Vec::new(),
                feature: Vec::new(),
                quality: 0.0,
            });
        }
        let frame = frame.clone();
        let (views, quality) = aside(move || prepare(&frame)).await??;
        let outputs = ["image_embedding", "probabilities", "feature_embedding"];
        let inputs = vec![("pixel_values", views)];
        let mut answer = self.ask(MODEL, inputs, &outputs, priority).await?;
        let embeddings = answer.floats(outputs[0], &[VIEWS, EMBEDDING])?;
        let classes = self.pack.classes.len();
        let probabilities = answer.floats(outputs[1], &[VIEWS, classes])?;
        let features = answer.floats(outputs[2], &[VIEWS, FEATURE])?;
        Ok(Look {
            embedding: together(&embeddings, EMBEDDING),
            labels: labels(&self.pack.classes, &mean(&probabilities, classes)),
            feature: together(&features, FEATURE),
            quality,
        })
    }
}

pub(crate) fn prepare(frame: &Frame) -> Result<(Tensor, f32)> {
    let raster = Raster::of(frame)?;
    let mut views = Planes::new(VIEWS, SIDE, SIDE);
    let middle = raster.cut(middle(&raster), SIDE, SIDE, Filter::Cubic);
    views.put(0, &middle, Scale::LITE);
    let squashed = raster.scaled(SIDE, SIDE, Filter::Cubic);
    views.put(1, &squashed, Scale::LITE);
    Ok((views.tensor(), quality::score(&raster)))
}

fn middle(raster: &Raster) -> Window {
    let (width, height) = (f64::from(raster.width), f64::from(raster.height));
    let side = width.min(height) * MIDDLE;
    Window {
        left: (width - side) / 2.0,
        top: (height - side) / 2.0,
        width: side,
        height: side,
    }
}

/// The direction between the views'.
fn together(rows: &[f32], length: usize) -> Vec<f32> {
    let mut sum = vec![0.0; length];
    for row in rows.chunks_exact(length) {
        add(&mut sum, row, 1.0);
    }
    normalise(&mut sum);
    sum
}

fn mean(rows: &[f32], length: usize) -> Vec<f32> {
    let mut sum = vec![0.0; length];
    for row in rows.chunks_exact(length) {
        add(&mut sum, row, 1.0 / VIEWS as f32);
    }
    sum
}

/// Single classes that are sure, and wider words whose classes are sure together.
fn labels(classes: &[Class], probabilities: &[f32]) -> Vec<Label> {
    let mut scores: HashMap<&str, f32> = HashMap::new();
    for (class, probability) in classes.iter().zip(probabilities) {
        let wider = class
            .hypernyms
            .first()
            .filter(|wider| **wider != class.label);
        for name in [Some(&class.label), wider].into_iter().flatten() {
            *scores.entry(name.as_str()).or_default() += probability;
        }
    }
    let mut labels: Vec<Label> = scores
        .into_iter()
        .filter(|(_, score)| *score >= LABEL_THRESHOLD)
        .map(|(name, score)| Label {
            name: name.to_owned(),
            score: score.min(1.0),
        })
        .collect();
    labels.sort_by(|a, b| {
        b.score
            .total_cmp(&a.score)
            .then_with(|| a.name.cmp(&b.name))
    });
    labels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wider_words_gather_what_is_unsure_alone() {
        let class = |label: &str, wider: &str| Class {
            label: label.into(),
            hypernyms: vec![wider.into()],
        };
        let classes = [
            class("collie", "dog"),
            class("beagle", "dog"),
            class("tench", "fish"),
            class("fish", "fish"),
        ];
        let names = |probabilities: &[f32]| {
            labels(&classes, probabilities)
                .into_iter()
                .map(|label| label.name)
                .collect::<Vec<_>>()
        };
        assert_eq!(names(&[0.4, 0.4, 0.1, 0.1]), ["dog"]);
        assert_eq!(names(&[0.8, 0.1, 0.1, 0.0]), ["dog", "collie"]);
        assert_eq!(names(&[0.0, 0.0, 0.0, 0.9]), ["fish"]);
        assert!(names(&[0.25; 4]).len() < 3);
        assert!(names(&[0.2, 0.2, 0.2, 0.1]).is_empty());
    }
}
