//! Keywords, in a hierarchy whose levels are joined by `/`.

use heirloom_types::{
    ids::{AssetId, TagId, UserId},
    time::Timestamp,
};
use sqlx::FromRow;
use uuid::Uuid;

use crate::{Result, Tx, sql};

macro_rules! columns {
    () => {
        "id, owner_id, value, parent_id, color, created_at, updated_at"
    };
}

/// One keyword.
#[derive(Clone, Debug, FromRow)]
pub struct Tag {
    pub id: TagId,
    pub owner_id: UserId,
    /// The whole path, such as `places/lake`.
    pub value: String,
    pub parent_id: Option<TagId>,
    pub color: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Tag {
    /// The last level of the path.
    pub fn name(&self) -> &str {
        self.value.rsplit('/').next().unwrap_or(&self.value)
    }
}

pub async fn list(tx: &mut Tx, owner: UserId) -> Result<Vec<Tag>> {
    tx.all(sql!(
        concat!(
            "select ",
            columns!(),
            " from tags where owner_id = $1 order by value"
        ),
        owner
    ))
    .await
}

pub async fn get_by_value(tx: &mut Tx, owner: UserId, value: &str) -> Result<Option<Tag>> {
    tx.optional(sql!(
        concat!(
            "select ",
            columns!(),
            " from tags where owner_id = $1 and value = $2"
        ),
        owner,
        value
    ))
    .await
}

pub async fn get(tx: &mut Tx, owner: UserId, id: TagId) -> Result<Option<Tag>> {
    tx.optional(sql!(
        concat!(
            "select ",
            columns!(),
            " from tags where owner_id = $1 and id = $2"
        ),
        owner,
        id
    ))
    .await
}

pub async fn set_color(tx: &mut Tx, id: TagId, color: Option<&str>, now: Timestamp) -> Result<()> {
    tx.execute(sql!(
        "update tags set color = $2, updated_at = $3 where id = $1",
        id,
        color,
        now
    ))
    .await?;
    Ok(())
}

/// Removes a tag with those below it, and from every asset.
pub async fn delete(tx: &mut Tx, id: TagId) -> Result<()> {
    tx.execute(sql!("delete from tags where id = $1", id))
        .await?;
    Ok(())
}

/// Takes a keyword from an asset; the answer says whether it was there.
pub async fn remove_from_asset(
    tx: &mut Tx,
    owner: UserId,
    asset: AssetId,
    tag: TagId,
) -> Result<bool> {
    let removed = tx
        .execute(sql!(
            "delete from asset_tags where owner_id = $1 and asset_id = $2 and tag_id = $3",
            owner,
            asset,
            tag,
        ))
        .await?;
    Ok(removed > 0)
}

pub async fn insert(tx: &mut Tx, tag: &Tag) -> Result<()> {
    tx.execute(sql!(
        concat!(
            "insert into tags (",
            columns!(),
            ") values ($1, $2, $3, $4, $5, $6, $7)"
        ),
        tag.id,
        tag.owner_id,
        &tag.value,
        tag.parent_id,
        tag.color.clone(),
        tag.created_at,
        tag.updated_at,
    ))
    .await?;
    Ok(())
}

/// The keywords of one asset.
pub async fn list_of_asset(tx: &mut Tx, owner: UserId, asset: AssetId) -> Result<Vec<Tag>> {
    tx.all(sql!(
        "select t.id, t.owner_id, t.value, t.parent_id, t.color, t.created_at, t.updated_at
         from asset_tags a join tags t on t.id = a.tag_id where a.owner_id = $1 and a.asset_id = $2 order by t.value",
        owner,
        asset,
    ))
    .await
}

/// The keywords of these assets of an owner: asset, keyword's id.
pub async fn list_of_assets(
    tx: &mut Tx,
    owner: UserId,
    assets: &[Uuid],
) -> Result<Vec<(AssetId, TagId)>> {
    tx.all_of(
        "select asset_id, tag_id from asset_tags where owner_id = $1 and asset_id in (*)",
        &[owner.0.into()],
        assets,
    )
    .await
}

/// Puts a keyword on an asset; the answer says whether it was not there before.
pub async fn add_to_asset(tx: &mut Tx, owner: UserId, asset: AssetId, tag: TagId) -> Result<bool> {
    let added = tx
        .execute(sql!(
            "insert into asset_tags (owner_id, asset_id, tag_id) values ($1, $2, $3) on conflict do nothing",
            owner,
            asset,
            tag,
        ))
        .await?;
    Ok(added > 0)
}
