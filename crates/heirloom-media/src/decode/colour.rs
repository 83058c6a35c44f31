//! Converts pixels to sRGB by their embedded profile (ICC.1).

use heirloom_types::frame::Layout;
use moxcms::{ColorProfile, DataColorSpace, Layout as CmsLayout, TransformOptions};

/// Pixels in sRGB. A profile that cannot be used leaves the pixels as they are: wrong colours beat no picture.
pub(super) fn to_srgb(pixels: Vec<u8>, layout: Layout, icc: &[u8]) -> Vec<u8> {
    convert(&pixels, layout, icc).unwrap_or(pixels)
}

/// Whether a profile leaves pixels as they are.
pub(super) fn changes_nothing(icc: &[u8]) -> bool {
    ColorProfile::new_from_slice(icc).map_or(true, |profile| is_left(&profile))
}

fn is_left(profile: &ColorProfile) -> bool {
    profile.color_space != DataColorSpace::Rgb || is_srgb(profile)
}

fn convert(pixels: &[u8], layout: Layout, icc: &[u8]) -> Option<Vec<u8>> {
    let profile = ColorProfile::new_from_slice(icc).ok()?;
    if is_left(&profile) {
        return None;
    }
    let layout = match layout {
        Layout::Rgb => CmsLayout::Rgb,
        Layout::Rgba => CmsLayout::Rgba,
    };
    let transform = profile
        .create_transform_8bit(
            layout,
            &ColorProfile::new_srgb(),
            layout,
            TransformOptions::default(),
        )
        .ok()?;
    let mut converted = vec![0; pixels.len()];
    transform.transform(pixels, &mut converted).ok()?;
    Some(converted)
}

/// Whether the profile's primaries are those of sRGB; almost every profile in the wild that has them has its curve too.
fn is_srgb(profile: &ColorProfile) -> bool {
    let srgb = ColorProfile::new_srgb();
    let near = |a: f64, b: f64| (a - b).abs() < 1e-3;
    let pairs = [
        (profile.red_colorant, srgb.red_colorant),
        (profile.green_colorant, srgb.green_colorant),
        (profile.blue_colorant, srgb.blue_colorant),
    ];
    pairs
        .iter()
        .all(|(a, b)| near(a.x, b.x) && near(a.y, b.y) && near(a.z, b.z))
}
