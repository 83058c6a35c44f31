//! How far each device has read, per type of entity, in the device's own words: its last acknowledgement.

use heirloom_types::{
    ids::{SessionId, UserId},
    time::Timestamp,
};
use sqlx::FromRow;

use crate::{Result, Tx, sql};

/// One acknowledgement.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Checkpoint {
    pub kind: String,
    pub ack: String,
}

pub async fn list(tx: &mut Tx, session: SessionId) -> Result<Vec<Checkpoint>> {
    tx.all(sql!(
        "select kind, ack from sync_checkpoints where session_id = $1 order by kind",
        session
    ))
    .await
}

/// The sessions of a person that have a checkpoint of that kind.
pub async fn list_sessions(tx: &mut Tx, user: UserId, kind: &str) -> Result<Vec<SessionId>> {
    let rows: Vec<(SessionId,)> = tx
        .all(sql!(
            "select s.id from sessions s join sync_checkpoints c on c.session_id = s.id
             where s.user_id = $1 and c.kind = $2",
            user,
            kind
        ))
        .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

pub async fn upsert(
    tx: &mut Tx,
    session: SessionId,
    kind: &str,
    ack: &str,
    now: Timestamp,
) -> Result<()> {
    tx.execute(sql!(
        "insert into sync_checkpoints (session_id, kind, ack, created_at, updated_at) values ($1, $2, $3, $4, $4)
         on conflict (session_id, kind) do update set ack = excluded.ack, updated_at = excluded.updated_at",
        session,
        kind,
        ack,
        now,
    ))
    .await?;
    Ok(())
}

/// Sets one of every session that has any.
pub async fn upsert_all(tx: &mut Tx, kind: &str, ack: &str, now: Timestamp) -> Result<()> {
    tx.execute(sql!(
        "insert into sync_checkpoints (session_id, kind, ack, created_at, updated_at)
         select distinct session_id, $1, $2, $3, $3 from sync_checkpoints where kind <> $1
         on conflict (session_id, kind) do update set ack = excluded.ack, updated_at = excluded.updated_at",
        kind,
        ack,
        now,
    ))
    .await?;
    Ok(())
}

pub async fn delete(tx: &mut Tx, session: SessionId, kind: &str) -> Result<()> {
    tx.execute(sql!(
        "delete from sync_checkpoints where session_id = $1 and kind = $2",
        session,
        kind
    ))
    .await?;
    Ok(())
}

pub async fn delete_all(tx: &mut Tx, session: SessionId) -> Result<()> {
    tx.execute(sql!(
        "delete from sync_checkpoints where session_id = $1",
        session
    ))
    .await?;
    Ok(())
}
