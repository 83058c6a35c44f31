//! Logged-in devices.

use heirloom_types::{
    ids::{SessionId, UserId},
    time::Timestamp,
};
use sqlx::FromRow;

use crate::{Result, Tx, sql};

macro_rules! columns {
    () => {
        "id, user_id, parent_id, token_hash, device_type, device_os, app_version, created_at, updated_at, expires_at, \
         elevated_until, oauth_subject, oauth_session"
    };
}

/// One logged-in device.
#[derive(Clone, Debug, FromRow)]
pub struct Session {
    pub id: SessionId,
    pub user_id: UserId,
    /// The session that made this one, for casting.
    pub parent_id: Option<SessionId>,
    /// SHA-256 of the token; the token itself is never stored.
    pub token_hash: Vec<u8>,
    pub device_type: String,
    pub device_os: String,
    pub app_version: Option<String>,
    pub created_at: Timestamp,
    /// When it was last used, to the hour.
    pub updated_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    /// Until when the PIN has opened the locked folder.
    pub elevated_until: Option<Timestamp>,
    /// Whom the OpenID provider named, if the session began there.
    pub oauth_subject: Option<String>,
    /// The provider's own session, if it names them.
    pub oauth_session: Option<String>,
}

pub async fn insert(tx: &mut Tx, session: &Session) -> Result<()> {
    tx.execute(sql!(
        concat!(
            "insert into sessions (",
            columns!(),
            ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
        ),
        session.id,
        session.user_id,
        session.parent_id,
        session.token_hash.clone(),
        &session.device_type,
        &session.device_os,
        session.app_version.clone(),
        session.created_at,
        session.updated_at,
        session.expires_at,
        session.elevated_until,
        session.oauth_subject.clone(),
        session.oauth_session.clone(),
    ))
    .await?;
    Ok(())
}

/// The session whose token has that hash, unless it has expired.
pub async fn get_by_token_hash(
    tx: &mut Tx,
    token_hash: &[u8],
    now: Timestamp,
) -> Result<Option<Session>> {
    tx.optional(sql!(
        concat!(
            "select ",
            columns!(),
            " from sessions where token_hash = $1 and (expires_at is null or expires_at > $2)"
        ),
        token_hash.to_vec(),
        now,
    ))
    .await
}

pub async fn get(tx: &mut Tx, user: UserId, id: SessionId) -> Result<Option<Session>> {
    tx.optional(sql!(
        concat!(
            "select ",
            columns!(),
            " from sessions where id = $1 and user_id = $2"
        ),
        id,
        user
    ))
    .await
}

/// A user's devices, the last used first.
pub async fn list(tx: &mut Tx, user: UserId) -> Result<Vec<Session>> {
    tx.all(sql!(
        concat!(
            "select ",
            columns!(),
            " from sessions where user_id = $1 order by updated_at desc, id"
        ),
        user
    ))
    .await
}

/// Notes that the device was seen.
pub async fn touch(
    tx: &mut Tx,
    id: SessionId,
    app_version: Option<&str>,
    now: Timestamp,
) -> Result<()> {
    tx.execute(sql!(
        "update sessions set updated_at = $2, app_version = coalesce($3, app_version) where id = $1",
        id,
        now,
        app_version,
    ))
    .await?;
    Ok(())
}

/// Opens the locked folder for a session until that time, or closes it.
pub async fn set_elevated(tx: &mut Tx, id: SessionId, until: Option<Timestamp>) -> Result<()> {
    tx.execute(sql!(
        "update sessions set elevated_until = $2 where id = $1",
        id,
        until
    ))
    .await?;
    Ok(())
}

/// Closes the locked folder on every device of a user.
pub async fn lock_all(tx: &mut Tx, user: UserId) -> Result<()> {
    tx.execute(sql!(
        "update sessions set elevated_until = null where user_id = $1",
        user
    ))
    .await?;
    Ok(())
}

/// Ends a session and those that it began; gives all that were, none if there was no such one.
pub async fn delete(tx: &mut Tx, user: UserId, id: SessionId) -> Result<Vec<SessionId>> {
    // Not as `returning`: a session that goes with its parent is not among what the statement deletes.
    let rows: Vec<(SessionId,)> = tx
        .all(sql!(
            "select id from sessions where user_id = $2 and (id = $1 or parent_id = $1)",
            id,
            user
        ))
        .await?;
    tx.execute(sql!(
        "delete from sessions where id = $1 and user_id = $2",
        id,
        user
    ))
    .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Logs out every device of a user, but for one; gives those that were.
pub async fn delete_others(
    tx: &mut Tx,
    user: UserId,
    kept: Option<SessionId>,
) -> Result<Vec<SessionId>> {
    let rows: Vec<(SessionId,)> = tx
        .all(sql!(
            "select id from sessions where user_id = $1 and id is distinct from $2",
            user,
            kept
        ))
        .await?;
    tx.execute(sql!(
        "delete from sessions where user_id = $1 and id is distinct from $2",
        user,
        kept
    ))
    .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Logs out what began at the OpenID provider in that session, or of that subject; gives whose they were.
pub async fn delete_by_oauth(
    tx: &mut Tx,
    subject: Option<&str>,
    session: Option<&str>,
) -> Result<Vec<(UserId, SessionId)>> {
    tx.all(sql!(
        "delete from sessions
         where (oauth_subject = $1 or $1 is null) and (oauth_session = $2 or $2 is null)
             and oauth_subject is not null and ($1 is not null or $2 is not null)
         returning user_id, id",
        subject.map(str::to_owned),
        session.map(str::to_owned)
    ))
    .await
}
