//! HEIC, HEIF and AVIF through libheif, which turns the picture upright by the container's own properties.

use heirloom_types::{frame::Layout, geometry::Size};
use libheif_rs::{ColorSpace, DecodingOptions, HeifContext, LibHeif, RgbChroma};

use super::{Error, Limits, Raw, check_size};

pub(super) fn decode(file: &[u8], limits: Limits) -> Result<Raw, Error> {
    let context = HeifContext::read_from_bytes(file).map_err(Error::broken)?;
    let handle = context.primary_image_handle().map_err(Error::broken)?;
    check_size(handle.width(), handle.height(), limits)?;
    let (layout, chroma) = if handle.has_alpha_channel() {
        (Layout::Rgba, RgbChroma::Rgba)
    } else {
        (Layout::Rgb, RgbChroma::Rgb)
    };
    let mut options =
        DecodingOptions::new().ok_or_else(|| Error::Broken("libheif has no memory".into()))?;
    options.set_convert_hdr_to_8bit(true);
    let image = LibHeif::new()
        .decode(&handle, ColorSpace::Rgb(chroma), Some(options))
        .map_err(Error::broken)?;
    let planes = image.planes();
    let plane = planes
        .interleaved
        .ok_or_else(|| Error::Broken("libheif gave no pixels".into()))?;
    let size = Size::new(plane.width, plane.height);
    let row = plane.width as usize * layout.channels();
    let pixels = plane
        .data
        .chunks(plane.stride)
        .take(plane.height as usize)
        .flat_map(|line| line.iter().take(row).copied())
        .collect();
    Ok(Raw {
        size,
        layout,
        pixels,
        full_size: size,
        icc: handle.color_profile_raw().map(|profile| profile.data),
        orientation: 1,
    })
}
