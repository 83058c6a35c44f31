//! The time zone of a position.

use std::sync::LazyLock;

use chrono::{LocalResult, NaiveDateTime, Offset, TimeDelta, TimeZone};
use chrono_tz::Tz;
use tzf_rs::EmbeddedFinder;

use crate::facts::Position;

/// Reads the borders where they lie in the program.
static BORDERS: LazyLock<EmbeddedFinder> = LazyLock::new(EmbeddedFinder::new);

/// The zone whose clocks are in use at a position; on the high seas, the nautical one.
pub fn zone_at(position: Position) -> Option<Tz> {
    BORDERS
        .get_tz_name(position.longitude, position.latitude)
        .parse()
        .ok()
}

/// Seconds east of UTC when the clocks of a zone show that time. Of the two hours that autumn has, the first; in the hour
/// that spring leaves out, the offset before it.
pub fn offset_of(zone: Tz, local: NaiveDateTime) -> i32 {
    match zone.offset_from_local_datetime(&local) {
        LocalResult::Single(offset) | LocalResult::Ambiguous(offset, _) => {
            offset.fix().local_minus_utc()
        }
        LocalResult::None => {
            let before = local - TimeDelta::hours(1);
            let offset = zone.offset_from_local_datetime(&before).earliest();
            offset.map_or(0, |offset| offset.fix().local_minus_utc())
        }
    }
}

/// What the clocks of a zone show at an instant, and how many seconds east of UTC they are then.
pub fn local_of(zone: Tz, utc: NaiveDateTime) -> (NaiveDateTime, i32) {
    let there = zone.from_utc_datetime(&utc);
    (there.naive_local(), there.offset().fix().local_minus_utc())
}
