//! Where a picture is light and where it is dark: what copies of one picture share however they were scaled, compressed,
//! brightened or trimmed, and what two pictures of like things do not.

use heirloom_types::{frame::Frame, geometry::Size};

use crate::{
    renditions::{self, EncodeError},
    resize,
};

/// Squares of the picture on a side of which the brightness is kept.
const SIDE: usize = 64;
/// Cells on a side that are compared.
const CELLS: usize = 16;
/// What may be missing at any edge of a trimmed copy, as a part of the picture.
const CUTS: [f64; 4] = [0.0, 0.025, 0.05, 0.1];
/// A standard deviation, of 255, below which a picture is too even to be told by its shading.
const EVEN: f32 = 4.0;

/// The brightness of a picture, coarse and stretched to a square.
#[derive(Clone, Debug)]
pub struct Shading {
    /// What lies above and left of each corner of a square, summed (Crow 1984, "Summed-area tables for texture mapping").
    sums: Vec<u32>,
    /// Of the whole picture.
    cells: Option<Cells>,
}

/// The brightness of each cell, about its mean and of length one.
type Cells = [f32; CELLS * CELLS];

impl Shading {
    /// Of a thumbnail that [`renditions::render`] made.
    pub fn of_thumbnail(webp: &[u8]) -> Result<Self, EncodeError> {
        let thumbnail = renditions::opened_thumbnail(webp)?;
        let side = SIDE as u32;
        let square = resize::frame(&thumbnail, Size::new(side, side))?;
        Ok(Self::of_square(&square))
    }

    fn of_square(square: &Frame) -> Self {
        let channels = square.layout().channels();
        let mut sums = vec![0; (SIDE + 1) * (SIDE + 1)];
        for (at, pixel) in square.pixels().chunks_exact(channels).enumerate() {
            let corner = (at / SIDE + 1) * (SIDE + 1) + at % SIDE + 1;
            sums[corner] =
                luma(pixel) + sums[corner - 1] + sums[corner - SIDE - 1] - sums[corner - SIDE - 2];
        }
        let mut shading = Self { sums, cells: None };
        shading.cells = shading.cells([0.0; 4]);
        shading
    }

    /// Whether two pictures are shaded alike, by at least so much (correlation, -1 to 1), when one of them may be a trimmed
    /// copy of the other. None when one of them is too even to say. Takes microseconds if they are, else half a millisecond.
    pub fn is_like(&self, other: &Self, least: f32) -> Option<bool> {
        let (mine, theirs) = (self.cells.as_ref()?, other.cells.as_ref()?);
        let holds = |whole: &Self, copy: &Cells, window| {
            let cells = whole.cells(window);
            cells.is_some_and(|cells| correlation(&cells, copy) >= least)
        };
        Some(windows().any(|window| holds(self, theirs, window) || holds(other, mine, window)))
    }

    /// What a window shows; none if it is even. The window is what is cut off: left, top, right, bottom.
    fn cells(&self, [left, top, right, bottom]: [f64; 4]) -> Option<Cells> {
        let edges = |from: f64, to: f64| -> [usize; CELLS + 1] {
            std::array::from_fn(|at| {
                let part = at as f64 / CELLS as f64;
                (SIDE as f64 * (from + (1.0 - from - to) * part)).round() as usize
            })
        };
        let (columns, rows) = (edges(left, right), edges(top, bottom));
        let sum = |row: usize, column: usize| self.sums[row * (SIDE + 1) + column];
        let mut cells: Cells = std::array::from_fn(|at| {
            let (row, column) = (at / CELLS, at % CELLS);
            let (top, bottom) = (rows[row], rows[row + 1]);
            let (left, right) = (columns[column], columns[column + 1]);
            let whole = sum(bottom, right) + sum(top, left) - sum(top, right) - sum(bottom, left);
            whole as f32 / ((bottom - top) * (right - left)) as f32
        });
        let mean = cells.iter().sum::<f32>() / cells.len() as f32;
        for cell in &mut cells {
            *cell -= mean;
        }
        let length = cells.iter().map(|cell| cell * cell).sum::<f32>().sqrt();
        if length < EVEN * CELLS as f32 {
            return None;
        }
        for cell in &mut cells {
            *cell /= length;
        }
        Some(cells)
    }
}

/// Brightness (ITU-R BT.601), 0 to 255.
fn luma(pixel: &[u8]) -> u32 {
    (299 * u32::from(pixel[0]) + 587 * u32::from(pixel[1]) + 114 * u32::from(pixel[2])) / 1000
}

fn correlation(one: &Cells, other: &Cells) -> f32 {
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
        let made = renditions::render(&frame.clone().into()).unwrap();
        Shading::of_thumbnail(&made.thumbnail).unwrap()
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
            assert_eq!(
                original.is_like(&copy, 0.95),
                Some(true),
                "{size:?} {window:?}"
            );
            assert_eq!(
                copy.is_like(&original, 0.95),
                Some(true),
                "{size:?} {window:?}"
            );
        }
        let other = shading(&waves(2.7, Size::new(800, 600), [0.0; 4], 1.0));
        assert_eq!(original.is_like(&other, 0.7), Some(false));
    }

    #[test]
    fn an_even_picture_says_nothing() {
        let even = shading(&waves(1.0, Size::new(80, 60), [0.0; 4], 0.0));
        let other = shading(&waves(1.0, Size::new(80, 60), [0.0; 4], 1.0));
        assert_eq!(even.is_like(&other, -1.0), None);
    }
}
