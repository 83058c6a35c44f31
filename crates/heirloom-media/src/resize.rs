//! Pictures in other sizes, by Catmull-Rom's filter over as much of the source as a target's pixel covers.

use std::sync::Arc;

use heirloom_types::{
    frame::{Frame, Layout},
    geometry::Size,
};
use pic_scale::{
    ImageSize, ImageStore, ImageStoreMut, PicScaleError, Resampling, ResamplingFunction, Scaler,
};

use crate::{
    buffers::Buffer,
    pixels::{Form, Pixels, Plane, Planes, plane_sizes},
};

/// The size is none that pixels can have.
#[derive(Debug, thiserror::Error)]
#[error("a picture could not be brought to {}x{}: {reason}", .size.width, .size.height)]
pub struct ResizeError {
    size: Size,
    reason: String,
}

/// The same form in another size.
pub(crate) fn pixels(pixels: &Pixels, size: Size) -> Result<Pixels, ResizeError> {
    if size == pixels.size() {
        return Ok(pixels.clone());
    }
    match pixels {
        Pixels::Frame(source) => frame(source, size).map(Pixels::Frame),
        Pixels::Planes(source) => planes(source, size).map(Pixels::Planes),
    }
}

/// A frame, whatever form the pixels have.
pub(crate) fn into_frame(pixels: &Pixels, size: Size) -> Result<Frame, ResizeError> {
    match pixels {
        Pixels::Frame(source) => frame(source, size),
        Pixels::Planes(source) => mixed(source, size),
    }
}

pub(crate) fn frame(source: &Frame, size: Size) -> Result<Frame, ResizeError> {
    if size == source.size() {
        return Ok(source.clone());
    }
    let (from, layout) = (source.size(), source.layout());
    let mut target = buffer(Form::Frame(layout), size)?;
    match layout {
        Layout::Rgb => {
            let plan = scaler().plan_rgb_resampling(extent(from), extent(size));
            scale(plan, source.pixels(), target.as_mut())
        }
        Layout::Rgba => {
            let plan = scaler().plan_rgba_resampling(extent(from), extent(size), true);
            scale(plan, source.pixels(), target.as_mut())
        }
    }
    .map_err(failed(size))?;
    Frame::new(size, layout, target).ok_or_else(|| failed(size)("it has no pixels"))
}

fn planes(source: &Planes, size: Size) -> Result<Planes, ResizeError> {
    let mut target = buffer(Form::Planes, size)?;
    let mut rest = target.as_mut();
    for (from, size) in source.each().into_iter().zip(plane_sizes(size)) {
        let (into, others) = rest.split_at_mut(size.pixels() as usize);
        plane(from, size, into)?;
        rest = others;
    }
    Planes::new(size, target).ok_or_else(|| failed(size)("it has no pixels"))
}

/// Each plane in the whole size, then the three of a pixel together.
fn mixed(source: &Planes, size: Size) -> Result<Frame, ResizeError> {
    let pixels = size.pixels() as usize;
    let mut apart = buffer(Form::Frame(Layout::Rgb), size)?;
    for (from, into) in source
        .each()
        .into_iter()
        .zip(apart.as_mut().chunks_mut(pixels.max(1)))
    {
        plane(from, size, into)?;
    }
    let mut together = buffer(Form::Frame(Layout::Rgb), size)?;
    let (luma, colours) = apart.as_ref().split_at(pixels);
    let (blue, red) = colours.split_at(pixels);
    let (targets, _) = together.as_mut().as_chunks_mut::<3>();
    for (target, ((y, cb), cr)) in targets.iter_mut().zip(luma.iter().zip(blue).zip(red)) {
        *target = rgb(*y, *cb, *cr);
    }
    Frame::new(size, Layout::Rgb, together).ok_or_else(|| failed(size)("it has no pixels"))
}

/// ITU-T T.871, section 7.
fn rgb(y: u8, cb: u8, cr: u8) -> [u8; 3] {
    let [y, cb, cr] = [f32::from(y), f32::from(cb) - 128.0, f32::from(cr) - 128.0];
    [
        y + 1.402 * cr,
        y - (0.114 * 1.772 * cb + 0.299 * 1.402 * cr) / 0.587,
        y + 1.772 * cb,
    ]
    // The conversion cuts off what is too large or too small.
    .map(|value| (value + 0.5) as u8)
}

fn plane(source: Plane<'_>, size: Size, target: &mut [u8]) -> Result<(), ResizeError> {
    if size == source.size {
        target.copy_from_slice(source.values);
        return Ok(());
    }
    // Of what shrinks much, most rows go first.
    if size.width == source.size.width || size.width < source.size.width / 2 {
        let plan = scaler().plan_planar_resampling(extent(source.size), extent(size));
        return scale(plan, source.values, target).map_err(failed(size));
    }
    let across = Size::new(size.width, source.size.height);
    let mut rows = Buffer::new(across.pixels() as usize);
    widen(source, size.width as usize, rows.as_mut()).map_err(failed(size))?;
    let plan = scaler().plan_planar_resampling(extent(across), extent(size));
    scale(plan, rows.as_ref(), target).map_err(failed(size))
}

/// Brings rows to another width, four at a time as if they were the channels of one: for those there are kernels that are
/// several times quicker.
fn widen(source: Plane<'_>, width: usize, target: &mut [u8]) -> Result<(), PicScaleError> {
    let (before, height) = (source.size.width as usize, source.size.height as usize);
    let fours = height.div_ceil(4);
    let mut woven = Buffer::new(before * fours * 4);
    let rows = source.values.chunks(before * 4);
    for (rows, into) in rows.zip(woven.as_mut().chunks_exact_mut(before * 4)) {
        weave(rows, before, into.as_chunks_mut().0);
    }
    let (from, to) = (ImageSize::new(before, fours), ImageSize::new(width, fours));
    let plan = scaler().plan_rgba_resampling(from, to, false);
    let mut scaled = Buffer::new(width * fours * 4);
    scale(plan, woven.as_ref(), scaled.as_mut())?;
    let woven = scaled.as_ref().chunks_exact(width * 4);
    for (pixels, rows) in woven.zip(target.chunks_mut(width * 4)) {
        for (channel, row) in rows.chunks_exact_mut(width).enumerate() {
            for (value, pixel) in row.iter_mut().zip(pixels.as_chunks::<4>().0) {
                *value = pixel[channel];
            }
        }
    }
    Ok(())
}

/// The last row stands for those that are missing.
fn weave(rows: &[u8], width: usize, pixels: &mut [[u8; 4]]) {
    let last = rows.len() / width - 1;
    let [a, b, c, d] = [0, 1, 2, 3].map(|row: usize| &rows[row.min(last) * width..][..width]);
    for (pixel, (((a, b), c), d)) in pixels.iter_mut().zip(a.iter().zip(b).zip(c).zip(d)) {
        *pixel = [*a, *b, *c, *d];
    }
}

fn scale<const CHANNELS: usize>(
    plan: Result<Arc<Resampling<u8, CHANNELS>>, PicScaleError>,
    source: &[u8],
    target: &mut [u8],
) -> Result<(), PicScaleError> {
    let plan = plan?;
    let (from, to) = (plan.source_size(), plan.target_size());
    let source = ImageStore::<u8, CHANNELS>::from_slice(source, from.width, from.height)?;
    let mut target = ImageStoreMut::<u8, CHANNELS>::from_slice(target, to.width, to.height)?;
    plan.resample(&source, &mut target)
}

fn scaler() -> Scaler {
    Scaler::new(ResamplingFunction::CatmullRom)
}

fn extent(size: Size) -> ImageSize {
    ImageSize::new(size.width as usize, size.height as usize)
}

fn buffer(form: Form, size: Size) -> Result<Buffer, ResizeError> {
    let length = form.bytes(size);
    length
        .map(Buffer::new)
        .ok_or_else(|| failed(size)("too large"))
}

fn failed<E: ToString>(size: Size) -> impl Fn(E) -> ResizeError {
    move |error| ResizeError {
        size,
        reason: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is brighter towards the right and below, and has blue and red on opposite sides.
    fn slope(size: Size) -> Planes {
        let [luma, colours, _] = plane_sizes(size);
        let part = |at: u32, side: u32| (at * 200 / side.max(1) + 20) as u8;
        let mut bytes = Vec::new();
        for y in 0..luma.height {
            let bright = |x| part(x, luma.width) / 2 + part(y, luma.height) / 2;
            bytes.extend((0..luma.width).map(bright));
        }
        for y in 0..colours.height {
            bytes.extend((0..colours.width).map(|_| part(y, colours.height)));
        }
        for _ in 0..colours.height {
            bytes.extend((0..colours.width).map(|x| 255 - part(x, colours.width)));
        }
        Planes::new(size, bytes).unwrap()
    }

    fn differs(one: &[u8], other: &[u8]) -> u8 {
        let pairs = one.iter().zip(other);
        pairs
            .map(|(one, other)| one.abs_diff(*other))
            .max()
            .unwrap()
    }

    #[test]
    fn slopes_stay_slopes_in_any_size() {
        for (before, after) in [
            (Size::new(400, 300), Size::new(384, 288)),
            (Size::new(401, 303), Size::new(203, 151)),
            (Size::new(400, 300), Size::new(80, 60)),
            (Size::new(5, 3), Size::new(4, 2)),
            (Size::new(60, 1), Size::new(30, 1)),
            (Size::new(1, 60), Size::new(1, 30)),
        ] {
            let scaled = planes(&slope(before), after).unwrap();
            assert_eq!(scaled.size(), after);
            if before.width > 100 {
                let most = differs(scaled.bytes(), slope(after).bytes());
                assert!(most <= 4, "{before:?} to {after:?}: {most}");
            }
        }
    }

    #[test]
    fn planes_and_frames_look_alike() {
        let size = Size::new(400, 300);
        let source = slope(size);
        let whole = mixed(&source, size).unwrap();
        for after in [Size::new(333, 250), Size::new(90, 67)] {
            let one = mixed(&source, after).unwrap();
            let other = frame(&whole, after).unwrap();
            assert!(differs(one.pixels(), other.pixels()) <= 6);
        }
    }

    #[test]
    fn colours_are_those_of_jfif() {
        for (ycc, expected) in [
            ([255, 128, 128], [255, 255, 255]),
            ([0, 128, 128], [0, 0, 0]),
            ([76, 85, 255], [254, 0, 0]),
            ([150, 44, 21], [0, 255, 1]),
            ([29, 255, 107], [0, 0, 254]),
        ] {
            let [y, cb, cr] = ycc;
            assert!(differs(&rgb(y, cb, cr), &expected) <= 1, "{ycc:?}");
        }
    }
}
