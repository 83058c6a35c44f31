//! The one change feed: every mutation appends here, in its own transaction.
//!
//! A feed belongs to an owner, or to something shared. Its counter is taken last in the transaction and stays locked
//! until the commit, so the order of commits is the order of `seq`: a reader never steps over a change that commits late.

use heirloom_types::time::Timestamp;
use sqlx::FromRow;
use uuid::Uuid;

use crate::{Result, Tx, sql, text_enum};

text_enum! {
    /// What kind of thing changed.
    pub enum ChangeKind {
        Album = "album",
        AlbumAsset = "album_asset",
        AlbumUser = "album_user",
        Asset = "asset",
        Exif = "exif",
        AssetMetadata = "asset_metadata",
        AssetTag = "asset_tag",
        Tag = "tag",
        User = "user",
        UserSetting = "user_setting",
        Session = "session",
        Stage = "stage",
    }
}

text_enum! {
    /// What happened to it.
    pub enum ChangeOp {
        /// It exists now as its table says.
        Upsert = "upsert",
        /// It is gone.
        Delete = "delete",
    }
}

/// One entry of a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromRow)]
pub struct Change {
    pub feed_id: Uuid,
    pub seq: i64,
    pub kind: ChangeKind,
    pub entity_id: Uuid,
    pub op: ChangeOp,
    pub changed_at: Timestamp,
}

/// What a mutation wants recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub kind: ChangeKind,
    pub entity_id: Uuid,
    pub op: ChangeOp,
}

impl Entry {
    /// The thing exists now as its table says.
    pub fn upsert(kind: ChangeKind, entity: impl Into<Uuid>) -> Self {
        Self {
            kind,
            entity_id: entity.into(),
            op: ChangeOp::Upsert,
        }
    }

    /// The thing is gone.
    pub fn delete(kind: ChangeKind, entity: impl Into<Uuid>) -> Self {
        Self {
            kind,
            entity_id: entity.into(),
            op: ChangeOp::Delete,
        }
    }
}

/// Appends to a feed. Call it last in the transaction: the feed stays locked until the commit.
pub async fn record(
    tx: &mut Tx,
    feed: impl Into<Uuid>,
    now: Timestamp,
    entries: &[Entry],
) -> Result<()> {
    if entries.is_empty() {
        return Ok(());
    }
    let feed = feed.into();
    let count = entries.len() as i64;
    let last: i64 = tx
        .scalar(sql!(
            "insert into feeds (id, seq) values ($1, $2) on conflict (id) do update set seq = feeds.seq + $2 returning seq",
            feed,
            count,
        ))
        .await?;
    for (entry, seq) in entries.iter().zip(last - count + 1..) {
        tx.execute(sql!(
            "insert into changes (feed_id, seq, kind, entity_id, op, changed_at) values ($1, $2, $3, $4, $5, $6)",
            feed,
            seq,
            entry.kind,
            entry.entity_id,
            entry.op,
            now,
        ))
        .await?;
    }
    Ok(())
}

/// The last sequence number of a feed; 0 when nothing has ever changed.
pub async fn position(tx: &mut Tx, feed: impl Into<Uuid>) -> Result<i64> {
    let row: Option<(i64,)> = tx
        .optional(sql!("select seq from feeds where id = $1", feed.into()))
        .await?;
    Ok(row.map_or(0, |(seq,)| seq))
}

/// What changed after `seq`, in order, at most `limit` entries.
pub async fn list_after(
    tx: &mut Tx,
    feed: impl Into<Uuid>,
    seq: i64,
    limit: i64,
) -> Result<Vec<Change>> {
    tx.all(sql!(
        "select feed_id, seq, kind, entity_id, op, changed_at from changes where feed_id = $1 and seq > $2
         order by seq limit $3",
        feed.into(),
        seq,
        limit,
    ))
    .await
}
