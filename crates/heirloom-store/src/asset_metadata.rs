//! Values that clients keep with an asset, by key.

use heirloom_types::{
    ids::{AssetId, UserId},
    time::Timestamp,
};
use serde_json::Value;
use sqlx::{FromRow, types::Json};

use crate::{Result, Tx, sql};

/// One value.
#[derive(Clone, Debug, FromRow)]
pub struct AssetMetadata {
    pub asset_id: AssetId,
    pub key: String,
    pub value: Json<Value>,
    pub updated_at: Timestamp,
}

pub async fn upsert(
    tx: &mut Tx,
    owner: UserId,
    asset: AssetId,
    key: &str,
    value: &Value,
    now: Timestamp,
) -> Result<()> {
    tx.execute(sql!(
        "insert into asset_metadata (owner_id, asset_id, key, value, updated_at) values ($1, $2, $3, $4, $5)
         on conflict (owner_id, asset_id, key) do update set value = excluded.value, updated_at = excluded.updated_at",
        owner,
        asset,
        key,
        value.clone(),
        now,
    ))
    .await?;
    Ok(())
}

pub async fn list(tx: &mut Tx, owner: UserId, asset: AssetId) -> Result<Vec<AssetMetadata>> {
    tx.all(sql!(
        "select asset_id, key, value, updated_at from asset_metadata where owner_id = $1 and asset_id = $2 order by key",
        owner,
        asset,
    ))
    .await
}

pub async fn delete(tx: &mut Tx, owner: UserId, asset: AssetId, key: &str) -> Result<bool> {
    let deleted = tx
        .execute(sql!(
            "delete from asset_metadata where owner_id = $1 and asset_id = $2 and key = $3",
            owner,
            asset,
            key,
        ))
        .await?;
    Ok(deleted > 0)
}
