//! EXIF (CIPA DC-008) to facts.

use heirloom_types::geometry::Size;

use super::{
    text::{self, clean},
    tiff::{Directory, Tiff},
};
use crate::facts::{CaptureTime, Facts, Position};

pub(crate) const TAG_XMP: u16 = 0x02bc;
pub(crate) const TAG_IPTC: u16 = 0x83bb;
pub(crate) const TAG_ICC: u16 = 0x8773;
/// Most bytes of a text.
const TEXT_BYTES_MAX: usize = 64 << 10;
/// Most bytes of a maker note.
const MAKER_NOTE_BYTES_MAX: usize = 1 << 20;
/// What cameras write where a description would be.
const CAMERA_JUNK: &[&str] = &[
    "olympus digital camera",
    "sony dsc",
    "digital camera",
    "minolta digital camera",
    "dcim",
    "konica minolta digital camera",
    "samsung digital camera",
    "nikon digital camera",
    "mde",
    "exif_jpeg_picture",
    "exif jpeg",
    "kodak",
];

/// Reads one TIFF structure.
pub fn read(bytes: &[u8]) -> Facts {
    let Some(main) = Tiff::new(bytes).and_then(Tiff::main) else {
        return Facts::default();
    };
    let exif = main.child(0x8769);
    let gps = main.child(0x8825);
    // In a CR3 each directory is a structure of its own.
    let exif = exif.as_ref().unwrap_or(&main);
    let gps = gps.as_ref().unwrap_or(&main);
    let mut facts = Facts {
        size: size(&main, exif),
        orientation: main
            .uint(0x0112)
            .and_then(|value| (1..=8).contains(&value).then_some(value as u8)),
        captured: captured(&main, exif, gps),
        modified: time(&main, 0x0132, exif, 0x9290, 0x9010),
        position: position(gps),
        make: text_of(&main, 0x010f),
        model: text_of(&main, 0x0110),
        lens_model: text_of(exif, 0xa434),
        exposure_time: exposure_time(exif),
        f_number: positive(exif.rational(0x829d)),
        focal_length_mm: positive(exif.rational(0x920a)),
        iso: exif.uint(0x8827).filter(|&iso| iso > 0 && iso != 65535),
        rating: main
            .uint(0x4746)
            .and_then(|stars| (1..=5).contains(&stars).then_some(stars as u8)),
        description: description(&main, exif),
        ..Facts::default()
    };
    if let Some(note) = exif.bytes(0x927c, MAKER_NOTE_BYTES_MAX) {
        apple(note, &mut facts);
    }
    facts
}

fn size(main: &Directory<'_>, exif: &Directory<'_>) -> Option<Size> {
    let pair = |directory: &Directory<'_>, width, height| {
        let size = Size::new(directory.uint(width)?, directory.uint(height)?);
        (size.pixels() > 0).then_some(size)
    };
    pair(exif, 0xa002, 0xa003).or_else(|| pair(main, 0x0100, 0x0101))
}

fn text_of(directory: &Directory<'_>, tag: u16) -> Option<String> {
    clean(&text::decoded(directory.bytes(tag, TEXT_BYTES_MAX)?))
}

fn positive(value: Option<f64>) -> Option<f64> {
    value.filter(|value| value.is_finite() && *value > 0.0)
}

/// Taken, else digitised, else changed, else what the satellites said.
fn captured(
    main: &Directory<'_>,
    exif: &Directory<'_>,
    gps: &Directory<'_>,
) -> Option<CaptureTime> {
    time(exif, 0x9003, exif, 0x9291, 0x9011)
        .or_else(|| time(exif, 0x9004, exif, 0x9292, 0x9012))
        .or_else(|| time(main, 0x0132, exif, 0x9290, 0x9010))
        .or_else(|| gps_time(gps))
}

fn time(
    directory: &Directory<'_>,
    tag: u16,
    exif: &Directory<'_>,
    fraction_tag: u16,
    offset_tag: u16,
) -> Option<CaptureTime> {
    let written = text_of(directory, tag)?;
    let fraction = text_of(exif, fraction_tag).unwrap_or_default();
    let local = text::exif_time(&written, &fraction)?;
    let offset_seconds = text_of(exif, offset_tag).and_then(|offset| text::offset(&offset));
    Some(CaptureTime {
        local,
        offset_seconds,
        zone: None,
        is_only_instant: false,
    })
}

fn gps_time(gps: &Directory<'_>) -> Option<CaptureTime> {
    let date = text_of(gps, 0x001d)?;
    let [Some(hours), Some(minutes), Some(seconds)] = gps.rationals(0x0007)[..] else {
        return None;
    };
    let clock = format!(
        "{date} {:02}:{:02}:{:02}",
        hours as u32, minutes as u32, seconds as u32
    );
    Some(CaptureTime {
        local: text::exif_time(&clock, "")?,
        offset_seconds: Some(0),
        zone: None,
        is_only_instant: true,
    })
}

fn position(gps: &Directory<'_>) -> Option<Position> {
    let latitude = degrees(gps, 0x0002)? * sign(gps, 0x0001, b'S');
    let longitude = degrees(gps, 0x0004)? * sign(gps, 0x0003, b'W');
    text::position(latitude, longitude)
}

fn degrees(gps: &Directory<'_>, tag: u16) -> Option<f64> {
    let parts = gps.rationals(tag);
    let degrees = parts.first().copied().flatten()?;
    let part = |index: usize| parts.get(index).copied().flatten().unwrap_or(0.0);
    Some(degrees + part(1) / 60.0 + part(2) / 3600.0)
}

fn sign(gps: &Directory<'_>, tag: u16, negative: u8) -> f64 {
    let is_negative = gps
        .bytes(tag, 16)
        .and_then(|text| text.first())
        .is_some_and(|letter| letter.eq_ignore_ascii_case(&negative));
    if is_negative { -1.0 } else { 1.0 }
}

fn exposure_time(exif: &Directory<'_>) -> Option<String> {
    let (numerator, denominator) = exif.fractions(0x829a).first().copied()?;
    text::exposure(numerator / denominator)
}

fn description(main: &Directory<'_>, exif: &Directory<'_>) -> Option<String> {
    let is_said = |text: &String| !CAMERA_JUNK.contains(&text.to_lowercase().as_str());
    text_of(main, 0x010e)
        .filter(is_said)
        .or_else(|| user_comment(exif.bytes(0x9286, TEXT_BYTES_MAX)?).filter(is_said))
}

/// A comment begins with eight bytes that name its character set.
fn user_comment(bytes: &[u8]) -> Option<String> {
    let (charset, text) = bytes.split_at_checked(8)?;
    match charset {
        b"UNICODE\0" => {
            let units = |read: fn([u8; 2]) -> u16| {
                text.as_chunks::<2>().0.iter().map(move |pair| read(*pair))
            };
            let big = char::decode_utf16(units(u16::from_be_bytes))
                .map(|char| char.unwrap_or('\u{fffd}'));
            let little = char::decode_utf16(units(u16::from_le_bytes))
                .map(|char| char.unwrap_or('\u{fffd}'));
            // The order of the bytes is not said; the reading with more Latin letters is the right one.
            let (big, little): (String, String) = (big.collect(), little.collect());
            let plain = |text: &str| text.chars().filter(char::is_ascii).count();
            clean(if plain(&big) >= plain(&little) {
                &big
            } else {
                &little
            })
        }
        b"ASCII\0\0\0" | b"\0\0\0\0\0\0\0\0" => clean(&text::decoded(text)),
        _ => None,
    }
}

/// Apple's maker note is a directory after a head of 14 bytes: the content identifier pairs a live photo (0x0011), the
/// burst identifier joins a burst (0x000b).
fn apple(note: &[u8], facts: &mut Facts) {
    if !note.starts_with(b"Apple iOS\0") {
        return;
    }
    // Offsets count from the note's own start, where the order of the bytes stands at 12.
    let mut structure = note.to_vec();
    structure[..2].copy_from_slice(note.get(12..14).unwrap_or(b"MM"));
    let Some(directory) = Tiff::new(&structure).and_then(|tiff| tiff.directory(14)) else {
        return;
    };
    facts.live_photo_id = text_of(&directory, 0x0011);
    facts.burst_id = text_of(&directory, 0x000b);
}
