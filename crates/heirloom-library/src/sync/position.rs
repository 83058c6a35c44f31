//! How far a device has read, in the words of the wire: `Type|uuid[|extra]`.
//!
//! The uuid carries a position of the feed in its first 48 bits, in the form of version 7; clients do not look inside.

use heirloom_store::sync::Key;
use uuid::{Builder, Uuid};

use super::{COMPLETE, RESET, sections};

/// How far one entity type has been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Position {
    /// In the middle of the rows: up to that key, from when the feed stood at `base`.
    Scan { base: i64, after: Key },
    /// Everything up to that entry of the feed.
    Feed(i64),
}

impl Position {
    /// Of a device that has nothing yet.
    pub(super) fn start(base: i64) -> Self {
        Self::Scan {
            base,
            after: Key::default(),
        }
    }

    /// Where the feed is to be followed from.
    pub(super) fn seq(self) -> i64 {
        match self {
            Self::Scan { base, .. } => base,
            Self::Feed(seq) => seq,
        }
    }

    pub(super) fn ack(self, kind: &str) -> String {
        let place = uuid_of(self.seq());
        match self {
            Self::Scan {
                after: (parent, entity),
                ..
            } => format!("{kind}|{place}|{parent}:{entity}"),
            Self::Feed(_) => format!("{kind}|{place}"),
        }
    }
}

/// An acknowledgement, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ack {
    pub kind: &'static str,
    pub position: Position,
    extra: Option<String>,
}

impl Ack {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '|');
        let kind = sections::entity_type(parts.next()?)?;
        if kind == RESET {
            return Some(Self {
                kind,
                position: Position::Feed(0),
                extra: None,
            });
        }
        let base = seq_of(parts.next()?.parse().ok()?);
        let extra = parts.next();
        let position = match extra {
            Some(cursor) if kind != COMPLETE && cursor != "complete" => Position::Scan {
                base,
                after: key_of(cursor)?,
            },
            _ => Position::Feed(base),
        };
        Some(Self {
            kind,
            position,
            extra: extra.map(str::to_owned),
        })
    }

    /// Whether the feeds have been where it says, when they stand there: the reader's own, and everybody's.
    pub(super) fn has_been(&self, own_end: i64, everyone_end: i64) -> bool {
        let (seq, everyone) = match self.completed() {
            Some((_, everyone)) if self.kind == COMPLETE => (self.position.seq(), everyone),
            _ if sections::is_of_everyone(self.kind) => (0, self.position.seq()),
            _ => (self.position.seq(), 0),
        };
        seq <= own_end && everyone <= everyone_end
    }

    /// Whether a backfill up to this position has been sent whole.
    pub(super) fn is_complete(&self) -> bool {
        self.extra.as_deref() == Some("complete")
    }

    /// Of the line that ends a stream: which sections were in it, and where the feed of everybody stood.
    pub(super) fn completed(&self) -> Option<(u64, i64)> {
        let (sent, everyone) = self.extra.as_deref()?.split_once(':')?;
        Some((u64::from_str_radix(sent, 16).ok()?, everyone.parse().ok()?))
    }
}

/// The acknowledgement of a whole stream.
pub(super) fn complete_ack(own: i64, everyone: i64, sent: u64) -> String {
    format!("{COMPLETE}|{}|{sent:x}:{everyone}", uuid_of(own))
}

/// The acknowledgement of a whole backfill.
pub(super) fn backfilled_ack(kind: &str, seq: i64) -> String {
    format!("{kind}|{}|complete", uuid_of(seq))
}

fn uuid_of(seq: i64) -> Uuid {
    Builder::from_unix_timestamp_millis(seq.unsigned_abs(), &[0; 10]).into_uuid()
}

fn seq_of(id: Uuid) -> i64 {
    (id.as_u128() >> 80) as i64
}

fn key_of(cursor: &str) -> Option<Key> {
    let (parent, entity) = cursor.split_once(':')?;
    Some((parent.parse().ok()?, entity.parse().ok()?))
}

/// Up to where everything has come when each of these has, which are in order: what several of them are of has come with
/// the last.
pub(super) fn arrived<P: Copy + PartialEq>(before: P, places: &[P]) -> Vec<P> {
    let mut whole = before;
    let next = places.iter().skip(1).map(Some).chain([None]);
    let each = places.iter().zip(next).map(|(place, next)| {
        if next != Some(place) {
            whole = *place;
        }
        whole
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ack_is_of_the_past_in_the_feed_that_it_is_of() {
        let has_been = |text: &str| Ack::parse(text).unwrap().has_been(5, 9);
        assert!(has_been(&Position::Feed(5).ack("AssetV2")));
        assert!(!has_been(&Position::Feed(6).ack("AssetV2")));
        assert!(!has_been(&Position::start(6).ack("AssetV2")));
        assert!(has_been(&Position::Feed(9).ack("UserV1")));
        assert!(!has_been(&Position::Feed(10).ack("UserDeleteV1")));
        assert!(has_been(&complete_ack(5, 9, 1)));
        assert!(!has_been(&complete_ack(5, 10, 1)));
        assert!(!has_been(&complete_ack(6, 9, 1)));
        assert!(has_been("SyncResetV1|pending"));
    }

    #[test]
    fn an_acknowledgement_reads_back_as_it_was_written() {
        let key = (Uuid::from_u128(7), Uuid::from_u128(9));
        for position in [
            Position::Feed(0),
            Position::Feed(1 << 40),
            Position::Scan {
                base: 5,
                after: key,
            },
        ] {
            let read = Ack::parse(&position.ack("AssetV2")).expect("our own words");
            assert_eq!(read.position, position);
            assert_eq!(read.kind, "AssetV2");
        }
    }

    #[test]
    fn the_end_of_a_stream_says_what_was_in_it() {
        let read = Ack::parse(&complete_ack(12, 3, 0b101)).expect("our own words");
        assert_eq!(read.completed(), Some((0b101, 3)));
        assert_eq!(read.position, Position::Feed(12));
    }

    #[test]
    fn what_nobody_sent_is_refused() {
        for text in [
            "",
            "AssetV2",
            "AssetV2|x",
            "NoSuchType|0",
            "AssetV2|00000000-0000-7000-8000-000000000000|x",
        ] {
            assert_eq!(Ack::parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_has_come_in_part_has_not_come() {
        assert!(arrived(0, &[]).is_empty());
        assert_eq!(arrived(0, &[3]), [3]);
        assert_eq!(arrived(1, &[3, 3, 4, 7, 7, 7]), [1, 3, 4, 4, 4, 7]);
    }
}
