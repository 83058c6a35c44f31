//! Things in a picture, of eighty everyday kinds.

use heirloom_inference::{Priority, Tensor};
use heirloom_types::frame::Frame;

use crate::{
    Bounds, Result, Vision,
    bounds::distinct,
    planes::{Planes, Scale},
    raster::{Filter, Raster},
    vision::aside,
};

const MODEL: &str = "objects_centernet_coco";
const SIDE: u32 = 512;
const FOUND: usize = 100;
const THRESHOLD: f32 = 0.4;
/// Boxes of one kind that overlap more are one thing.
const SAME: f32 = 0.5;

/// A thing in a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    pub name: String,
    /// How sure the detector is, 0 to 1.
    pub score: f32,
    pub bounds: Bounds,
}

impl Vision {
    /// Finds things in a picture, the surest first.
    pub async fn objects(&self, frame: &Frame, priority: Priority) -> Result<Vec<Object>> {
        let frame = frame.clone();
        let inputs = vec![("image", aside(move || prepare(&frame)).await??)];
        let outputs = ["boxes", "scores", "classes"];
        let mut answer = self.ask(MODEL, inputs, &outputs, priority).await?;
        let boxes = answer.floats(outputs[0], &[1, FOUND, 4])?;
        let scores = answer.floats(outputs[1], &[1, FOUND])?;
        let classes = answer.integers(outputs[2], &[1, FOUND])?;
        let found = boxes.chunks_exact(4).zip(scores).zip(classes);
        let found = found.filter(|((_, score), _)| *score >= THRESHOLD);
        let found = found.filter_map(|((edges, score), class)| {
            let name = self.pack.objects.get(usize::try_from(class).ok()?)?;
            Some(Object {
                name: name.clone(),
                score,
                bounds: bounds(edges),
            })
        });
        Ok(distinct(
            found.collect(),
            |one| one.score,
            |a, b| a.name == b.name && a.bounds.overlap(b.bounds) > SAME,
        ))
    }
}

fn prepare(frame: &Frame) -> Result<Tensor> {
    let squashed = Raster::of(frame)?.scaled(SIDE, SIDE, Filter::Area);
    let mut planes = Planes::new(1, SIDE, SIDE);
    planes.put(0, &squashed, Scale::BYTES);
    Ok(planes.tensor())
}

fn bounds(edges: &[f32]) -> Bounds {
    let unit = 1.0 / SIDE as f32;
    let whole = Bounds {
        x1: edges[0],
        y1: edges[1],
        x2: edges[2],
        y2: edges[3],
    };
    whole.scaled(unit, unit).clipped()
}
