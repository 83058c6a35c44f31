//! Who sees whose whole library.

use heirloom_types::{ids::UserId, time::Timestamp};
use sqlx::FromRow;

use crate::{Result, Tx, sql};

macro_rules! columns {
    () => {
        "shared_by_id, shared_with_id, in_timeline, since_seq, created_at"
    };
}

/// As the statements here list them.
pub(crate) const COLUMNS: &str = columns!();

/// One direction of a partnership.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromRow)]
pub struct Partner {
    pub shared_by_id: UserId,
    pub shared_with_id: UserId,
    /// Whether the one who sees wants it in their own timeline.
    pub in_timeline: bool,
    /// Where the feed of the one who sees stood when this began: what is older must be sent in full.
    pub since_seq: i64,
    pub created_at: Timestamp,
}

pub async fn get(tx: &mut Tx, by: UserId, with: UserId) -> Result<Option<Partner>> {
    tx.optional(sql!(
        concat!(
            "select ",
            columns!(),
            " from partners where shared_by_id = $1 and shared_with_id = $2"
        ),
        by,
        with
    ))
    .await
}

/// Both directions of one person.
pub async fn list_of_user(tx: &mut Tx, user: UserId) -> Result<Vec<Partner>> {
    tx.all(sql!(
        concat!(
            "select ",
            columns!(),
            " from partners where shared_by_id = $1 or shared_with_id = $1 order by created_at, shared_by_id"
        ),
        user
    ))
    .await
}

/// Those whose library that person sees, in the order of their ids.
pub async fn list_with(tx: &mut Tx, user: UserId) -> Result<Vec<Partner>> {
    tx.all(sql!(
        concat!(
            "select ",
            columns!(),
            " from partners where shared_with_id = $1 order by shared_by_id"
        ),
        user
    ))
    .await
}

/// Those who see that person's library.
pub async fn list_watchers(tx: &mut Tx, owner: UserId) -> Result<Vec<UserId>> {
    let rows: Vec<(UserId,)> = tx
        .all(sql!(
            "select shared_with_id from partners where shared_by_id = $1 order by shared_with_id",
            owner
        ))
        .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

pub async fn insert(tx: &mut Tx, partner: Partner) -> Result<()> {
    tx.execute(sql!(
        concat!(
            "insert into partners (",
            columns!(),
            ") values ($1, $2, $3, $4, $5)"
        ),
        partner.shared_by_id,
        partner.shared_with_id,
        partner.in_timeline,
        partner.since_seq,
        partner.created_at,
    ))
    .await?;
    Ok(())
}

pub async fn set_in_timeline(
    tx: &mut Tx,
    by: UserId,
    with: UserId,
    in_timeline: bool,
) -> Result<()> {
    tx.execute(sql!(
        "update partners set in_timeline = $3 where shared_by_id = $1 and shared_with_id = $2",
        by,
        with,
        in_timeline,
    ))
    .await?;
    Ok(())
}

/// From which position of the feed of the one who sees the changes come.
pub async fn set_since(tx: &mut Tx, by: UserId, with: UserId, seq: i64) -> Result<()> {
    tx.execute(sql!(
        "update partners set since_seq = $3 where shared_by_id = $1 and shared_with_id = $2",
        by,
        with,
        seq,
    ))
    .await?;
    Ok(())
}

pub async fn delete(tx: &mut Tx, by: UserId, with: UserId) -> Result<bool> {
    Ok(tx
        .execute(sql!(
            "delete from partners where shared_by_id = $1 and shared_with_id = $2",
            by,
            with
        ))
        .await?
        > 0)
}
