//! JPEG through libjpeg-turbo, scaled down while the coefficients become pixels; most photos faster, by [`halved`].

mod bits;
mod blocks;
mod halved;
mod header;
mod huffman;

use heirloom_types::{frame::Layout, geometry::Size};
use turbojpeg::{
    Colorspace, DecompressHeader, Decompressor, Image, PixelFormat, ScalingFactor, Subsamp,
    YuvImage,
};

use super::{Error, Limits, Picture, Raw, Target, check_size, colour, orient};
use crate::{
    format::Format,
    metadata::container,
    pixels::{Form, Pixels, Planes},
};

/// Scans of a progressive file beyond which it only burns time.
const SCAN_LIMIT: u32 = 500;
/// Scales that libjpeg-turbo does with SIMD, the smallest first.
const SCALES: &[ScalingFactor] = &[
    ScalingFactor::ONE_EIGHTH,
    ScalingFactor::ONE_QUARTER,
    ScalingFactor::ONE_HALF,
    ScalingFactor::ONE,
];
/// What shows where a file that is cut has nothing.
const GREY: u8 = 0x80;
/// What libjpeg says of files that are damaged towards their end; the pixels before the damage are good.
const TOLERABLE: &[&str] = &[
    "premature",
    "corrupt",
    "extraneous",
    "bogus",
    "inconsistent progression",
];

/// A file that is about to be decoded.
struct Opened<'f> {
    file: &'f [u8],
    codec: Decompressor,
    header: DecompressHeader,
    full_size: Size,
    scale: ScalingFactor,
    /// Of what comes out.
    size: Size,
}

pub(super) fn decode(
    file: &[u8],
    orientation: u8,
    target: Target,
    limits: Limits,
) -> Result<Raw, Error> {
    let mut opened = Opened::new(file, target, limits)?;
    let is_cmyk = opened.is_cmyk();
    let mut pixels = opened.interleaved()?;
    if is_cmyk {
        pixels = rgb_of_inverted_cmyk(&pixels);
    }
    Ok(Raw {
        size: opened.size,
        layout: Layout::Rgb,
        pixels,
        full_size: opened.full_size,
        icc: (!is_cmyk).then(|| container::jpeg_icc(file)).flatten(),
        orientation,
    })
}

/// Without putting brightness and colours together, where the file has them as a preview will. None where it has not, or
/// where every detail of the colours is wanted.
pub(super) fn in_planes(
    file: &[u8],
    orientation: u8,
    target: Target,
    limits: Limits,
) -> Result<Option<Picture>, Error> {
    if target == Target::Full {
        return Ok(None);
    }
    let mut opened = Opened::new(file, target, limits)?;
    if !opened.is_of_planes() {
        return Ok(None);
    }
    let planes = Planes::new(opened.size, opened.planes()?)
        .ok_or_else(|| Error::broken("the codec gave too few pixels"))?;
    Ok(Some(Picture {
        size: orient::oriented_size(opened.full_size, orientation),
        pixels: Pixels::Planes(orient::upright_planes(planes, orientation)),
        format: Format::Jpeg,
    }))
}

impl<'f> Opened<'f> {
    fn new(file: &'f [u8], target: Target, limits: Limits) -> Result<Self, Error> {
        let mut codec = Decompressor::new().map_err(Error::broken)?;
        codec.set_scan_limit(SCAN_LIMIT).map_err(Error::broken)?;
        let header = codec.read_header(file).map_err(Error::broken)?;
        let full_size = check_size(header.width as u32, header.height as u32, limits)?;
        let scale = scale_for(&header, target);
        codec.set_scaling_factor(scale).map_err(Error::broken)?;
        let scaled = header.scaled(scale);
        Ok(Self {
            file,
            codec,
            header,
            full_size,
            scale,
            size: Size::new(scaled.width as u32, scaled.height as u32),
        })
    }

    fn is_cmyk(&self) -> bool {
        matches!(self.header.colorspace, Colorspace::CMYK | Colorspace::YCCK)
    }

    fn is_of_planes(&self) -> bool {
        let is_even = |side: u32| side.is_multiple_of(2);
        self.header.colorspace == Colorspace::YCbCr
            && self.header.subsamp == Subsamp::Sub2x2
            // What stands under the last colours of an odd side would have to be cut off.
            && is_even(self.size.width)
            && is_even(self.size.height)
            && container::jpeg_icc(self.file).is_none_or(|icc| colour::changes_nothing(&icc))
    }

    fn interleaved(&mut self) -> Result<Vec<u8>, Error> {
        let format = if self.is_cmyk() {
            PixelFormat::CMYK
        } else {
            PixelFormat::RGB
        };
        let (width, height) = (self.size.width as usize, self.size.height as usize);
        let pitch = width * format.size();
        let mut pixels = vec![GREY; pitch * height];
        let image = Image {
            pixels: pixels.as_mut_slice(),
            width,
            pitch,
            height,
            format,
        };
        tolerant(self.codec.decompress(self.file, image))?;
        Ok(pixels)
    }

    fn planes(&mut self) -> Result<Vec<u8>, Error> {
        if self.scale == ScalingFactor::ONE_HALF
            && let Some(planes) = halved::planes(self.file, self.full_size)
        {
            return Ok(planes);
        }
        self.planes_by_turbo()
    }

    fn planes_by_turbo(&mut self) -> Result<Vec<u8>, Error> {
        let length = Form::Planes.bytes(self.size);
        let mut pixels = vec![GREY; length.ok_or_else(|| Error::broken("it is too large"))?];
        let image = YuvImage {
            pixels: pixels.as_mut_slice(),
            width: self.size.width as usize,
            align: 1,
            height: self.size.height as usize,
            subsamp: Subsamp::Sub2x2,
        };
        tolerant(self.codec.decompress_to_yuv(self.file, image))?;
        Ok(pixels)
    }
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

fn tolerant(result: turbojpeg::Result<()>) -> Result<(), Error> {
    match result {
        Err(error) if !is_tolerable(&error) => Err(Error::broken(error)),
        _ => Ok(()),
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

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        max_pixels: 1 << 20,
        max_bytes: 1 << 20,
    };

    fn jpeg(width: usize, height: usize, subsamp: Subsamp) -> Vec<u8> {
        let pixels = [200, 60, 20].repeat(width * height);
        let image = Image {
            pixels: pixels.as_slice(),
            width,
            pitch: width * 3,
            height,
            format: PixelFormat::RGB,
        };
        turbojpeg::compress(image, 90, subsamp).unwrap().to_vec()
    }

    #[test]
    fn colours_that_are_halved_in_even_sides_stay_planes() {
        for (file, target, is_planes) in [
            (jpeg(80, 60, Subsamp::Sub2x2), 60, true),
            (jpeg(80, 60, Subsamp::Sub2x2), 28, true),
            // At a quarter of its size, 20 by 15.
            (jpeg(80, 60, Subsamp::Sub2x2), 14, false),
            (jpeg(41, 30, Subsamp::Sub2x2), 30, false),
            (jpeg(40, 31, Subsamp::Sub2x2), 30, false),
            (jpeg(40, 30, Subsamp::None), 30, false),
            (jpeg(40, 30, Subsamp::Gray), 30, false),
        ] {
            for orientation in 1..=8 {
                let target = Target::ShorterSide(target);
                let picture = in_planes(&file, orientation, target, LIMITS).unwrap();
                assert_eq!(picture.is_some(), is_planes);
                let whole = decode(&file, orientation, target, LIMITS).unwrap();
                if let Some(picture) = picture {
                    let full = orient::oriented_size(whole.full_size, orientation);
                    assert_eq!(picture.size, full);
                    let size = orient::oriented_size(whole.size, orientation);
                    assert_eq!(picture.pixels.size(), size);
                }
            }
            assert!(in_planes(&file, 1, Target::Full, LIMITS).unwrap().is_none());
        }
    }
}
