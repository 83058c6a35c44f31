//! How good a picture is as a picture: sharp, and neither black nor white. Pure arithmetic.

use crate::raster::{Filter, Raster};

/// Sharpness is judged in this size, so that the number of a camera's pixels does not count.
const LONGER_SIDE: u32 = 512;
/// Edges of this strength are sharp: the strongest twentieth of a good photo's pixels have at least it.
const SHARP: f32 = 40.0;
/// Less light or more light than this in the mean is a failure.
const DARK: f32 = 35.0;
const BRIGHT: f32 = 225.0;

/// 0 (blurred, or nothing but black or white) to 1.
pub(crate) fn score(raster: &Raster) -> f32 {
    let factor = f64::from(LONGER_SIDE) / f64::from(raster.longer_side());
    let side = |length: u32| (f64::from(length) * factor).round().max(1.0) as u32;
    let small = if factor < 1.0 {
        raster.scaled(side(raster.width), side(raster.height), Filter::Area)
    } else {
        raster.clone()
    };
    let luma = small.luma();
    sharpness(&luma, small.width as usize) * exposure(&luma)
}

/// From the strongest edges rather than from all pixels: a sharp face before a soft wall is a sharp picture.
pub(crate) fn sharpness(luma: &[u8], width: usize) -> f32 {
    let mut counts = [0u32; 1024];
    let mut total = 0u32;
    for (above, line, below) in rows(luma, width) {
        for x in 1..width.max(1) - 1 {
            let at = |row: &[u8], x: usize| i32::from(row[x]);
            let edge =
                4 * at(line, x) - at(line, x - 1) - at(line, x + 1) - at(above, x) - at(below, x);
            counts[edge.unsigned_abs().min(1023) as usize] += 1;
            total += 1;
        }
    }
    let mut left = total / 20;
    for (edge, count) in counts.iter().enumerate().rev() {
        if *count > left {
            return (edge as f32 / SHARP).min(1.0);
        }
        left -= count;
    }
    0.0
}

fn rows(luma: &[u8], width: usize) -> impl Iterator<Item = (&[u8], &[u8], &[u8])> {
    luma.windows(width.max(1) * 3)
        .step_by(width.max(1))
        .map(move |three| {
            (
                &three[..width],
                &three[width..2 * width],
                &three[2 * width..],
            )
        })
}

/// 1 in ordinary light, towards 0 where all is black or white.
fn exposure(luma: &[u8]) -> f32 {
    let total = luma.len().max(1) as f32;
    let mean = luma.iter().map(|value| f32::from(*value)).sum::<f32>() / total;
    let lost = luma
        .iter()
        .filter(|value| **value <= 2 || **value >= 253)
        .count() as f32
        / total;
    let light = (mean / DARK)
        .min((255.0 - mean) / (255.0 - BRIGHT))
        .min(1.0);
    light * (1.0 - (lost - 0.3).max(0.0) / 0.7)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Blocks of random brightness, softened by enlarging from a smaller picture.
    fn scene(softness: u32, scale: f32, offset: f32) -> Raster {
        let (width, height) = (640 / softness, 480 / softness);
        let mut state = 7u32;
        let blocks: Vec<u8> = (0..80 * 60)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (f32::from((state >> 24) as u8) * scale + offset) as u8
            })
            .collect();
        let pixels = (0..height)
            .flat_map(|y| (0..width).map(move |x| (x * softness / 8, y * softness / 8)))
            .flat_map(|(x, y)| [blocks[(y * 80 + x) as usize]; 3])
            .collect();
        Raster::own(width, height, pixels).scaled(640, 480, Filter::Cubic)
    }

    #[test]
    fn blur_and_bad_light_cost() {
        let good = score(&scene(1, 0.8, 20.0));
        let blurred = score(&scene(1, 0.8, 20.0).scaled(40, 30, Filter::Area).scaled(
            640,
            480,
            Filter::Cubic,
        ));
        let dark = score(&scene(1, 0.02, 0.0));
        let white = score(&scene(1, 0.02, 250.0));
        assert!(good > 0.8, "{good}");
        assert!(blurred < good / 2.0, "{blurred} {good}");
        assert!(dark < 0.2 && white < 0.3, "{dark} {white}");
    }

    #[test]
    fn any_size_has_a_score() {
        for (width, height) in [(1, 1), (2, 900), (900, 2), (3, 3)] {
            let plain = Raster::own(width, height, vec![100; (width * height * 3) as usize]);
            assert!(score(&plain).abs() < f32::EPSILON);
        }
    }
}
