//! Processing one asset: every stage that is wanted and can run, in one reading of the file and one transaction.

mod facts;
mod motion;
mod still;
mod video;

use std::sync::Arc;

use async_trait::async_trait;
use chrono::TimeDelta;
use heirloom_jobs::{Claim, Failure, Handler};
use heirloom_media::{facts::Facts, xmp::Edits};
use heirloom_store::{
    assets::{self, Asset, Rendition},
    blobs::BlobPath,
    changes::{ChangeKind, Entry},
    exif,
    stages::{self, AssetStage, Stage},
};
use heirloom_types::{
    caller::Scope,
    geometry::Size,
    ids::{AssetId, UserId},
    media_type::MediaKind,
};
use serde::Deserialize;

use crate::{Library, feed};

/// Kind of the job.
pub const KIND: &str = "process_asset";
/// Attempts after which a stage is given up.
const ATTEMPTS_MAX: i32 = 5;
/// How long a paused asset's job rests before it looks again; resuming a stage asks for it at once.
const PAUSE: TimeDelta = TimeDelta::minutes(10);

/// The handler of [`KIND`].
pub struct ProcessAsset(pub Arc<Library>);

#[derive(Deserialize)]
struct Payload {
    owner: UserId,
}

/// Why a stage has no result.
#[derive(Clone, Debug)]
pub(crate) struct StageFailure {
    reason: String,
    /// Whether another try would end the same way.
    is_final: bool,
}

impl StageFailure {
    fn passing(error: impl std::fmt::Display) -> Self {
        Self {
            reason: error.to_string(),
            is_final: false,
        }
    }

    fn r#final(error: impl std::fmt::Display) -> Self {
        Self {
            reason: error.to_string(),
            is_final: true,
        }
    }
}

type StageResult = Result<(), StageFailure>;

/// Everything that one run learned and made, before it is committed.
#[derive(Default)]
pub(crate) struct Findings {
    facts: Option<Facts>,
    size: Option<Size>,
    thumbhash: Option<Vec<u8>>,
    renditions: i32,
    sidecar_path: Option<String>,
    live_video_id: Option<AssetId>,
    results: Vec<(Stage, i32, StageResult)>,
}

impl Findings {
    fn add(&mut self, rendition: Rendition) {
        self.renditions |= rendition as i32;
    }
}

#[async_trait]
impl Handler for ProcessAsset {
    fn kind(&self) -> &'static str {
        KIND
    }

    async fn run(&self, claim: &Claim) -> Result<(), Failure> {
        let id: AssetId = claim.job.subject.parse()?;
        let Payload { owner } = serde_json::from_value(claim.job.payload.0.clone())?;
        let library = &self.0;
        let mut tx = library.db.read().await?;
        let asset = assets::get(&mut tx, Scope::of_owner(owner), id).await?;
        let paused = stages::list_paused(&mut tx).await?;
        let due: Vec<AssetStage> = stages::list(&mut tx, owner, id)
            .await?
            .into_iter()
            .filter(AssetStage::is_due)
            .collect();
        let edits = library.edits_of(&mut tx, owner, id).await?;
        drop(tx);
        let Some(asset) = asset else {
            return library.end(claim).await;
        };
        let (resting, ready): (Vec<_>, Vec<_>) =
            due.into_iter().partition(|due| paused.contains(&due.stage));
        if ready.is_empty() {
            if resting.is_empty() {
                return library.end(claim).await;
            }
            return Err(Failure::RetryAfter(
                PAUSE,
                anyhow::anyhow!("its stages are paused"),
            ));
        }
        let findings = library.work(&asset, &ready, &edits).await;
        library
            .settle(claim, &asset, &ready, findings, &edits, !resting.is_empty())
            .await
    }
}

impl Library {
    async fn end(&self, claim: &Claim) -> Result<(), Failure> {
        let mut tx = self.db.write().await?;
        claim.finish(&mut tx, self.now()).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Runs the stages; what fails is part of the findings.
    async fn work(&self, asset: &Asset, ready: &[AssetStage], edits: &Edits) -> Findings {
        let mut findings = Findings::default();
        if let Some(stage) = ready.iter().find(|due| due.stage == Stage::Sidecar) {
            let result = self.write_sidecar(asset, edits, &mut findings).await;
            findings
                .results
                .push((Stage::Sidecar, stage.wanted_version, result));
        }
        match asset.kind {
            MediaKind::Image => self.work_on_still(asset, ready, &mut findings).await,
            MediaKind::Video => self.work_on_video(asset, ready, &mut findings).await,
        }
        findings
    }

    /// Commits results and completion together; then a stage that may yet succeed is tried again later.
    async fn settle(
        &self,
        claim: &Claim,
        asset: &Asset,
        ready: &[AssetStage],
        findings: Findings,
        edits: &Edits,
        is_resting: bool,
    ) -> Result<(), Failure> {
        let now = self.now();
        let mut tx = self.db.write().await?;
        assets::lock(&mut tx, asset.owner_id, &[asset.id]).await?;
        let Some(mut current) =
            assets::get(&mut tx, Scope::of_owner(asset.owner_id), asset.id).await?
        else {
            claim.finish(&mut tx, now).await?;
            tx.commit().await?;
            return Ok(());
        };
        let mut entries = Vec::new();
        if let Some(facts) = &findings.facts {
            entries.extend(
                self.apply_facts(&mut tx, &mut current, facts, edits)
                    .await?,
            );
        }
        apply_renditions(&mut current, &findings);
        current.updated_at = now;
        assets::update(&mut tx, &current).await?;
        let mut retry = None;
        for (stage, version, result) in &findings.results {
            match result {
                Ok(()) => stages::done(&mut tx, asset.owner_id, asset.id, *stage, *version).await?,
                Err(failure) => {
                    let attempts = ready
                        .iter()
                        .find(|due| due.stage == *stage)
                        .map_or(0, |due| due.attempts);
                    let give_up = failure.is_final || attempts + 1 >= ATTEMPTS_MAX;
                    let (owner, reason) = (asset.owner_id, &failure.reason);
                    tracing::warn!(asset = %asset.id, ?stage, %reason, give_up, "a stage failed");
                    stages::fail(&mut tx, owner, asset.id, *stage, reason, give_up, now).await?;
                    if !give_up {
                        retry = Some(anyhow::anyhow!("{}", failure.reason));
                    }
                }
            }
        }
        if retry.is_none() && !is_resting {
            claim.finish(&mut tx, now).await?;
        }
        entries.push(Entry::upsert(ChangeKind::Asset, asset.id));
        entries.push(Entry::upsert(ChangeKind::Exif, asset.id));
        feed::record(&mut tx, asset.owner_id, now, entries).await?;
        tx.commit().await?;
        match retry {
            Some(error) => Err(Failure::Retry(error)),
            None if is_resting => Err(Failure::RetryAfter(
                PAUSE,
                anyhow::anyhow!("its stages are paused"),
            )),
            None => Ok(()),
        }
    }

    async fn edits_of(
        &self,
        tx: &mut heirloom_store::Tx,
        owner: UserId,
        id: AssetId,
    ) -> anyhow::Result<Edits> {
        let exif = exif::get(tx, owner, id).await?;
        let edits = exif.and_then(|exif| exif.edits);
        Ok(edits
            .map(|json| serde_json::from_str(&json))
            .transpose()?
            .unwrap_or_default())
    }

    /// Puts a person's edits into the sidecar beside the original; what else stands there stays.
    async fn write_sidecar(
        &self,
        asset: &Asset,
        edits: &Edits,
        findings: &mut Findings,
    ) -> StageResult {
        let path = match &asset.sidecar_path {
            Some(path) => BlobPath::parse(path),
            None => BlobPath::parse(&asset.original_path).map(|path| path.sidecar()),
        }
        .map_err(StageFailure::r#final)?;
        let existing = match &asset.sidecar_path {
            Some(_) => Some(
                self.blobs
                    .read(&path)
                    .await
                    .map_err(StageFailure::passing)?,
            ),
            None => None,
        };
        let packet = heirloom_media::xmp::write(existing.as_deref(), edits)
            .map_err(StageFailure::r#final)?;
        self.blobs
            .put(&path, packet.into())
            .await
            .map_err(StageFailure::passing)?;
        findings.sidecar_path = Some(path.as_str().to_owned());
        Ok(())
    }

    /// The original, open for reading.
    async fn original(&self, asset: &Asset) -> Result<std::fs::File, StageFailure> {
        let path = BlobPath::parse(&asset.original_path).map_err(StageFailure::r#final)?;
        self.blobs
            .open_file(&path)
            .await
            .map_err(|error| match error {
                heirloom_store::blobs::Error::NotFound(_) => StageFailure::r#final(error),
                error => StageFailure::passing(error),
            })
    }

    async fn put_rendition(
        &self,
        asset: &Asset,
        kind: &str,
        extension: &str,
        bytes: Vec<u8>,
    ) -> StageResult {
        let path = BlobPath::rendition(asset.owner_id, asset.id, kind, extension);
        self.blobs
            .put(&path, bytes.into())
            .await
            .map_err(StageFailure::passing)
    }
}

fn apply_renditions(asset: &mut Asset, findings: &Findings) {
    asset.renditions |= findings.renditions;
    if let Some(hash) = &findings.thumbhash {
        asset.thumbhash = Some(hash.clone());
    }
    if let Some(size) = findings.size.filter(|size| size.pixels() > 0) {
        asset.width = i32::try_from(size.width).ok();
        asset.height = i32::try_from(size.height).ok();
    }
    if asset.live_video_id.is_none() {
        asset.live_video_id = findings.live_video_id;
    }
    if let Some(path) = &findings.sidecar_path {
        asset.sidecar_path = Some(path.clone());
    }
}

/// The stage, if it is among those that can run.
fn wanted(ready: &[AssetStage], stage: Stage) -> Option<i32> {
    ready
        .iter()
        .find(|due| due.stage == stage)
        .map(|due| due.wanted_version)
}
