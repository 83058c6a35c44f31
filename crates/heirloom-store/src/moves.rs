//! Originals on their way to another path of the store. The path is noted here in the transaction that reserves it, so
//! that a move which was cut off goes on to the same path.

use heirloom_types::ids::{AssetId, UserId};

use crate::{Result, Tx, sql};

/// Where an original was going when its move was cut off.
pub async fn get(tx: &mut Tx, owner: UserId, asset: AssetId) -> Result<Option<String>> {
    let row: Option<(String,)> = tx
        .optional(sql!(
            "select new_path from moves where owner_id = $1 and asset_id = $2",
            owner,
            asset
        ))
        .await?;
    Ok(row.map(|(path,)| path))
}

/// Notes where an original goes.
pub async fn insert(tx: &mut Tx, owner: UserId, asset: AssetId, new_path: &str) -> Result<()> {
    tx.execute(sql!(
        "insert into moves (owner_id, asset_id, new_path) values ($1, $2, $3)",
        owner,
        asset,
        new_path,
    ))
    .await?;
    Ok(())
}

pub async fn delete(tx: &mut Tx, owner: UserId, asset: AssetId) -> Result<()> {
    tx.execute(sql!(
        "delete from moves where owner_id = $1 and asset_id = $2",
        owner,
        asset
    ))
    .await?;
    Ok(())
}
