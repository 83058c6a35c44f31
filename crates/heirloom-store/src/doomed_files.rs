//! Files that no row names: reserved for an upload that is not committed yet, or left behind by a row that went.
//!
//! A path is written here in a transaction before its file appears, and taken away in the one that names it; and it is
//! written in the transaction that forgets a file, before the file goes. A crash at any point therefore leaves no orphan:
//! whatever stands here past its time is removed.

use heirloom_types::time::Timestamp;

use crate::{Result, Tx, sql};

/// Has a file removed once `not_before` has passed.
pub async fn insert(tx: &mut Tx, path: &str, not_before: Timestamp) -> Result<()> {
    tx.execute(sql!(
        "insert into doomed_files (path, not_before) values ($1, $2)
         on conflict (path) do update set not_before = excluded.not_before",
        path,
        not_before,
    ))
    .await?;
    Ok(())
}

/// Reserves a path for a file that is about to appear; `false` when it is taken. Unless [`delete`] takes the reservation
/// away before `until`, the file is removed.
pub async fn reserve(tx: &mut Tx, path: &str, until: Timestamp) -> Result<bool> {
    let inserted = tx
        .execute(sql!(
            "insert into doomed_files (path, not_before)
             select cast($1 as text), $2
             where not exists (select 1 from assets where original_path = $1)
             on conflict (path) do nothing",
            path,
            until,
        ))
        .await?;
    Ok(inserted == 1)
}

/// Those whose time has come, the longest due first, at most `limit`.
pub async fn list(tx: &mut Tx, now: Timestamp, limit: i64) -> Result<Vec<String>> {
    let rows: Vec<(String,)> = tx
        .all(sql!(
            "select path from doomed_files where not_before <= $1 order by not_before, path limit $2",
            now,
            limit
        ))
        .await?;
    Ok(rows.into_iter().map(|(path,)| path).collect())
}

/// Takes a path off the list; `false` when it does not stand there (any more).
pub async fn delete(tx: &mut Tx, path: &str) -> Result<bool> {
    Ok(tx
        .execute(sql!("delete from doomed_files where path = $1", path))
        .await?
        == 1)
}
