//! Cameras' raw formats through rawler: the preview the camera embedded when it is large enough, else the sensor's data.

use heirloom_types::geometry::Size;
use image::DynamicImage;
use rawler::{
    decoders::{Decoder, RawDecodeParams},
    imgop::develop::RawDevelop,
    rawsource::RawSource,
};

use super::{Error, Limits, Raw, Target, check_size, raster::eight_bits};

/// An embedded picture with at least this share of the sensor's shorter side counts as full size.
const FULL_SHARE: f64 = 0.9;

pub(super) fn decode(
    file: &[u8],
    orientation: u8,
    target: Target,
    limits: Limits,
) -> Result<Raw, Error> {
    let source = RawSource::new_from_slice(file);
    let decoder = rawler::get_decoder(&source).map_err(unsupported)?;
    let parameters = RawDecodeParams::default();
    let sensor = decoder
        .raw_image(&source, &parameters, true)
        .map_err(Error::broken)?;
    let area = sensor
        .crop_area
        .map_or((sensor.width, sensor.height), |crop| (crop.d.w, crop.d.h));
    let full_size = check_size(area.0 as u32, area.1 as u32, limits)?;
    let wanted = shorter_side_wanted(full_size, target);
    let image = match embedded(&*decoder, &source, &parameters, wanted) {
        Some(image) => image,
        None => develop(&*decoder, &source, &parameters)?,
    };
    let size = check_size(image.width(), image.height(), limits)?;
    let (layout, pixels) = eight_bits(image);
    Ok(Raw {
        size,
        layout,
        pixels,
        full_size,
        icc: None,
        orientation,
    })
}

fn unsupported(error: impl std::fmt::Display) -> Error {
    Error::Unsupported(format!("the camera's raw format is not known: {error}"))
}

fn shorter_side_wanted(full: Size, target: Target) -> u32 {
    let shorter = full.width.min(full.height);
    match target {
        Target::ShorterSide(wanted) => wanted.min((f64::from(shorter) * FULL_SHARE) as u32),
        Target::Full => (f64::from(shorter) * FULL_SHARE) as u32,
    }
}

/// The smallest picture in the file that is large enough.
fn embedded(
    decoder: &dyn Decoder,
    source: &RawSource,
    parameters: &RawDecodeParams,
    wanted: u32,
) -> Option<DynamicImage> {
    let is_enough = |image: &DynamicImage| image.width().min(image.height()) >= wanted;
    let preview = decoder.preview_image(source, parameters).ok().flatten();
    preview.filter(is_enough).or_else(|| {
        let full = decoder.full_image(source, parameters).ok().flatten();
        full.filter(is_enough)
    })
}

fn develop(
    decoder: &dyn Decoder,
    source: &RawSource,
    parameters: &RawDecodeParams,
) -> Result<DynamicImage, Error> {
    let sensor = decoder
        .raw_image(source, parameters, false)
        .map_err(Error::broken)?;
    RawDevelop::default()
        .develop_intermediate(&sensor)
        .map_err(Error::broken)?
        .to_dynamic_image()
        .ok_or_else(|| Error::Broken("the sensor's data do not make a picture".into()))
}
