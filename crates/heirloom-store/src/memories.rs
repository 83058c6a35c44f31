//! Assets brought back on their day.

use heirloom_types::{
    ids::{AssetId, MemoryId, UserId},
    time::Timestamp,
};
use serde_json::Value;
use sqlx::{FromRow, types::Json};

use crate::{Result, Tx, sql};

macro_rules! columns {
    () => {
        "id, owner_id, kind, data, memory_at, is_saved, seen_at, show_at, hide_at, created_at, updated_at"
    };
}

/// As the statements here list them.
pub(crate) const COLUMNS: &str = columns!();

/// One memory.
#[derive(Clone, Debug, FromRow)]
pub struct Memory {
    pub id: MemoryId,
    pub owner_id: UserId,
    /// `on_this_day`.
    pub kind: String,
    /// `{"year": 2019}`.
    pub data: Json<Value>,
    pub memory_at: Timestamp,
    pub is_saved: bool,
    pub seen_at: Option<Timestamp>,
    /// Shown from, and until.
    pub show_at: Option<Timestamp>,
    pub hide_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

pub async fn get(tx: &mut Tx, owner: UserId, id: MemoryId) -> Result<Option<Memory>> {
    tx.optional(sql!(
        concat!(
            "select ",
            columns!(),
            " from memories where owner_id = $1 and id = $2"
        ),
        owner,
        id
    ))
    .await
}

/// A person's memories, the newest day first; with `at`, those that show then.
pub async fn list(tx: &mut Tx, owner: UserId, at: Option<Timestamp>) -> Result<Vec<Memory>> {
    tx.all(sql!(
        concat!(
            "select ",
            columns!(),
            " from memories where owner_id = $1
                and ($2 is null or ((show_at is null or show_at <= $2) and (hide_at is null or hide_at >= $2)))
              order by memory_at desc, id"
        ),
        owner,
        at,
    ))
    .await
}

/// Whether the memory of that past day, to be shown from then on, was made already.
pub async fn exists_for(
    tx: &mut Tx,
    owner: UserId,
    memory_at: Timestamp,
    show_at: Timestamp,
) -> Result<bool> {
    let count: i64 = tx
        .scalar(sql!(
            "select count(*) from memories where owner_id = $1 and show_at = $2 and memory_at = $3",
            owner,
            show_at,
            memory_at,
        ))
        .await?;
    Ok(count > 0)
}

/// Writes the whole row.
pub async fn upsert(tx: &mut Tx, memory: &Memory) -> Result<()> {
    tx.execute(sql!(
        concat!(
            "insert into memories (",
            columns!(),
            ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
             on conflict (id) do update set memory_at = excluded.memory_at, is_saved = excluded.is_saved,
                 seen_at = excluded.seen_at, updated_at = excluded.updated_at"
        ),
        memory.id,
        memory.owner_id,
        &memory.kind,
        memory.data.0.clone(),
        memory.memory_at,
        memory.is_saved,
        memory.seen_at,
        memory.show_at,
        memory.hide_at,
        memory.created_at,
        memory.updated_at,
    ))
    .await?;
    Ok(())
}

pub async fn delete(tx: &mut Tx, id: MemoryId) -> Result<()> {
    tx.execute(sql!("delete from memories where id = $1", id))
        .await?;
    Ok(())
}

/// Memories whose time is over and that nobody saved.
pub async fn list_over(tx: &mut Tx, before: Timestamp, limit: i64) -> Result<Vec<Memory>> {
    tx.all(sql!(
        concat!(
            "select ",
            columns!(),
            " from memories where hide_at < $1 and not is_saved limit $2"
        ),
        before,
        limit,
    ))
    .await
}

pub async fn add_asset(
    tx: &mut Tx,
    memory: MemoryId,
    owner: UserId,
    asset: AssetId,
) -> Result<bool> {
    let added = tx
        .execute(sql!(
            "insert into memory_assets (memory_id, owner_id, asset_id) values ($1, $2, $3) on conflict do nothing",
            memory,
            owner,
            asset,
        ))
        .await?;
    Ok(added == 1)
}

pub async fn remove_asset(tx: &mut Tx, memory: MemoryId, asset: AssetId) -> Result<bool> {
    let removed = tx
        .execute(sql!(
            "delete from memory_assets where memory_id = $1 and asset_id = $2",
            memory,
            asset
        ))
        .await?;
    Ok(removed == 1)
}

/// The assets of a memory that can be shown, in the order they were taken.
pub async fn list_assets(tx: &mut Tx, memory: MemoryId) -> Result<Vec<AssetId>> {
    let rows: Vec<(AssetId,)> = tx
        .all(sql!(
            "select a.id from memory_assets m join assets a on a.owner_id = m.owner_id and a.id = m.asset_id
             where m.memory_id = $1 and a.deleted_at is null and a.visibility = 'timeline'
             order by a.local_date_time, a.id",
            memory
        ))
        .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// A day of the past years: what was taken between these two clock times of each, oldest first.
pub async fn list_taken(
    tx: &mut Tx,
    owner: UserId,
    from: Timestamp,
    until: Timestamp,
    limit: i64,
) -> Result<Vec<AssetId>> {
    let rows: Vec<(AssetId,)> = tx
        .all(sql!(
            "select id from assets where owner_id = $1 and visibility = 'timeline' and deleted_at is null
                 and not is_collapsed and local_month = $2 and local_date_time >= $3 and local_date_time < $4
             order by local_date_time, id limit $5",
            owner,
            crate::timeline::month_of(from),
            from,
            until,
            limit,
        ))
        .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}
