//! JPEG XL through jxl-oxide, which turns the picture upright and converts to sRGB itself.

use heirloom_types::{frame::Layout, geometry::Size};
use jxl_oxide::{AllocTracker, EnumColourEncoding, JxlImage, JxlThreadPool, RenderingIntent};

use super::{Error, Limits, Raw, check_size};

pub(super) fn decode(file: &[u8], limits: Limits) -> Result<Raw, Error> {
    let budget = usize::try_from(limits.max_bytes).unwrap_or(usize::MAX);
    let mut image = JxlImage::builder()
        .pool(JxlThreadPool::none())
        .alloc_tracker(AllocTracker::with_limit(budget))
        .read(file)
        .map_err(Error::broken)?;
    check_size(image.width(), image.height(), limits)?;
    image.request_color_encoding(EnumColourEncoding::srgb(RenderingIntent::Relative));
    let render = image.render_frame(0).map_err(Error::broken)?;
    let mut stream = render.stream();
    let size = Size::new(stream.width(), stream.height());
    let channels = stream.channels() as usize;
    let mut samples = vec![0.0_f32; size.pixels() as usize * channels];
    stream.write_to_buffer(&mut samples);
    let layout = if image.pixel_format().has_alpha() {
        Layout::Rgba
    } else {
        Layout::Rgb
    };
    Ok(Raw {
        size,
        layout,
        pixels: spread(&samples, channels, layout)?,
        full_size: size,
        icc: None,
        orientation: 1,
    })
}

/// Eight bits a channel; grey becomes red, green and blue.
fn spread(samples: &[f32], channels: usize, layout: Layout) -> Result<Vec<u8>, Error> {
    let order: &[usize] = match (channels, layout) {
        (1, Layout::Rgb) => &[0, 0, 0],
        (2, Layout::Rgba) => &[0, 0, 0, 1],
        (3.., Layout::Rgb) => &[0, 1, 2],
        (4.., Layout::Rgba) => &[0, 1, 2, 3],
        _ => return Err(Error::Unsupported(format!("it has {channels} channels"))),
    };
    let byte = |sample: f32| (sample.clamp(0.0, 1.0) * 255.0).round() as u8;
    Ok(samples
        .chunks_exact(channels)
        .flat_map(|pixel| order.iter().map(move |&channel| byte(pixel[channel])))
        .collect())
}
