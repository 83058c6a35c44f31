//! Texts, times and numbers as metadata write them.

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime};

use crate::facts::Position;

/// Longest text that is kept, in characters.
const TEXT_LENGTH_MAX: usize = 10_000;
/// Years a photograph can be from: scanned ones are older than photography's files, none is from the far future.
const YEARS: std::ops::RangeInclusive<i32> = 1800..=2200;

/// Bytes as text: UTF-8, else Latin-1, up to the first NUL.
pub(crate) fn decoded(bytes: &[u8]) -> String {
    let end = bytes
        .iter()
        .position(|&byte| byte == 0)
        .unwrap_or(bytes.len());
    match std::str::from_utf8(&bytes[..end]) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes[..end].iter().copied().map(char::from).collect(),
    }
}

/// Text without what is not text; `None` when nothing is left.
pub(crate) fn clean(text: &str) -> Option<String> {
    let kept: String = text
        .chars()
        .filter(|char| !char.is_control() || matches!(char, '\n' | '\t'))
        .take(TEXT_LENGTH_MAX)
        .collect();
    let trimmed = kept.trim();
    (!trimmed.is_empty()).then(|| trimmed.to_owned())
}

/// `2024:05:06 07:08:09`, with separators as people get them wrong, and a fraction from another tag.
pub(crate) fn exif_time(written: &str, fraction: &str) -> Option<NaiveDateTime> {
    let mut numbers = written
        .split(|char: char| !char.is_ascii_digit())
        .filter(|part| !part.is_empty());
    let mut next = || numbers.next()?.parse::<u32>().ok();
    let (year, month, day) = (next()?, next()?, next()?);
    let (hour, minute, second) = (
        next().unwrap_or(0),
        next().unwrap_or(0),
        next().unwrap_or(0),
    );
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    let time = NaiveTime::from_hms_milli_opt(hour, minute, second.min(59), milliseconds(fraction))?;
    plausible(date.and_time(time))
}

/// A fraction's digits as milliseconds: `5` is 500.
fn milliseconds(digits: &str) -> u32 {
    let digits: String = digits
        .chars()
        .take_while(char::is_ascii_digit)
        .take(3)
        .collect();
    format!("{digits:0<3}").parse().unwrap_or(0)
}

/// Refuses dates no camera can mean.
pub(crate) fn plausible(time: NaiveDateTime) -> Option<NaiveDateTime> {
    YEARS.contains(&time.year()).then_some(time)
}

/// ISO 8601 as XMP and QuickTime write it, with or without seconds and zone; the zone in seconds east.
pub(crate) fn iso_time(text: &str) -> Option<(NaiveDateTime, Option<i32>)> {
    let text = text.trim();
    let date_end = text.find(['T', ' ']).unwrap_or(text.len());
    let (date, rest) = text.split_at(date_end);
    let rest = rest.get(1..).unwrap_or_default();
    let clock_end = rest.find(['Z', '+', '-']).unwrap_or(rest.len());
    let (clock, zone) = rest.split_at(clock_end);
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let local = exif_time(&format!("{date} {clock}"), fraction)?;
    Some((local, offset(zone)))
}

/// `+02:00`, `+0200`, `-9`, `Z` in seconds east of UTC.
pub(crate) fn offset(text: &str) -> Option<i32> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let (hours, minutes) = match digits.len() {
        1 | 2 => (digits.parse::<i32>().ok()?, 0),
        4 => (digits[..2].parse().ok()?, digits[2..].parse().ok()?),
        _ => return None,
    };
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

/// A place on earth; (0, 0) is what devices write that do not know where they are.
pub(crate) fn position(latitude: f64, longitude: f64) -> Option<Position> {
    let is_on_earth = (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude);
    let is_known = latitude != 0.0 || longitude != 0.0;
    (is_on_earth && is_known).then_some(Position {
        latitude,
        longitude,
    })
}

/// Shutter time as people write it: `1/250`, `0.5`, `2`.
pub(crate) fn exposure(seconds: f64) -> Option<String> {
    if !seconds.is_finite() || seconds <= 0.0 {
        return None;
    }
    if seconds < 0.3 {
        return Some(format!("1/{}", (1.0 / seconds).round()));
    }
    Some(format!("{}", (seconds * 10.0).round() / 10.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_or_absent() {
        let shown = |text: &str| exif_time(text, "5").map(|time| time.to_string());
        assert_eq!(
            shown("2024:05:06 07:08:09").as_deref(),
            Some("2024-05-06 07:08:09.500")
        );
        assert_eq!(shown("2024-05-06"), Some("2024-05-06 00:00:00.500".into()));
        for text in [
            "0000:00:00 00:00:00",
            "9999:01:01 00:00:00",
            "2024:13:01 00:00:00",
            "    :  :  ",
            "",
        ] {
            assert_eq!(shown(text), None, "{text:?}");
        }
        assert_eq!(
            iso_time("2024-05-06T07:08:09.25+02:00")
                .map(|(time, offset)| (time.to_string(), offset)),
            Some(("2024-05-06 07:08:09.250".into(), Some(7200)))
        );
        assert_eq!(offset("-0930"), Some(-34_200));
        assert_eq!(offset("+99:00"), None);
    }

    #[test]
    fn shutter_times_read_as_on_a_camera() {
        for (seconds, text) in [
            (0.004, "1/250"),
            (1.0 / 60.0, "1/60"),
            (0.5, "0.5"),
            (2.0, "2"),
            (30.0, "30"),
        ] {
            assert_eq!(exposure(seconds).as_deref(), Some(text));
        }
        assert_eq!(exposure(f64::NAN), None);
        assert_eq!(exposure(-1.0), None);
    }

    #[test]
    fn nowhere_is_not_a_place() {
        assert!(position(0.0, 0.0).is_none());
        assert!(position(91.0, 0.0).is_none());
        assert!(position(1.0, f64::NAN).is_none());
        assert!(position(-33.9, 151.2).is_some());
    }
}
