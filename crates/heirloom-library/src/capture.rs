//! When a picture was taken, as an instant and as the clock on the wall.

use chrono::TimeDelta;
use heirloom_media::{
    facts::{CaptureTime, Facts, Position},
    places::{local_of, offset_of, zone_at},
};
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
