//! Albums, their people and their assets.

use std::collections::HashMap;

use heirloom_types::{
    ids::{AlbumId, AssetId, UserId},
    time::Timestamp,
};
use sqlx::FromRow;
use uuid::Uuid;

use crate::{Result, Tx, sql, text_enum};

macro_rules! columns {
    () => {
        "a.id, a.name, a.description, a.thumbnail_asset_id, a.asset_order, a.is_activity_enabled, a.created_at, \
         a.updated_at"
    };
}

text_enum! {
    /// What a person may do in an album.
    pub enum AlbumRole {
        Owner = "owner",
        Editor = "editor",
        Viewer = "viewer",
    }
}

text_enum! {
    /// Which end of the time an album begins with.
    pub enum AssetOrder {
        Ascending = "asc",
        Descending = "desc",
    }
}

/// One album.
#[derive(Clone, Debug, FromRow)]
pub struct Album {
    pub id: AlbumId,
    pub name: String,
    pub description: String,
    pub thumbnail_asset_id: Option<AssetId>,
    pub asset_order: AssetOrder,
    pub is_activity_enabled: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// A person's part in an album.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromRow)]
pub struct AlbumUser {
    pub album_id: AlbumId,
    pub user_id: UserId,
    pub role: AlbumRole,
}

/// What an album's assets come to, trash left out.
#[derive(Clone, Copy, Debug, Default)]
pub struct AlbumSummary {
    pub count: i64,
    pub start: Option<Timestamp>,
    pub end: Option<Timestamp>,
    pub last_modified: Option<Timestamp>,
    pub newest_asset_id: Option<AssetId>,
}

pub async fn get(tx: &mut Tx, id: AlbumId) -> Result<Option<Album>> {
    tx.optional(sql!(
        concat!("select ", columns!(), " from albums a where a.id = $1"),
        id
    ))
    .await
}

/// The albums a person takes part in, the newest first.
pub async fn list_of_user(tx: &mut Tx, user: UserId) -> Result<Vec<Album>> {
    tx.all(sql!(
        concat!(
            "select ",
            columns!(),
            " from album_users u join albums a on a.id = u.album_id where u.user_id = $1 order by a.created_at desc, a.id"
        ),
        user,
    ))
    .await
}

/// The albums of a person that hold an asset.
pub async fn list_with_asset(tx: &mut Tx, user: UserId, asset: AssetId) -> Result<Vec<Album>> {
    tx.all(sql!(
        concat!(
            "select ",
            columns!(),
            " from album_users u join albums a on a.id = u.album_id join album_assets m on m.album_id = a.id
             where u.user_id = $1 and m.asset_id = $2 order by a.created_at desc, a.id"
        ),
        user,
        asset,
    ))
    .await
}

pub async fn insert(tx: &mut Tx, album: &Album) -> Result<()> {
    tx.execute(sql!(
        "insert into albums
             (id, name, description, thumbnail_asset_id, asset_order, is_activity_enabled, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        album.id,
        &album.name,
        &album.description,
        album.thumbnail_asset_id,
        album.asset_order,
        album.is_activity_enabled,
        album.created_at,
        album.updated_at,
    ))
    .await?;
    Ok(())
}

pub async fn update(tx: &mut Tx, album: &Album) -> Result<()> {
    tx.execute(sql!(
        "update albums set name = $2, description = $3, thumbnail_asset_id = $4, asset_order = $5,
             is_activity_enabled = $6, updated_at = $7
         where id = $1",
        album.id,
        &album.name,
        &album.description,
        album.thumbnail_asset_id,
        album.asset_order,
        album.is_activity_enabled,
        album.updated_at,
    ))
    .await?;
    Ok(())
}

pub async fn delete(tx: &mut Tx, id: AlbumId) -> Result<()> {
    tx.execute(sql!("delete from albums where id = $1", id))
        .await?;
    Ok(())
}

/// The people of an album, its owner first.
pub async fn list_users(tx: &mut Tx, album: AlbumId) -> Result<Vec<AlbumUser>> {
    list_users_of(tx, &[album.0]).await
}

/// The people of these albums, each album's owner first.
pub async fn list_users_of(tx: &mut Tx, albums: &[Uuid]) -> Result<Vec<AlbumUser>> {
    tx.all_of(
        "select album_id, user_id, role from album_users where album_id in (*)
         order by case role when 'owner' then 0 else 1 end, user_id",
        &[],
        albums,
    )
    .await
}

/// A person's part, if there is one.
pub async fn get_user(tx: &mut Tx, album: AlbumId, user: UserId) -> Result<Option<AlbumUser>> {
    tx.optional(sql!(
        "select album_id, user_id, role from album_users where album_id = $1 and user_id = $2",
        album,
        user,
    ))
    .await
}

pub async fn upsert_user(tx: &mut Tx, part: AlbumUser) -> Result<()> {
    tx.execute(sql!(
        "insert into album_users (album_id, user_id, role) values ($1, $2, $3)
         on conflict (album_id, user_id) do update set role = excluded.role",
        part.album_id,
        part.user_id,
        part.role,
    ))
    .await?;
    Ok(())
}

/// From which position of the person's feed on they see the album grow.
pub async fn set_since(tx: &mut Tx, album: AlbumId, user: UserId, seq: i64) -> Result<()> {
    tx.execute(sql!(
        "update album_users set since_seq = $3 where album_id = $1 and user_id = $2",
        album,
        user,
        seq
    ))
    .await?;
    Ok(())
}

pub async fn delete_user(tx: &mut Tx, album: AlbumId, user: UserId) -> Result<()> {
    tx.execute(sql!(
        "delete from album_users where album_id = $1 and user_id = $2",
        album,
        user
    ))
    .await?;
    Ok(())
}

pub async fn has_asset(tx: &mut Tx, album: AlbumId, asset: AssetId) -> Result<bool> {
    let count: i64 = tx
        .scalar(sql!(
            "select count(*) from album_assets where album_id = $1 and asset_id = $2",
            album,
            asset
        ))
        .await?;
    Ok(count > 0)
}

/// Those of these albums that people without an account can see.
pub async fn list_linked(tx: &mut Tx, albums: &[Uuid]) -> Result<Vec<AlbumId>> {
    let rows: Vec<(AlbumId,)> = tx
        .all_of(
            "select distinct album_id from shared_links where album_id in (*)",
            &[],
            albums,
        )
        .await?;
    Ok(rows.into_iter().map(|(album,)| album).collect())
}

/// Puts an asset into an album; `false` when it was there already.
pub async fn add_asset(
    tx: &mut Tx,
    album: AlbumId,
    owner: UserId,
    asset: AssetId,
    now: Timestamp,
) -> Result<bool> {
    let added = tx
        .execute(sql!(
            "insert into album_assets (album_id, owner_id, asset_id, added_at) values ($1, $2, $3, $4)
             on conflict (album_id, asset_id) do nothing",
            album,
            owner,
            asset,
            now,
        ))
        .await?;
    Ok(added == 1)
}

/// Every asset of an album, also those in somebody's trash.
pub async fn list_assets(tx: &mut Tx, album: AlbumId) -> Result<Vec<AssetId>> {
    let rows: Vec<(AssetId,)> = tx
        .all(sql!(
            "select asset_id from album_assets where album_id = $1 order by asset_id",
            album
        ))
        .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// What an album shows.
pub async fn list_shown(tx: &mut Tx, album: AlbumId) -> Result<Vec<AssetId>> {
    let rows: Vec<(AssetId,)> = tx
        .all(sql!(
            "select a.id from album_assets m join assets a on a.owner_id = m.owner_id and a.id = m.asset_id
             where m.album_id = $1 and a.deleted_at is null and a.visibility <> 'locked' order by a.id",
            album
        ))
        .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// The assets of a person in albums of others: album, asset.
pub async fn list_lent(tx: &mut Tx, owner: UserId) -> Result<Vec<(AlbumId, AssetId)>> {
    tx.all(sql!(
        "select m.album_id, m.asset_id from album_assets m
         join album_users u on u.album_id = m.album_id and u.role = 'owner'
         where m.owner_id = $1 and u.user_id <> $1 order by m.album_id, m.asset_id",
        owner
    ))
    .await
}

/// Takes an asset out of every album.
pub async fn remove_asset_everywhere(tx: &mut Tx, owner: UserId, asset: AssetId) -> Result<()> {
    tx.execute(sql!(
        "delete from album_assets where owner_id = $1 and asset_id = $2",
        owner,
        asset
    ))
    .await?;
    Ok(())
}

/// Takes an asset out of an album; `false` when it was not there.
pub async fn remove_asset(tx: &mut Tx, album: AlbumId, asset: AssetId) -> Result<bool> {
    Ok(tx
        .execute(sql!(
            "delete from album_assets where album_id = $1 and asset_id = $2",
            album,
            asset
        ))
        .await?
        == 1)
}

/// What each of these albums comes to, trash left out; those without assets are not among them.
pub async fn summaries(
    tx: &mut Tx,
    albums: &[Uuid],
) -> Result<impl Iterator<Item = (AlbumId, AlbumSummary)>> {
    let rows: Vec<SummaryRow> = tx
        .all_of(
            "select m.album_id, count(*) as count, min(a.local_date_time) as start, max(a.local_date_time) as \"end\",
                    max(a.updated_at) as last_modified
             from album_assets m join assets a on a.owner_id = m.owner_id and a.id = m.asset_id
             where m.album_id in (*) and a.deleted_at is null group by m.album_id",
            &[],
            albums,
        )
        .await?;
    let newest: Vec<(AlbumId, AssetId)> = tx
        .all_of(
            "select album_id, id from
                 (select m.album_id, a.id, row_number() over
                      (partition by m.album_id order by a.local_date_time desc, a.id desc) as place
                  from album_assets m join assets a on a.owner_id = m.owner_id and a.id = m.asset_id
                  where m.album_id in (*) and a.deleted_at is null) as placed
             where place = 1",
            &[],
            albums,
        )
        .await?;
    let newest: HashMap<_, _> = newest.into_iter().collect();
    Ok(rows.into_iter().map(move |row| {
        let summary = AlbumSummary {
            count: row.count,
            start: row.start,
            end: row.end,
            last_modified: row.last_modified,
            newest_asset_id: newest.get(&row.album_id).copied(),
        };
        (row.album_id, summary)
    }))
}

#[derive(FromRow)]
struct SummaryRow {
    album_id: AlbumId,
    count: i64,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
    last_modified: Option<Timestamp>,
}

/// Which albums of a person show any of these assets of anybody.
pub async fn list_showing(tx: &mut Tx, user: UserId, assets: &[Uuid]) -> Result<Vec<AlbumId>> {
    let rows: Vec<(AlbumId,)> = tx
        .all_of(
            "select distinct album_id from album_assets
             where album_id in (select album_id from album_users where user_id = $1) and asset_id in (*)",
            &[user.0.into()],
            assets,
        )
        .await?;
    Ok(rows.into_iter().map(|(album,)| album).collect())
}
