//! When a picture was taken, as an instant and as the clock on the wall.

use chrono::TimeDelta;
use chrono_tz::Tz;
use heirloom_media::{
    facts::{CaptureTime, Facts, Position},
    places::{local_of, offset_of, zone_at},
};
use heirloom_store::{assets::Asset, exif::Exif};
use heirloom_types::time::Timestamp;

/// The two times of an asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    pub instant: Timestamp,
    /// The local clock, written as if it were UTC.
    pub local: Timestamp,
}

/// Facts whose clock has the zone of their place, as far as the file does not say better.
pub(crate) fn placed(mut facts: Facts) -> Facts {
    if let (Some(captured), Some(position)) = (&mut facts.captured, facts.position) {
        put_in_zone(captured, position);
    }
    facts
}

fn put_in_zone(captured: &mut CaptureTime, position: Position) {
    let Some(zone) = zone_at(position).filter(|_| captured.zone.is_none()) else {
        return;
    };
    let there = offset_of(zone, captured.local);
    match captured.offset_seconds {
        _ if captured.is_only_instant => {
            let (local, offset) = local_of(zone, captured.local);
            captured.local = local;
            captured.offset_seconds = Some(offset);
            captured.is_only_instant = false;
        }
        None => captured.offset_seconds = Some(there),
        // The camera may have been on the time of another place.
        Some(said) if said != there => return,
        Some(_) => {}
    }
    captured.zone = Some(zone.name().to_owned());
}

/// What the file says, else what the client said. A clock of which neither file nor place tells the zone counts as UTC.
pub(crate) fn taken(facts: &Facts, from_client: Timestamp) -> Taken {
    match &facts.captured {
        Some(captured) => Taken {
            instant: instant_of(captured),
            local: captured.local.and_utc(),
        },
        None => Taken {
            instant: from_client,
            local: from_client,
        },
    }
}

pub(crate) fn instant_of(captured: &CaptureTime) -> Timestamp {
    captured.local.and_utc() - TimeDelta::seconds(i64::from(captured.offset_seconds.unwrap_or(0)))
}

/// Whose clocks tell a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Zone {
    Named(Tz),
    /// Seconds east of UTC.
    Offset(i32),
}

impl Zone {
    /// By an IANA name, or as `UTC+2`, `UTC+5:30`, `+02:00`.
    pub fn named(name: &str) -> Option<Self> {
        if let Ok(zone) = name.parse::<Tz>() {
            return Some(Self::Named(zone));
        }
        let offset = name.strip_prefix("UTC").unwrap_or(name);
        let (sign, digits) = match offset.split_at_checked(1)? {
            ("+", digits) => (1, digits),
            ("-", digits) => (-1, digits),
            _ => return None,
        };
        let (hours, minutes) = digits.split_once(':').unwrap_or((digits, "0"));
        let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
        let is_on_earth = (0..=14).contains(&hours) && (0..60).contains(&minutes);
        is_on_earth.then_some(Self::Offset(sign * (hours * 3600 + minutes * 60)))
    }
}

/// The time of an asset as it is known now, whoever said so.
pub(crate) fn now_known(asset: &Asset, exif: &Exif) -> CaptureTime {
    let instant = exif.date_time_original.unwrap_or(asset.file_created_at);
    let offset = (asset.local_date_time - instant).num_seconds();
    CaptureTime {
        local: asset.local_date_time.naive_utc(),
        offset_seconds: i32::try_from(offset).ok(),
        zone: exif.time_zone.clone(),
        is_only_instant: false,
    }
}

/// The time moved, and then told by the clocks of that zone. None beyond what a calendar has.
pub(crate) fn adjusted(
    mut captured: CaptureTime,
    shift_minutes: i64,
    zone: Option<&Zone>,
) -> Option<CaptureTime> {
    let shift = TimeDelta::try_minutes(shift_minutes)?;
    captured.local = captured.local.checked_add_signed(shift)?;
    let utc = instant_of(&captured).naive_utc();
    match zone {
        None => {}
        Some(Zone::Named(zone)) => {
            let (local, offset) = local_of(*zone, utc);
            captured.local = local;
            captured.offset_seconds = Some(offset);
            captured.zone = Some(zone.name().to_owned());
        }
        Some(Zone::Offset(offset)) => {
            captured.local = utc.checked_add_signed(TimeDelta::seconds(i64::from(*offset)))?;
            captured.offset_seconds = Some(*offset);
            captured.zone = None;
        }
    }
    Some(captured)
}

/// The zone as clients show it: a name, or `UTC+2`.
pub(crate) fn zone_of(captured: &CaptureTime) -> Option<String> {
    captured.zone.clone().or_else(|| {
        let seconds = captured.offset_seconds?;
        let (hours, minutes) = (seconds / 3600, seconds.abs() / 60 % 60);
        Some(match (seconds, minutes) {
            (0, _) => "UTC".into(),
            (_, 0) => format!("UTC{hours:+}"),
            _ => format!("UTC{hours:+}:{minutes:02}"),
        })
    })
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDateTime;

    use super::*;

    fn at(text: &str, offset_hours: i32) -> CaptureTime {
        CaptureTime {
            local: text.parse::<NaiveDateTime>().expect("a time"),
            offset_seconds: Some(offset_hours * 3600),
            zone: None,
            is_only_instant: false,
        }
    }

    #[test]
    fn a_time_is_moved_and_told_by_other_clocks() {
        let taken = at("2024-03-30T23:30:00", 1);
        let moved = adjusted(taken.clone(), 90, None).expect("it is in the calendar");
        assert_eq!(moved, at("2024-03-31T01:00:00", 1));
        // Clocks in Berlin went forward that night, at one o'clock by UTC.
        let berlin = Zone::named("Europe/Berlin");
        let moved = adjusted(taken.clone(), 180, berlin.as_ref()).expect("it is in the calendar");
        let expected = CaptureTime {
            zone: Some("Europe/Berlin".into()),
            ..at("2024-03-31T03:30:00", 2)
        };
        assert_eq!(moved, expected);
        let india = Zone::named("UTC+5:30").expect("a zone");
        let told = adjusted(taken.clone(), 0, Some(&india)).expect("it is in the calendar");
        assert_eq!(told.local, at("2024-03-31T04:00:00", 0).local);
        assert_eq!(instant_of(&told), instant_of(&taken));
        assert!(adjusted(taken, i64::MAX, None).is_none());
    }

    #[test]
    fn zones_have_names_and_offsets() {
        assert_eq!(Zone::named("+02:00"), Some(Zone::Offset(7200)));
        assert_eq!(Zone::named("UTC-3"), Some(Zone::Offset(-10_800)));
        assert!(matches!(Zone::named("Asia/Tokyo"), Some(Zone::Named(_))));
        for nonsense in ["", "+", "Mars/Olympus", "UTC+99", "+2:99", "é"] {
            assert_eq!(Zone::named(nonsense), None, "{nonsense}");
        }
    }
}
