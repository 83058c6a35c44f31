//! Queries across owners, for jobs and administration only.

use heirloom_types::{
    ids::{AssetId, PersonId, TagId, UserId},
    time::Timestamp,
};
use sqlx::FromRow;

use crate::{Result, Tx, assets::Visibility, sql, stages::Stage};

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

/// Assets that have been in the trash since before `before`, at most `limit`. What is there because its file is away
/// stays: the file may come back.
pub async fn list_trashed_before(
    tx: &mut Tx,
    before: Timestamp,
    limit: i64,
) -> Result<Vec<(UserId, AssetId)>> {
    tx.all(sql!(
        "select owner_id, id from assets where deleted_at is not null and deleted_at < $1 and not is_offline
         order by deleted_at limit $2",
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

/// As [`names_file`], and whether it is on its way in or out.
pub async fn knows_file(tx: &mut Tx, path: &str) -> Result<bool> {
    let count: i64 = tx
        .scalar(sql!(
            "select count(*) from doomed_files where path = $1",
            path
        ))
        .await?;
    Ok(count > 0 || names_file(tx, path).await?)
}

/// One original and what its bytes must be.
#[derive(Clone, Debug, FromRow)]
pub struct OriginalRecord {
    pub owner_id: UserId,
    pub id: AssetId,
    pub original_path: String,
    pub size_bytes: i64,
    pub blake3: heirloom_types::checksum::Blake3,
}

impl OriginalRecord {
    /// Whether it lies outside the store and is only read.
    pub fn is_external(&self) -> bool {
        self.original_path.starts_with('/')
    }
}

/// A page of all originals in the order of their ids, for verification.
pub async fn list_originals(
    tx: &mut Tx,
    after: AssetId,
    limit: i64,
) -> Result<Vec<OriginalRecord>> {
    tx.all(sql!(
        "select owner_id, id, original_path, size_bytes, blake3 from assets where id > $1 order by id limit $2",
        after,
        limit,
    ))
    .await
}

/// A page of the assets whose originals lie in the store, in the order of their ids.
pub async fn list_stored_originals(
    tx: &mut Tx,
    after: AssetId,
    limit: i64,
) -> Result<Vec<(UserId, AssetId)>> {
    tx.all(sql!(
        "select owner_id, id from assets where id > $1 and library_id is null order by id limit $2",
        after,
        limit,
    ))
    .await
}

/// Whether an asset still names that file as its original.
pub async fn is_original(tx: &mut Tx, owner: UserId, id: AssetId, path: &str) -> Result<bool> {
    let count: i64 = tx
        .scalar(sql!(
            "select count(*) from assets where owner_id = $1 and id = $2 and original_path = $3",
            owner,
            id,
            path,
        ))
        .await?;
    Ok(count > 0)
}

/// Forgets changes older than `before`; readers that stand further back start over.
pub async fn forget_changes(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    tx.execute(sql!("delete from changes where changed_at < $1", before))
        .await
}

/// Assets for which an older version of a stage was wanted than there is now.
pub async fn list_outdated(
    tx: &mut Tx,
    stage: Stage,
    limit: i64,
) -> Result<Vec<(UserId, AssetId)>> {
    tx.all(sql!(
        "select owner_id, asset_id from asset_stages where stage = $1 and wanted_version < $2 limit $3",
        stage,
        stage.version(),
        limit,
    ))
    .await
}

/// Bytes of a user's photos and of their videos; files of external libraries take none of our space.
pub async fn usage_by_kind(tx: &mut Tx, owner: UserId) -> Result<(i64, i64)> {
    tx.one(sql!(
        "select cast(coalesce(sum(case when kind = 'image' then size_bytes else 0 end), 0) as bigint),
                cast(coalesce(sum(case when kind = 'video' then size_bytes else 0 end), 0) as bigint)
         from assets where owner_id = $1 and library_id is null",
        owner,
    ))
    .await
}

/// Tags that no asset carries and that hold no other tag.
pub async fn list_unused_tags(tx: &mut Tx, limit: i64) -> Result<Vec<(UserId, TagId)>> {
    tx.all(sql!(
        "select owner_id, id from tags t
         where not exists (select 1 from asset_tags a where a.tag_id = t.id)
           and not exists (select 1 from tags c where c.parent_id = t.id)
         order by id limit $1",
        limit
    ))
    .await
}

/// People without a name and without a face.
pub async fn list_unseen_people(tx: &mut Tx, limit: i64) -> Result<Vec<(UserId, PersonId)>> {
    tx.all(sql!(
        "select owner_id, id from people p
         where name = '' and not exists (select 1 from faces f where f.person_id = p.id)
         order by id limit $1",
        limit
    ))
    .await
}
