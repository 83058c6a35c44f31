//! Pictures to pixels: upright, in sRGB, eight bits a channel. Runs in the decoder's child process.

mod cicp;
mod colour;
mod heif;
mod jpeg;
mod jxl;
mod orient;
mod raster;
mod raw;

use heirloom_types::{
    frame::{Frame, Layout},
    geometry::Size,
};
use serde::{Deserialize, Serialize};

use crate::{
    facts::Facts,
    format::{self, Format},
    pixels::Pixels,
};

/// How large the pixels should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// The smallest scale the format offers whose shorter side is still at least this many pixels; never enlarged.
    ShorterSide(u32),
    /// Every pixel there is.
    Full,
}

/// What a file may cost at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Pixels of the picture as stored.
    pub max_pixels: u64,
    /// Bytes one codec may allocate.
    pub max_bytes: u64,
}

/// A decoded picture.
#[derive(Debug)]
pub struct Picture {
    /// Full size as displayed.
    pub size: Size,
    pub pixels: Pixels,
    pub format: Format,
}

/// Why there are no pixels.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum Error {
    #[error("the file is not a picture that can be read: {0}")]
    Unsupported(String),
    #[error("the picture is damaged: {0}")]
    Broken(String),
    #[error("the picture has {pixels} pixels; at most {limit} are decoded")]
    TooLarge { pixels: u64, limit: u64 },
}

impl Error {
    fn broken(error: impl std::fmt::Display) -> Self {
        Self::Broken(error.to_string())
    }
}

/// Pixels as a codec gives them, before orientation and colour are put right.
struct Raw {
    size: Size,
    layout: Layout,
    pixels: Vec<u8>,
    /// Size of the whole picture in the same orientation.
    full_size: Size,
    icc: Option<Vec<u8>>,
    /// EXIF orientation still to be applied, 1 when the codec did.
    orientation: u8,
}

/// Decodes a whole file. `facts` are the file's own, for its orientation; `name` tells a camera's raw file from a TIFF.
pub fn decode(
    file: &[u8],
    name: &str,
    facts: &Facts,
    target: Target,
    limits: Limits,
) -> Result<Picture, Error> {
    let format = format::sniff(file)
        .ok_or_else(|| Error::Unsupported("its first bytes belong to no known format".into()))?;
    let orientation = facts.orientation.unwrap_or(1);
    if format == Format::Jpeg
        && let Some(picture) = jpeg::in_planes(file, orientation, target, limits)?
    {
        return Ok(picture);
    }
    let raw = match format {
        Format::Jpeg => jpeg::decode(file, orientation, target, limits)?,
        Format::Png | Format::WebP | Format::Gif | Format::Bmp => {
            raster::decode(file, format, orientation, limits)?
        }
        Format::Tiff => tiff_or_raw(file, name, orientation, target, limits)?,
        Format::Heif | Format::Avif => heif::decode(file, limits)?,
        Format::Jxl => jxl::decode(file, limits)?,
        Format::Raw => raw::decode(file, orientation, target, limits)?,
        Format::Video => return Err(Error::Unsupported("it is a video".into())),
    };
    Ok(Picture {
        size: orient::oriented_size(raw.full_size, raw.orientation),
        pixels: Pixels::Frame(finish(raw)?),
        format,
    })
}

/// A camera's raw file looks like a TIFF whose first picture is a thumbnail; only its name and the makers' marks tell.
fn tiff_or_raw(
    file: &[u8],
    name: &str,
    orientation: u8,
    target: Target,
    limits: Limits,
) -> Result<Raw, Error> {
    if format::is_named_raw(name) || format::has_raw_mark(file) {
        match raw::decode(file, orientation, target, limits) {
            Err(Error::Unsupported(_)) => {}
            decided => return decided,
        }
    }
    raster::decode(file, Format::Tiff, orientation, limits)
}

fn finish(raw: Raw) -> Result<Frame, Error> {
    let mut pixels = raw.pixels;
    if let Some(icc) = &raw.icc {
        pixels = colour::to_srgb(pixels, raw.layout, icc);
    }
    let size = orient::oriented_size(raw.size, raw.orientation);
    let pixels = orient::upright(pixels, raw.size, raw.layout, raw.orientation);
    Frame::new(size, raw.layout, pixels)
        .ok_or_else(|| Error::Broken("the codec gave too few pixels".into()))
}

fn check_size(width: u32, height: u32, limits: Limits) -> Result<Size, Error> {
    let size = Size::new(width, height);
    if size.pixels() == 0 {
        return Err(Error::Broken("it has no pixels".into()));
    }
    if size.pixels() > limits.max_pixels {
        return Err(Error::TooLarge {
            pixels: size.pixels(),
            limit: limits.max_pixels,
        });
    }
    Ok(size)
}
