//! Faces turned upright and scaled alike, as the descriptor was trained.

use crate::raster::{Affine, Raster};

/// Side of an aligned face.
pub(super) const SIDE: u32 = 150;
/// Share of the face's size left around it.
const PADDING: f64 = 0.25;
/// Below this scale pixels are averaged first, so that warping does not skip any.
const SHRINK_BELOW: f64 = 0.6;
/// Landmarks (eye corners and the foot of the nose) and where they lie in the mean face.
const TEMPLATE: [(usize, f64, f64); 5] = [
    (45, 0.859_567_459_599_2, 0.213_498_153_801_4),
    (42, 0.646_060_476_410_4, 0.228_967_438_767_8),
    (36, 0.120_575_062_078_9, 0.213_727_452_684_8),
    (39, 0.334_085_061_371_2, 0.229_064_240_325_4),
    (33, 0.490_123_412_567_9, 0.627_797_531_647_5),
];

/// Side of a face as ArcFace's models take it, and where the eyes, the tip of the nose and the corners of the mouth lie in it.
pub(super) const ARC_SIDE: u32 = 112;
const ARC_TEMPLATE: [Point; 5] = [
    (38.2946, 51.6963),
    (73.5318, 51.5014),
    (56.0252, 71.7366),
    (41.5493, 92.3655),
    (70.7299, 92.2041),
];

/// The aligned face for ArcFace's models, given where its five points are in the picture.
pub(super) fn arc_chip(raster: &Raster, points: [Point; 5]) -> Raster {
    let pairs: [Pair; 5] = std::array::from_fn(|number| (points[number], ARC_TEMPLATE[number]));
    aligned(raster, &pairs, ARC_SIDE)
}

/// The aligned face, given where its landmarks are in the picture.
pub(super) fn chip(raster: &Raster, landmark: impl Fn(usize) -> Point) -> Raster {
    let place = |value: f64| (PADDING + value) / (1.0 + 2.0 * PADDING) * f64::from(SIDE);
    let pairs = TEMPLATE.map(|(number, x, y)| (landmark(number), (place(x), place(y))));
    aligned(raster, &pairs, SIDE)
}

/// A square in which the points of a picture lie where they shall be, as far as turning and scaling can bring them there.
fn aligned(raster: &Raster, pairs: &[Pair], side: u32) -> Raster {
    let to_chip = similarity(pairs);
    let scale = to_chip.scale();
    let back = to_chip.inverse();
    if scale >= SHRINK_BELOW {
        return raster.warped(&back.affine((0.0, 0.0), 1.0), side, side);
    }
    // A square around the face, in which one pixel is one of the chip; wide enough for any rotation.
    let half = f64::from(side) / 2.0;
    let centre = back.at((half, half));
    let out = (f64::from(side) * 1.5) as u32;
    let around = f64::from(out) / scale;
    let small = raster.square(centre, around, out);
    let corner = (centre.0 - around / 2.0, centre.1 - around / 2.0);
    small.warped(&back.affine(corner, scale), side, side)
}

/// Turns, scales and moves: `x' = a x - b y + c`, `y' = b x + a y + d`.
#[derive(Clone, Copy, Debug)]
struct Similarity {
    a: f64,
    b: f64,
    c: f64,
    d: f64,
}

impl Similarity {
    fn scale(self) -> f64 {
        self.a.hypot(self.b)
    }

    fn at(self, (x, y): (f64, f64)) -> (f64, f64) {
        (
            self.a * x - self.b * y + self.c,
            self.b * x + self.a * y + self.d,
        )
    }

    fn inverse(self) -> Self {
        let square = (self.a * self.a + self.b * self.b).max(1e-12);
        let (a, b) = (self.a / square, -self.b / square);
        Self {
            a,
            b,
            c: -(a * self.c - b * self.d),
            d: -(b * self.c + a * self.d),
        }
    }

    /// The map into a picture that starts at `corner` and is scaled by `scale`.
    fn affine(self, corner: (f64, f64), scale: f64) -> Affine {
        Affine {
            x: [self.a, -self.b, self.c - corner.0].map(|value| value * scale),
            y: [self.b, self.a, self.d - corner.1].map(|value| value * scale),
        }
    }
}

pub(super) type Point = (f64, f64);
/// Where a point is, and where it shall be.
type Pair = (Point, Point);

/// The similarity with the least squares of the distances (Umeyama's, without reflection).
fn similarity(pairs: &[Pair]) -> Similarity {
    let count = pairs.len() as f64;
    let mean = |part: fn(&Pair) -> f64| pairs.iter().map(part).sum::<f64>() / count;
    let (from_x, from_y) = (mean(|pair| pair.0.0), mean(|pair| pair.0.1));
    let (to_x, to_y) = (mean(|pair| pair.1.0), mean(|pair| pair.1.1));
    let (mut along, mut across, mut spread) = (0.0, 0.0, 0.0);
    for ((x, y), (u, v)) in pairs {
        let (x, y, u, v) = (x - from_x, y - from_y, u - to_x, v - to_y);
        along += x * u + y * v;
        across += x * v - y * u;
        spread += x * x + y * y;
    }
    // Landmarks that all fall together have no direction; anything finite will do.
    let spread = spread.max(1e-9);
    let (a, b) = (along / spread, across / spread);
    Similarity {
        a,
        b,
        c: to_x - (a * from_x - b * from_y),
        d: to_y - (b * from_x + a * from_y),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turned_and_scaled_face_is_found_back() {
        let truth = Similarity {
            a: 0.3,
            b: -0.8,
            c: 20.0,
            d: -7.0,
        };
        let pairs = [(1.0, 5.0), (40.0, 3.0), (22.0, 31.0)].map(|point| (point, truth.at(point)));
        let found = similarity(&pairs);
        for (got, want) in [
            (found.a, truth.a),
            (found.b, truth.b),
            (found.c, truth.c),
            (found.d, truth.d),
        ] {
            assert!((got - want).abs() < 1e-9, "{found:?}");
        }
        let (x, y) = found.inverse().at(found.at((11.0, 12.0)));
        assert!((x - 11.0).abs() < 1e-9 && (y - 12.0).abs() < 1e-9);
    }

    #[test]
    fn the_points_of_a_face_lie_where_they_shall_be_however_it_is_turned() {
        // A picture with a red dot at each point of a face that is turned and scaled.
        let turned = Similarity {
            a: 1.1,
            b: 0.9,
            c: 110.0,
            d: 30.0,
        };
        let points = ARC_TEMPLATE.map(|point| turned.at(point));
        let side = 300;
        let mut pixels = vec![0; side * side * 3];
        for (x, y) in points {
            let (x, y) = (x.round() as usize, y.round() as usize);
            for (x, y) in (x - 1..=x + 1).flat_map(|x| (y - 1..=y + 1).map(move |y| (x, y))) {
                pixels[(y * side + x) * 3] = 255;
            }
        }
        let raster = Raster::own(side as u32, side as u32, pixels);
        let chip = arc_chip(&raster, points);
        assert_eq!((chip.width, chip.height), (ARC_SIDE, ARC_SIDE));
        let red = |x: f64, y: f64| {
            let at = y.round() as usize * ARC_SIDE as usize + x.round() as usize;
            chip.bytes()[at * 3]
        };
        for (x, y) in ARC_TEMPLATE {
            assert!(red(x, y) > 128, "{x} {y}");
            assert_eq!(red(x + 8.0, y + 8.0), 0);
        }
    }

    #[test]
    fn landmarks_in_one_point_do_no_harm() {
        let raster = Raster::own(4, 4, vec![200; 48]);
        let chip = chip(&raster, |_| (2.0, 2.0));
        assert_eq!((chip.width, chip.height), (SIDE, SIDE));
    }
}
