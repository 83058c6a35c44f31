//! What `ffprobe` says, as facts.

use std::collections::HashMap;

use heirloom_types::geometry::Size;
use serde::Deserialize;

use crate::{
    facts::{CaptureTime, Facts, Position},
    metadata::text::{self, clean},
};

/// A video's streams and statements.
#[derive(Debug)]
pub struct Probe {
    pub facts: Facts,
    /// As displayed, in square pixels.
    pub size: Size,
    /// Light beyond what an ordinary screen shows (PQ, HLG).
    pub is_hdr: bool,
    /// Frames by the length of the picture.
    pub(super) average_rate: Option<Rate>,
    /// On whose grid every frame stands.
    pub(super) base_rate: Option<Rate>,
    /// Length of the picture alone.
    pub(super) picture_seconds: Option<f64>,
    video_codec: String,
    pixel_format: String,
    audio_codec: Option<String>,
    container: String,
}

/// So many frames in so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rate {
    pub frames: u32,
    pub seconds: u32,
}

impl Rate {
    /// `30000/1001`.
    pub(super) fn parse(written: &str) -> Option<Self> {
        let (frames, seconds) = written.split_once('/')?;
        let (frames, seconds) = (frames.parse().ok()?, seconds.parse().ok()?);
        (frames > 0 && seconds > 0).then_some(Self { frames, seconds })
    }

    pub(super) fn per_second(self) -> f64 {
        f64::from(self.frames) / f64::from(self.seconds)
    }
}

#[derive(Deserialize)]
struct Said {
    #[serde(default)]
    streams: Vec<Stream>,
    format: Format,
}

#[derive(Deserialize)]
struct Format {
    #[serde(default)]
    format_name: String,
    duration: Option<String>,
    #[serde(default)]
    tags: HashMap<String, String>,
}

#[derive(Deserialize)]
struct Stream {
    #[serde(default)]
    codec_type: String,
    #[serde(default)]
    codec_name: String,
    #[serde(default)]
    width: u32,
    #[serde(default)]
    height: u32,
    #[serde(default)]
    pix_fmt: String,
    #[serde(default)]
    color_transfer: String,
    #[serde(default)]
    avg_frame_rate: String,
    #[serde(default)]
    r_frame_rate: String,
    #[serde(default)]
    sample_aspect_ratio: String,
    duration: Option<String>,
    #[serde(default)]
    tags: HashMap<String, String>,
    #[serde(default)]
    side_data_list: Vec<SideData>,
    #[serde(default)]
    disposition: HashMap<String, i32>,
}

#[derive(Deserialize)]
struct SideData {
    rotation: Option<f64>,
}

impl Probe {
    /// Reads `ffprobe`'s JSON; `None` without a moving picture.
    pub fn parse(json: &[u8]) -> Option<Self> {
        let said: Said = serde_json::from_slice(json).ok()?;
        let is_cover = |stream: &&Stream| stream.disposition.get("attached_pic") == Some(&1);
        let video = said.streams.iter().find(|stream| {
            stream.codec_type == "video"
                && stream.width > 0
                && stream.height > 0
                && !is_cover(stream)
        })?;
        let audio = said
            .streams
            .iter()
            .find(|stream| stream.codec_type == "audio");
        Some(Self {
            facts: facts(&said.format, video),
            size: displayed(video),
            is_hdr: matches!(video.color_transfer.as_str(), "smpte2084" | "arib-std-b67"),
            average_rate: Rate::parse(&video.avg_frame_rate),
            base_rate: Rate::parse(&video.r_frame_rate),
            picture_seconds: picture_seconds(video),
            video_codec: video.codec_name.clone(),
            pixel_format: video.pix_fmt.clone(),
            audio_codec: audio.map(|stream| stream.codec_name.clone()),
            container: said.format.format_name.clone(),
        })
    }

    pub fn duration_seconds(&self) -> Option<f64> {
        self.facts
            .duration_ms
            .map(|length| f64::from(length) / 1000.0)
    }

    /// Whether every browser and phone plays the file as it is.
    pub fn is_playable(&self) -> bool {
        self.is_playable_video()
            && self.is_playable_sound()
            && self.container.split(',').any(|name| name == "mp4")
    }

    pub(super) fn has_sound(&self) -> bool {
        self.audio_codec.is_some()
    }

    /// Whether a reader finds the keyframe before any time at once.
    pub(super) fn is_indexed(&self) -> bool {
        let mut names = self.container.split(',');
        names.any(|name| matches!(name, "mp4" | "matroska" | "avi"))
    }

    pub(super) fn is_playable_video(&self) -> bool {
        self.video_codec == "h264" && matches!(self.pixel_format.as_str(), "yuv420p" | "yuvj420p")
    }

    pub(super) fn is_playable_sound(&self) -> bool {
        matches!(self.audio_codec.as_deref(), None | Some("aac" | "mp3"))
    }
}

fn facts(format: &Format, video: &Stream) -> Facts {
    let tag = |names: &[&str]| {
        names.iter().find_map(|name| {
            let of = |tags: &HashMap<String, String>| {
                let found = tags.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
                found.and_then(|(_, value)| clean(value))
            };
            of(&format.tags).or_else(|| of(&video.tags))
        })
    };
    let seconds = format.duration.as_deref().or(video.duration.as_deref());
    Facts {
        size: Some(Size::new(video.width, video.height)),
        orientation: Some(orientation(rotation(video))),
        captured: tag(&["com.apple.quicktime.creationdate", "date_time_original"])
            .and_then(|written| time(&written))
            .or_else(|| tag(&["creation_time"]).and_then(|written| utc(&written))),
        position: tag(&[
            "com.apple.quicktime.location.ISO6709",
            "location",
            "location-eng",
        ])
        .and_then(|written| iso6709(&written)),
        make: tag(&[
            "com.apple.quicktime.make",
            "make",
            "com.android.manufacturer",
        ]),
        model: tag(&["com.apple.quicktime.model", "model", "com.android.model"]),
        description: tag(&["com.apple.quicktime.description", "description", "comment"]),
        duration_ms: seconds
            .and_then(|text| text.parse::<f64>().ok())
            .and_then(milliseconds),
        frames_per_second: frame_rate(&video.avg_frame_rate),
        live_photo_id: tag(&["com.apple.quicktime.content.identifier"]),
        ..Facts::default()
    }
}

fn milliseconds(seconds: f64) -> Option<u32> {
    let millis = (seconds * 1000.0).round();
    (millis > 0.0 && millis < f64::from(u32::MAX)).then_some(millis as u32)
}

fn frame_rate(written: &str) -> Option<f64> {
    let rate = Rate::parse(written)?.per_second();
    Some((rate * 1000.0).round() / 1000.0)
}

/// Matroska writes it into a tag, as `00:00:21.044000000`.
fn picture_seconds(video: &Stream) -> Option<f64> {
    if let Some(seconds) = &video.duration {
        return seconds.parse().ok();
    }
    let mut parts = video.tags.get("DURATION")?.rsplit(':');
    let mut part = || parts.next()?.parse::<f64>().ok();
    let (seconds, minutes, hours) = (part()?, part()?, part()?);
    Some(hours * 3600.0 + minutes * 60.0 + seconds)
}

/// Degrees clockwise, a multiple of 90.
fn rotation(video: &Stream) -> i32 {
    let matrix = video
        .side_data_list
        .iter()
        .find_map(|data| data.rotation)
        .map(|degrees| -degrees);
    let tag = video
        .tags
        .get("rotate")
        .and_then(|degrees| degrees.parse::<f64>().ok());
    let degrees = matrix.or(tag).unwrap_or(0.0);
    ((degrees / 90.0).round() as i32 * 90).rem_euclid(360)
}

const fn orientation(rotation: i32) -> u8 {
    match rotation {
        90 => 6,
        180 => 3,
        270 => 8,
        _ => 1,
    }
}

fn displayed(video: &Stream) -> Size {
    let square = square_width(video.width, &video.sample_aspect_ratio);
    if rotation(video) % 180 == 0 {
        Size::new(square, video.height)
    } else {
        Size::new(video.height, square)
    }
}

/// Pixels need not be square: `4:3` says how wide one is for its height.
fn square_width(width: u32, ratio: &str) -> u32 {
    let parsed = ratio
        .split_once(':')
        .and_then(|(wide, high)| Some((wide.parse::<f64>().ok()?, high.parse::<f64>().ok()?)))
        .filter(|(wide, high)| *wide > 0.0 && *high > 0.0);
    parsed.map_or(width, |(wide, high)| {
        (f64::from(width) * wide / high).round() as u32
    })
}

fn time(written: &str) -> Option<CaptureTime> {
    let (local, offset_seconds) = text::iso_time(written)?;
    Some(CaptureTime {
        local,
        offset_seconds,
        zone: None,
        is_only_instant: false,
    })
}

/// QuickTime's own times are UTC; a clock that was never set says 1904 or 1970.
fn utc(written: &str) -> Option<CaptureTime> {
    let (local, _) = text::iso_time(written)?;
    let is_set = !written.starts_with("1904") && !written.starts_with("1970-01-01T00:00:00");
    is_set.then_some(CaptureTime {
        local,
        offset_seconds: Some(0),
        zone: None,
        is_only_instant: true,
    })
}

/// `+48.8577+002.295+035.0/` (ISO 6709, annex H).
fn iso6709(written: &str) -> Option<Position> {
    let mut numbers = Vec::new();
    let mut start = 0;
    for (index, char) in written.char_indices().skip(1) {
        if matches!(char, '+' | '-' | '/') {
            numbers.push(written.get(start..index)?.parse::<f64>().ok()?);
            start = index;
        }
    }
    text::position(*numbers.first()?, *numbers.get(1)?)
}
