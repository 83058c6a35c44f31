//! The versions of this program that ran on this database.

use heirloom_types::time::Timestamp;
use sqlx::FromRow;
use uuid::Uuid;

use crate::{Result, Tx, sql};

/// One version, and when it first ran.
#[derive(Clone, Debug, FromRow)]
pub struct RanVersion {
    pub id: Uuid,
    pub version: String,
    pub created_at: Timestamp,
}

/// All of them, the newest first.
pub async fn list(tx: &mut Tx) -> Result<Vec<RanVersion>> {
    tx.all(sql!(
        "select id, version, created_at from version_history order by created_at desc, id desc"
    ))
    .await
}

pub async fn insert(tx: &mut Tx, ran: &RanVersion) -> Result<()> {
    tx.execute(sql!(
        "insert into version_history (id, version, created_at) values ($1, $2, $3)",
        ran.id,
        &ran.version,
        ran.created_at,
    ))
    .await?;
    Ok(())
}
