//! HEIC, HEIF and AVIF through libheif, which turns the picture upright by the container's own properties.

use heirloom_types::{frame::Layout, geometry::Size};
use libheif_rs::{
    ColorPrimaries, ColorProfileNCLX, ColorSpace, DecodingOptions, HeifContext, ImageHandle,
    LibHeif, RgbChroma, TransferCharacteristics,
};

use super::{
    Error, Limits, Raw, check_size,
    cicp::{Colours, Primaries, Transfer},
};

pub(super) fn decode(file: &[u8], limits: Limits) -> Result<Raw, Error> {
    let context = HeifContext::read_from_bytes(file).map_err(Error::broken)?;
    let handle = context.primary_image_handle().map_err(Error::broken)?;
    check_size(handle.width(), handle.height(), limits)?;
    let layout = if handle.has_alpha_channel() {
        Layout::Rgba
    } else {
        Layout::Rgb
    };
    let icc = handle.color_profile_raw().map(|profile| profile.data);
    let colours = handle.color_profile_nclx().map(|nclx| colours_of(&nclx));
    // A profile says more than code points, but of high dynamic range only they tell.
    match colours.filter(|colours| colours.is_hdr() || (icc.is_none() && !colours.is_srgb())) {
        Some(colours) => decode_wide(&handle, layout, colours),
        None => decode_plain(&handle, layout, icc),
    }
}

fn decode_plain(handle: &ImageHandle, layout: Layout, icc: Option<Vec<u8>>) -> Result<Raw, Error> {
    let chroma = match layout {
        Layout::Rgb => RgbChroma::Rgb,
        Layout::Rgba => RgbChroma::Rgba,
    };
    let (size, pixels, _) = interleaved(handle, chroma, layout.channels())?;
    Ok(raw(size, layout, pixels, icc))
}

fn decode_wide(handle: &ImageHandle, layout: Layout, colours: Colours) -> Result<Raw, Error> {
    let (size, samples, bits) = if handle.luma_bits_per_pixel() > 8 {
        let chroma = match layout {
            Layout::Rgb => RgbChroma::HdrRgbLe,
            Layout::Rgba => RgbChroma::HdrRgbaLe,
        };
        let (size, bytes, bits) = interleaved(handle, chroma, layout.channels() * 2)?;
        let sample = |pair: &[u8]| u16::from_le_bytes([pair[0], pair[1]]);
        (
            size,
            bytes.chunks_exact(2).map(sample).collect::<Vec<_>>(),
            bits,
        )
    } else {
        let plain = decode_plain(handle, layout, None)?;
        (
            plain.size,
            plain.pixels.into_iter().map(u16::from).collect(),
            8,
        )
    };
    let pixels = colours.to_srgb(&samples, bits, layout);
    Ok(raw(size, layout, pixels, None))
}

/// Size, bytes without padding between the rows, and bits of one sample.
fn interleaved(
    handle: &ImageHandle,
    chroma: RgbChroma,
    bytes_per_pixel: usize,
) -> Result<(Size, Vec<u8>, u8), Error> {
    let mut options =
        DecodingOptions::new().ok_or_else(|| Error::Broken("libheif has no memory".into()))?;
    options.set_convert_hdr_to_8bit(matches!(chroma, RgbChroma::Rgb | RgbChroma::Rgba));
    let image = LibHeif::new()
        .decode(handle, ColorSpace::Rgb(chroma), Some(options))
        .map_err(Error::broken)?;
    let planes = image.planes();
    let plane = planes
        .interleaved
        .ok_or_else(|| Error::Broken("libheif gave no pixels".into()))?;
    let row = plane.width as usize * bytes_per_pixel;
    let bytes = plane
        .data
        .chunks(plane.stride)
        .take(plane.height as usize)
        .flat_map(|line| line.iter().take(row).copied())
        .collect();
    let size = Size::new(plane.width, plane.height);
    Ok((size, bytes, plane.bits_per_pixel))
}

fn raw(size: Size, layout: Layout, pixels: Vec<u8>, icc: Option<Vec<u8>>) -> Raw {
    Raw {
        size,
        layout,
        pixels,
        full_size: size,
        icc,
        orientation: 1,
    }
}

/// What is unknown or unspecified counts as sRGB, as everywhere.
fn colours_of(nclx: &ColorProfileNCLX) -> Colours {
    Colours {
        primaries: match nclx.color_primaries() {
            ColorPrimaries::ITU_R_BT_2020_2_and_2100_0 => Primaries::Bt2020,
            ColorPrimaries::SMPTE_EG_432_1 => Primaries::P3,
            _ => Primaries::Bt709,
        },
        transfer: match nclx.transfer_characteristics() {
            TransferCharacteristics::ITU_R_BT_2100_0_PQ => Transfer::Pq,
            TransferCharacteristics::ITU_R_BT_2100_0_HLG => Transfer::Hlg,
            _ => Transfer::Srgb,
        },
    }
}
