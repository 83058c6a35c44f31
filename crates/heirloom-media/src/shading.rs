//! Where a picture is light and where it is dark: what copies of one picture share however they were scaled, compressed,
//! brightened or trimmed, and what two pictures of like things do not.

use heirloom_types::{frame::Frame, geometry::Size};

use crate::renditions::{self, EncodeError};

/// Squares of the picture on a side of which the brightness is kept.
const SIDE: usize = 64;
/// Cells on a side that are compared.
const CELLS: usize = 16;
/// What may be missing at any edge of a trimmed copy, as a part of the picture.
const CUTS: [f64; 4] = [0.0, 0.025, 0.05, 0.1];
/// A standard deviation, of 255, below which a picture is too even to be told by its shading.
const EVEN: f64 = 4.0;

/// The brightness of a picture, coarse and stretched to a square.
#[derive(Clone, Debug)]
pub struct Shading {
    /// What lies above and left of each corner of a square, summed (Crow 1984, "Summed-area tables for texture mapping").
    sums: Vec<f64>,
}

impl Shading {
    /// Of a thumbnail that [`renditions::render`] made.
    pub fn of_thumbnail(webp: &[u8]) -> Result<Self, EncodeError> {
        let thumbnail = renditions::opened_thumbnail(webp)?;
        let side = SIDE as u32;
        Ok(Self::of_square(&renditions::resized(
            &thumbnail,
            Size::new(side, side),
        )?))
    }

    fn of_square(square: &Frame) -> Self {
        let channels = square.layout().channels();
        let mut sums = vec![0.0; (SIDE + 1) * (SIDE + 1)];
        for (at, pixel) in square.pixels().chunks_exact(channels).enumerate() {
            let corner = (at / SIDE + 1) * (SIDE + 1) + at % SIDE + 1;
            sums[corner] =
                luma(pixel) + sums[corner - 1] + sums[corner - SIDE - 1] - sums[corner - SIDE - 2];
        }
        Self { sums }
    }

    /// How alike two pictures are shaded, from -1 to 1 (correlation), when one of them may be a trimmed copy of the other.
    /// None when one of them is too even to say.
    pub fn likeness(&self, other: &Self) -> Option<f64> {
        let (mine, theirs) = (self.cells([0.0; 4])?, other.cells([0.0; 4])?);
        let trimmed = |whole: &Self, copy: &[f64]| {
            windows()
                .filter_map(|window| Some(correlation(&whole.cells(window)?, copy)))
                .fold(-1.0, f64::max)
        };
        Some(trimmed(self, &theirs).max(trimmed(other, &mine)))
    }

    /// The brightness of each cell of a window, about its mean and of length one; none if it is even. The window is what is
    /// cut off: left, top, right, bottom.
    fn cells(&self, [left, top, right, bottom]: [f64; 4]) -> Option<Vec<f64>> {
        let edges = |from: f64, to: f64| -> [usize; CELLS + 1] {
            std::array::from_fn(|at| {
                let part = at as f64 / CELLS as f64;
                (SIDE as f64 * (from + (1.0 - from - to) * part)).round() as usize
            })
        };
        let (columns, rows) = (edges(left, right), edges(top, bottom));
        let sum = |row: usize, column: usize| self.sums[row * (SIDE + 1) + column];
        let mut cells = Vec::with_capacity(CELLS * CELLS);
        for row in rows.windows(2) {
            for column in columns.windows(2) {
                let whole = sum(row[1], column[1]) + sum(row[0], column[0])
                    - sum(row[0], column[1])
                    - sum(row[1], column[0]);
                cells.push(whole / ((row[1] - row[0]) * (column[1] - column[0])) as f64);
            }
        }
        let mean = cells.iter().sum::<f64>() / cells.len() as f64;
        for cell in &mut cells {
            *cell -= mean;
        }
        let length = cells.iter().map(|cell| cell * cell).sum::<f64>().sqrt();
        if length < EVEN * CELLS as f64 {
            return None;
        }
        for cell in &mut cells {
            *cell /= length;
        }
        Some(cells)
    }
}

/// Brightness (ITU-R BT.601), 0 to 255.
fn luma(pixel: &[u8]) -> f64 {
    0.299 * f64::from(pixel[0]) + 0.587 * f64::from(pixel[1]) + 0.114 * f64::from(pixel[2])
}

fn correlation(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}

fn windows() -> impl Iterator<Item = [f64; 4]> {
    (0..CUTS.len().pow(4)).map(|number| {
        std::array::from_fn(|edge| CUTS[number / CUTS.len().pow(edge as u32) % CUTS.len()])
    })
}

#[cfg(test)]
mod tests {
    use heirloom_types::frame::Layout;

    use super::*;

    /// A picture of waves, as a part of it shows: the window is in parts of the whole.
    fn waves(seed: f64, size: Size, [left, top, right, bottom]: [f64; 4], gain: f64) -> Frame {
        let mut pixels = Vec::new();
        for y in 0..size.height {
            for x in 0..size.width {
                let across = left + (1.0 - left - right) * f64::from(x) / f64::from(size.width);
                let down = top + (1.0 - top - bottom) * f64::from(y) / f64::from(size.height);
                let wave = (across * 9.0 * seed).sin() + (down * 7.0 + across * seed * seed).cos();
                pixels.extend([(120.0 + 50.0 * gain * wave) as u8; 3]);
            }
        }
        Frame::new(size, Layout::Rgb, pixels).unwrap()
    }

    fn shading(frame: &Frame) -> Shading {
        Shading::of_thumbnail(&renditions::render(frame).unwrap().thumbnail).unwrap()
    }

    #[test]
    fn copies_are_alike_however_they_were_scaled_brightened_and_trimmed() {
        let original = shading(&waves(1.0, Size::new(800, 600), [0.0; 4], 1.0));
        for (size, window, gain) in [
            (Size::new(200, 150), [0.0; 4], 1.0),
            (Size::new(800, 600), [0.0; 4], 0.5),
            (Size::new(760, 570), [0.025; 4], 1.0),
            (Size::new(640, 570), [0.1, 0.0, 0.1, 0.05], 0.8),
        ] {
            let copy = shading(&waves(1.0, size, window, gain));
            let likeness = original.likeness(&copy).unwrap();
            assert!(likeness > 0.95, "{size:?} {window:?}: {likeness}");
            assert_eq!(copy.likeness(&original), Some(likeness));
        }
        let other = shading(&waves(2.7, Size::new(800, 600), [0.0; 4], 1.0));
        let likeness = original.likeness(&other).unwrap();
        assert!(likeness < 0.7, "{likeness}");
    }

    #[test]
    fn an_even_picture_says_nothing() {
        let even = shading(&waves(1.0, Size::new(80, 60), [0.0; 4], 0.0));
        let other = shading(&waves(1.0, Size::new(80, 60), [0.0; 4], 1.0));
        assert_eq!(even.likeness(&other), None);
    }
}
