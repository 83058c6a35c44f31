//! What SCRFD's outputs say (Guo et al. 2021, arXiv 2105.04714): at every place of three grids two boxes, as distances from
//! the place to their sides, each with a score and, of some models, five points of the face.

use crate::{Bounds, bounds::distinct};

/// Side of the square it looks at.
pub(super) const SIDE: u32 = 640;
/// How far the places of the grids are apart.
const STRIDES: [usize; 3] = [8, 16, 32];
/// Boxes at each place.
const BOXES: usize = 2;
/// Boxes that overlap more are one face.
const SAME: f32 = 0.4;
/// Eyes, tip of the nose, corners of the mouth; what is left in the picture comes first.
pub(super) const POINTS: usize = 5;

/// Shape and numbers of an output; which it is, only its shape says.
pub(super) type Output = (Vec<usize>, Vec<f32>);

/// A face, in pixels of the square.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Found {
    pub(super) bounds: Bounds,
    pub(super) score: f32,
    pub(super) points: [[f32; 2]; POINTS],
}

/// The faces that are at least so sure, the surest first; none if these are not the outputs of such a model.
pub(super) fn decode(outputs: &[Output], least: f32) -> Option<Vec<Found>> {
    let mut found = Vec::new();
    for stride in STRIDES {
        found.extend(Grid::of(outputs, stride)?.found(least));
    }
    Some(distinct(
        found,
        |one| one.score,
        |a, b| a.bounds.overlap(b.bounds) > SAME,
    ))
}

/// What is said of one grid.
struct Grid<'a> {
    stride: usize,
    scores: &'a [f32],
    boxes: &'a [f32],
    points: Option<&'a [f32]>,
}

impl<'a> Grid<'a> {
    fn of(outputs: &'a [Output], stride: usize) -> Option<Self> {
        let side = SIDE as usize / stride;
        let rows = side * side * BOXES;
        let find = |numbers: usize| {
            let is_it = |(shape, _): &&Output| of_one(shape) == [rows, numbers];
            outputs.iter().find(is_it).map(|(_, values)| &values[..])
        };
        Some(Self {
            stride,
            scores: find(1)?,
            boxes: find(4)?,
            points: find(2 * POINTS),
        })
    }

    fn found(&self, least: f32) -> impl Iterator<Item = Found> {
        let sure = self.scores.iter().enumerate();
        sure.filter(move |(_, score)| **score >= least)
            .map(|(row, score)| self.at(row, *score))
    }

    fn at(&self, row: usize, score: f32) -> Found {
        let across = SIDE as usize / self.stride;
        let (place, step) = (row / BOXES, self.stride as f32);
        let (x, y) = (
            (place % across) as f32 * step,
            (place / across) as f32 * step,
        );
        let reach = |side: usize| self.boxes[row * 4 + side] * step;
        let bounds = Bounds {
            x1: x - reach(0),
            y1: y - reach(1),
            x2: x + reach(2),
            y2: y + reach(3),
        };
        let points = self.points.map(|points| {
            let points = &points[row * 2 * POINTS..];
            std::array::from_fn(|point| {
                let [across, down] = [0, 1].map(|axis| points[point * 2 + axis] * step);
                [x + across, y + down]
            })
        });
        Found {
            bounds,
            score,
            points: points.unwrap_or_else(|| usual(bounds)),
        }
    }
}

/// The shape without the dimension that counts pictures.
fn of_one(shape: &[usize]) -> &[usize] {
    match shape {
        [1, rest @ ..] if rest.len() == 2 => rest,
        shape => shape,
    }
}

/// Where the points of an upright face usually lie in its box: a guess, for models that give none.
fn usual(bounds: Bounds) -> [[f32; 2]; POINTS] {
    const PLACES: [[f32; 2]; POINTS] =
        [[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.35, 0.8], [0.65, 0.8]];
    let (width, height) = (bounds.x2 - bounds.x1, bounds.y2 - bounds.y1);
    PLACES.map(|[across, down]| [bounds.x1 + across * width, bounds.y1 + down * height])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Outputs that say nothing yet, in the order in which models are written: scores, boxes, points.
    fn silent(has_points: bool, has_batch: bool) -> Vec<Output> {
        let kinds: &[usize] = if has_points { &[1, 4, 10] } else { &[1, 4] };
        let mut outputs = Vec::new();
        for numbers in kinds {
            for stride in STRIDES {
                let rows = (640 / stride) * (640 / stride) * 2;
                let mut shape = vec![rows, *numbers];
                if has_batch {
                    shape.insert(0, 1);
                }
                outputs.push((shape, vec![0.0; rows * numbers]));
            }
        }
        outputs
    }

    fn say(outputs: &mut [Output], output: usize, row: usize, values: &[f32]) {
        let start = row * values.len();
        outputs[output].1[start..start + values.len()].copy_from_slice(values);
    }

    #[test]
    fn boxes_and_points_are_distances_from_their_place() {
        for has_batch in [false, true] {
            let mut outputs = silent(true, has_batch);
            // The second box at column 3, row 2 of the grid of 16 pixels.
            let row = (2 * 40 + 3) * 2 + 1;
            say(&mut outputs, 1, row, &[0.9]);
            say(&mut outputs, 4, row, &[1.0, 0.5, 2.0, 3.0]);
            let points = [-0.5, 0.25, 0.5, 0.25, 0.0, 1.0, -0.5, 2.0, 0.5, 2.0];
            say(&mut outputs, 7, row, &points);
            let found = decode(&outputs, 0.7).unwrap();
            let wanted = Found {
                bounds: Bounds {
                    x1: 32.0,
                    y1: 24.0,
                    x2: 80.0,
                    y2: 80.0,
                },
                score: 0.9,
                points: [
                    [40.0, 36.0],
                    [56.0, 36.0],
                    [48.0, 48.0],
                    [40.0, 64.0],
                    [56.0, 64.0],
                ],
            };
            assert_eq!(found, [wanted]);
        }
    }

    #[test]
    fn of_boxes_around_one_face_the_surest_stays_and_what_is_unsure_goes() {
        let mut outputs = silent(false, false);
        let mut face = |grid: usize, row: usize, score: f32, reach: f32| {
            say(&mut outputs, grid, row, &[score]);
            say(&mut outputs, 3 + grid, row, &[reach; 4]);
        };
        // One face as two grids see it, another one, and something that may be none.
        face(0, (8 * 80 + 8) * 2, 0.8, 4.0);
        face(1, (4 * 40 + 4) * 2, 0.95, 2.0);
        face(2, (10 * 20 + 10) * 2, 0.75, 1.0);
        face(2, (15 * 20 + 15) * 2, 0.69, 1.0);
        let found = decode(&outputs, 0.7).unwrap();
        let scores: Vec<f32> = found.iter().map(|one| one.score).collect();
        assert_eq!(scores, [0.95, 0.75]);
        let Bounds { x1, y1, .. } = found[0].bounds;
        assert_eq!((x1, y1), (32.0, 32.0));
        // Without points they are where they usually are.
        let [x, y] = found[0].points[2];
        assert!((x - 64.0).abs() < 1e-3 && (y - 70.4).abs() < 1e-3);
    }

    #[test]
    fn boxes_that_touch_are_two_faces() {
        let mut outputs = silent(false, false);
        for (row, score) in [(0, 0.8), (2, 0.9)] {
            say(&mut outputs, 2, row, &[score]);
            // 64 wide, 32 apart: a third of what they cover together is in both.
            say(&mut outputs, 5, row, &[1.0; 4]);
        }
        assert_eq!(decode(&outputs, 0.5).unwrap().len(), 2);
    }

    #[test]
    fn outputs_of_other_models_are_not_taken_for_faces() {
        assert_eq!(decode(&[], 0.5), None);
        let mut outputs = silent(true, false);
        outputs.remove(4);
        assert_eq!(decode(&outputs, 0.5), None);
    }
}
