//! Long-lived credentials with chosen permissions.

use heirloom_types::{
    ids::{ApiKeyId, UserId},
    time::Timestamp,
};
use sqlx::FromRow;

use crate::{Result, Tx, sql};

macro_rules! columns {
    () => {
        "id, user_id, name, key_hash, permissions, created_at, updated_at"
    };
}

/// One key.
#[derive(Clone, Debug, FromRow)]
pub struct ApiKey {
    pub id: ApiKeyId,
    pub user_id: UserId,
    pub name: String,
    /// SHA-256 of the key; the key itself is shown once and never stored.
    pub key_hash: Vec<u8>,
    /// Spellings of the permissions, separated by spaces.
    pub permissions: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

pub async fn insert(tx: &mut Tx, key: &ApiKey) -> Result<()> {
    tx.execute(sql!(
        concat!(
            "insert into api_keys (",
            columns!(),
            ") values ($1, $2, $3, $4, $5, $6, $7)"
        ),
        key.id,
        key.user_id,
        &key.name,
        key.key_hash.clone(),
        &key.permissions,
        key.created_at,
        key.updated_at,
    ))
    .await?;
    Ok(())
}

pub async fn get_by_key_hash(tx: &mut Tx, key_hash: &[u8]) -> Result<Option<ApiKey>> {
    tx.optional(sql!(
        concat!("select ", columns!(), " from api_keys where key_hash = $1"),
        key_hash.to_vec()
    ))
    .await
}

pub async fn get(tx: &mut Tx, user: UserId, id: ApiKeyId) -> Result<Option<ApiKey>> {
    tx.optional(sql!(
        concat!(
            "select ",
            columns!(),
            " from api_keys where id = $1 and user_id = $2"
        ),
        id,
        user
    ))
    .await
}

pub async fn list(tx: &mut Tx, user: UserId) -> Result<Vec<ApiKey>> {
    tx.all(sql!(
        concat!(
            "select ",
            columns!(),
            " from api_keys where user_id = $1 order by created_at, id"
        ),
        user
    ))
    .await
}

pub async fn update(tx: &mut Tx, key: &ApiKey) -> Result<()> {
    tx.execute(sql!(
        "update api_keys set name = $2, permissions = $3, updated_at = $4 where id = $1",
        key.id,
        &key.name,
        &key.permissions,
        key.updated_at,
    ))
    .await?;
    Ok(())
}

pub async fn delete(tx: &mut Tx, user: UserId, id: ApiKeyId) -> Result<bool> {
    Ok(tx
        .execute(sql!(
            "delete from api_keys where id = $1 and user_id = $2",
            id,
            user
        ))
        .await?
        > 0)
}
