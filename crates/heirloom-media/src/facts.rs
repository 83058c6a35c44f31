//! What a file says about itself, in one shape for every format.

use chrono::NaiveDateTime;
use heirloom_types::geometry::Size;
use serde::{Deserialize, Serialize};

/// Everything read from a file's own metadata (EXIF, XMP, IPTC, QuickTime …). Absent means the file does not say, or
/// says something impossible.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// Width and height as stored, before orientation is applied.
    pub size: Option<Size>,
    /// EXIF orientation 1 to 8 (TIFF 6.0, tag 274).
    pub orientation: Option<u8>,
    /// When the picture was taken.
    pub captured: Option<CaptureTime>,
    /// When the file says it was last changed.
    pub modified: Option<CaptureTime>,
    /// Where it was taken.
    pub position: Option<Position>,
    pub make: Option<String>,
    pub model: Option<String>,
    pub lens_model: Option<String>,
    /// Shutter time as people write it, in seconds: `1/250`, `2`.
    pub exposure_time: Option<String>,
    pub f_number: Option<f64>,
    /// Millimetres, as the lens has it (not the 35 mm equivalent).
    pub focal_length_mm: Option<f64>,
    pub iso: Option<u32>,
    /// One to five stars.
    pub rating: Option<u8>,
    pub description: Option<String>,
    /// Keywords; levels of a hierarchy are joined by `/`.
    pub keywords: Vec<String>,
    /// `EQUIRECTANGULAR` and its kin (Google Photo Sphere XMP).
    pub projection: Option<String>,
    /// Name of the embedded colour profile.
    pub profile_description: Option<String>,
    pub duration_ms: Option<u32>,
    pub frames_per_second: Option<f64>,
    /// Apple's content identifier, which pairs the two files of a live photo.
    pub live_photo_id: Option<String>,
    /// The video inside a motion photo.
    pub motion_video: Option<ByteRange>,
    /// Identifies the pictures of one burst.
    pub burst_id: Option<String>,
}

/// A local time and what is known of its zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaptureTime {
    /// The clock on the wall where the picture was taken.
    pub local: NaiveDateTime,
    /// Seconds east of UTC, when known.
    pub offset_seconds: Option<i32>,
    /// IANA zone name or `UTC+2`, when known.
    pub zone: Option<String>,
    /// The file knows only the instant: `local` is what the clocks of UTC showed.
    #[serde(default)]
    pub is_only_instant: bool,
}

/// A place on earth (WGS 84).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// Degrees, -90 to 90.
    pub latitude: f64,
    /// Degrees, -180 to 180.
    pub longitude: f64,
}

/// Part of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ByteRange {
    pub offset: u64,
    pub length: u64,
}
