//! What the scrub knows of originals, and what it reports.

use heirloom_types::{
    ids::{AssetId, UserId},
    time::Timestamp,
};
use sqlx::FromRow;
use uuid::Uuid;

use crate::{Result, Tx, sql, text_enum};

text_enum! {
    /// What is not as it should be.
    pub enum ReportKind {
        /// A file among the originals that no asset names.
        UntrackedFile = "untracked_file",
        /// An asset whose original is not there.
        MissingFile = "missing_file",
        /// An original whose bytes are not those that were taken in.
        ChecksumMismatch = "checksum_mismatch",
    }
}

/// One line of a report.
#[derive(Clone, Debug, FromRow)]
pub struct Report {
    pub id: Uuid,
    pub kind: ReportKind,
    pub path: String,
    pub owner_id: Option<UserId>,
    pub asset_id: Option<AssetId>,
    pub found_at: Timestamp,
}

/// What was found of one original.
#[derive(Clone, Debug)]
pub struct Verification {
    pub owner: UserId,
    pub asset: AssetId,
    /// Absent when it is as it should be.
    pub damage: Option<String>,
    pub was_repaired: bool,
}

/// How the library is, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromRow)]
pub struct Health {
    pub originals: i64,
    /// Verified at least once, and not damaged since.
    pub verified: i64,
    pub damaged: i64,
    pub repaired: i64,
    pub oldest_verification: Option<Timestamp>,
}

/// Notes what was found; an asset that went meanwhile is nothing to note.
pub async fn note(tx: &mut Tx, found: &Verification, now: Timestamp) -> Result<()> {
    let verified = found.damage.is_none().then_some(now);
    tx.execute(sql!(
        "insert into verifications (owner_id, asset_id, checked_at, verified_at, damage, repaired_at)
         select owner_id, id, $3, $4, $5, $6 from assets where owner_id = $1 and id = $2
         on conflict (owner_id, asset_id) do update set checked_at = excluded.checked_at,
             verified_at = coalesce(excluded.verified_at, verifications.verified_at), damage = excluded.damage,
             repaired_at = coalesce(excluded.repaired_at, verifications.repaired_at)",
        found.owner,
        found.asset,
        now,
        verified,
        found.damage.clone(),
        verified.filter(|_| found.was_repaired),
    ))
    .await?;
    Ok(())
}

/// Forgets what was found of an original: it is another file now.
pub async fn forget(tx: &mut Tx, owner: UserId, asset: AssetId) -> Result<()> {
    tx.execute(sql!(
        "delete from verifications where owner_id = $1 and asset_id = $2",
        owner,
        asset
    ))
    .await?;
    Ok(())
}

pub async fn health(tx: &mut Tx) -> Result<Health> {
    tx.one(sql!(
        "select (select count(*) from assets) as originals,
                count(*) filter (where verified_at is not null and damage is null) as verified,
                count(*) filter (where damage is not null) as damaged,
                count(*) filter (where repaired_at is not null) as repaired,
                min(verified_at) as oldest_verification
         from verifications"
    ))
    .await
}

/// Puts a line into a report, unless it stands there.
pub async fn report(tx: &mut Tx, line: &Report) -> Result<()> {
    tx.execute(sql!(
        "insert into integrity_reports (id, kind, path, owner_id, asset_id, found_at)
         values ($1, $2, $3, $4, $5, $6) on conflict (kind, path) do nothing",
        line.id,
        line.kind,
        &line.path,
        line.owner_id,
        line.asset_id,
        line.found_at,
    ))
    .await?;
    Ok(())
}

/// Takes a path out of a report: it is as it should be.
pub async fn clear(tx: &mut Tx, kind: ReportKind, path: &str) -> Result<()> {
    tx.execute(sql!(
        "delete from integrity_reports where kind = $1 and path = $2",
        kind,
        path
    ))
    .await?;
    Ok(())
}

/// Takes everything out of a report that was found before: a whole round did not find it again.
pub async fn clear_before(tx: &mut Tx, kind: ReportKind, before: Timestamp) -> Result<u64> {
    tx.execute(sql!(
        "delete from integrity_reports where kind = $1 and found_at < $2",
        kind,
        before
    ))
    .await
}

/// A page of a report.
pub async fn list(tx: &mut Tx, kind: ReportKind, after: Uuid, limit: i64) -> Result<Vec<Report>> {
    tx.all(sql!(
        "select id, kind, path, owner_id, asset_id, found_at from integrity_reports
         where kind = $1 and id > $2 order by id limit $3",
        kind,
        after,
        limit,
    ))
    .await
}

pub async fn get(tx: &mut Tx, id: Uuid) -> Result<Option<Report>> {
    tx.optional(sql!(
        "select id, kind, path, owner_id, asset_id, found_at from integrity_reports where id = $1",
        id
    ))
    .await
}

pub async fn delete(tx: &mut Tx, id: Uuid) -> Result<()> {
    tx.execute(sql!("delete from integrity_reports where id = $1", id))
        .await?;
    Ok(())
}

/// How long each report is.
pub async fn counts(tx: &mut Tx) -> Result<Vec<(ReportKind, i64)>> {
    tx.all(sql!(
        "select kind, count(*) from integrity_reports group by kind"
    ))
    .await
}

/// Whether a path stands in a report.
pub async fn has(tx: &mut Tx, kind: ReportKind, path: &str) -> Result<bool> {
    let count: i64 = tx
        .scalar(sql!(
            "select count(*) from integrity_reports where kind = $1 and path = $2",
            kind,
            path
        ))
        .await?;
    Ok(count > 0)
}
