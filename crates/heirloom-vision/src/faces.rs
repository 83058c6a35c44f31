//! Faces: where they are, and what tells one person from another.
//!
//! In the starter pack a detector proposes, a second network of another kind verifies (animals and patterns fool one, hardly both), five
//! landmarks align the face, and a descriptor says whose it is. `insight` asks models of another family.

mod align;
mod detect;
mod insight;
mod scrfd;

use heirloom_inference::Priority;
use heirloom_types::frame::Frame;

use self::detect::Proposal;
pub(crate) use self::insight::Insight;
use crate::{
    Bounds, Result, Vision,
    planes::{Planes, Scale},
    raster::Raster,
    vision::aside,
};

const VERIFIER: &str = "faces_verifier_mmod";
const LANDMARKS: &str = "faces_landmarks68";
const DESCRIPTOR: &str = "faces_embedding";
/// The verifier judges a face of these sizes (in pixels of its input); the likeliest first.
const VERIFIED_SIDES: [f64; 3] = [88.0, 72.0, 108.0];
const VERIFIER_SIDE: u32 = 160;
/// The verifier's cells are 8 pixels apart, the first one at 14; those this near to the middle count.
const CELLS: usize = 17;
const CELL: f32 = 8.0;
const FIRST_CELL: f32 = 14.0;
const CELL_REACH: f32 = 28.0;
const LANDMARK_SIDE: u32 = 112;
/// Landmarks are looked for in a square this much larger than the face.
const LANDMARK_MARGIN: f32 = 1.2;
const POINTS: usize = 68;
const VECTOR: usize = 128;
/// Faces that go through a model together.
const BATCH: usize = 16;

/// A face in a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Face {
    pub bounds: Bounds,
    /// How sure the detector is, 0 to 1.
    pub score: f32,
    /// Euclidean distances up to 0.5 are one person, over 0.6 two; of other packs' models [`Vision::face_distances`] says it.
    pub vector: Vec<f32>,
    /// The same as a direction, of length one: cosine distances up to 0.4 are one person.
    pub direction: Vec<f32>,
}

impl Vision {
    /// Finds the faces of a picture, the surest first. Of models that say how sure they are and leave it at that, those count
    /// that are at least `least` (0 to 1); the starter pack's verify what they find, and need no such number.
    pub async fn faces(&self, frame: &Frame, least: f32, priority: Priority) -> Result<Vec<Face>> {
        match &self.pack.insight {
            Some(models) => self.insight_faces(models, frame, least, priority).await,
            None => self.verified_faces(frame, priority).await,
        }
    }

    async fn verified_faces(&self, frame: &Frame, priority: Priority) -> Result<Vec<Face>> {
        let shared = frame.clone();
        let raster = aside(move || Raster::of(&shared)).await??;
        let proposals = self.detect(&raster, raster.whole(), priority).await?;
        let mut found = self.verified(&raster, proposals, &[], priority).await?;
        for part in detect::parts_for(&raster, &found) {
            let proposals = self.detect(&raster, part, priority).await?;
            let fresh = self.verified(&raster, proposals, &found, priority).await?;
            found.extend(fresh);
        }
        let found = detect::without_doubles(found);
        let mut faces = Vec::with_capacity(found.len());
        for batch in found.chunks(BATCH) {
            let boxes: Vec<Bounds> = batch.iter().map(|proposal| proposal.pixels).collect();
            let described = self.describe(&raster, boxes, priority).await?;
            let (width, height) = (raster.width as f32, raster.height as f32);
            faces.extend(
                batch
                    .iter()
                    .zip(described)
                    .map(|(proposal, descriptor)| Face {
                        bounds: proposal.pixels.scaled(1.0 / width, 1.0 / height).clipped(),
                        score: proposal.score,
                        vector: descriptor.vector,
                        direction: descriptor.direction,
                    }),
            );
        }
        Ok(faces)
    }

    /// Those of the proposals that are faces and not known already.
    async fn verified(
        &self,
        raster: &Raster,
        proposals: Vec<Proposal>,
        known: &[Proposal],
        priority: Priority,
    ) -> Result<Vec<Proposal>> {
        let mut found = Vec::new();
        for proposal in proposals {
            let is_known = known
                .iter()
                .any(|one| one.pixels.contains(proposal.pixels) > 0.5);
            if !is_known && self.is_face(raster, proposal.pixels, priority).await? {
                found.push(proposal);
            }
        }
        Ok(found)
    }

    async fn is_face(&self, raster: &Raster, face: Bounds, priority: Priority) -> Result<bool> {
        for side in VERIFIED_SIDES {
            let raster = raster.clone();
            let crop = aside(move || {
                let (x, y) = face.centre();
                let width = f64::from(VERIFIER_SIDE) * f64::from(face.longer_side()) / side;
                let centre = (f64::from(x), f64::from(y));
                let crop = raster.square(centre, width, VERIFIER_SIDE);
                let mut planes = Planes::new(1, VERIFIER_SIDE, VERIFIER_SIDE);
                planes.put(0, &crop, Scale::BYTES);
                planes.tensor()
            });
            let inputs = vec![("image", crop.await?)];
            let mut answer = self.ask(VERIFIER, inputs, &["score_map"], priority).await?;
            let scores = answer.floats("score_map", &[1, 1, CELLS, CELLS])?;
            if best_in_the_middle(&scores) > 0.0 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What tells some faces from others, in their order.
    async fn describe(
        &self,
        raster: &Raster,
        faces: Vec<Bounds>,
        priority: Priority,
    ) -> Result<Vec<Descriptor>> {
        let count = faces.len();
        let (shared, boxes) = (raster.clone(), faces.clone());
        let crops = aside(move || {
            let mut planes = Planes::new(count, LANDMARK_SIDE, LANDMARK_SIDE);
            for (index, face) in boxes.into_iter().enumerate() {
                let (centre, side) = landmark_square(face);
                let crop = shared.square(centre, side, LANDMARK_SIDE);
                planes.put(index, &crop, Scale::BYTES);
            }
            planes.tensor()
        });
        let inputs = vec![("image", crops.await?)];
        let mut answer = self
            .ask(LANDMARKS, inputs, &["landmarks"], priority)
            .await?;
        let points = answer.floats("landmarks", &[count, POINTS, 2])?;
        let shared = raster.clone();
        let chips = aside(move || {
            let mut planes = Planes::new(count, align::SIDE, align::SIDE);
            let points = points.chunks_exact(POINTS * 2);
            for (index, (face, points)) in faces.into_iter().zip(points).enumerate() {
                let (centre, side) = landmark_square(face);
                let (left, top) = (centre.0 - side / 2.0, centre.1 - side / 2.0);
                let place = |number: usize| {
                    let fraction = |axis: usize| f64::from(points[number * 2 + axis]);
                    (left + fraction(0) * side, top + fraction(1) * side)
                };
                planes.put(index, &align::chip(&shared, place), Scale::BYTES);
            }
            planes.tensor()
        });
        let inputs = vec![("image", chips.await?)];
        let outputs = ["descriptor", "embedding"];
        let mut answer = self.ask(DESCRIPTOR, inputs, &outputs, priority).await?;
        let vectors = answer.floats(outputs[0], &[count, VECTOR])?;
        let directions = answer.floats(outputs[1], &[count, VECTOR])?;
        let rows = vectors
            .chunks_exact(VECTOR)
            .zip(directions.chunks_exact(VECTOR));
        Ok(rows
            .map(|(vector, direction)| Descriptor {
                vector: vector.to_vec(),
                direction: direction.to_vec(),
            })
            .collect())
    }
}

/// What tells a face from others: [`Face::vector`] and [`Face::direction`].
struct Descriptor {
    vector: Vec<f32>,
    direction: Vec<f32>,
}

fn landmark_square(face: Bounds) -> ((f64, f64), f64) {
    let (x, y) = face.centre();
    let side = f64::from(face.longer_side() * LANDMARK_MARGIN);
    ((f64::from(x), f64::from(y)), side)
}

fn best_in_the_middle(scores: &[f32]) -> f32 {
    let middle = VERIFIER_SIDE as f32 / 2.0;
    let reaches = |cell: usize| (cell as f32 * CELL + FIRST_CELL - middle).abs() <= CELL_REACH;
    scores
        .iter()
        .enumerate()
        .filter(|(index, _)| reaches(index / CELLS) && reaches(index % CELLS))
        .map(|(_, score)| *score)
        .fold(f32::NEG_INFINITY, f32::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_middle_of_the_crop_is_judged() {
        let mut scores = [-1.0; CELLS * CELLS];
        scores[0] = 9.0;
        scores[CELLS * CELLS - 1] = 9.0;
        assert!(best_in_the_middle(&scores) < 0.0);
        // The cell at (78, 78) of 160.
        scores[8 * CELLS + 8] = 0.5;
        assert!(best_in_the_middle(&scores) > 0.0);
    }
}
