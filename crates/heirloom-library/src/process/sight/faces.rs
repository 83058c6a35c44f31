//! Who is in a picture: faces looked for by the chosen models, and put where faces were known before.

use std::collections::HashSet;

use heirloom_store::{
    Tx,
    assets::Asset,
    changes::{ChangeKind, Entry},
    faces::{self, Descriptor, FaceBox},
    people::{self, Face, FaceSource},
    stages::{self, Stage},
};
use heirloom_types::{
    frame::Frame,
    geometry::Size,
    ids::{FaceId, UserId},
    time::Timestamp,
};
use heirloom_vision::{self as vision, Bounds, Priority};

use super::StageFailure;
use crate::{Library, people::is_said};

/// How much of their common area two boxes share when they are of one face.
const SAME_FACE: f64 = 0.4;

/// What was found by whom.
pub(super) struct Faces {
    pub(super) found: Vec<vision::Face>,
    /// Name and version of the models that found them.
    model: String,
}

impl Library {
    pub(super) async fn find_faces(
        &self,
        frame: &Frame,
        priority: Priority,
    ) -> Result<Faces, StageFailure> {
        let config = self.config().await.map_err(StageFailure::passing)?;
        let vision = self.chosen_faces().await.map_err(StageFailure::passing)?;
        let Some(vision) = vision else {
            let reason = "the chosen pack of models for faces cannot be used";
            return Err(StageFailure::waiting(reason));
        };
        let least = config.machine_learning.facial_recognition.min_score as f32;
        Ok(Faces {
            found: vision.faces(frame, least, priority).await?,
            model: vision.model().to_owned(),
        })
    }

    /// Faces that were known keep their ids and what a person said of them; new ones are added; those that are not found
    /// any more go, unless a person drew or confirmed them, or knows whose they are and other models found them.
    pub(super) async fn apply_faces(
        &self,
        tx: &mut Tx,
        asset: &Asset,
        Faces { found, model }: Faces,
        size: Size,
    ) -> anyhow::Result<Vec<Entry>> {
        let (owner, id, now) = (asset.owner_id, asset.id, self.now());
        stages::done_by(tx, owner, id, Stage::Faces, &model).await?;
        let known = faces::list_boxes(tx, owner, id).await?;
        let mut entries = Vec::new();
        let mut seen: HashSet<FaceId> = HashSet::new();
        for face in found {
            let descriptor = Descriptor {
                model: &model,
                vector: &face.vector,
                score: f64::from(face.score),
            };
            let same = known
                .iter()
                .filter(|known| !seen.contains(&known.id))
                .map(|known| (known.id, overlap(face.bounds, known)))
                .max_by(|a, b| a.1.total_cmp(&b.1))
                .filter(|(_, overlap)| *overlap >= SAME_FACE);
            if let Some((known, _)) = same {
                faces::describe(tx, known, descriptor).await?;
                seen.insert(known);
                continue;
            }
            let row = found_face(self.new_id(FaceId::new), asset, &face, size, now);
            faces::insert(tx, &row, descriptor).await?;
            entries.push(Entry::upsert(ChangeKind::Face, row.id));
        }
        for face in people::list_faces_of_asset(tx, owner, id).await? {
            let Some(before) = known.iter().find(|known| known.id == face.id) else {
                continue;
            };
            let is_said = face.is_confirmed || face.source != FaceSource::MachineLearning;
            if is_said || seen.contains(&face.id) || self.is_kept(tx, owner, before, &model).await?
            {
                continue;
            }
            people::delete_face(tx, face.id).await?;
            entries.push(Entry::delete(ChangeKind::Face, face.id));
        }
        self.follow_faces(tx, owner, &model).await?;
        self.want_clustering(tx, owner).await?;
        Ok(entries)
    }

    /// Whether a face stays that these models do not find: other models found it, and a person knows whose it is.
    async fn is_kept(
        &self,
        tx: &mut Tx,
        owner: UserId,
        face: &FaceBox,
        model: &str,
    ) -> anyhow::Result<bool> {
        let Some(person) = face.person_id else {
            return Ok(false);
        };
        let is_others = face.model.as_deref() != Some(model);
        let person = people::get(tx, owner, person).await?;
        Ok(is_others && person.is_some_and(|person| is_said(&person)))
    }
}

fn found_face(id: FaceId, asset: &Asset, face: &vision::Face, size: Size, now: Timestamp) -> Face {
    let (width, height) = (size.width as i32, size.height as i32);
    let Bounds { x1, y1, x2, y2 } = face.bounds;
    let pixel = |fraction: f32, side: i32| ((fraction * side as f32).round() as i32).clamp(0, side);
    Face {
        id,
        owner_id: asset.owner_id,
        asset_id: asset.id,
        person_id: None,
        image_width: width,
        image_height: height,
        x1: pixel(x1, width),
        y1: pixel(y1, height),
        x2: pixel(x2, width),
        y2: pixel(y2, height),
        source: FaceSource::MachineLearning,
        is_confirmed: false,
        created_at: now,
        updated_at: now,
    }
}

/// Common area by joint area, of a box in fractions and one in pixels of its picture.
fn overlap(bounds: Bounds, face: &FaceBox) -> f64 {
    let Bounds { x1, y1, x2, y2 } = bounds;
    let [left, top, right, bottom] = [x1, y1, x2, y2].map(f64::from);
    let (width, height) = (face.image_width.max(1), face.image_height.max(1));
    let (width, height) = (f64::from(width), f64::from(height));
    let [x1, y1, x2, y2] = [face.x1, face.y1, face.x2, face.y2].map(f64::from);
    let (x1, y1, x2, y2) = (x1 / width, y1 / height, x2 / width, y2 / height);
    let shared = (right.min(x2) - left.max(x1)).max(0.0) * (bottom.min(y2) - top.max(y1)).max(0.0);
    let joint = (right - left) * (bottom - top) + (x2 - x1) * (y2 - y1) - shared;
    if joint > 0.0 { shared / joint } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_of_one_face_overlap_whatever_they_are_measured_in() {
        let bounds = |x1, y1, x2, y2| Bounds { x1, y1, x2, y2 };
        let drawn = |[x1, y1, x2, y2]: [i32; 4], [image_width, image_height]: [i32; 2]| FaceBox {
            id: FaceId(uuid::Uuid::nil()),
            person_id: None,
            x1,
            y1,
            x2,
            y2,
            image_width,
            image_height,
            model: None,
        };
        let square = bounds(0.25, 0.25, 0.5, 0.5);
        let same = overlap(square, &drawn([25, 50, 50, 100], [100, 200]));
        assert!((same - 1.0).abs() < 1e-9);
        let none = overlap(square, &drawn([60, 120, 80, 150], [100, 200]));
        assert!(none < 1e-9);
        let empty = overlap(bounds(0.5, 0.5, 0.5, 0.5), &drawn([0, 0, 0, 0], [0, 0]));
        assert!(empty < 1e-9);
    }
}
