//! Turns pixels upright (EXIF orientation, TIFF 6.0 tag 274).

use heirloom_types::{frame::Layout, geometry::Size};

/// The size after turning: orientations 5 to 8 exchange the sides.
pub(super) fn oriented_size(size: Size, orientation: u8) -> Size {
    if (5..=8).contains(&orientation) {
        Size::new(size.height, size.width)
    } else {
        size
    }
}

/// Pixels in their place.
pub(super) fn upright(pixels: Vec<u8>, size: Size, layout: Layout, orientation: u8) -> Vec<u8> {
    match layout {
        _ if !(2..=8).contains(&orientation) => pixels,
        Layout::Rgb => turned::<3>(&pixels, size, orientation),
        Layout::Rgba => turned::<4>(&pixels, size, orientation),
    }
}

fn turned<const CHANNELS: usize>(pixels: &[u8], size: Size, orientation: u8) -> Vec<u8> {
    let (width, height) = (size.width as usize, size.height as usize);
    let target = oriented_size(size, orientation);
    let (source, _) = pixels.as_chunks::<CHANNELS>();
    let mut out = Vec::with_capacity(pixels.len());
    for y in 0..target.height as usize {
        for x in 0..target.width as usize {
            let (from_x, from_y) = match orientation {
                2 => (width - 1 - x, y),
                3 => (width - 1 - x, height - 1 - y),
                4 => (x, height - 1 - y),
                5 => (y, x),
                6 => (y, height - 1 - x),
                7 => (width - 1 - y, height - 1 - x),
                _ => (width - 1 - y, x),
            };
            out.extend_from_slice(&source[from_y * width + from_x]);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two by three pixels, and how each orientation must show them. Upright is `ab / cd / ef`.
    #[test]
    fn every_orientation_comes_out_upright() {
        let upright_pixels = "abcdef";
        for (orientation, width, stored) in [
            (1, 2, "abcdef"),
            (2, 2, "badcfe"),
            (3, 2, "fedcba"),
            (4, 2, "efcdab"),
            (5, 3, "acebdf"),
            (6, 3, "bdface"),
            (7, 3, "fdbeca"),
            (8, 3, "ecafdb"),
        ] {
            let size = Size::new(width, 6 / width);
            let pixels = stored.bytes().flat_map(|byte| [byte; 3]).collect();
            let turned = upright(pixels, size, Layout::Rgb, orientation);
            let shown: String = turned.chunks(3).map(|pixel| char::from(pixel[0])).collect();
            assert_eq!(shown, upright_pixels, "orientation {orientation}");
            assert_eq!(oriented_size(size, orientation), Size::new(2, 3));
        }
    }
}
