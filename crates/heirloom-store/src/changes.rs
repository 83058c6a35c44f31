//! The one change feed: every mutation appends here, in its own transaction.
//!
//! A feed belongs to an owner, or to something shared. Its counter is taken last in the transaction and stays locked
//! until the commit, so the order of commits is the order of `seq`: a reader never steps over a change that commits late.

use std::collections::BTreeMap;

use heirloom_types::{ids::UserId, time::Timestamp};
use sea_query::Query;
use sqlx::FromRow;
use uuid::Uuid;

use crate::{Result, Tx, db::Sql, sql, text_enum};

/// Far below the parameter limits of both databases.
const ENTRIES_PER_STATEMENT: usize = 1_000;
const FEEDS_PER_STATEMENT: usize = 1_000;

text_enum! {
    /// What kind of thing changed.
    pub enum ChangeKind {
        Album = "album",
        /// An asset in an album; the album is the parent.
        AlbumAsset = "album_asset",
        /// Another person's asset that shows in one of the reader's albums has changed.
        AlbumAssetUpdate = "album_asset_update",
        /// As `AlbumAssetUpdate`, what its file says.
        AlbumExifUpdate = "album_exif_update",
        /// A person in an album; the album is the parent.
        AlbumUser = "album_user",
        /// An asset; the detail is one of [`moment`] where more happened than a change.
        Asset = "asset",
        /// A step of an asset's edit; the asset is the parent.
        AssetEdit = "asset_edit",
        /// What a model made of an asset: its vectors and labels.
        Embedding = "embedding",
        Exif = "exif",
        /// A client's value; the detail is its key.
        AssetMetadata = "asset_metadata",
        AssetTag = "asset_tag",
        Tag = "tag",
        Face = "face",
        Memory = "memory",
        /// An asset in a memory; the memory is the parent.
        MemoryAsset = "memory_asset",
        /// The entity sees what the parent has.
        Partner = "partner",
        PartnerAsset = "partner_asset",
        PartnerExif = "partner_exif",
        PartnerStack = "partner_stack",
        Person = "person",
        Stack = "stack",
        User = "user",
        /// The detail is the setting's key.
        UserSetting = "user_setting",
        Notification = "notification",
        Session = "session",
        /// The settings of the server.
        SystemSetting = "system_setting",
        Stage = "stage",
        /// A line of text in a picture.
        TextLine = "text_line",
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
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Change {
    pub feed_id: Uuid,
    pub seq: i64,
    pub kind: ChangeKind,
    pub entity_id: Uuid,
    /// What the entity is part of, for things that have no id of their own.
    pub parent_id: Option<Uuid>,
    pub detail: Option<String>,
    pub op: ChangeOp,
    pub changed_at: Timestamp,
}

/// What happened to an asset or a person beyond a change of their row: what somebody who looks right now waits for.
pub mod moment {
    /// An asset can be shown for the first time.
    pub const READY: &str = "ready";
    /// The renditions of an edit are there, or gone.
    pub const EDITED: &str = "edited";
    pub const TRASHED: &str = "trashed";
    pub const RESTORED: &str = "restored";
    /// A person has a new picture.
    pub const PICTURED: &str = "pictured";
}

/// The feed that everybody may read: the accounts of this server.
pub const EVERYONE: Uuid = Uuid::nil();

/// What a mutation wants recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub kind: ChangeKind,
    pub entity_id: Uuid,
    pub parent_id: Option<Uuid>,
    pub detail: Option<String>,
    pub op: ChangeOp,
}

impl Entry {
    /// The thing exists now as its table says.
    pub fn upsert(kind: ChangeKind, entity: impl Into<Uuid>) -> Self {
        Self::new(kind, entity.into(), ChangeOp::Upsert)
    }

    /// The thing is gone.
    pub fn delete(kind: ChangeKind, entity: impl Into<Uuid>) -> Self {
        Self::new(kind, entity.into(), ChangeOp::Delete)
    }

    /// The thing is part of that one.
    #[must_use]
    pub fn within(mut self, parent: impl Into<Uuid>) -> Self {
        self.parent_id = Some(parent.into());
        self
    }

    /// Which of several values it is.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    fn new(kind: ChangeKind, entity_id: Uuid, op: ChangeOp) -> Self {
        Self {
            kind,
            entity_id,
            parent_id: None,
            detail: None,
            op,
        }
    }
}

macro_rules! withdraw {
    ($table:literal) => {
        concat!(
            "insert into changes (feed_id, seq, kind, entity_id, parent_id, op, changed_at)
             select $1, $2 + row_number() over (order by id), $3, id, $4, 'delete', $5 from ",
            $table,
            " where owner_id = $4"
        )
    };
}

/// What a transaction tells several audiences, gathered so that the feeds are locked last and always in one order.
#[derive(Debug, Default)]
pub struct Feeds(BTreeMap<Uuid, Vec<Entry>>);

impl Feeds {
    pub fn add(&mut self, feed: impl Into<Uuid>, entry: Entry) {
        self.0.entry(feed.into()).or_default().push(entry);
    }

    /// Appends everything, and says where each feed stands then. Call it last in the transaction.
    pub async fn record(self, tx: &mut Tx, now: Timestamp) -> Result<BTreeMap<Uuid, i64>> {
        let mut positions = BTreeMap::new();
        for (feed, entries) in self.0 {
            let last = record(tx, feed, now, &entries).await?;
            positions.insert(feed, last);
        }
        Ok(positions)
    }
}

/// Appends to a feed and gives the last sequence number. Call it last in the transaction: the feed stays locked until
/// the commit.
pub async fn record(
    tx: &mut Tx,
    feed: impl Into<Uuid>,
    now: Timestamp,
    entries: &[Entry],
) -> Result<i64> {
    let feed = feed.into();
    if entries.is_empty() {
        return position(tx, feed).await;
    }
    let count = entries.len() as i64;
    let last: i64 = tx
        .scalar(sql!(
            "insert into feeds (id, seq) values ($1, $2) on conflict (id) do update set seq = feeds.seq + $2 returning seq",
            feed,
            count,
        ))
        .await?;
    let mut seq = last - count;
    for chunk in entries.chunks(ENTRIES_PER_STATEMENT) {
        let mut insert = Query::insert()
            .into_table("changes")
            .columns([
                "feed_id",
                "seq",
                "kind",
                "entity_id",
                "parent_id",
                "detail",
                "op",
                "changed_at",
            ])
            .to_owned();
        for entry in chunk {
            seq += 1;
            insert.values_panic([
                feed.into(),
                seq.into(),
                entry.kind.as_str().into(),
                entry.entity_id.into(),
                entry.parent_id.into(),
                entry.detail.clone().into(),
                entry.op.as_str().into(),
                now.into(),
            ]);
        }
        let statement = tx.build(&insert);
        tx.execute(statement).await?;
    }
    Ok(last)
}

/// Tells one reader that everything of an owner leaves their sight. What the owner deletes later is not told any more,
/// so it has to be now.
pub async fn record_withdrawal(
    tx: &mut Tx,
    reader: UserId,
    owner: UserId,
    now: Timestamp,
) -> Result<()> {
    for (kind, count, insert) in [
        (
            ChangeKind::PartnerStack,
            "select count(*) from stacks where owner_id = $1",
            withdraw!("stacks"),
        ),
        (
            ChangeKind::PartnerAsset,
            "select count(*) from assets where owner_id = $1",
            withdraw!("assets"),
        ),
    ] {
        let count: i64 = tx.scalar(sql!(count, owner)).await?;
        if count == 0 {
            continue;
        }
        let last: i64 = tx
            .scalar(sql!(
                "insert into feeds (id, seq) values ($1, $2)
                 on conflict (id) do update set seq = feeds.seq + $2 returning seq",
                reader,
                count,
            ))
            .await?;
        tx.execute(sql!(insert, reader, last - count, kind, owner, now))
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

/// Where several feeds stand; one that nothing was ever written to is not among them.
pub async fn positions(tx: &mut Tx, feeds: &[Uuid]) -> Result<Vec<(Uuid, i64)>> {
    let mut found = Vec::with_capacity(feeds.len());
    for chunk in feeds.chunks(FEEDS_PER_STATEMENT) {
        let statement = Sql::composed("select id, seq from feeds where id in (*)", vec![], chunk);
        found.extend(tx.all::<(Uuid, i64)>(statement).await?);
    }
    Ok(found)
}

/// The oldest position from which the feed can still be followed without a gap.
pub async fn oldest_position(tx: &mut Tx, feed: impl Into<Uuid>) -> Result<i64> {
    let feed = feed.into();
    let oldest: Option<i64> = tx
        .scalar(sql!(
            "select min(seq) from changes where feed_id = $1",
            feed
        ))
        .await?;
    match oldest {
        Some(seq) => Ok(seq - 1),
        None => position(tx, feed).await,
    }
}

/// What changed after `seq`, in order, at most `limit` entries.
pub async fn list_after(
    tx: &mut Tx,
    feed: impl Into<Uuid>,
    seq: i64,
    limit: i64,
) -> Result<Vec<Change>> {
    tx.all(sql!(
        "select feed_id, seq, kind, entity_id, parent_id, detail, op, changed_at from changes
         where feed_id = $1 and seq > $2 order by seq limit $3",
        feed.into(),
        seq,
        limit,
    ))
    .await
}

/// As [`list_after`], of one kind and not after `end`.
pub async fn list_of_kind(
    tx: &mut Tx,
    feed: Uuid,
    kind: ChangeKind,
    after: i64,
    end: i64,
    limit: i64,
) -> Result<Vec<Change>> {
    tx.all(sql!(
        "select feed_id, seq, kind, entity_id, parent_id, detail, op, changed_at from changes
         where feed_id = $1 and kind = $2 and seq > $3 and seq <= $4 order by seq limit $5",
        feed,
        kind,
        after,
        end,
        limit,
    ))
    .await
}
