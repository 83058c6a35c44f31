//! What a classifier or a detector says a picture shows. Never mixed with the tags that people give.

use heirloom_types::ids::{AssetId, UserId};
use sqlx::FromRow;

use crate::{Result, Tx, sql, text_enum};

text_enum! {
    /// What said it.
    pub enum LabelSource {
        Classifier = "classifier",
        Detector = "detector",
    }
}

/// One label of one asset.
#[derive(Clone, Debug, PartialEq, FromRow)]
pub struct Label {
    pub name: String,
    /// From 0 to 1.
    pub score: f64,
}

/// Puts these labels in the place of all that this source said before.
pub async fn replace(
    tx: &mut Tx,
    owner: UserId,
    asset: AssetId,
    source: LabelSource,
    labels: &[Label],
) -> Result<()> {
    tx.execute(sql!(
        "delete from labels where owner_id = $1 and asset_id = $2 and source = $3",
        owner,
        asset,
        source,
    ))
    .await?;
    for label in labels {
        tx.execute(sql!(
            "insert into labels (owner_id, asset_id, source, name, score) values ($1, $2, $3, $4, $5)
             on conflict do nothing",
            owner,
            asset,
            source,
            &label.name,
            label.score,
        ))
        .await?;
    }
    Ok(())
}

/// The labels of one asset, surest first.
pub async fn list(tx: &mut Tx, owner: UserId, asset: AssetId) -> Result<Vec<Label>> {
    tx.all(sql!(
        "select name, max(score) as score from labels where owner_id = $1 and asset_id = $2
         group by name order by max(score) desc, name",
        owner,
        asset,
    ))
    .await
}

/// Assets of an owner with that label, surest first.
pub async fn find(tx: &mut Tx, owner: UserId, name: &str, limit: i64) -> Result<Vec<AssetId>> {
    let rows: Vec<(AssetId,)> = tx
        .all(sql!(
            "select asset_id from labels where owner_id = $1 and name = $2
             group by asset_id order by max(score) desc, asset_id desc limit $3",
            owner,
            name,
            limit,
        ))
        .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// What an owner's pictures show: each label that is at least that sure, with its surest picture in the timeline; the
/// labels with most pictures first.
pub async fn things(
    tx: &mut Tx,
    owner: UserId,
    least: f64,
    limit: i64,
) -> Result<Vec<(String, AssetId)>> {
    tx.all(sql!(
        "select name, asset_id from (
             select l.name as name, l.asset_id as asset_id, count(*) over (partition by l.name) as pictures,
                    row_number() over (partition by l.name order by l.score desc, l.asset_id desc) as place
             from labels l join assets a on a.owner_id = l.owner_id and a.id = l.asset_id
             where l.owner_id = $1 and l.score >= $2 and a.visibility = 'timeline' and a.deleted_at is null
         ) found where place = 1 order by pictures desc, name limit $3",
        owner,
        least,
        limit,
    ))
    .await
}
