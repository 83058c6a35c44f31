//! How pictures look, to find copies of one another.

use heirloom_types::ids::{AssetId, UserId};
use sqlx::FromRow;
use uuid::Uuid;

use crate::{Result, Tx, sql};

/// How one picture looks.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Look {
    pub asset_id: AssetId,
    /// 256 bits in which like pictures differ little.
    pub signature: Vec<u8>,
    /// A signed byte a number.
    pub vector: Vec<u8>,
}

/// A picture to compare with, without what is too large to keep of all.
#[derive(Clone, Debug, FromRow)]
pub struct Sieve {
    pub asset_id: AssetId,
    pub signature: Vec<u8>,
    pub is_compared: bool,
    pub duplicate_id: Option<Uuid>,
    /// Of a video; a photo and a video are never copies of one another.
    pub duration_ms: Option<i64>,
}

/// Writes the look of an asset, to be compared with all others.
pub async fn upsert(tx: &mut Tx, owner: UserId, look: &Look) -> Result<()> {
    tx.execute(sql!(
        "insert into looks (owner_id, asset_id, signature, vector, is_compared) values ($1, $2, $3, $4, $5)
         on conflict (owner_id, asset_id) do update set signature = excluded.signature, vector = excluded.vector,
             is_compared = excluded.is_compared",
        owner,
        look.asset_id,
        look.signature.clone(),
        look.vector.clone(),
        false,
    ))
    .await?;
    Ok(())
}

/// Everything of an owner that copies are looked for among.
pub async fn list_sieves(tx: &mut Tx, owner: UserId) -> Result<Vec<Sieve>> {
    tx.all(sql!(
        "select l.asset_id, l.signature, l.is_compared, a.duplicate_id, a.duration_ms
         from looks l join assets a on a.owner_id = l.owner_id and a.id = l.asset_id
         where l.owner_id = $1 and a.deleted_at is null and a.visibility in ('timeline', 'archive')
         order by l.asset_id",
        owner,
    ))
    .await
}

pub async fn list(tx: &mut Tx, owner: UserId, assets: &[Uuid]) -> Result<Vec<Look>> {
    tx.all_of(
        "select asset_id, signature, vector from looks where owner_id = $1 and asset_id in (*)",
        &[owner.0.into()],
        assets,
    )
    .await
}

pub async fn set_compared(tx: &mut Tx, owner: UserId, asset: AssetId) -> Result<()> {
    tx.execute(sql!(
        "update looks set is_compared = true where owner_id = $1 and asset_id = $2",
        owner,
        asset,
    ))
    .await?;
    Ok(())
}

/// Puts an asset into a group of copies, or takes it out.
pub async fn set_duplicate(
    tx: &mut Tx,
    owner: UserId,
    asset: AssetId,
    group: Option<Uuid>,
) -> Result<()> {
    tx.execute(sql!(
        "update assets set duplicate_id = $3 where owner_id = $1 and id = $2",
        owner,
        asset,
        group,
    ))
    .await?;
    Ok(())
}

/// The assets of groups of copies that are to be seen: group, asset.
pub async fn list_duplicates(
    tx: &mut Tx,
    owner: UserId,
) -> Result<Vec<(Uuid, AssetId, Option<f64>)>> {
    tx.all(sql!(
        "select duplicate_id, id, quality from assets
         where owner_id = $1 and duplicate_id is not null and deleted_at is null and visibility in ('timeline', 'archive')
         order by duplicate_id, id",
        owner,
    ))
    .await
}

/// All assets of one group, whatever became of them.
pub async fn list_group(tx: &mut Tx, owner: UserId, group: Uuid) -> Result<Vec<AssetId>> {
    let rows: Vec<(AssetId,)> = tx
        .all(sql!(
            "select id from assets where owner_id = $1 and duplicate_id = $2 order by id",
            owner,
            group,
        ))
        .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}
