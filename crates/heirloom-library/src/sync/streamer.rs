//! One stream, from the first section to the line that says it is complete.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use heirloom_store::{
    Tx,
    changes::{self, Change, ChangeKind, ChangeOp},
    sync::{self, Key, Part, Record, Which},
    sync_checkpoints,
};
use heirloom_types::ids::{SessionId, UserId};
use tokio::sync::mpsc::Sender;
use uuid::Uuid;

use super::{
    COMPLETE, Event, Line, RESET,
    position::{Ack, Position, arrived, backfilled_ack, complete_ack},
    sections::{SECTIONS, Section},
};
use crate::{Library, Result};

/// Rows of one statement, and entries of the feed read at a time.
const PAGE: i64 = 2_000;
/// A device that takes nothing for so long has gone: it holds up a view of the database.
const PATIENCE: Duration = Duration::from_secs(30);

/// The device no longer listens.
struct Gone;

enum Stop {
    Gone,
    Failed(crate::Error),
}

impl From<Gone> for Stop {
    fn from(_: Gone) -> Self {
        Self::Gone
    }
}

impl<E: Into<crate::Error>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

pub(super) struct Streamer {
    tx: Tx,
    reader: UserId,
    sections: Vec<&'static Section>,
    /// Where the feeds stand in this view of the database.
    own_end: i64,
    everyone_end: i64,
    acks: HashMap<String, Ack>,
    lines: Sender<Vec<Line>>,
}

impl Streamer {
    pub(super) async fn begin(
        library: &Library,
        reader: UserId,
        session: SessionId,
        types: &[String],
        lines: Sender<Vec<Line>>,
    ) -> Result<Self> {
        let mut tx = library.db.snapshot().await?;
        let own_end = changes::position(&mut tx, reader).await?;
        let everyone_end = changes::position(&mut tx, changes::EVERYONE).await?;
        let acks = sync_checkpoints::list(&mut tx, session)
            .await?
            .into_iter()
            .filter_map(|checkpoint| Some((checkpoint.kind, Ack::parse(&checkpoint.ack)?)))
            .collect();
        let sections = SECTIONS
            .iter()
            .filter(|section| types.iter().any(|wanted| wanted == section.request))
            .collect();
        Ok(Self {
            tx,
            reader,
            sections,
            own_end,
            everyone_end,
            acks,
            lines,
        })
    }

    pub(super) async fn run(mut self) {
        match self.stream().await {
            Ok(()) | Err(Stop::Gone) => {}
            // The line that says it is complete is missing, so the device asks again.
            Err(Stop::Failed(error)) => tracing::warn!(?error, "a sync stream was cut"),
        }
    }

    async fn stream(&mut self) -> Result<(), Stop> {
        if self.acks.contains_key(RESET) || self.has_fallen_behind().await? {
            let ack = format!("{RESET}|reset");
            return self.mark(RESET, ack).await;
        }
        let sections = std::mem::take(&mut self.sections);
        let mut sent = 0;
        for section in &sections {
            self.section(section).await?;
            sent |= section.bit();
        }
        // A person goes after everything that names them. How far the device has read of people does not say that it was
        // told, only a whole stream does.
        for section in sections.iter().filter(|section| section.is_of_everyone()) {
            let last = self.acks.get(COMPLETE).and_then(Ack::completed);
            let told = last.map_or(0, |(_, everyone)| everyone);
            self.deletes(section, told).await?;
        }
        let ack = complete_ack(self.own_end, self.everyone_end, sent);
        self.mark(COMPLETE, ack).await
    }

    /// Whether entries that the device still needs are no longer kept.
    async fn has_fallen_behind(&mut self) -> Result<bool> {
        for (feed, is_of_everyone) in [(self.reader.0, false), (changes::EVERYONE, true)] {
            let oldest = changes::oldest_position(&mut self.tx, feed).await?;
            let is_behind = |section: &&Section| {
                section.is_of_everyone() == is_of_everyone
                    && self
                        .position(section.upsert)
                        .is_some_and(|position| position.seq() < oldest)
            };
            if self.sections.iter().any(is_behind) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn section(&mut self, section: &Section) -> Result<(), Stop> {
        let position = self
            .position(section.upsert)
            .unwrap_or(Position::start(self.end(section)));
        if !section.is_of_everyone() {
            self.deletes(section, position.seq()).await?;
        }
        self.backfills(section, position).await?;
        if let Position::Scan { base, after } = position {
            self.scan(section, base, after).await?;
        }
        if let Some((change, kind)) = section.update {
            let from = self.seen(kind).max(position.seq());
            self.follow(section, change, kind, from).await?;
        }
        self.follow(section, section.part.kind(), section.upsert, position.seq())
            .await
    }

    /// The rows themselves, in the order of their keys.
    async fn scan(&mut self, section: &Section, base: i64, mut after: Key) -> Result<(), Stop> {
        loop {
            let which = Which::After(after);
            let rows = sync::select(&mut self.tx, section.part, self.reader, which, PAGE).await?;
            let Some((last, _)) = rows.last() else {
                return Ok(());
            };
            let keys: Vec<Key> = rows.iter().map(|(key, _)| *key).collect();
            let arrived = arrived(after, &keys);
            after = *last;
            let lines = rows
                .into_iter()
                .zip(arrived)
                .map(|((key, record), after)| Line {
                    kind: section.upsert,
                    ack: Position::Scan { base, after }.ack(section.upsert),
                    event: Event::Upsert(key, record),
                });
            self.send(lines.collect()).await?;
        }
    }

    /// What the feed says has changed, as it is now.
    async fn follow(
        &mut self,
        section: &Section,
        change: ChangeKind,
        kind: &'static str,
        mut from: i64,
    ) -> Result<(), Stop> {
        loop {
            let entries = self.entries(section, change, from).await?;
            let Some(last) = entries.last() else {
                return Ok(());
            };
            let end = last.seq;
            let (rows, _) = self.now(section, entries).await?;
            let seqs: Vec<i64> = rows.iter().map(|(seq, ..)| *seq).collect();
            let arrived = arrived(from, &seqs);
            from = end;
            let lines = rows
                .into_iter()
                .zip(arrived)
                .map(|((_, key, record), seq)| Line {
                    kind,
                    ack: Position::Feed(seq).ack(kind),
                    event: Event::Upsert(key, record),
                });
            self.send(lines.collect()).await?;
        }
    }

    /// Keys that the feed names after a position and that have no row for the reader now.
    async fn deletes(&mut self, section: &Section, position: i64) -> Result<(), Stop> {
        let Some(kind) = section.delete else {
            return Ok(());
        };
        let begin = self.seen(kind).max(position);
        let mut from = begin;
        loop {
            let entries = self.entries(section, section.part.kind(), from).await?;
            let Some(last) = entries.last() else {
                break;
            };
            from = last.seq;
            if section.has_values() {
                self.deleted_values(section, kind, entries).await?;
                continue;
            }
            let left = left_containers(section, &entries);
            let (_, mut gone) = self.now(section, entries).await?;
            gone.extend(left);
            gone.sort_unstable();
            gone.dedup();
            if section.part == Part::PartnerAsset {
                self.keep_shown_in_albums(&mut gone).await?;
            }
            let lines = gone.into_iter().map(|(seq, key)| Line {
                kind,
                ack: Position::Feed(seq).ack(kind),
                event: Event::Delete(key),
            });
            self.send(lines.collect()).await?;
        }
        match section.part {
            Part::Asset => self.take_back(section, kind, begin).await,
            _ => Ok(()),
        }
    }

    /// Values that the feed names and that are no more, of keys that may well be there.
    async fn deleted_values(
        &mut self,
        section: &Section,
        kind: &'static str,
        entries: Vec<Change>,
    ) -> Result<(), Stop> {
        let mut last: HashMap<(Uuid, String), i64> = HashMap::new();
        for entry in entries {
            if let Some(name) = entry.detail {
                last.insert((entry.entity_id, name), entry.seq);
            }
        }
        let ids: HashSet<Uuid> = last.keys().map(|(id, _)| *id).collect();
        let ids: Vec<Uuid> = ids.into_iter().collect();
        let which = Which::Entities(&ids);
        let rows = sync::select(&mut self.tx, section.part, self.reader, which, PAGE).await?;
        for ((_, id), record) in rows {
            if let Record::Value { key, .. } = record {
                last.remove(&(id, key));
            }
        }
        let mut gone: Vec<_> = last.into_iter().map(|(name, seq)| (seq, name)).collect();
        gone.sort_unstable();
        let lines = gone.into_iter().map(|(seq, (id, name))| Line {
            kind,
            ack: Position::Feed(seq).ack(kind),
            event: Event::DeleteValue((Uuid::nil(), id), name),
        });
        self.send(lines.collect()).await?;
        Ok(())
    }

    /// Other people's assets that left the reader's last album with them. A phone that kept them would choke on the same
    /// content under a new id: it holds every content of an owner once.
    async fn take_back(
        &mut self,
        section: &Section,
        kind: &'static str,
        mut from: i64,
    ) -> Result<(), Stop> {
        loop {
            let entries = self.entries(section, ChangeKind::AlbumAsset, from).await?;
            let Some(last) = entries.last() else {
                return Ok(());
            };
            from = last.seq;
            let mut left: HashMap<Uuid, i64> = entries
                .into_iter()
                .map(|entry| (entry.entity_id, entry.seq))
                .collect();
            let ids: Vec<Uuid> = left.keys().copied().collect();
            for part in [Part::Asset, Part::PartnerAsset, Part::AlbumToAsset] {
                let which = Which::Entities(&ids);
                for ((_, shown), _) in
                    sync::select(&mut self.tx, part, self.reader, which, PAGE).await?
                {
                    left.remove(&shown);
                }
            }
            let mut gone: Vec<(i64, Uuid)> = left.into_iter().map(|(id, seq)| (seq, id)).collect();
            gone.sort_unstable();
            let lines = gone.into_iter().map(|(seq, id)| Line {
                kind,
                ack: Position::Feed(seq).ack(kind),
                event: Event::Delete((Uuid::nil(), id)),
            });
            self.send(lines.collect()).await?;
        }
    }

    /// What a partner no longer shows may still show in an album.
    async fn keep_shown_in_albums(&mut self, gone: &mut Vec<(i64, Key)>) -> Result<()> {
        let ids: Vec<Uuid> = gone.iter().map(|(_, (_, asset))| *asset).collect();
        let which = Which::Entities(&ids);
        let shown: HashSet<Uuid> =
            sync::select(&mut self.tx, Part::AlbumToAsset, self.reader, which, PAGE)
                .await?
                .into_iter()
                .map(|((_, asset), _)| asset)
                .collect();
        gone.retain(|(_, (_, asset))| !shown.contains(asset));
        Ok(())
    }

    /// Everything in the containers that were shared after the device last looked.
    async fn backfills(&mut self, section: &Section, position: Position) -> Result<(), Stop> {
        let Some(kind) = section.backfill else {
            return Ok(());
        };
        let from = position.seq();
        let new = if section.is_of_partners() {
            sync::partners_since(&mut self.tx, self.reader, from).await?
        } else {
            sync::albums_since(&mut self.tx, self.reader, from).await?
        };
        for (seq, container) in new {
            let mut after = None;
            match self.acks.get(kind) {
                Some(ack) if ack.is_complete() && ack.position.seq() >= seq => continue,
                Some(ack) if ack.position.seq() > seq => continue,
                Some(ack) => {
                    if let Position::Scan {
                        base,
                        after: (parent, entity),
                    } = ack.position
                        && base == seq
                        && parent == container
                    {
                        after = Some(entity);
                    }
                }
                None => {}
            }
            self.backfill(section, kind, seq, container, after).await?;
        }
        Ok(())
    }

    async fn backfill(
        &mut self,
        section: &Section,
        kind: &'static str,
        seq: i64,
        container: Uuid,
        mut after: Option<Uuid>,
    ) -> Result<(), Stop> {
        loop {
            let which = Which::Within(container, after);
            let rows = sync::select(&mut self.tx, section.part, self.reader, which, PAGE).await?;
            let Some(((_, last), _)) = rows.last() else {
                return self.mark("SyncAckV1", backfilled_ack(kind, seq)).await;
            };
            after = Some(*last);
            let lines = rows.into_iter().map(|(key, record)| Line {
                kind,
                ack: Position::Scan {
                    base: seq,
                    after: key,
                }
                .ack(kind),
                event: Event::Upsert(key, record),
            });
            self.send(lines.collect()).await?;
        }
    }

    /// The rows that these entries name, each at its last entry, and the keys without a row.
    async fn now(
        &mut self,
        section: &Section,
        entries: Vec<Change>,
    ) -> Result<(Vec<(i64, Key, Record)>, Vec<(i64, Key)>)> {
        let mut last = HashMap::new();
        for entry in &entries {
            last.insert((entry.parent_id, entry.entity_id), entry.seq);
        }
        let ids: Vec<Uuid> = last
            .keys()
            .map(|(_, entity)| *entity)
            .collect::<HashSet<_>>()
            .into_iter()
            .collect();
        let which = Which::Entities(&ids);
        let rows = sync::select(&mut self.tx, section.part, self.reader, which, PAGE).await?;
        let mut found = HashSet::new();
        let mut present = Vec::with_capacity(rows.len());
        for ((parent, entity), record) in rows {
            // An entry names the parent only where the entity alone is not the key.
            for name in [(Some(parent), entity), (None, entity)] {
                if let Some(seq) = last.get(&name) {
                    found.insert(name);
                    present.push((*seq, (parent, entity), record));
                    break;
                }
            }
        }
        present.sort_by_key(|(seq, ..)| *seq);
        let mut gone: Vec<(i64, Key)> = last
            .into_iter()
            .filter(|(name, _)| !found.contains(name))
            .map(|((parent, entity), seq)| (seq, (parent.unwrap_or_default(), entity)))
            .collect();
        gone.sort_unstable();
        Ok((present, gone))
    }

    async fn entries(
        &mut self,
        section: &Section,
        change: ChangeKind,
        from: i64,
    ) -> Result<Vec<Change>> {
        let (feed, end) = if section.is_of_everyone() {
            (changes::EVERYONE, self.everyone_end)
        } else {
            (self.reader.0, self.own_end)
        };
        Ok(changes::list_of_kind(&mut self.tx, feed, change, from, end, PAGE).await?)
    }

    fn end(&self, section: &Section) -> i64 {
        if section.is_of_everyone() {
            self.everyone_end
        } else {
            self.own_end
        }
    }

    fn position(&self, kind: &str) -> Option<Position> {
        self.acks.get(kind).map(|ack| ack.position)
    }

    fn seen(&self, kind: &str) -> i64 {
        self.position(kind).map_or(0, Position::seq)
    }

    async fn mark(&mut self, kind: &'static str, ack: String) -> Result<(), Stop> {
        self.send(vec![Line {
            kind,
            event: Event::Mark,
            ack,
        }])
        .await?;
        Ok(())
    }

    async fn send(&mut self, lines: Vec<Line>) -> Result<(), Gone> {
        if lines.is_empty() {
            return Ok(());
        }
        match self.lines.send_timeout(lines, PATIENCE).await {
            Ok(()) => Ok(()),
            Err(_) => Err(Gone),
        }
    }
}

/// Albums that the reader left, even if they came back: who and what went meanwhile was not told to them, so their
/// devices begin the album anew.
fn left_containers(section: &Section, entries: &[Change]) -> Vec<(i64, Key)> {
    if section.part != Part::Album {
        return Vec::new();
    }
    entries
        .iter()
        .filter(|entry| entry.op == ChangeOp::Delete)
        .map(|entry| (entry.seq, (entry.entity_id, entry.entity_id)))
        .collect()
}
