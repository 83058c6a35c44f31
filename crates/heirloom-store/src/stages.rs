//! Wanted state: which steps an asset still needs. A row says which version of a stage is wanted and which is done.

use heirloom_types::{
    ids::{AssetId, UserId},
    time::Timestamp,
};
use sqlx::FromRow;

use crate::{Result, Tx, sql, text_enum};

text_enum! {
    /// One step that turns an original into knowledge or renditions.
    pub enum Stage {
        /// Edits of a person are written to the sidecar beside the original.
        Sidecar = "sidecar",
        /// Facts are read from the file and its sidecar.
        Metadata = "metadata",
        /// Thumbnail, preview, thumbhash, and a full-size picture where a browser cannot show the original.
        Render = "render",
        /// A video that browsers play.
        Transcode = "transcode",
    }
}

impl Stage {
    /// The version of what this stage makes; raising it makes every library process the stage again.
    pub const fn version(self) -> i32 {
        match self {
            Self::Sidecar | Self::Metadata | Self::Render | Self::Transcode => 1,
        }
    }
}

/// What one asset needs of one stage.
#[derive(Clone, Debug, FromRow)]
pub struct AssetStage {
    pub owner_id: UserId,
    pub asset_id: AssetId,
    pub stage: Stage,
    pub wanted_version: i32,
    pub done_version: i32,
    pub attempts: i32,
    /// Why it was given up; a person may ask for it again.
    pub failure: Option<String>,
    pub failed_at: Option<Timestamp>,
}

impl AssetStage {
    /// Whether there is work left that has not been given up.
    pub fn is_due(&self) -> bool {
        self.done_version < self.wanted_version && self.failure.is_none()
    }
}

/// How much of a stage is left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StageCounts {
    /// Wanted, not done, not given up: waiting or in work.
    pub due: i64,
    pub failed: i64,
}

/// Wants a stage of an asset, from the start: attempts and failures of before are forgotten.
pub async fn want(tx: &mut Tx, owner: UserId, asset: AssetId, stage: Stage) -> Result<()> {
    tx.execute(sql!(
        "insert into asset_stages (owner_id, asset_id, stage, wanted_version, done_version, attempts)
         values ($1, $2, $3, $4, 0, 0)
         on conflict (owner_id, asset_id, stage) do update
         set wanted_version = excluded.wanted_version, done_version = 0, attempts = 0, failure = null, failed_at = null",
        owner,
        asset,
        stage,
        stage.version(),
    ))
    .await?;
    Ok(())
}

/// Everything known of an asset's stages.
pub async fn list(tx: &mut Tx, owner: UserId, asset: AssetId) -> Result<Vec<AssetStage>> {
    tx.all(sql!(
        "select owner_id, asset_id, stage, wanted_version, done_version, attempts, failure, failed_at
         from asset_stages where owner_id = $1 and asset_id = $2 order by stage",
        owner,
        asset,
    ))
    .await
}

/// Notes that a version of a stage is done. A version that was wanted meanwhile stays wanted.
pub async fn done(
    tx: &mut Tx,
    owner: UserId,
    asset: AssetId,
    stage: Stage,
    version: i32,
) -> Result<()> {
    tx.execute(sql!(
        "update asset_stages set done_version = $4, attempts = 0, failure = null, failed_at = null
         where owner_id = $1 and asset_id = $2 and stage = $3",
        owner,
        asset,
        stage,
        version,
    ))
    .await?;
    Ok(())
}

/// Counts a failed attempt; with `give_up` the stage rests with its reason until somebody wants it again.
pub async fn fail(
    tx: &mut Tx,
    owner: UserId,
    asset: AssetId,
    stage: Stage,
    reason: &str,
    give_up: bool,
    now: Timestamp,
) -> Result<()> {
    tx.execute(sql!(
        "update asset_stages set attempts = attempts + 1, failure = $4, failed_at = $5
         where owner_id = $1 and asset_id = $2 and stage = $3",
        owner,
        asset,
        stage,
        give_up.then_some(reason),
        now,
    ))
    .await?;
    Ok(())
}

pub async fn counts(tx: &mut Tx, stage: Stage) -> Result<StageCounts> {
    let due: i64 = tx
        .scalar(sql!(
            "select count(*) from asset_stages where stage = $1 and done_version < wanted_version and failure is null",
            stage,
        ))
        .await?;
    let failed: i64 = tx
        .scalar(sql!(
            "select count(*) from asset_stages where stage = $1 and failure is not null",
            stage
        ))
        .await?;
    Ok(StageCounts { due, failed })
}

/// Stages a person has paused: they stay wanted while the others go on.
pub async fn list_paused(tx: &mut Tx) -> Result<Vec<Stage>> {
    let rows: Vec<(Stage,)> = tx
        .all(sql!("select stage from paused_stages order by stage"))
        .await?;
    Ok(rows.into_iter().map(|(stage,)| stage).collect())
}

pub async fn pause(tx: &mut Tx, stage: Stage) -> Result<()> {
    tx.execute(sql!(
        "insert into paused_stages (stage) values ($1) on conflict do nothing",
        stage
    ))
    .await?;
    Ok(())
}

pub async fn resume(tx: &mut Tx, stage: Stage) -> Result<()> {
    tx.execute(sql!("delete from paused_stages where stage = $1", stage))
        .await?;
    Ok(())
}

/// A page of assets that are due for a stage, for putting them to work again after a pause.
pub async fn list_due(
    tx: &mut Tx,
    stage: Stage,
    after: AssetId,
    limit: i64,
) -> Result<Vec<(UserId, AssetId)>> {
    tx.all(sql!(
        "select owner_id, asset_id from asset_stages
         where stage = $1 and done_version < wanted_version and failure is null and asset_id > $2
         order by asset_id limit $3",
        stage,
        after,
        limit,
    ))
    .await
}
