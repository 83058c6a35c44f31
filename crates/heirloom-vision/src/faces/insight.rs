//! Models for faces as repositories of InsightFace's family have them (`heirloom models pull`): `detection/model.onnx` is
//! SCRFD, `recognition/model.onnx` is ArcFace. Names of inputs and outputs are the models' own.

use std::path::Path;

use heirloom_inference::{Priority, Tensor, engine::Description};
use heirloom_types::frame::Frame;
use tokio::sync::OnceCell;

use super::{
    BATCH, Face, align,
    detect::FACE_MIN,
    scrfd::{self, Found},
};
use crate::{
    Bounds, Result, Vision,
    planes::{Planes, Scale},
    raster::Raster,
    vectors::normalise,
    vision::{aside, lacks, pictures_of},
};

const DETECTION: &str = "detection_model";
const RECOGNITION: &str = "recognition_model";
const FILES: [&str; 2] = ["detection/model.onnx", "recognition/model.onnx"];

/// What the two models of a pack take and give, once it was asked.
#[derive(Default)]
pub(crate) struct Insight {
    detection: OnceCell<Description>,
    recognition: OnceCell<Description>,
}

impl Insight {
    pub(crate) fn is_in(folder: &Path) -> bool {
        FILES.iter().all(|file| folder.join(file).is_file())
    }
}

impl Vision {
    /// The faces of a picture that the detector is at least so sure of, the surest first.
    pub(super) async fn insight_faces(
        &self,
        models: &Insight,
        frame: &Frame,
        least: f32,
        priority: Priority,
    ) -> Result<Vec<Face>> {
        let shared = frame.clone();
        let raster = aside(move || Raster::of(&shared)).await??;
        let found = self.scrfd(models, &raster, least, priority).await?;
        let mut faces = Vec::with_capacity(found.len());
        if found.is_empty() {
            return Ok(faces);
        }
        let described = models
            .recognition
            .get_or_try_init(|| self.ports_of(RECOGNITION))
            .await?;
        let (width, height) = (raster.width as f32, raster.height as f32);
        for batch in found.chunks(batch_of(described)) {
            let vectors = self.arc_face(described, &raster, batch, priority).await?;
            faces.extend(batch.iter().zip(vectors).map(|(found, vector)| Face {
                bounds: found.bounds.scaled(1.0 / width, 1.0 / height).clipped(),
                score: found.score,
                direction: vector.clone(),
                vector,
            }));
        }
        Ok(faces)
    }

    /// Where faces are, in pixels of the picture.
    async fn scrfd(
        &self,
        models: &Insight,
        raster: &Raster,
        least: f32,
        priority: Priority,
    ) -> Result<Vec<Found>> {
        let described = models
            .detection
            .get_or_try_init(|| self.ports_of(DETECTION))
            .await?;
        let input = pictures_of(DETECTION, described)?;
        let longer = raster.longer_side();
        let shared = raster.clone();
        let square = aside(move || looked_at(&shared));
        let inputs = vec![(input, square.await?)];
        let answer = self.ask(DETECTION, inputs, &[], priority).await?;
        let found = scrfd::decode(&answer.all_floats()?, least);
        let found = found.ok_or_else(|| lacks(DETECTION, "scores and boxes of SCRFD"))?;
        let unit = longer as f32 / scrfd::SIDE as f32;
        let found = found.iter().map(|found| in_picture(found, unit));
        Ok(found.filter(|found| is_told_apart(found, raster)).collect())
    }

    /// What tells some faces from others, each of length one, in their order.
    async fn arc_face(
        &self,
        described: &Description,
        raster: &Raster,
        faces: &[Found],
        priority: Priority,
    ) -> Result<Vec<Vec<f32>>> {
        let input = pictures_of(RECOGNITION, described)?;
        let output = described.outputs.first();
        let output = &output.ok_or_else(|| lacks(RECOGNITION, "an output"))?.name;
        let points: Vec<_> = faces.iter().map(|face| face.points).collect();
        let shared = raster.clone();
        let chips = aside(move || {
            let mut planes = Planes::new(points.len(), align::ARC_SIDE, align::ARC_SIDE);
            for (index, points) in points.into_iter().enumerate() {
                let points = points.map(|[x, y]| (f64::from(x), f64::from(y)));
                planes.put(index, &align::arc_chip(&shared, points), Scale::ARC_FACE);
            }
            planes.tensor()
        });
        let inputs = vec![(input, chips.await?)];
        let mut answer = self.ask(RECOGNITION, inputs, &[output], priority).await?;
        let values = answer.floats(output, &[faces.len(), 0])?;
        let vectors = values.chunks_exact((values.len() / faces.len()).max(1));
        let unit = |vector: &[f32]| {
            let mut vector = vector.to_vec();
            normalise(&mut vector);
            vector
        };
        Ok(vectors.map(unit).collect())
    }
}

/// How many faces a model takes at once.
fn batch_of(described: &Description) -> usize {
    let input = described.inputs.first();
    let items = input.and_then(|port| *port.shape.first()?);
    items.unwrap_or(BATCH).clamp(1, BATCH)
}

/// The whole picture in the upper left of a black square.
fn looked_at(raster: &Raster) -> Tensor {
    let side = f64::from(raster.longer_side());
    let square = raster.square((side / 2.0, side / 2.0), side, scrfd::SIDE);
    let mut planes = Planes::new(1, scrfd::SIDE, scrfd::SIDE);
    planes.put(0, &square, Scale::SCRFD);
    planes.tensor()
}

/// A face of the square, where it is in the picture; `unit` is what a pixel of the square is there.
fn in_picture(found: &Found, unit: f32) -> Found {
    Found {
        bounds: found.bounds.scaled(unit, unit),
        score: found.score,
        points: found.points.map(|point| point.map(|at| at * unit)),
    }
}

/// Whether it is large enough to say who it is, and in the picture.
fn is_told_apart(found: &Found, raster: &Raster) -> bool {
    let Bounds { x1, y1, x2, y2 } = found.bounds;
    let (x, y) = found.bounds.centre();
    let (width, height) = (raster.width as f32, raster.height as f32);
    let is_inside = (0.0..width).contains(&x) && (0.0..height).contains(&y);
    is_inside && x2 > x1 && y2 > y1 && found.bounds.longer_side() >= FACE_MIN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_lies_in_the_upper_left_of_what_is_looked_at() {
        let tensor = looked_at(&Raster::own(4, 2, vec![255; 24]));
        assert_eq!(tensor.shape(), [1, 3, 640, 640]);
        let values = tensor.as_f32().unwrap();
        let (white, black) = (127.5 / 128.0, -127.5 / 128.0);
        let at = |x: usize, y: usize| values[y * 640 + x];
        for (x, y, wanted) in [(0, 0, white), (639, 319, white), (0, 320, black)] {
            assert!((at(x, y) - wanted).abs() < 1e-6, "{x} {y}");
        }
    }

    #[test]
    fn faces_are_where_they_are_in_the_picture_and_tiny_ones_are_nobodys() {
        let found = |x1: f32, side: f32| Found {
            bounds: Bounds {
                x1,
                y1: 0.0,
                x2: x1 + side,
                y2: side,
            },
            score: 0.9,
            points: [[x1, 0.0]; scrfd::POINTS],
        };
        let raster = Raster::own(1280, 20, vec![0; 1280 * 20 * 3]);
        let large = in_picture(&found(100.0, 15.0), 2.0);
        assert_eq!((large.bounds.x1, large.bounds.x2), (200.0, 230.0));
        assert!((large.points[0][0] - 200.0).abs() < 1e-3);
        assert!(is_told_apart(&large, &raster));
        assert!(!is_told_apart(
            &in_picture(&found(100.0, 9.0), 2.0),
            &raster
        ));
        assert!(!is_told_apart(
            &in_picture(&found(640.0, 15.0), 2.0),
            &raster
        ));
    }
}
