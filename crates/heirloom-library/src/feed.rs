//! Who is told of a change: the owner, partners who see the library, and people of albums that show the asset.

use std::collections::HashSet;

use heirloom_store::{
    Tx,
    assets::Asset,
    audience,
    changes::{self, Change, ChangeKind, ChangeOp, Entry, Feeds},
    partners,
};
use heirloom_types::{
    ids::{AssetId, UserId},
    time::Timestamp,
};
use uuid::Uuid;

use crate::Result;

/// Records changes of an owner's things in the feed of everybody who may see them. Call it last in the transaction.
pub(crate) async fn record(
    tx: &mut Tx,
    owner: UserId,
    now: Timestamp,
    entries: Vec<Entry>,
) -> Result<()> {
    let mut feeds = Feeds::default();
    gather(tx, &mut feeds, owner, entries).await?;
    feeds.record(tx, now).await?;
    Ok(())
}

/// As [`record`], into feeds that the caller records together with more.
pub(crate) async fn gather(
    tx: &mut Tx,
    feeds: &mut Feeds,
    owner: UserId,
    entries: Vec<Entry>,
) -> Result<()> {
    for watcher in partners::list_watchers(tx, owner).await? {
        for entry in entries.iter().filter_map(|entry| for_partner(entry, owner)) {
            feeds.add(watcher, entry);
        }
    }
    tell_albums(tx, feeds, owner, &entries).await?;
    for entry in entries {
        feeds.add(owner, entry);
    }
    Ok(())
}

/// Whoever sees a live photo sees its moving part, and nobody else.
pub(crate) fn of_moving_part(still: &Asset) -> impl Iterator<Item = Entry> {
    let entries = |video: AssetId| {
        [ChangeKind::Asset, ChangeKind::Exif].map(|kind| Entry::upsert(kind, video))
    };
    still.live_video_id.into_iter().flat_map(entries)
}

/// What a reader's feed has had after a position; none where the feed does not reach back that far, or has had `most`
/// entries and more: then whoever follows it reads everything anew.
pub(crate) async fn since(
    tx: &mut Tx,
    reader: UserId,
    seq: i64,
    most: i64,
) -> Result<Option<Vec<Change>>> {
    if changes::oldest_position(tx, reader).await? > seq {
        return Ok(None);
    }
    let entries = changes::list_after(tx, reader, seq, most).await?;
    Ok((entries.len() < most as usize).then_some(entries))
}

/// Tells the people of albums that these assets leave them. Call it before the rows go.
pub(crate) async fn leave_albums(
    tx: &mut Tx,
    feeds: &mut Feeds,
    owner: UserId,
    assets: &[Uuid],
) -> Result<()> {
    for (member, album, asset) in audience::places_in_albums(tx, owner, assets).await? {
        feeds.add(
            member,
            Entry::delete(ChangeKind::AlbumAsset, asset).within(album),
        );
    }
    Ok(())
}

fn for_partner(entry: &Entry, owner: UserId) -> Option<Entry> {
    let kind = match entry.kind {
        ChangeKind::Asset => ChangeKind::PartnerAsset,
        ChangeKind::Exif => ChangeKind::PartnerExif,
        ChangeKind::Stack => ChangeKind::PartnerStack,
        _ => return None,
    };
    Some(
        Entry {
            kind,
            ..entry.clone()
        }
        .within(owner),
    )
}

async fn tell_albums(
    tx: &mut Tx,
    feeds: &mut Feeds,
    owner: UserId,
    entries: &[Entry],
) -> Result<()> {
    let changed = |kind: ChangeKind| -> HashSet<Uuid> {
        entries
            .iter()
            .filter(|entry| entry.kind == kind && entry.op == ChangeOp::Upsert)
            .map(|entry| entry.entity_id)
            .collect()
    };
    let (assets, exif) = (changed(ChangeKind::Asset), changed(ChangeKind::Exif));
    let ids: Vec<Uuid> = assets.union(&exif).copied().collect();
    for (member, asset) in audience::of_albums(tx, owner, &ids).await? {
        for (set, kind) in [
            (&assets, ChangeKind::AlbumAssetUpdate),
            (&exif, ChangeKind::AlbumExifUpdate),
        ] {
            if set.contains(&asset) {
                feeds.add(member, Entry::upsert(kind, asset));
            }
        }
    }
    Ok(())
}
