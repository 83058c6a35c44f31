//! Pixels to what clients show: preview, thumbnail, thumbhash. Pure functions.

use std::sync::{Mutex, PoisonError};

use fast_image_resize::{
    FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer,
    images::{Image, ImageRef},
};
use heirloom_types::{
    frame::{Frame, Layout},
    geometry::Size,
};
use turbojpeg::{Compressor, PixelFormat, Subsamp};
use webp::{Decoder, Encoder, WebPConfig};

use crate::pixels::{self, Pixels};

/// Shorter side of a preview, in pixels.
pub const PREVIEW_SIDE: u32 = 1440;
/// Shorter side of a thumbnail, in pixels.
pub const THUMBNAIL_SIDE: u32 = 250;
/// A panorama's longer side is limited to this many times the shorter side's size.
const LONGEST_RATIO: u32 = 6;
/// Longest side of the picture a thumbhash is computed from: it holds seven waves at most, and allows 100.
const THUMBHASH_SIDE: u32 = 50;
const JPEG_QUALITY: i32 = 80;
const WEBP_QUALITY: f32 = 80.0;
/// libwebp's effort, 0 to 6. Its default, 4, takes twice the time for files that are 3 % smaller and a quarter of a decibel.
const WEBP_METHOD: i32 = 2;

/// Resizers that wait for work: each keeps the memory for what lies between its two passes.
static RESIZERS: Mutex<Vec<Resizer>> = Mutex::new(Vec::new());

/// Everything that is derived from one decoded picture.
#[derive(Debug)]
pub struct Renditions {
    /// JPEG.
    pub preview: Vec<u8>,
    /// WebP.
    pub thumbnail: Vec<u8>,
    /// <https://evanw.github.io/thumbhash/>
    pub thumbhash: Vec<u8>,
}

/// An encoder refused, which only a defect or a lack of memory explains.
#[derive(Debug, thiserror::Error)]
#[error("a picture could not be encoded: {0}")]
pub struct EncodeError(String);

/// Preview, then the thumbnail from the preview's pixels, then the hash from the thumbnail's: each pixel is touched as
/// rarely as possible.
pub fn render(frame: &Frame) -> Result<Renditions, EncodeError> {
    let preview = fitted(&flattened(frame), PREVIEW_SIDE)?;
    let thumbnail = match frame.layout() {
        Layout::Rgb => fitted(&preview, THUMBNAIL_SIDE)?,
        // The preview lost its transparency.
        Layout::Rgba => fitted(&fitted(frame, PREVIEW_SIDE)?, THUMBNAIL_SIDE)?,
    };
    Ok(Renditions {
        preview: jpeg(&preview)?,
        thumbhash: thumbhash(&thumbnail)?,
        thumbnail: webp(&thumbnail)?,
    })
}

/// The whole picture as JPEG, for originals a browser cannot show.
pub fn full_size(frame: &Frame) -> Result<Vec<u8>, EncodeError> {
    jpeg(&flattened(frame))
}

/// Scales a decoded picture down to the preview's size: enough for everything that looks at pictures.
pub fn reduced(frame: &Frame) -> Result<Frame, EncodeError> {
    fitted(frame, PREVIEW_SIDE)
}

/// A square JPEG of a face in one of our previews. The box is in fractions: left, top, right, bottom.
pub fn face(preview: &[u8], [left, top, right, bottom]: [f64; 4]) -> Result<Vec<u8>, EncodeError> {
    /// The square's side as a multiple of the box's longer side: hair and chin belong to a face.
    const MARGIN: f64 = 1.6;
    let whole = turbojpeg::decompress(preview, PixelFormat::RGB).map_err(failed)?;
    let (width, height) = (whole.width as f64, whole.height as f64);
    let longer = ((right - left) * width).max((bottom - top) * height);
    let side = (longer * MARGIN).clamp(1.0, width.min(height)).floor();
    let begin = |centre: f64, whole: f64| (centre - side / 2.0).clamp(0.0, whole - side) as usize;
    let (x, y) = (
        begin(f64::midpoint(left, right) * width, width),
        begin(f64::midpoint(top, bottom) * height, height),
    );
    let rows = (y..y + side as usize).flat_map(|row| {
        let start = row * whole.pitch + x * 3;
        whole.pixels[start..start + side as usize * 3]
            .iter()
            .copied()
    });
    let square = Size::new(side as u32, side as u32);
    let cut = Frame::new(square, Layout::Rgb, rows.collect::<Vec<u8>>())
        .ok_or_else(|| EncodeError("the box lies outside".into()))?;
    jpeg(&fitted(&cut, THUMBNAIL_SIDE)?)
}

/// Scales down until the shorter side fits, and the longer one too where a panorama would never end.
fn fitted(frame: &Frame, side: u32) -> Result<Frame, EncodeError> {
    let size = frame
        .size()
        .shorter_side_at_most(side)
        .longer_side_at_most(side * LONGEST_RATIO);
    resized(frame, size)
}

/// A thumbnail that we made, as pixels.
pub(crate) fn opened_thumbnail(thumbnail: &[u8]) -> Result<Frame, EncodeError> {
    let picture = Decoder::new(thumbnail).decode();
    let picture = picture.ok_or_else(|| EncodeError("it is no thumbnail".into()))?;
    let layout = if picture.is_alpha() {
        Layout::Rgba
    } else {
        Layout::Rgb
    };
    Frame::new(
        Size::new(picture.width(), picture.height()),
        layout,
        picture.to_vec(),
    )
    .ok_or_else(|| EncodeError("wrong size".into()))
}

pub(crate) fn resized(frame: &Frame, size: Size) -> Result<Frame, EncodeError> {
    if size == frame.size() {
        return Ok(frame.clone());
    }
    let kind = match frame.layout() {
        Layout::Rgb => PixelType::U8x3,
        Layout::Rgba => PixelType::U8x4,
    };
    let source = ImageRef::new(
        frame.size().width,
        frame.size().height,
        frame.pixels(),
        kind,
    )
    .map_err(failed)?;
    let length = size.pixels() as usize * frame.layout().channels();
    let mut pixels = Pixels::new(length);
    let mut target =
        Image::from_slice_u8(size.width, size.height, pixels.as_mut(), kind).map_err(failed)?;
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom));
    let resizers = || RESIZERS.lock().unwrap_or_else(PoisonError::into_inner);
    let mut resizer = resizers().pop().unwrap_or_default();
    resizer
        .resize(&source, &mut target, &options)
        .map_err(failed)?;
    if resizer.size_of_internal_buffers() <= pixels::BUFFER_BYTES_MAX {
        resizers().push(resizer);
    }
    Frame::new(size, frame.layout(), pixels).ok_or_else(|| EncodeError("wrong size".into()))
}

/// Transparency over white, because JPEG has none.
fn flattened(frame: &Frame) -> Frame {
    if frame.layout() == Layout::Rgb {
        return frame.clone();
    }
    let over_white = |channel: u8, alpha: u8| {
        let alpha = u16::from(alpha);
        ((u16::from(channel) * alpha + 255 * (255 - alpha) + 127) / 255) as u8
    };
    let pixels: Vec<u8> = frame
        .pixels()
        .chunks_exact(4)
        .flat_map(|pixel| [0, 1, 2].map(|channel| over_white(pixel[channel], pixel[3])))
        .collect();
    Frame::new(frame.size(), Layout::Rgb, pixels).expect("one pixel becomes one pixel")
}

fn jpeg(frame: &Frame) -> Result<Vec<u8>, EncodeError> {
    let (width, height) = (frame.size().width as usize, frame.size().height as usize);
    let mut codec = Compressor::new().map_err(failed)?;
    codec.set_quality(JPEG_QUALITY).map_err(failed)?;
    codec.set_subsamp(Subsamp::Sub2x2).map_err(failed)?;
    codec
        .compress_to_vec(turbojpeg::Image {
            pixels: frame.pixels(),
            width,
            pitch: width * 3,
            height,
            format: PixelFormat::RGB,
        })
        .map_err(failed)
}

fn webp(frame: &Frame) -> Result<Vec<u8>, EncodeError> {
    let Size { width, height } = frame.size();
    let encoder = match frame.layout() {
        Layout::Rgb => Encoder::from_rgb(frame.pixels(), width, height),
        Layout::Rgba => Encoder::from_rgba(frame.pixels(), width, height),
    };
    let mut config =
        WebPConfig::new().map_err(|()| EncodeError("libwebp has no settings".into()))?;
    config.quality = WEBP_QUALITY;
    config.method = WEBP_METHOD;
    encoder
        .encode_advanced(&config)
        .map(|bytes| bytes.to_vec())
        .map_err(|error| EncodeError(format!("{error:?}")))
}

fn thumbhash(frame: &Frame) -> Result<Vec<u8>, EncodeError> {
    let small = resized(frame, frame.size().longer_side_at_most(THUMBHASH_SIDE))?;
    let Size { width, height } = small.size();
    let rgba: Vec<u8> = match small.layout() {
        Layout::Rgba => small.pixels().to_vec(),
        Layout::Rgb => small
            .pixels()
            .chunks_exact(3)
            .flat_map(|pixel| [pixel[0], pixel[1], pixel[2], 255])
            .collect(),
    };
    Ok(thumbhash::rgba_to_thumb_hash(
        width as usize,
        height as usize,
        &rgba,
    ))
}

fn failed(error: impl std::fmt::Display) -> EncodeError {
    EncodeError(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(size: Size, layout: Layout, pixel: &[u8]) -> Frame {
        Frame::new(size, layout, pixel.repeat(size.pixels() as usize)).unwrap()
    }

    fn size_of(bytes: &[u8]) -> Size {
        let image = image::ImageReader::new(std::io::Cursor::new(bytes));
        if bytes.starts_with(b"\xff\xd8") {
            let header = turbojpeg::read_header(bytes).unwrap();
            return Size::new(header.width as u32, header.height as u32);
        }
        let (width, height) = image
            .with_guessed_format()
            .unwrap()
            .into_dimensions()
            .unwrap();
        Size::new(width, height)
    }

    #[test]
    fn the_shorter_side_decides_and_small_pictures_stay_small() {
        let frame = plain(Size::new(4000, 3000), Layout::Rgb, &[10, 200, 30]);
        let made = render(&frame).unwrap();
        assert_eq!(size_of(&made.preview), Size::new(1920, 1440));
        assert_eq!(size_of(&made.thumbnail), Size::new(333, 250));
        assert!(!made.thumbhash.is_empty());
        let made = render(&plain(Size::new(30, 20), Layout::Rgb, &[1, 2, 3])).unwrap();
        assert_eq!(size_of(&made.preview), Size::new(30, 20));
        assert_eq!(size_of(&made.thumbnail), Size::new(30, 20));
    }

    #[test]
    fn a_panorama_ends_somewhere() {
        let made = render(&plain(Size::new(60_000, 2), Layout::Rgb, &[9, 9, 9])).unwrap();
        assert_eq!(size_of(&made.thumbnail), Size::new(1500, 1));
    }

    #[test]
    fn a_face_is_cut_out_as_a_square_within_the_picture() {
        let mut pixels = vec![0u8; 400 * 300 * 3];
        for y in 0..60 {
            for x in 340..400 {
                pixels[(y * 400 + x) * 3] = 255;
            }
        }
        let frame = Frame::new(Size::new(400, 300), Layout::Rgb, pixels).unwrap();
        let preview = render(&frame).unwrap().preview;
        let cut = face(&preview, [0.85, 0.0, 1.0, 0.2]).unwrap();
        let cut = turbojpeg::decompress(&cut, PixelFormat::RGB).unwrap();
        assert_eq!((cut.width, cut.height), (96, 96));
        let red = |x: usize, y: usize| cut.pixels[y * cut.pitch + x * 3];
        assert!(red(90, 5) > 200 && red(5, 90) < 60);
        assert!(face(&preview, [0.0, 0.0, 1.0, 1.0]).is_ok());
    }

    #[test]
    fn transparency_is_white_in_a_jpeg() {
        let made = render(&plain(Size::new(40, 40), Layout::Rgba, &[255, 0, 0, 0])).unwrap();
        let preview = turbojpeg::decompress(&made.preview, PixelFormat::RGB).unwrap();
        assert!(preview.pixels.iter().all(|&channel| channel > 250));
    }
}
