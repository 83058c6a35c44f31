//! PNG, WebP, GIF, BMP and TIFF through the `image` crate. Of an animation, the first frame.

use std::io::Cursor;

use heirloom_types::frame::Layout;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader};

use super::{Error, Limits, Raw, check_size};
use crate::format::Format;

pub(super) fn decode(
    file: &[u8],
    format: Format,
    orientation: u8,
    limits: Limits,
) -> Result<Raw, Error> {
    let mut reader = ImageReader::with_format(Cursor::new(file), image_format(format)?);
    let mut budget = image::Limits::default();
    budget.max_alloc = Some(limits.max_bytes);
    reader.limits(budget);
    let mut decoder = reader.into_decoder().map_err(Error::broken)?;
    let (width, height) = decoder.dimensions();
    let size = check_size(width, height, limits)?;
    let icc = decoder.icc_profile().ok().flatten();
    let image = DynamicImage::from_decoder(decoder).map_err(Error::broken)?;
    let (layout, pixels) = eight_bits(image);
    Ok(Raw {
        size,
        layout,
        pixels,
        full_size: size,
        icc,
        orientation,
    })
}

fn image_format(format: Format) -> Result<ImageFormat, Error> {
    Ok(match format {
        Format::Png => ImageFormat::Png,
        Format::WebP => ImageFormat::WebP,
        Format::Gif => ImageFormat::Gif,
        Format::Bmp => ImageFormat::Bmp,
        Format::Tiff => ImageFormat::Tiff,
        other => return Err(Error::Unsupported(format!("{} is no raster", other.mime()))),
    })
}

pub(super) fn eight_bits(image: DynamicImage) -> (Layout, Vec<u8>) {
    if image.color().has_alpha() {
        (Layout::Rgba, image.into_rgba8().into_raw())
    } else {
        (Layout::Rgb, image.into_rgb8().into_raw())
    }
}
