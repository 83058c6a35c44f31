//! What a file says of itself, in whatever dialect: EXIF, XMP, IPTC, colour profile. Total: a damaged statement is an
//! absent one. Runs in the decoder's child process.

pub mod container;
pub mod exif;
pub mod icc;
pub mod iptc;
pub mod motion;
pub(crate) mod text;
mod tiff;

use heirloom_types::geometry::Size;

use crate::{facts::Facts, xmp};

/// Reads the facts of a picture from its whole bytes; only the parts that hold facts are touched.
pub fn read(file: &[u8]) -> Facts {
    let blocks = container::blocks(file);
    let mut facts = Facts::default();
    for structure in &blocks.exif {
        facts = filled(facts, exif::read(structure));
    }
    for packet in &blocks.xmp {
        facts = filled(facts, xmp::read(packet));
    }
    if let Some(iptc) = &blocks.iptc {
        facts = filled(facts, iptc::read(iptc));
    }
    facts.profile_description = blocks.icc.as_deref().and_then(icc::description);
    if let Some((width, height)) = blocks.size {
        facts.size = Some(Size::new(width, height));
    }
    facts.motion_video = motion::video(file, &blocks.xmp);
    facts
}

/// What `first` says, and what only `second` says.
fn filled(first: Facts, second: Facts) -> Facts {
    let mut keywords = first.keywords;
    for keyword in second.keywords {
        if !keywords.contains(&keyword) {
            keywords.push(keyword);
        }
    }
    Facts {
        size: first.size.or(second.size),
        orientation: first.orientation.or(second.orientation),
        captured: first.captured.or(second.captured),
        modified: first.modified.or(second.modified),
        position: first.position.or(second.position),
        make: first.make.or(second.make),
        model: first.model.or(second.model),
        lens_model: first.lens_model.or(second.lens_model),
        exposure_time: first.exposure_time.or(second.exposure_time),
        f_number: first.f_number.or(second.f_number),
        focal_length_mm: first.focal_length_mm.or(second.focal_length_mm),
        iso: first.iso.or(second.iso),
        rating: first.rating.or(second.rating),
        description: first.description.or(second.description),
        keywords,
        projection: first.projection.or(second.projection),
        profile_description: first.profile_description.or(second.profile_description),
        duration_ms: first.duration_ms.or(second.duration_ms),
        frames_per_second: first.frames_per_second.or(second.frames_per_second),
        live_photo_id: first.live_photo_id.or(second.live_photo_id),
        motion_video: first.motion_video.or(second.motion_video),
        burst_id: first.burst_id.or(second.burst_id),
    }
}

/// A file with its sidecar: what the sidecar says wins, except for how the pixels lie.
pub fn combine(file: Facts, sidecar: Facts) -> Facts {
    let orientation = file.orientation;
    Facts {
        orientation,
        ..filled(sidecar, file)
    }
}
