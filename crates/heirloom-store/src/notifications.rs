//! What the server tells people.

use heirloom_types::{
    ids::{NotificationId, UserId},
    time::Timestamp,
};
use serde_json::Value;
use sqlx::{FromRow, types::Json};
use uuid::Uuid;

use crate::{Result, Tx, db::Sql, sql, text_enum};

macro_rules! columns {
    () => {
        "id, user_id, kind, level, title, description, data, read_at, created_at"
    };
}

text_enum! {
    /// What it is about.
    pub enum NotificationKind {
        JobFailed = "JobFailed",
        BackupFailed = "BackupFailed",
        SystemMessage = "SystemMessage",
        AlbumInvite = "AlbumInvite",
        AlbumUpdate = "AlbumUpdate",
        Custom = "Custom",
    }
}

text_enum! {
    /// How it should look.
    pub enum NotificationLevel {
        Success = "success",
        Error = "error",
        Warning = "warning",
        Info = "info",
    }
}

/// One notification of one person.
#[derive(Clone, Debug, FromRow)]
pub struct Notification {
    pub id: NotificationId,
    pub user_id: UserId,
    pub kind: NotificationKind,
    pub level: NotificationLevel,
    pub title: String,
    pub description: Option<String>,
    /// What a client needs to lead to the thing.
    pub data: Option<Json<Value>>,
    pub read_at: Option<Timestamp>,
    pub created_at: Timestamp,
}

/// Which notifications of a person.
#[derive(Clone, Copy, Debug, Default)]
pub struct NotificationFilter {
    pub id: Option<NotificationId>,
    pub kind: Option<NotificationKind>,
    pub level: Option<NotificationLevel>,
    pub is_unread: Option<bool>,
}

pub async fn insert(tx: &mut Tx, notification: &Notification) -> Result<()> {
    tx.execute(sql!(
        concat!(
            "insert into notifications (",
            columns!(),
            ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
        ),
        notification.id,
        notification.user_id,
        notification.kind,
        notification.level,
        &notification.title,
        notification.description.clone(),
        notification.data.as_ref().map(|data| data.0.clone()),
        notification.read_at,
        notification.created_at,
    ))
    .await?;
    Ok(())
}

/// A person's notifications, the newest first.
pub async fn list(
    tx: &mut Tx,
    user: UserId,
    filter: NotificationFilter,
    limit: i64,
) -> Result<Vec<Notification>> {
    tx.all(sql!(
        concat!(
            "select ",
            columns!(),
            " from notifications
              where user_id = $1 and ($2 is null or id = $2) and ($3 is null or kind = $3)
                and ($4 is null or level = $4) and ($5 is null or (read_at is null) = $5)
              order by created_at desc, id desc limit $6"
        ),
        user,
        filter.id,
        filter.kind,
        filter.level,
        filter.is_unread,
        limit,
    ))
    .await
}

/// Says something else, now, in a notification that nobody has read.
pub async fn revise(tx: &mut Tx, notification: &Notification) -> Result<()> {
    tx.execute(sql!(
        "update notifications set description = $2, data = $3, created_at = $4 where id = $1 and read_at is null",
        notification.id,
        notification.description.clone(),
        notification.data.as_ref().map(|data| data.0.clone()),
        notification.created_at,
    ))
    .await?;
    Ok(())
}

/// Whether a person was told something of that kind and title since then.
pub async fn was_told(
    tx: &mut Tx,
    user: UserId,
    kind: NotificationKind,
    title: &str,
    since: Timestamp,
) -> Result<bool> {
    let count: i64 = tx
        .scalar(sql!(
            "select count(*) from notifications where user_id = $1 and kind = $2 and title = $3 and created_at >= $4",
            user,
            kind,
            title,
            since,
        ))
        .await?;
    Ok(count > 0)
}

/// Marks a person's notifications as read, or as unread; gives those that there were.
pub async fn set_read(
    tx: &mut Tx,
    user: UserId,
    ids: &[NotificationId],
    at: Option<Timestamp>,
) -> Result<Vec<NotificationId>> {
    change(
        tx,
        "update notifications set read_at = $2 where user_id = $1 and id in (*) returning id",
        vec![user.0.into(), at.into()],
        ids,
    )
    .await
}

/// Removes notifications of a person; gives those that there were.
pub async fn delete(
    tx: &mut Tx,
    user: UserId,
    ids: &[NotificationId],
) -> Result<Vec<NotificationId>> {
    change(
        tx,
        "delete from notifications where user_id = $1 and id in (*) returning id",
        vec![user.0.into()],
        ids,
    )
    .await
}

/// Forgets what was read, or is too old to matter.
pub async fn forget(tx: &mut Tx, read_before: Timestamp, created_before: Timestamp) -> Result<u64> {
    tx.execute(sql!(
        "delete from notifications where read_at < $1 or created_at < $2",
        read_before,
        created_before
    ))
    .await
}

async fn change(
    tx: &mut Tx,
    text: &str,
    values: Vec<sea_query::Value>,
    ids: &[NotificationId],
) -> Result<Vec<NotificationId>> {
    let mut changed = Vec::new();
    for chunk in ids.chunks(crate::db::IDS_PER_STATEMENT) {
        let ids: Vec<Uuid> = chunk.iter().map(|id| id.0).collect();
        let statement = Sql::composed(text, values.clone(), &ids);
        let rows: Vec<(NotificationId,)> = tx.all(statement).await?;
        changed.extend(rows.into_iter().map(|(id,)| id));
    }
    Ok(changed)
}
