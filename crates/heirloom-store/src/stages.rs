//! Wanted state: which steps an asset still needs. A row says which version of a stage is wanted and which is done.

use heirloom_types::{
    ids::{AssetId, UserId},
    media_type::MediaKind,
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
        /// The renditions of a picture as a person edited it.
        Edit = "edit",
        /// Vectors to search by, labels, quality.
        Embed = "embed",
        /// Faces, found and described.
        Faces = "faces",
        /// Text in the picture.
        Text = "text",
    }
}

impl Stage {
    /// Whether a model looks at the picture: slower than the rest, and not always to be had.
    pub const fn needs_sight(self) -> bool {
        matches!(self, Self::Embed | Self::Faces | Self::Text)
    }

    /// The version of what this stage makes; raising it makes every library process the stage again.
    pub const fn version(self) -> i32 {
        match self {
            // Metadata 2: city, state, country, and the time zone of the place. Embed 2: moments of videos. Text 2: no
            // guesses at scripts that cannot be read.
            Self::Metadata | Self::Embed | Self::Text => 2,
            Self::Sidecar | Self::Render | Self::Transcode | Self::Edit | Self::Faces => 1,
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

/// Wants the newest version of a stage of an asset that has an older one.
pub async fn raise(tx: &mut Tx, owner: UserId, asset: AssetId, stage: Stage) -> Result<()> {
    tx.execute(sql!(
        "update asset_stages set wanted_version = $4, attempts = 0, failure = null, failed_at = null
         where owner_id = $1 and asset_id = $2 and stage = $3 and wanted_version < $4",
        owner,
        asset,
        stage,
        stage.version(),
    ))
    .await?;
    Ok(())
}

/// Wants nothing of an asset any more that is not done: its file is away. [`raise`] wants it again.
pub async fn rest(tx: &mut Tx, owner: UserId, asset: AssetId) -> Result<()> {
    tx.execute(sql!(
        "update asset_stages set wanted_version = done_version, attempts = 0, failure = null, failed_at = null
         where owner_id = $1 and asset_id = $2 and done_version < wanted_version",
        owner,
        asset,
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

/// Notes by whose models a stage is done: name and version of the pack.
pub async fn done_by(
    tx: &mut Tx,
    owner: UserId,
    asset: AssetId,
    stage: Stage,
    model: &str,
) -> Result<()> {
    tx.execute(sql!(
        "update asset_stages set model = $4 where owner_id = $1 and asset_id = $2 and stage = $3",
        owner,
        asset,
        stage,
        model,
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

/// Whether some asset of an owner waits for a stage.
pub async fn is_due(tx: &mut Tx, owner: UserId, stage: Stage) -> Result<bool> {
    let row: Option<(i64,)> = tx
        .optional(sql!(
            "select cast(1 as bigint) from asset_stages
             where owner_id = $1 and stage = $2 and done_version < wanted_version and failure is null limit 1",
            owner,
            stage,
        ))
        .await?;
    Ok(row.is_some())
}

/// How many assets of each owner have a stage that was given up since then.
pub async fn failed_since(tx: &mut Tx, since: Timestamp) -> Result<Vec<(UserId, i64)>> {
    tx.all(sql!(
        "select owner_id, count(distinct asset_id) from asset_stages
         where failure is not null and failed_at >= $1 group by owner_id",
        since,
    ))
    .await
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

/// A page of assets that have never been asked for a stage, or only for an older version of it: those of one kind, or
/// all; not in the trash, and not the moving halves of live photos.
pub async fn list_lacking(
    tx: &mut Tx,
    stage: Stage,
    kind: Option<MediaKind>,
    after: AssetId,
    limit: i64,
) -> Result<Vec<(UserId, AssetId)>> {
    tx.all(sql!(
        "select a.owner_id, a.id from assets a
         left join asset_stages s on s.owner_id = a.owner_id and s.asset_id = a.id and s.stage = $1
         where a.id > $2 and a.deleted_at is null and a.visibility <> 'hidden' and a.kind = coalesce($3, a.kind)
             and coalesce(s.wanted_version, 0) < $4
         order by a.id limit $5",
        stage,
        after,
        kind,
        stage.version(),
        limit,
    ))
    .await
}

/// One asset whose stage is not done.
#[derive(Clone, Debug, FromRow)]
pub struct Pending {
    pub owner_id: UserId,
    pub asset_id: AssetId,
    pub attempts: i32,
    pub failure: Option<String>,
    pub failed_at: Option<Timestamp>,
    /// When the asset was taken in.
    pub created_at: Timestamp,
}

/// A page of the assets whose stage was given up, or else is due, the oldest first.
pub async fn list_pending(
    tx: &mut Tx,
    stage: Stage,
    has_failed: bool,
    limit: i64,
) -> Result<Vec<Pending>> {
    tx.all(sql!(
        "select s.owner_id, s.asset_id, s.attempts, s.failure, s.failed_at, a.created_at
         from asset_stages s join assets a on a.owner_id = s.owner_id and a.id = s.asset_id
         where s.stage = $1 and (s.failure is not null) = $2 and (s.failure is not null or s.done_version < s.wanted_version)
         order by s.asset_id limit $3",
        stage,
        has_failed,
        limit,
    ))
    .await
}

/// Forgets what was given up of a stage: it stays undone, and is not wanted any more.
pub async fn forget_failed(tx: &mut Tx, stage: Stage) -> Result<u64> {
    tx.execute(sql!(
        "update asset_stages set wanted_version = done_version, attempts = 0, failure = null, failed_at = null
         where stage = $1 and failure is not null",
        stage,
    ))
    .await
}

/// A page of the assets that ever had a stage, in the order of their ids: all of them, or only those that are not done.
pub async fn list_known(
    tx: &mut Tx,
    stage: Stage,
    only_undone: bool,
    after: AssetId,
    limit: i64,
) -> Result<Vec<(UserId, AssetId)>> {
    tx.all(sql!(
        "select owner_id, asset_id from asset_stages
         where stage = $1 and asset_id > $3 and (not $2 or done_version < $5 or failure is not null)
         order by asset_id limit $4",
        stage,
        only_undone,
        after,
        limit,
        stage.version(),
    ))
    .await
}
