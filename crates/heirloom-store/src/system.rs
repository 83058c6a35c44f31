//! Queries across owners, for jobs and administration only.

use heirloom_types::{
    ids::{AssetId, UserId},
    time::Timestamp,
};
use sqlx::FromRow;

use crate::{Result, Tx, assets::Visibility, sql};

/// What one user's library comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromRow)]
pub struct AssetTotals {
    pub images: i64,
    pub videos: i64,
}

/// Which assets a total counts.
#[derive(Clone, Copy, Debug, Default)]
pub struct TotalsFilter {
    pub visibility: Option<Visibility>,
    pub is_favorite: Option<bool>,
    pub is_trashed: Option<bool>,
}

/// How many assets of each kind a user has; the moving parts of live photos count only when hidden ones are asked for.
pub async fn asset_totals(tx: &mut Tx, owner: UserId, filter: TotalsFilter) -> Result<AssetTotals> {
    tx.one(sql!(
        "select cast(coalesce(sum(case when kind = 'image' then count else 0 end), 0) as bigint) as images,
                cast(coalesce(sum(case when kind = 'video' then count else 0 end), 0) as bigint) as videos
         from asset_counts
         where owner_id = $1
           and (($2 is null and visibility <> 'hidden') or visibility = $2)
           and ($3 is null or is_favorite = $3)
           and ($4 is null or is_trashed = $4)",
        owner,
        filter.visibility,
        filter.is_favorite,
        filter.is_trashed,
    ))
    .await
}

/// An asset's owner, whoever asks. For work that was started by somebody who was allowed to.
pub async fn owner_of(tx: &mut Tx, id: AssetId) -> Result<Option<UserId>> {
    let row: Option<(UserId,)> = tx
        .optional(sql!("select owner_id from assets where id = $1", id))
        .await?;
    Ok(row.map(|(owner,)| owner))
}

/// Assets that have been in the trash since before `before`, at most `limit`.
pub async fn list_trashed_before(
    tx: &mut Tx,
    before: Timestamp,
    limit: i64,
) -> Result<Vec<(UserId, AssetId)>> {
    tx.all(sql!(
        "select owner_id, id from assets where deleted_at is not null and deleted_at < $1 order by deleted_at limit $2",
        before,
        limit,
    ))
    .await
}

/// Whether a row names that file as an original or a sidecar.
pub async fn names_file(tx: &mut Tx, path: &str) -> Result<bool> {
    let count: i64 = tx
        .scalar(sql!(
            "select count(*) from assets where original_path = $1 or sidecar_path = $1",
            path
        ))
        .await?;
    Ok(count > 0)
}

/// One original and what its bytes must be.
#[derive(Clone, Debug, FromRow)]
pub struct OriginalRecord {
    pub id: AssetId,
    pub original_path: String,
    pub size_bytes: i64,
    pub blake3: heirloom_types::checksum::Blake3,
}

/// A page of all originals in the order of their ids, for verification.
pub async fn list_originals(
    tx: &mut Tx,
    after: AssetId,
    limit: i64,
) -> Result<Vec<OriginalRecord>> {
    tx.all(sql!(
        "select id, original_path, size_bytes, blake3 from assets where id > $1 order by id limit $2",
        after,
        limit,
    ))
    .await
}

/// Forgets changes older than `before`; readers that stand further back start over.
pub async fn forget_changes(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    tx.execute(sql!("delete from changes where changed_at < $1", before))
        .await
}

/// Puts every asset to work again that a stage does not have in the wanted version.
pub async fn want_everywhere(tx: &mut Tx, stage: crate::stages::Stage) -> Result<u64> {
    tx.execute(sql!(
        "update asset_stages set wanted_version = $2, attempts = 0 where stage = $1 and wanted_version < $2",
        stage,
        stage.version(),
    ))
    .await
}

/// Bytes of a user's photos and of their videos.
pub async fn usage_by_kind(tx: &mut Tx, owner: UserId) -> Result<(i64, i64)> {
    tx.one(sql!(
        "select cast(coalesce(sum(case when kind = 'image' then size_bytes else 0 end), 0) as bigint),
                cast(coalesce(sum(case when kind = 'video' then size_bytes else 0 end), 0) as bigint)
         from assets where owner_id = $1",
        owner,
    ))
    .await
}
