//! Vectors that say what a picture means, to search by.

use heirloom_types::ids::{AssetId, UserId};
use sqlx::FromRow;
use uuid::Uuid;

use crate::{Result, Tx, db::Sql, sql};

/// One vector of an asset: of the whole photo, or of one moment in a video.
#[derive(Clone, Debug, PartialEq)]
pub struct Embedding {
    pub asset_id: AssetId,
    /// Where in a video; 0 in a photo.
    pub moment_ms: i64,
    /// Of length one.
    pub vector: Vec<f32>,
}

#[derive(FromRow)]
struct Row {
    asset_id: AssetId,
    moment_ms: i64,
    vector: Vec<u8>,
}

impl From<Row> for Embedding {
    fn from(row: Row) -> Self {
        Self {
            asset_id: row.asset_id,
            moment_ms: row.moment_ms,
            vector: from_bytes(&row.vector),
        }
    }
}

/// Numbers as the column holds them: little-endian, 32 bits each.
pub fn to_bytes(vector: &[f32]) -> Vec<u8> {
    vector
        .iter()
        .flat_map(|number| number.to_le_bytes())
        .collect()
}

/// The other way round.
pub fn from_bytes(bytes: &[u8]) -> Vec<f32> {
    bytes
        .as_chunks::<4>()
        .0
        .iter()
        .map(|number| f32::from_le_bytes(*number))
        .collect()
}

/// Puts these vectors in the place of all that this model made of the asset before.
pub async fn replace(
    tx: &mut Tx,
    owner: UserId,
    model: &str,
    asset: AssetId,
    moments: &[(i64, Vec<f32>)],
) -> Result<()> {
    tx.execute(sql!(
        "delete from embeddings where owner_id = $1 and model = $2 and asset_id = $3",
        owner,
        model,
        asset,
    ))
    .await?;
    for (moment_ms, vector) in moments {
        tx.execute(sql!(
            "insert into embeddings (owner_id, model, asset_id, moment_ms, vector) values ($1, $2, $3, $4, $5)",
            owner,
            model,
            asset,
            *moment_ms,
            to_bytes(vector),
        ))
        .await?;
    }
    Ok(())
}

/// What a model made of one asset.
pub async fn list(
    tx: &mut Tx,
    owner: UserId,
    model: &str,
    asset: AssetId,
) -> Result<Vec<Embedding>> {
    let rows: Vec<Row> = tx
        .all(sql!(
            "select asset_id, moment_ms, vector from embeddings
             where owner_id = $1 and model = $2 and asset_id = $3 order by moment_ms",
            owner,
            model,
            asset,
        ))
        .await?;
    Ok(rows.into_iter().map(Embedding::from).collect())
}

/// A page of an owner's vectors by one model, in the order of assets; all moments of an asset are on one page only if
/// the page is large enough, so the next page goes on after `(asset, moment)`.
pub async fn list_page(
    tx: &mut Tx,
    owner: UserId,
    model: &str,
    after: (AssetId, i64),
    limit: i64,
) -> Result<Vec<Embedding>> {
    let rows: Vec<Row> = tx
        .all(sql!(
            "select asset_id, moment_ms, vector from embeddings
             where owner_id = $1 and model = $2 and (asset_id, moment_ms) > ($3, $4)
             order by asset_id, moment_ms limit $5",
            owner,
            model,
            after.0,
            after.1,
            limit,
        ))
        .await?;
    Ok(rows.into_iter().map(Embedding::from).collect())
}

/// How many vectors of an owner there are by one model.
pub async fn count(tx: &mut Tx, owner: UserId, model: &str) -> Result<i64> {
    tx.scalar(sql!(
        "select count(*) from embeddings where owner_id = $1 and model = $2",
        owner,
        model,
    ))
    .await
}

/// The first and the last of an owner's assets that a model has seen.
pub async fn ends(tx: &mut Tx, owner: UserId, model: &str) -> Result<Option<(AssetId, AssetId)>> {
    let first = sql!(
        "select asset_id from embeddings where owner_id = $1 and model = $2 order by asset_id limit 1",
        owner,
        model,
    );
    let last = sql!(
        "select asset_id from embeddings where owner_id = $1 and model = $2 order by asset_id desc limit 1",
        owner,
        model,
    );
    let first: Option<(AssetId,)> = tx.optional(first).await?;
    let last: Option<(AssetId,)> = tx.optional(last).await?;
    Ok(first.zip(last).map(|(first, last)| (first.0, last.0)))
}

/// What a model made of these assets of an owner, in no order.
pub async fn list_of_assets(
    tx: &mut Tx,
    owner: UserId,
    model: &str,
    assets: &[AssetId],
) -> Result<Vec<Embedding>> {
    let mut found = Vec::with_capacity(assets.len());
    for chunk in assets.chunks(crate::db::IDS_PER_STATEMENT) {
        let ids: Vec<Uuid> = chunk.iter().map(|id| id.0).collect();
        let statement = Sql::composed(
            "select asset_id, moment_ms, vector from embeddings
             where owner_id = $1 and model = $2 and asset_id in (*)",
            vec![owner.0.into(), model.into()],
            &ids,
        );
        let rows: Vec<Row> = tx.all(statement).await?;
        found.extend(rows.into_iter().map(Embedding::from));
    }
    Ok(found)
}

/// How many assets of everybody this model has seen, and how many are to be seen.
pub async fn count_seen(tx: &mut Tx, model: &str) -> Result<(i64, i64)> {
    tx.one(sql!(
        "select coalesce(sum(case when exists (select 1 from embeddings e
                    where e.owner_id = s.owner_id and e.model = $1 and e.asset_id = s.asset_id)
                then 1 else 0 end), 0), count(*)
         from asset_stages s where s.stage = 'embed' and s.wanted_version > 0 and s.failure is null",
        model,
    ))
    .await
}

/// A page of an owner's assets that were seen, but not by this model.
pub async fn list_lacking(
    tx: &mut Tx,
    owner: UserId,
    model: &str,
    after: AssetId,
    limit: i64,
) -> Result<Vec<AssetId>> {
    let rows: Vec<(AssetId,)> = tx
        .all(sql!(
            "select s.asset_id from asset_stages s
             where s.owner_id = $1 and s.stage = 'embed' and s.asset_id > $3
                 and s.done_version > 0 and s.done_version >= s.wanted_version
                 and not exists (select 1 from embeddings e
                     where e.owner_id = s.owner_id and e.model = $2 and e.asset_id = s.asset_id)
             order by s.asset_id limit $4",
            owner,
            model,
            after,
            limit,
        ))
        .await?;
    Ok(rows.into_iter().map(|(asset,)| asset).collect())
}

/// Forgets what models other than this one made of the owner's assets.
pub async fn delete_other_models(tx: &mut Tx, owner: UserId, models: &[&str]) -> Result<u64> {
    let mut deleted = 0;
    let known: Vec<(String,)> = tx
        .all(sql!(
            "select distinct model from embeddings where owner_id = $1",
            owner
        ))
        .await?;
    for (model,) in known {
        if !models.contains(&model.as_str()) {
            deleted += tx
                .execute(sql!(
                    "delete from embeddings where owner_id = $1 and model = $2",
                    owner,
                    model,
                ))
                .await?;
        }
    }
    Ok(deleted)
}
