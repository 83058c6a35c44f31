//! Lines of text cut out of a picture, upright and 48 pixels high.

use heirloom_inference::Tensor;

use super::regions::Region;
use crate::{
    planes::{Planes, Scale},
    raster::{Affine, Filter, Raster, Window},
};

const HEIGHT: u32 = 48;
/// So much of a line says whether it is one.
const BEGINNING: u32 = 320;
/// A longer line is squeezed.
const WIDTH_MAX: u32 = 3200;
/// Widths of a batch are multiples of this.
const WIDTH_STEP: u32 = 32;
const DIRECTION_WIDTH: u32 = 192;
/// A region this much higher than wide is a line that runs downwards.
const UPRIGHT: f64 = 1.5;
/// Higher regions are warped from a smaller picture: the characters end up 48 pixels high anyway.
const WARPED_HEIGHT_MAX: f64 = 144.0;

/// A line's pixels.
#[derive(Clone, Debug)]
pub(super) struct Strip {
    pub(super) region: Region,
    pixels: Raster,
}

impl Strip {
    /// In the recogniser's pixels.
    pub(super) fn width(&self) -> u32 {
        self.pixels.width
    }

    /// The line as far as is needed to see whether it can be read.
    pub(super) fn beginning(&self) -> Self {
        let width = self.width().min(BEGINNING);
        let window = Window {
            width: f64::from(width),
            ..self.pixels.whole()
        };
        Self {
            region: self.region.clone(),
            pixels: self.pixels.cut(window, width, HEIGHT, Filter::Plain),
        }
    }

    /// Upside down.
    pub(super) fn turned(&self) -> Self {
        let [a, b, c, d] = self.region.corners;
        Self {
            region: Region {
                corners: [c, d, a, b],
                score: self.region.score,
            },
            pixels: self.pixels.turned(),
        }
    }
}

pub(super) fn cut(raster: &Raster, regions: Vec<Region>) -> Vec<Strip> {
    regions
        .into_iter()
        .map(|region| strip(raster, region))
        .collect()
}

fn strip(raster: &Raster, region: Region) -> Strip {
    let (mut width, mut height) = (region.width().max(1.0), region.height().max(1.0));
    let shrink = (width.min(height) / WARPED_HEIGHT_MAX).max(1.0);
    width /= shrink;
    height /= shrink;
    // A high line is averaged to a smaller picture of its surroundings first: warping would skip pixels.
    let (around, corner) = if shrink > 1.0 {
        surroundings(raster, &region, shrink)
    } else {
        (raster.clone(), (0.0, 0.0))
    };
    let [tl, tr, _, bl] = region
        .corners
        .map(|(x, y)| ((x - corner.0) / shrink, (y - corner.1) / shrink));
    let map = Affine {
        x: [(tr.0 - tl.0) / width, (bl.0 - tl.0) / height, tl.0],
        y: [(tr.1 - tl.1) / width, (bl.1 - tl.1) / height, tl.1],
    };
    let (columns, rows) = (
        width.round().max(1.0) as u32,
        height.round().max(1.0) as u32,
    );
    let pixels = around.warped_cubic(&map, columns, rows);
    let pixels = if height >= UPRIGHT * width {
        pixels.turned_left()
    } else {
        pixels
    };
    let wide = f64::from(HEIGHT) * f64::from(pixels.width) / f64::from(pixels.height);
    let wide = (wide.ceil() as u32).clamp(1, WIDTH_MAX);
    Strip {
        region,
        pixels: pixels.scaled(wide, HEIGHT, Filter::Plain),
    }
}

/// The part of the picture that a region lies in, scaled down, and where its corner was.
fn surroundings(raster: &Raster, region: &Region, shrink: f64) -> (Raster, (f64, f64)) {
    let range = |part: fn(&(f64, f64)) -> f64, limit: u32| {
        let limit = f64::from(limit);
        let values = region.corners.iter().map(part);
        let low = values
            .clone()
            .fold(f64::INFINITY, f64::min)
            .clamp(0.0, limit - 1.0)
            .floor();
        let high = values.fold(low + 1.0, f64::max).min(limit).ceil();
        (low, high - low)
    };
    let (left, width) = range(|corner| corner.0, raster.width);
    let (top, height) = range(|corner| corner.1, raster.height);
    let window = Window {
        left,
        top,
        width,
        height,
    };
    let side = |length: f64| (length / shrink).round().max(1.0) as u32;
    let small = raster.cut(window, side(width), side(height), Filter::Area);
    (small, (left, top))
}

/// Strips below one another, the rest grey.
pub(super) fn for_recognition(strips: &[Strip], width_min: u32) -> Tensor {
    let widest = strips.iter().map(Strip::width).max().unwrap_or(0);
    let width = widest.max(width_min).next_multiple_of(WIDTH_STEP);
    let mut planes = Planes::new(strips.len(), width, HEIGHT);
    for (index, strip) in strips.iter().enumerate() {
        planes.put(index, &strip.pixels, Scale::PADDLE);
    }
    planes.tensor()
}

pub(super) fn for_direction(strips: &[Strip]) -> Tensor {
    let mut planes = Planes::new(strips.len(), DIRECTION_WIDTH, HEIGHT);
    for (index, strip) in strips.iter().enumerate() {
        let width = strip.width().min(DIRECTION_WIDTH);
        let pixels = strip.pixels.scaled(width, HEIGHT, Filter::Plain);
        planes.put(index, &pixels, Scale::PADDLE);
    }
    planes.tensor()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strip(width: u32) -> Strip {
        let stripes = (0..HEIGHT).flat_map(|_| (0..width).flat_map(|x| [x as u8; 3]));
        let (right, bottom) = (f64::from(width), f64::from(HEIGHT));
        let region = Region {
            corners: [(0.0, 0.0), (right, 0.0), (right, bottom), (0.0, bottom)],
            score: 0.9,
        };
        let raster = Raster::own(width, HEIGHT, stripes.collect());
        cut(&raster, vec![region]).remove(0)
    }

    #[test]
    fn the_beginning_of_a_line_is_its_left_end_as_it_is() {
        let line = strip(1000);
        let beginning = line.beginning();
        assert_eq!((line.width(), beginning.width()), (1000, BEGINNING));
        let row = BEGINNING as usize * 3;
        assert_eq!(beginning.pixels.bytes()[..row], line.pixels.bytes()[..row]);
        assert_eq!(strip(100).beginning().width(), 100);
    }

    #[test]
    fn short_lines_are_filled_up_as_far_as_is_asked() {
        let lines = [strip(70), strip(100)];
        let shape = |width_min| for_recognition(&lines, width_min).shape().to_vec();
        assert_eq!(shape(320), [2, 3, 48, 320]);
        assert_eq!(shape(64), [2, 3, 48, 128]);
    }
}
