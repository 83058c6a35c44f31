//! Settings that live with the data: of the system, and of each user.

use heirloom_types::ids::UserId;
use serde_json::Value;
use sqlx::types::Json;

use crate::{Result, Tx, db::Sql, sql};

pub async fn get_system(tx: &mut Tx, key: &str) -> Result<Option<Value>> {
    let row: Option<(Json<Value>,)> = tx
        .optional(sql!(
            "select value from system_settings where key = $1",
            key
        ))
        .await?;
    Ok(row.map(|(value,)| value.0))
}

/// As [`get_system`], and keeps it from other writers until the commit.
pub async fn lock_system(tx: &mut Tx, key: &str) -> Result<Option<Value>> {
    let text = format!(
        "select value from system_settings where key = $1{}",
        tx.for_update()
    );
    let row: Option<(Json<Value>,)> = tx
        .optional(Sql::composed(&text, vec![key.into()], &[]))
        .await?;
    Ok(row.map(|(value,)| value.0))
}

pub async fn set_system(tx: &mut Tx, key: &str, value: Value) -> Result<()> {
    tx.execute(sql!(
        "insert into system_settings (key, value) values ($1, $2) on conflict (key) do update set value = excluded.value",
        key,
        value,
    ))
    .await?;
    Ok(())
}

pub async fn get_user(tx: &mut Tx, user: UserId, key: &str) -> Result<Option<Value>> {
    let row: Option<(Json<Value>,)> = tx
        .optional(sql!(
            "select value from user_settings where user_id = $1 and key = $2",
            user,
            key
        ))
        .await?;
    Ok(row.map(|(value,)| value.0))
}

pub async fn set_user(tx: &mut Tx, user: UserId, key: &str, value: Value) -> Result<()> {
    tx.execute(sql!(
        "insert into user_settings (user_id, key, value) values ($1, $2, $3)
         on conflict (user_id, key) do update set value = excluded.value",
        user,
        key,
        value,
    ))
    .await?;
    Ok(())
}

pub async fn delete_user(tx: &mut Tx, user: UserId, key: &str) -> Result<()> {
    tx.execute(sql!(
        "delete from user_settings where user_id = $1 and key = $2",
        user,
        key
    ))
    .await?;
    Ok(())
}

pub async fn delete_system(tx: &mut Tx, key: &str) -> Result<()> {
    tx.execute(sql!("delete from system_settings where key = $1", key))
        .await?;
    Ok(())
}
