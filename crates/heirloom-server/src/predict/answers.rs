//! What is known, in that service's form.

use heirloom_types::geometry::Size;
use heirloom_vision::{Face, Line};
use serde_json::{Value, json};

use super::entries::{Faces, Text};

/// How long vectors of Immich's default models are: its database takes no others. Zeros at the end change neither
/// lengths nor angles.
const VECTOR: usize = 512;

/// A vector as a string that holds a JSON array.
pub(super) fn vector(mut numbers: Vec<f32>) -> Value {
    numbers.resize(numbers.len().max(VECTOR), 0.0);
    json!(json!(numbers).to_string())
}

/// Faces with their boxes in pixels of the picture that was sent.
pub(super) fn faces(found: Vec<Face>, size: Size, wanted: Faces) -> Value {
    let pixels = |fraction: f32, side: u32| (f64::from(fraction) * f64::from(side)).round() as i64;
    found
        .into_iter()
        .filter(|face| face.score >= wanted.score_min)
        .map(|face| {
            json!({
                "boundingBox": {
                    "x1": pixels(face.bounds.x1, size.width),
                    "y1": pixels(face.bounds.y1, size.height),
                    "x2": pixels(face.bounds.x2, size.width),
                    "y2": pixels(face.bounds.y2, size.height),
                },
                "embedding": vector(face.direction),
                "score": face.score,
            })
        })
        .collect()
}

/// Lines of text in four lists of one order; eight numbers of `box` belong to each line.
pub(super) fn text(found: &[Line], wanted: Text) -> Value {
    let is_wanted = |line: &&Line| {
        line.box_score >= wanted.box_score_min && line.text_score >= wanted.text_score_min
    };
    let lines: Vec<&Line> = found.iter().filter(is_wanted).collect();
    let corners = lines.iter().flat_map(|line| line.corners.as_flattened());
    json!({
        "text": lines.iter().map(|line| &line.text).collect::<Vec<_>>(),
        "box": corners.collect::<Vec<_>>(),
        "boxScore": lines.iter().map(|line| line.box_score).collect::<Vec<_>>(),
        "textScore": lines.iter().map(|line| line.text_score).collect::<Vec<_>>(),
    })
}
