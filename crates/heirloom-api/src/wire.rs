//! Forms that every body uses.

use chrono::SecondsFormat;
use heirloom_types::time::Timestamp;
use serde::{Deserialize, Deserializer, Serializer};

/// `2024-05-06T07:08:09.123Z`, to the millisecond.
pub fn time<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&shown(*time))
}

/// As [`time`], or null.
pub fn time_or_null<S: Serializer>(
    time: &Option<Timestamp>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match time {
        Some(known) => serializer.serialize_str(&shown(*known)),
        None => serializer.serialize_none(),
    }
}

/// The text of [`time`].
pub fn shown(time: Timestamp) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Tells a field that is absent from one that is null: `None`, `Some(None)`, `Some(Some(value))`.
pub fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}
