//! JPEG through libjpeg-turbo, scaled down while the coefficients become pixels.

use heirloom_types::{frame::Layout, geometry::Size};
use turbojpeg::{Colorspace, DecompressHeader, Decompressor, Image, PixelFormat, ScalingFactor};

use super::{Error, Limits, Raw, Target, check_size};
use crate::metadata::container;

/// Scans of a progressive file beyond which it only burns time.
const SCAN_LIMIT: u32 = 500;
/// Scales that libjpeg-turbo does with SIMD, the smallest first.
const SCALES: &[ScalingFactor] = &[
    ScalingFactor::ONE_EIGHTH,
    ScalingFactor::ONE_QUARTER,
    ScalingFactor::ONE_HALF,
    ScalingFactor::ONE,
];
/// What libjpeg says of files that are damaged towards their end; the pixels before the damage are good.
const TOLERABLE: &[&str] = &[
    "premature",
    "corrupt",
    "extraneous",
    "bogus",
    "inconsistent progression",
];

pub(super) fn decode(
    file: &[u8],
    orientation: u8,
    target: Target,
    limits: Limits,
) -> Result<Raw, Error> {
    let mut codec = Decompressor::new().map_err(Error::broken)?;
    codec.set_scan_limit(SCAN_LIMIT).map_err(Error::broken)?;
    let header = codec.read_header(file).map_err(Error::broken)?;
    let full_size = check_size(header.width as u32, header.height as u32, limits)?;
    let scale = scale_for(&header, target);
    codec.set_scaling_factor(scale).map_err(Error::broken)?;
    let scaled = header.scaled(scale);
    let is_cmyk = matches!(header.colorspace, Colorspace::CMYK | Colorspace::YCCK);
    let mut pixels = decompress(&mut codec, file, &scaled, is_cmyk)?;
    if is_cmyk {
        pixels = rgb_of_inverted_cmyk(&pixels);
    }
    Ok(Raw {
        size: Size::new(scaled.width as u32, scaled.height as u32),
        layout: Layout::Rgb,
        pixels,
        full_size,
        icc: (!is_cmyk).then(|| container::jpeg_icc(file)).flatten(),
        orientation,
    })
}

fn scale_for(header: &DecompressHeader, target: Target) -> ScalingFactor {
    let Target::ShorterSide(wanted) = target else {
        return ScalingFactor::ONE;
    };
    let shorter = header.width.min(header.height);
    let is_enough = |scale: &&ScalingFactor| scale.scale(shorter) >= wanted as usize;
    SCALES
        .iter()
        .find(is_enough)
        .copied()
        .unwrap_or(ScalingFactor::ONE)
}

fn decompress(
    codec: &mut Decompressor,
    file: &[u8],
    scaled: &DecompressHeader,
    is_cmyk: bool,
) -> Result<Vec<u8>, Error> {
    let format = if is_cmyk {
        PixelFormat::CMYK
    } else {
        PixelFormat::RGB
    };
    let pitch = scaled.width * format.size();
    let mut pixels = vec![0x80; pitch * scaled.height];
    let image = Image {
        pixels: pixels.as_mut_slice(),
        width: scaled.width,
        pitch,
        height: scaled.height,
        format,
    };
    match codec.decompress(file, image) {
        Ok(()) => Ok(pixels),
        Err(error) if is_tolerable(&error) => Ok(pixels),
        Err(error) => Err(Error::broken(error)),
    }
}

fn is_tolerable(error: &turbojpeg::Error) -> bool {
    let text = error.to_string().to_ascii_lowercase();
    TOLERABLE.iter().any(|known| text.contains(known))
}

/// Adobe stores CMYK inverted; without a profile this is the customary conversion.
fn rgb_of_inverted_cmyk(pixels: &[u8]) -> Vec<u8> {
    pixels
        .chunks_exact(4)
        .flat_map(|cmyk| {
            let black = u16::from(cmyk[3]);
            [0, 1, 2].map(|channel| (u16::from(cmyk[channel]) * black / 255) as u8)
        })
        .collect()
}
