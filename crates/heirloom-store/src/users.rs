//! Accounts.

use heirloom_types::{ids::UserId, time::Timestamp};
use sqlx::FromRow;
use uuid::Uuid;

use crate::{Result, Tx, sql};

macro_rules! columns {
    () => {
        "id, email, name, password_hash, pin_hash, is_admin, should_change_password, storage_label, oauth_id, \
         avatar_color, profile_image_path, profile_changed_at, quota_bytes, usage_bytes, created_at, updated_at, \
         deleted_at"
    };
}

/// As the statements here list them.
pub(crate) const COLUMNS: &str = columns!();

/// One account.
#[derive(Clone, Debug, FromRow)]
pub struct User {
    pub id: UserId,
    /// Lower case.
    pub email: String,
    pub name: String,
    /// Argon2id in PHC form; absent for accounts that only log in elsewhere.
    pub password_hash: Option<String>,
    pub pin_hash: Option<String>,
    pub is_admin: bool,
    pub should_change_password: bool,
    /// The user's folder in the storage template; absent means the id.
    pub storage_label: Option<String>,
    pub oauth_id: String,
    pub avatar_color: String,
    pub profile_image_path: Option<String>,
    pub profile_changed_at: Timestamp,
    pub quota_bytes: Option<i64>,
    pub usage_bytes: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub deleted_at: Option<Timestamp>,
}

pub async fn get(tx: &mut Tx, id: UserId) -> Result<Option<User>> {
    tx.optional(sql!(
        concat!(
            "select ",
            columns!(),
            " from users where id = $1 and deleted_at is null"
        ),
        id
    ))
    .await
}

/// Those of these accounts that there are, in no order.
pub async fn list_of(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<User>> {
    let text = concat!(
        "select ",
        columns!(),
        " from users where deleted_at is null and id in (*)"
    );
    tx.all_of(text, &[], ids).await
}

/// By e-mail in lower case.
pub async fn get_by_email(tx: &mut Tx, email: &str) -> Result<Option<User>> {
    tx.optional(sql!(
        concat!(
            "select ",
            columns!(),
            " from users where email = $1 and deleted_at is null"
        ),
        email
    ))
    .await
}

/// By what an OpenID provider calls them.
pub async fn get_by_oauth_id(tx: &mut Tx, oauth_id: &str) -> Result<Option<User>> {
    tx.optional(sql!(
        concat!(
            "select ",
            columns!(),
            " from users where oauth_id = $1 and oauth_id <> '' and deleted_at is null"
        ),
        oauth_id
    ))
    .await
}

/// Everybody, in the order of their names.
pub async fn list(tx: &mut Tx) -> Result<Vec<User>> {
    tx.all(sql!(concat!(
        "select ",
        columns!(),
        " from users where deleted_at is null order by name, id"
    )))
    .await
}

/// By id, also an account that is being deleted.
pub async fn get_any(tx: &mut Tx, id: UserId) -> Result<Option<User>> {
    tx.optional(sql!(
        concat!("select ", columns!(), " from users where id = $1"),
        id
    ))
    .await
}

/// Everybody, also accounts that are being deleted.
pub async fn list_any(tx: &mut Tx) -> Result<Vec<User>> {
    tx.all(sql!(concat!(
        "select ",
        columns!(),
        " from users order by name, id"
    )))
    .await
}

/// Marks an account as being deleted, or takes that back.
pub async fn set_deleted(
    tx: &mut Tx,
    id: UserId,
    at: Option<Timestamp>,
    now: Timestamp,
) -> Result<()> {
    tx.execute(sql!(
        "update users set deleted_at = $2, updated_at = $3 where id = $1",
        id,
        at,
        now
    ))
    .await?;
    Ok(())
}

/// Removes an account that has neither assets nor albums, with what else is theirs.
pub async fn delete(tx: &mut Tx, id: UserId) -> Result<()> {
    for text in [
        "delete from tags where owner_id = $1",
        "delete from libraries where owner_id = $1",
        "delete from users where id = $1",
    ] {
        tx.execute(sql!(text, id)).await?;
    }
    Ok(())
}

pub async fn set_pin(tx: &mut Tx, id: UserId, hash: Option<&str>, now: Timestamp) -> Result<()> {
    tx.execute(sql!(
        "update users set pin_hash = $2, updated_at = $3 where id = $1",
        id,
        hash,
        now
    ))
    .await?;
    Ok(())
}

/// Writes what an OpenID provider calls them; nothing when empty.
pub async fn set_oauth_id(tx: &mut Tx, id: UserId, oauth_id: &str, now: Timestamp) -> Result<()> {
    tx.execute(sql!(
        "update users set oauth_id = $2, updated_at = $3 where id = $1",
        id,
        oauth_id,
        now
    ))
    .await?;
    Ok(())
}

/// Takes away from everybody what an OpenID provider calls them; gives who had such a name.
pub async fn clear_oauth_ids(tx: &mut Tx, now: Timestamp) -> Result<Vec<UserId>> {
    let rows: Vec<(UserId,)> = tx
        .all(sql!(
            "update users set oauth_id = '', updated_at = $1 where oauth_id <> '' returning id",
            now
        ))
        .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Whether an account has that storage label, also one that is being deleted.
pub async fn has_storage_label(tx: &mut Tx, label: &str) -> Result<bool> {
    let accounts: i64 = tx
        .scalar(sql!(
            "select count(*) from users where storage_label = $1",
            label
        ))
        .await?;
    Ok(accounts > 0)
}

/// Whether somebody administers this server yet.
pub async fn has_admin(tx: &mut Tx) -> Result<bool> {
    let admins: i64 = tx
        .scalar(sql!("select count(*) from users where is_admin = $1", true))
        .await?;
    Ok(admins > 0)
}

pub async fn insert(tx: &mut Tx, user: &User) -> Result<()> {
    tx.execute(sql!(
        concat!(
            "insert into users (",
            columns!(),
            ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)"
        ),
        user.id,
        &user.email,
        &user.name,
        user.password_hash.clone(),
        user.pin_hash.clone(),
        user.is_admin,
        user.should_change_password,
        user.storage_label.clone(),
        &user.oauth_id,
        &user.avatar_color,
        user.profile_image_path.clone(),
        user.profile_changed_at,
        user.quota_bytes,
        user.usage_bytes,
        user.created_at,
        user.updated_at,
        user.deleted_at,
    ))
    .await?;
    Ok(())
}

/// Writes everything of an account that a person can change; usage is kept by [`add_usage`].
pub async fn update(tx: &mut Tx, user: &User) -> Result<()> {
    tx.execute(sql!(
        "update users set email = $2, name = $3, password_hash = $4, pin_hash = $5, is_admin = $6,
             should_change_password = $7, storage_label = $8, avatar_color = $9, profile_image_path = $10,
             profile_changed_at = $11, quota_bytes = $12, updated_at = $13
         where id = $1",
        user.id,
        &user.email,
        &user.name,
        user.password_hash.clone(),
        user.pin_hash.clone(),
        user.is_admin,
        user.should_change_password,
        user.storage_label.clone(),
        &user.avatar_color,
        user.profile_image_path.clone(),
        user.profile_changed_at,
        user.quota_bytes,
        user.updated_at,
    ))
    .await?;
    Ok(())
}

/// Adds to the bytes an account uses, unless that would exceed its quota: then nothing changes and the answer is
/// `false`. Giving space back (`bytes` below zero) always succeeds.
pub async fn add_usage(tx: &mut Tx, id: UserId, bytes: i64) -> Result<bool> {
    let changed = tx
        .execute(sql!(
            "update users set usage_bytes = usage_bytes + $2
             where id = $1 and ($2 <= 0 or quota_bytes is null or usage_bytes + $2 <= quota_bytes)",
            id,
            bytes,
        ))
        .await?;
    Ok(changed == 1)
}
