//! Resumable uploads that are not assets yet.

use heirloom_types::{
    ids::{AssetId, UploadId, UserId},
    time::Timestamp,
};
use serde_json::Value;
use sqlx::{FromRow, types::Json};

use crate::{Result, Tx, sql};

macro_rules! columns {
    () => {
        "id, owner_id, size_bytes, metadata, asset_id, created_at, expires_at"
    };
}

/// One resumable upload.
#[derive(Clone, Debug, FromRow)]
pub struct Upload {
    pub id: UploadId,
    pub owner_id: UserId,
    /// What the client announced.
    pub size_bytes: i64,
    /// The fields of the upload, as text by name.
    pub metadata: Json<Value>,
    /// The asset it became, once it is complete.
    pub asset_id: Option<AssetId>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

pub async fn insert(tx: &mut Tx, upload: &Upload) -> Result<()> {
    tx.execute(sql!(
        concat!(
            "insert into uploads (",
            columns!(),
            ") values ($1, $2, $3, $4, $5, $6, $7)"
        ),
        upload.id,
        upload.owner_id,
        upload.size_bytes,
        upload.metadata.0.clone(),
        upload.asset_id,
        upload.created_at,
        upload.expires_at,
    ))
    .await?;
    Ok(())
}

pub async fn get(tx: &mut Tx, owner: UserId, id: UploadId) -> Result<Option<Upload>> {
    tx.optional(sql!(
        concat!(
            "select ",
            columns!(),
            " from uploads where id = $1 and owner_id = $2"
        ),
        id,
        owner
    ))
    .await
}

/// Notes which asset a complete upload became.
pub async fn complete(tx: &mut Tx, id: UploadId, asset: AssetId) -> Result<()> {
    tx.execute(sql!(
        "update uploads set asset_id = $2 where id = $1",
        id,
        asset
    ))
    .await?;
    Ok(())
}

pub async fn delete(tx: &mut Tx, id: UploadId) -> Result<()> {
    tx.execute(sql!("delete from uploads where id = $1", id))
        .await?;
    Ok(())
}

/// Those whose time is over, at most `limit`.
pub async fn list_expired(tx: &mut Tx, now: Timestamp, limit: i64) -> Result<Vec<Upload>> {
    tx.all(sql!(
        concat!(
            "select ",
            columns!(),
            " from uploads where expires_at <= $1 order by expires_at limit $2"
        ),
        now,
        limit
    ))
    .await
}
