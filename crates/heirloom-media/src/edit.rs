//! What a person does to the look of a picture: cutting, turning, mirroring. Pure functions over pixels and boxes.

use heirloom_types::{
    frame::{Frame, Layout},
    geometry::Size,
};

use crate::{pixels::Pixels, resize};

/// One step, in pixels of the picture as the steps before it left it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Keeps what lies in a box.
    Crop(Area),
    /// Turns clockwise, that many quarters of a circle.
    Turn(u8),
    /// Exchanges left and right.
    MirrorSides,
    /// Exchanges top and bottom.
    MirrorTop,
}

/// A box in a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    pub x: u32,
    pub y: u32,
    pub width: u32,
    pub height: u32,
}

impl Area {
    /// Whether all of it lies in a picture of that size, and there is something in it.
    pub fn is_within(self, size: Size) -> bool {
        let fits = |start: u32, length: u32, side: u32| {
            length > 0 && start.checked_add(length).is_some_and(|end| end <= side)
        };
        fits(self.x, self.width, size.width) && fits(self.y, self.height, size.height)
    }
}

impl Step {
    /// The size after it.
    pub fn size(self, before: Size) -> Size {
        match self {
            Self::Crop(area) => Size::new(area.width, area.height),
            Self::Turn(quarters) if quarters % 2 == 1 => Size::new(before.height, before.width),
            Self::Turn(_) | Self::MirrorSides | Self::MirrorTop => before,
        }
    }

    /// Where a pixel of the result comes from.
    fn source(self, before: Size, x: u32, y: u32) -> (u32, u32) {
        let (right, bottom) = (before.width - 1, before.height - 1);
        match self {
            Self::Crop(area) => (area.x + x, area.y + y),
            Self::MirrorSides => (right - x, y),
            Self::MirrorTop => (x, bottom - y),
            Self::Turn(quarters) => match quarters % 4 {
                0 => (x, y),
                1 => (y, bottom - x),
                2 => (right - x, bottom - y),
                _ => (right - y, x),
            },
        }
    }

    /// Where a point goes, in coordinates between pixels.
    fn point(self, before: Size, (x, y): (i64, i64)) -> (i64, i64) {
        let (width, height) = (i64::from(before.width), i64::from(before.height));
        match self {
            Self::Crop(area) => (x - i64::from(area.x), y - i64::from(area.y)),
            Self::MirrorSides => (width - x, y),
            Self::MirrorTop => (x, height - y),
            Self::Turn(quarters) => match quarters % 4 {
                0 => (x, y),
                1 => (height - y, x),
                2 => (width - x, height - y),
                _ => (y, width - x),
            },
        }
    }
}

/// The size after all steps; `None` when one of them does not fit the picture that it meets.
pub fn size_after(size: Size, steps: &[Step]) -> Option<Size> {
    steps.iter().try_fold(size, |size, step| match step {
        Step::Crop(area) if !area.is_within(size) => None,
        step => Some(step.size(size)),
    })
}

/// The picture after all steps; `None` as of [`size_after`].
pub fn apply(pixels: &Pixels, steps: &[Step]) -> Option<Frame> {
    size_after(pixels.size(), steps)?;
    let mut edited = resize::into_frame(pixels, pixels.size()).ok()?;
    for step in steps {
        edited = match edited.layout() {
            Layout::Rgb => moved::<3>(&edited, *step),
            Layout::Rgba => moved::<4>(&edited, *step),
        }?;
    }
    Some(edited)
}

/// Where a box (left, top, right, bottom) of the picture lies after all steps, cut off at the edges; `None` when nothing
/// of it is left.
pub fn moved_box(size: Size, steps: &[Step], area: [i64; 4]) -> Option<[i64; 4]> {
    let (mut size, mut area) = (size, area);
    for step in steps {
        let (x1, y1) = step.point(size, (area[0], area[1]));
        let (x2, y2) = step.point(size, (area[2], area[3]));
        size = step.size(size);
        let (width, height) = (i64::from(size.width), i64::from(size.height));
        area = [
            x1.min(x2).clamp(0, width),
            y1.min(y2).clamp(0, height),
            x1.max(x2).clamp(0, width),
            y1.max(y2).clamp(0, height),
        ];
        if area[0] >= area[2] || area[1] >= area[3] {
            return None;
        }
    }
    Some(area)
}

fn moved<const CHANNELS: usize>(frame: &Frame, step: Step) -> Option<Frame> {
    let (before, after) = (frame.size(), step.size(frame.size()));
    let (source, _) = frame.pixels().as_chunks::<CHANNELS>();
    let mut pixels = Vec::with_capacity(after.pixels() as usize * CHANNELS);
    for y in 0..after.height {
        for x in 0..after.width {
            let (from_x, from_y) = step.source(before, x, y);
            let at = from_y as usize * before.width as usize + from_x as usize;
            pixels.extend_from_slice(&source[at]);
        }
    }
    Frame::new(after, frame.layout(), pixels)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(frame: &Frame) -> String {
        let width = frame.size().width as usize;
        let letters: String = frame
            .pixels()
            .chunks(3)
            .map(|pixel| char::from(pixel[0]))
            .collect();
        let rows: Vec<&str> = (0..letters.len())
            .step_by(width)
            .map(|start| &letters[start..start + width])
            .collect();
        rows.join("/")
    }

    fn picture() -> Frame {
        let pixels: Vec<u8> = "abcdef".bytes().flat_map(|byte| [byte; 3]).collect();
        Frame::new(Size::new(3, 2), Layout::Rgb, pixels).unwrap()
    }

    const CROP: Step = Step::Crop(Area {
        x: 1,
        y: 0,
        width: 2,
        height: 1,
    });

    #[test]
    fn every_step_does_what_it_says() {
        for (steps, expected) in [
            (vec![], "abc/def"),
            (vec![Step::Turn(1)], "da/eb/fc"),
            (vec![Step::Turn(2)], "fed/cba"),
            (vec![Step::Turn(3)], "cf/be/ad"),
            (vec![Step::MirrorSides], "cba/fed"),
            (vec![Step::MirrorTop], "def/abc"),
            (vec![CROP], "bc"),
            (vec![Step::Turn(1), Step::MirrorSides], "ad/be/cf"),
            (vec![CROP, Step::Turn(3)], "c/b"),
        ] {
            let edited = apply(&picture().into(), &steps).unwrap();
            assert_eq!(shown(&edited), expected, "{steps:?}");
            assert_eq!(size_after(Size::new(3, 2), &steps), Some(edited.size()));
        }
    }

    #[test]
    fn a_box_goes_where_its_pixels_go() {
        // The pixel `c`.
        let area = [2, 0, 3, 1];
        for (steps, expected) in [
            (vec![Step::Turn(1)], Some([1, 2, 2, 3])),
            (vec![Step::Turn(2)], Some([0, 1, 1, 2])),
            (vec![Step::Turn(3)], Some([0, 0, 1, 1])),
            (vec![Step::MirrorSides], Some([0, 0, 1, 1])),
            (vec![Step::MirrorTop], Some([2, 1, 3, 2])),
            (vec![CROP], Some([1, 0, 2, 1])),
            (vec![Step::MirrorSides, CROP], None),
        ] {
            assert_eq!(
                moved_box(Size::new(3, 2), &steps, area),
                expected,
                "{steps:?}"
            );
        }
    }

    #[test]
    fn a_crop_must_fit_what_is_left() {
        let size = Size::new(3, 2);
        assert_eq!(size_after(size, &[CROP, CROP]), None);
        assert!(apply(&picture().into(), &[CROP, CROP]).is_none());
        let far = Area {
            x: u32::MAX,
            y: 0,
            width: 2,
            height: 1,
        };
        assert_eq!(size_after(size, &[Step::Crop(far)]), None);
    }
}
