//! Where faces may be.

use heirloom_inference::Priority;

use crate::{
    Bounds, Result, Vision,
    bounds::distinct,
    planes::{Planes, Scale},
    raster::{Filter, Raster, Window},
    vision::aside,
};

const DETECTOR: &str = "faces_detector_ssd";
const SIDE: u32 = 512;
const ANCHORS: usize = 5118;
const THRESHOLD: f32 = 0.3;
/// Boxes that overlap more are one face.
const SAME: f32 = 0.5;
/// A box that lies in another by this share is the same face, cut off where two parts meet.
const INSIDE: f32 = 0.8;
/// How near to the edge of a part, as a share of it, a face may be cut off.
const EDGE: f32 = 0.01;
/// Smaller faces, in pixels of the picture, tell nobody apart.
pub(super) const FACE_MIN: f32 = 20.0;
/// A picture longer than this is looked at in parts too, when what was found says that small faces may be missing.
const PARTS_FROM: u32 = 1024;
/// A face of at most this share of the picture's longer side is one of a crowd, or far away.
const SMALL: f32 = 0.07;
/// At most this many parts along a side: sixteen more looks at worst.
const PARTS_MAX: u32 = 4;
/// Parts overlap by this share, so that a face on the line between two is whole in one.
const SHARED: f64 = 0.15;

/// A box that may be a face.
#[derive(Clone, Copy, Debug)]
pub(super) struct Proposal {
    /// In pixels; may reach beyond the picture.
    pub(super) pixels: Bounds,
    pub(super) score: f32,
}

impl Vision {
    /// What looks like faces in a part of the picture, the surest first.
    pub(super) async fn detect(
        &self,
        raster: &Raster,
        part: Window,
        priority: Priority,
    ) -> Result<Vec<Proposal>> {
        let scale = f64::from(SIDE) / part.width.max(part.height);
        let shared = raster.clone();
        let image = aside(move || {
            let side = |length: f64| (length * scale).round().max(1.0) as u32;
            let (width, height) = (side(part.width), side(part.height));
            let mut planes = Planes::new(1, SIDE, SIDE);
            planes.put(
                0,
                &shared.cut(part, width, height, Filter::Area),
                Scale::BYTES,
            );
            planes.tensor()
        });
        let inputs = vec![("image", image.await?)];
        let outputs = ["boxes", "scores"];
        let mut answer = self.ask(DETECTOR, inputs, &outputs, priority).await?;
        let boxes = answer.floats("boxes", &[1, ANCHORS, 4])?;
        let scores = answer.floats("scores", &[1, ANCHORS])?;
        let unit = (f64::from(SIDE) / scale) as f32;
        let (left, top) = (part.left as f32, part.top as f32);
        let found = boxes
            .chunks_exact(4)
            .zip(scores)
            .filter(|(_, score)| *score > THRESHOLD);
        let found = found.map(|(edges, score)| Proposal {
            pixels: Bounds {
                x1: left + edges[0] * unit,
                y1: top + edges[1] * unit,
                x2: left + edges[2] * unit,
                y2: top + edges[3] * unit,
            },
            score,
        });
        let edges = inner_edges(raster, part, unit * EDGE);
        let found = found.filter(|one| {
            let (x, y) = one.pixels.centre();
            let (width, height) = (raster.width as f32, raster.height as f32);
            let inside = (0.0..width).contains(&x) && (0.0..height).contains(&y);
            inside && one.pixels.longer_side() >= FACE_MIN && edges.hold(one.pixels)
        });
        Ok(without_doubles(found.collect()))
    }
}

/// Where whole faces of a part lie: what touches an edge inside the picture is cut off, and whole in the next part.
fn inner_edges(raster: &Raster, part: Window, margin: f32) -> Edges {
    let edge = |inside: bool, value: f64, margin: f32, none: f32| {
        if inside { value as f32 + margin } else { none }
    };
    let (right, bottom) = (part.left + part.width, part.top + part.height);
    let (width, height) = (f64::from(raster.width), f64::from(raster.height));
    Edges(Bounds {
        x1: edge(part.left > 0.0, part.left, margin, f32::NEG_INFINITY),
        y1: edge(part.top > 0.0, part.top, margin, f32::NEG_INFINITY),
        x2: edge(right < width, right, -margin, f32::INFINITY),
        y2: edge(bottom < height, bottom, -margin, f32::INFINITY),
    })
}

struct Edges(Bounds);

impl Edges {
    fn hold(&self, face: Bounds) -> bool {
        let Self(edges) = self;
        face.x1 >= edges.x1 && face.y1 >= edges.y1 && face.x2 <= edges.x2 && face.y2 <= edges.y2
    }
}

/// The surest of the boxes around one face.
pub(super) fn without_doubles(found: Vec<Proposal>) -> Vec<Proposal> {
    distinct(
        found,
        |one| one.score,
        |a, b| a.pixels.overlap(b.pixels) > SAME || a.pixels.contains(b.pixels) > INSIDE,
    )
}

/// The parts to look at again: the detector sees 512 pixels and misses small faces; where it finds some, there are
/// likely more.
pub(super) fn parts_for(raster: &Raster, found: &[Proposal]) -> Vec<Window> {
    let small = raster.longer_side() as f32 * SMALL;
    let crowd = found.iter().any(|one| one.pixels.longer_side() < small);
    if crowd && raster.longer_side() > PARTS_FROM {
        return parts(raster.width, raster.height);
    }
    Vec::new()
}

/// Equal parts that overlap, each seen in about its own pixels as far as `PARTS_MAX` allows.
fn parts(width: u32, height: u32) -> Vec<Window> {
    let count = |length: u32| (length.div_ceil(SIDE * 3 / 2)).clamp(1, PARTS_MAX);
    let axis = |length: u32| {
        let (length, count) = (f64::from(length), count(length));
        let part = length / f64::from(count);
        (0..count).map(move |index| {
            let start = (f64::from(index) - SHARED) * part;
            let end = (f64::from(index + 1) + SHARED) * part;
            (start.max(0.0), end.min(length))
        })
    };
    let rows = axis(height);
    let all = rows.flat_map(|row| axis(width).map(move |column| (column, row)));
    let window = |(column, row): ((f64, f64), (f64, f64))| Window {
        left: column.0,
        top: row.0,
        width: column.1 - column.0,
        height: row.1 - row.0,
    };
    all.map(window).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_the_picture_and_are_bounded() {
        for (width, height, count) in [(1920, 1440, 6), (20_000, 200, 4), (60_000, 60_000, 16)] {
            let parts = parts(width, height);
            assert_eq!(parts.len(), count);
            assert!(parts[0].left == 0.0 && parts[0].top == 0.0);
            let last = parts[count - 1];
            assert!((last.left + last.width - f64::from(width)).abs() < 1e-6);
            assert!((last.top + last.height - f64::from(height)).abs() < 1e-6);
        }
    }
}
