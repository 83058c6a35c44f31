//! Files that no row names any more. They are written here in the transaction that forgot them and removed from the
//! blob store afterwards, so that a crash between the two leaves no orphan.

use heirloom_types::time::Timestamp;

use crate::{Result, Tx, sql};

pub async fn insert(tx: &mut Tx, path: &str, now: Timestamp) -> Result<()> {
    tx.execute(sql!(
        "insert into doomed_files (path, doomed_at) values ($1, $2) on conflict (path) do nothing",
        path,
        now,
    ))
    .await?;
    Ok(())
}

/// The oldest first, at most `limit`.
pub async fn list(tx: &mut Tx, limit: i64) -> Result<Vec<String>> {
    let rows: Vec<(String,)> = tx
        .all(sql!(
            "select path from doomed_files order by doomed_at, path limit $1",
            limit
        ))
        .await?;
    Ok(rows.into_iter().map(|(path,)| path).collect())
}

pub async fn delete(tx: &mut Tx, path: &str) -> Result<()> {
    tx.execute(sql!("delete from doomed_files where path = $1", path))
        .await?;
    Ok(())
}
