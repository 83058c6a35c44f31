//! Who else sees an owner's assets: whose feeds a change of them is written into.

use heirloom_types::ids::UserId;
use uuid::Uuid;

use crate::{Result, Tx, db::Row};

/// Who else sees these assets of an owner through albums: person, asset.
pub async fn of_albums(tx: &mut Tx, owner: UserId, ids: &[Uuid]) -> Result<Vec<(Uuid, Uuid)>> {
    audience(
        tx,
        "select distinct u.user_id, m.asset_id from album_assets m join album_users u on u.album_id = m.album_id
         where m.owner_id = $1 and u.user_id <> $1 and m.asset_id in (*)",
        owner,
        ids,
    )
    .await
}

/// Where these assets of an owner are: person, album, asset, for every member of every album.
pub async fn places_in_albums(
    tx: &mut Tx,
    owner: UserId,
    ids: &[Uuid],
) -> Result<Vec<(Uuid, Uuid, Uuid)>> {
    audience(
        tx,
        "select u.user_id, m.album_id, m.asset_id from album_assets m join album_users u on u.album_id = m.album_id
         where m.owner_id = $1 and m.asset_id in (*)",
        owner,
        ids,
    )
    .await
}

async fn audience<T: Row>(tx: &mut Tx, text: &str, owner: UserId, ids: &[Uuid]) -> Result<Vec<T>> {
    tx.all_of(text, &[owner.0.into()], ids).await
}
