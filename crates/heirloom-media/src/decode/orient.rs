//! Turns pixels upright (EXIF orientation, TIFF 6.0 tag 274).

use heirloom_types::{frame::Layout, geometry::Size};

use crate::pixels::Planes;

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
    let mut turned = vec![0; pixels.len()];
    match layout {
        _ if !is_turned(orientation) => return pixels,
        Layout::Rgb => turn::<3>(&pixels, size, orientation, &mut turned),
        Layout::Rgba => turn::<4>(&pixels, size, orientation, &mut turned),
    }
    turned
}

/// Planes of even sides in their place.
pub(super) fn upright_planes(planes: Planes, orientation: u8) -> Planes {
    if !is_turned(orientation) {
        return planes;
    }
    let mut turned = vec![0; planes.bytes().len()];
    let mut rest = turned.as_mut_slice();
    for plane in planes.each() {
        let (target, others) = rest.split_at_mut(plane.values.len());
        turn::<1>(plane.values, plane.size, orientation, target);
        rest = others;
    }
    let size = oriented_size(planes.size(), orientation);
    Planes::new(size, turned).expect("turning leaves as many as there were")
}

/// Whether anything is to be done.
fn is_turned(orientation: u8) -> bool {
    (2..=8).contains(&orientation)
}

/// In squares: a row of the target may be a column of the source, of which each value lies in a page of its own.
fn turn<const CHANNELS: usize>(source: &[u8], size: Size, orientation: u8, target: &mut [u8]) {
    const SQUARE: usize = 32;
    let (source, _) = source.as_chunks::<CHANNELS>();
    let (target, _) = target.as_chunks_mut::<CHANNELS>();
    let (first, right, down) = walk(size, orientation);
    let turned = oriented_size(size, orientation);
    let (width, height) = (turned.width as usize, turned.height as usize);
    for top in (0..height).step_by(SQUARE) {
        for left in (0..width).step_by(SQUARE) {
            for y in top..height.min(top + SQUARE) {
                let row = first + y as isize * down;
                for x in left..width.min(left + SQUARE) {
                    target[y * width + x] = source[(row + x as isize * right) as usize];
                }
            }
        }
    }
}

/// Where in the source the target's first pixel lies, and how far on its neighbours to the right and below do.
fn walk(size: Size, orientation: u8) -> (isize, isize, isize) {
    let (width, height) = (size.width as isize, size.height as isize);
    let (last_in_row, last_row) = (width - 1, (height - 1) * width);
    match orientation {
        2 => (last_in_row, -1, width),
        3 => (last_row + last_in_row, -1, -width),
        4 => (last_row, 1, -width),
        5 => (0, width, 1),
        6 => (last_row, -width, 1),
        7 => (last_row + last_in_row, -width, -1),
        8 => (last_in_row, width, -1),
        _ => (0, 1, width),
    }
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

    #[test]
    fn planes_turn_together() {
        let size = Size::new(70, 40);
        let luma = (0..40).flat_map(|y| (0..70).map(move |x| x + 2 * y));
        let blue = (0..20).flat_map(|y| (0..35).map(move |x| x + 3 * y));
        let red = (0..20).flat_map(|y| (0..35).map(move |x| 5 * x + y));
        let bytes: Vec<u8> = luma.chain(blue).chain(red).collect();
        let planes = Planes::new(size, bytes.clone()).unwrap();
        assert_eq!(upright_planes(planes.clone(), 1).bytes(), bytes);
        let turned = upright_planes(planes, 6);
        assert_eq!(turned.size(), Size::new(40, 70));
        let [luma, blue, red] = turned.each();
        // The lower left corner comes up left, the upper left one up right.
        assert_eq!((luma.values[0], luma.values[39]), (78, 0));
        assert_eq!((blue.values[0], blue.values[19]), (57, 0));
        assert_eq!((red.values[0], red.values[20]), (19, 24));
    }
}
