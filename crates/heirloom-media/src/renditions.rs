//! Pixels to what clients show: preview, thumbnail, thumbhash. Pure functions.

use heirloom_types::{
    frame::{Frame, Layout},
    geometry::Size,
};
use turbojpeg::{Compressor, PixelFormat, Subsamp, YuvImage};
use webp::{Decoder, Encoder, WebPConfig};

use crate::{
    pixels::{Form, Pixels, Planes},
    resize::{self, ResizeError},
};

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

impl From<ResizeError> for EncodeError {
    fn from(error: ResizeError) -> Self {
        failed(error)
    }
}

/// Preview, then the thumbnail from the preview's pixels, then the hash from the thumbnail's: each pixel is touched as
/// rarely as possible.
pub fn render(pixels: &Pixels) -> Result<Renditions, EncodeError> {
    let preview = fitted(&flattened(pixels), PREVIEW_SIDE)?;
    let thumbnail = match pixels.form() {
        // The preview lost its transparency.
        Form::Frame(Layout::Rgba) => small(&fitted(pixels, PREVIEW_SIDE)?)?,
        Form::Frame(Layout::Rgb) | Form::Planes => small(&preview)?,
    };
    Ok(Renditions {
        preview: jpeg(&preview)?,
        thumbhash: thumbhash(&thumbnail)?,
        thumbnail: webp(&thumbnail)?,
    })
}

/// The whole picture as JPEG, for originals a browser cannot show.
pub fn full_size(pixels: &Pixels) -> Result<Vec<u8>, EncodeError> {
    jpeg(&flattened(pixels))
}

/// Scales a decoded picture down to the preview's size: enough for everything that looks at pictures.
pub fn reduced(pixels: &Pixels) -> Result<Frame, EncodeError> {
    let size = fitting(pixels.size(), PREVIEW_SIDE);
    Ok(resize::into_frame(pixels, size)?)
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
    jpeg(&fitted(&cut.into(), THUMBNAIL_SIDE)?)
}

/// The size at which the shorter side fits, and the longer one too where a panorama would never end.
fn fitting(size: Size, side: u32) -> Size {
    size.shorter_side_at_most(side)
        .longer_side_at_most(side * LONGEST_RATIO)
}

fn fitted(pixels: &Pixels, side: u32) -> Result<Pixels, EncodeError> {
    Ok(resize::pixels(pixels, fitting(pixels.size(), side))?)
}

fn small(pixels: &Pixels) -> Result<Frame, EncodeError> {
    let size = fitting(pixels.size(), THUMBNAIL_SIDE);
    Ok(resize::into_frame(pixels, size)?)
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

/// Transparency over white, because JPEG has none.
fn flattened(pixels: &Pixels) -> Pixels {
    let Pixels::Frame(frame) = pixels else {
        return pixels.clone();
    };
    if frame.layout() == Layout::Rgb {
        return pixels.clone();
    }
    let over_white = |channel: u8, alpha: u8| {
        let alpha = u16::from(alpha);
        ((u16::from(channel) * alpha + 255 * (255 - alpha) + 127) / 255) as u8
    };
    let flat: Vec<u8> = frame
        .pixels()
        .chunks_exact(4)
        .flat_map(|pixel| [0, 1, 2].map(|channel| over_white(pixel[channel], pixel[3])))
        .collect();
    let flat = Frame::new(frame.size(), Layout::Rgb, flat);
    Pixels::Frame(flat.expect("one pixel becomes one pixel"))
}

/// Of pixels without transparency.
fn jpeg(pixels: &Pixels) -> Result<Vec<u8>, EncodeError> {
    let mut codec = Compressor::new().map_err(failed)?;
    codec.set_quality(JPEG_QUALITY).map_err(failed)?;
    codec.set_subsamp(Subsamp::Sub2x2).map_err(failed)?;
    match pixels {
        Pixels::Frame(frame) => codec.compress_to_vec(interleaved(frame)),
        Pixels::Planes(planes) => codec.compress_yuv_to_vec(apart(planes)),
    }
    .map_err(failed)
}

fn interleaved(frame: &Frame) -> turbojpeg::Image<&[u8]> {
    let (width, height) = (frame.size().width as usize, frame.size().height as usize);
    turbojpeg::Image {
        pixels: frame.pixels(),
        width,
        pitch: width * 3,
        height,
        format: PixelFormat::RGB,
    }
}

fn apart(planes: &Planes) -> YuvImage<&[u8]> {
    YuvImage {
        pixels: planes.bytes(),
        width: planes.size().width as usize,
        align: 1,
        height: planes.size().height as usize,
        subsamp: Subsamp::Sub2x2,
    }
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
    let small = resize::frame(frame, frame.size().longer_side_at_most(THUMBHASH_SIDE))?;
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

    fn plain(size: Size, layout: Layout, pixel: &[u8]) -> Pixels {
        let pixels = pixel.repeat(size.pixels() as usize);
        Pixels::new(size, Form::Frame(layout), pixels).unwrap()
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
    fn planes_become_what_frames_become() {
        // Of which the preview has an odd side.
        let size = Size::new(2170, 1500);
        let length = Form::Planes.bytes(size).unwrap();
        let mut bytes = vec![150; size.pixels() as usize];
        bytes.resize(length, 90);
        let made = render(&Pixels::new(size, Form::Planes, bytes).unwrap()).unwrap();
        assert_eq!(size_of(&made.preview), Size::new(2083, 1440));
        assert_eq!(size_of(&made.thumbnail), Size::new(362, 250));
        let preview = turbojpeg::decompress(&made.preview, PixelFormat::RGB).unwrap();
        let expected = [97, 190, 83];
        let is_near = |pixel: &[u8]| {
            pixel
                .iter()
                .zip(expected)
                .all(|(is, was)| is.abs_diff(was) < 5)
        };
        assert!(preview.pixels.chunks_exact(3).all(is_near));
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
        let preview = render(&frame.into()).unwrap().preview;
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
