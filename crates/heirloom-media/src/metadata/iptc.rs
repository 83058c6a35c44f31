//! IPTC IIM records to facts (IIM 4.2): caption, keywords, date and time created.

use super::text::{self, clean};
use crate::facts::{CaptureTime, Facts};

/// Most records looked at.
const RECORDS_MAX: usize = 4096;

/// Reads the application records (number 2).
pub fn read(mut bytes: &[u8]) -> Facts {
    let mut facts = Facts::default();
    let (mut date, mut time) = (None, None);
    for _ in 0..RECORDS_MAX {
        let [0x1c, record, dataset, high, low, rest @ ..] = bytes else {
            break;
        };
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let Some(data) = rest.get(..length) else {
            break;
        };
        let said = || clean(&text::decoded(data));
        match (record, dataset) {
            (2, 25) => facts.keywords.extend(said()),
            (2, 55) => date = said(),
            (2, 60) => time = said(),
            (2, 120) => facts.description = said(),
            _ => {}
        }
        bytes = &rest[length..];
    }
    facts.captured = date.and_then(|date| captured(&date, &time.unwrap_or_default()));
    facts
}

/// `20240506` and `070809+0200`.
fn captured(date: &str, time: &str) -> Option<CaptureTime> {
    let part = |text: &str, from: usize, to: usize| text.get(from..to).unwrap_or("00").to_owned();
    let written = format!(
        "{}:{}:{} {}:{}:{}",
        part(date, 0, 4),
        part(date, 4, 6),
        part(date, 6, 8),
        part(time, 0, 2),
        part(time, 2, 4),
        part(time, 4, 6)
    );
    Some(CaptureTime {
        local: text::exif_time(&written, "")?,
        offset_seconds: time.get(6..).and_then(text::offset),
        zone: None,
        is_only_instant: false,
    })
}
