//! Comments and likes in albums.

use heirloom_types::{
    ids::{ActivityId, AlbumId, AssetId, UserId},
    time::Timestamp,
};
use sqlx::FromRow;

use crate::{Result, Tx, sql};

macro_rules! columns {
    () => {
        "id, album_id, asset_id, user_id, comment, created_at"
    };
}

/// One comment, or one like.
#[derive(Clone, Debug, FromRow)]
pub struct Activity {
    pub id: ActivityId,
    pub album_id: AlbumId,
    /// The picture it is about; none for the album as a whole.
    pub asset_id: Option<AssetId>,
    pub user_id: UserId,
    /// Absent: it is a like.
    pub comment: Option<String>,
    pub created_at: Timestamp,
}

pub async fn get(tx: &mut Tx, id: ActivityId) -> Result<Option<Activity>> {
    tx.optional(sql!(
        concat!("select ", columns!(), " from activities where id = $1"),
        id
    ))
    .await
}

/// Everything said in an album, the oldest first.
pub async fn list(tx: &mut Tx, album: AlbumId) -> Result<Vec<Activity>> {
    tx.all(sql!(
        concat!(
            "select ",
            columns!(),
            " from activities where album_id = $1 order by created_at, id"
        ),
        album
    ))
    .await
}

pub async fn insert(tx: &mut Tx, activity: &Activity) -> Result<()> {
    tx.execute(sql!(
        concat!(
            "insert into activities (",
            columns!(),
            ") values ($1, $2, $3, $4, $5, $6)"
        ),
        activity.id,
        activity.album_id,
        activity.asset_id,
        activity.user_id,
        activity.comment.clone(),
        activity.created_at,
    ))
    .await?;
    Ok(())
}

pub async fn delete(tx: &mut Tx, id: ActivityId) -> Result<()> {
    tx.execute(sql!("delete from activities where id = $1", id))
        .await?;
    Ok(())
}
