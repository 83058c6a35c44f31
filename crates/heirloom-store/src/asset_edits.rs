//! What a person did to the look of a picture: steps that are applied to the original, one after another.

use heirloom_types::ids::{AssetId, EditId, UserId};
use serde_json::Value;
use sqlx::{FromRow, types::Json};

use crate::{Result, Tx, sql, text_enum};

macro_rules! columns {
    () => {
        "id, owner_id, asset_id, sequence, action, parameters"
    };
}

/// As the statements here list them.
pub(crate) const COLUMNS: &str = columns!();

text_enum! {
    /// What a step does.
    pub enum EditAction {
        Crop = "crop",
        Rotate = "rotate",
        Mirror = "mirror",
    }
}

/// One step.
#[derive(Clone, Debug, FromRow)]
pub struct AssetEdit {
    pub id: EditId,
    pub owner_id: UserId,
    pub asset_id: AssetId,
    /// Its place among the steps of its asset, from nought.
    pub sequence: i32,
    pub action: EditAction,
    pub parameters: Json<Value>,
}

/// The steps of an asset, in their order.
pub async fn list(tx: &mut Tx, owner: UserId, asset: AssetId) -> Result<Vec<AssetEdit>> {
    tx.all(sql!(
        concat!(
            "select ",
            columns!(),
            " from asset_edits where owner_id = $1 and asset_id = $2 order by sequence"
        ),
        owner,
        asset
    ))
    .await
}

pub async fn insert(tx: &mut Tx, edit: &AssetEdit) -> Result<()> {
    tx.execute(sql!(
        concat!(
            "insert into asset_edits (",
            columns!(),
            ") values ($1, $2, $3, $4, $5, $6)"
        ),
        edit.id,
        edit.owner_id,
        edit.asset_id,
        edit.sequence,
        edit.action,
        edit.parameters.0.clone(),
    ))
    .await?;
    Ok(())
}

/// Takes every step away; gives those that there were.
pub async fn delete_all(tx: &mut Tx, owner: UserId, asset: AssetId) -> Result<Vec<EditId>> {
    let rows: Vec<(EditId,)> = tx
        .all(sql!(
            "delete from asset_edits where owner_id = $1 and asset_id = $2 returning id",
            owner,
            asset
        ))
        .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// How an edited asset looks without its edits.
#[derive(Clone, Debug, FromRow)]
pub struct PlainLook {
    pub width: Option<i32>,
    pub height: Option<i32>,
    pub thumbhash: Option<Vec<u8>>,
}

pub async fn get_plain(tx: &mut Tx, owner: UserId, asset: AssetId) -> Result<Option<PlainLook>> {
    tx.optional(sql!(
        "select width, height, thumbhash from plain_looks where owner_id = $1 and asset_id = $2",
        owner,
        asset
    ))
    .await
}

pub async fn set_plain(tx: &mut Tx, owner: UserId, asset: AssetId, look: &PlainLook) -> Result<()> {
    tx.execute(sql!(
        "insert into plain_looks (owner_id, asset_id, width, height, thumbhash) values ($1, $2, $3, $4, $5)
         on conflict (owner_id, asset_id) do update set width = excluded.width, height = excluded.height,
             thumbhash = excluded.thumbhash",
        owner,
        asset,
        look.width,
        look.height,
        look.thumbhash.clone(),
    ))
    .await?;
    Ok(())
}

pub async fn delete_plain(tx: &mut Tx, owner: UserId, asset: AssetId) -> Result<()> {
    tx.execute(sql!(
        "delete from plain_looks where owner_id = $1 and asset_id = $2",
        owner,
        asset
    ))
    .await?;
    Ok(())
}
