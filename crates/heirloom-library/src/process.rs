//! Processing one asset: every stage that is wanted and can run, in one reading of the file and one transaction.

mod edited;
mod facts;
mod failure;
mod moments;
mod motion;
mod sight;
mod still;
mod video;

use std::sync::Arc;

use async_trait::async_trait;
use chrono::TimeDelta;
use heirloom_jobs::{Claim, Failure, Handler};
use heirloom_media::{facts::Facts, xmp::Edits};
use heirloom_store::{
    Tx,
    assets::{self, Asset, Rendition},
    blobs::{self, BlobPath},
    changes::{ChangeKind, Entry, moment},
    exif,
    stages::{self, AssetStage, Stage},
    system,
    workflows::Trigger,
};
use heirloom_types::{
    caller::Scope,
    geometry::Size,
    ids::{AssetId, UserId},
    media_type::MediaKind,
};
use serde::Deserialize;

use self::{
    failure::{Remedy, StageFailure, StageResult},
    sight::Sight,
};
use crate::{Library, assets::edits_of, feed};

/// Kind of the job.
pub const KIND: &str = "process_asset";
/// Attempts after which a stage is given up.
const ATTEMPTS_MAX: i32 = 5;
/// How long an asset waits for what its stages need, such as an engine that does not answer.
const WAIT: TimeDelta = TimeDelta::minutes(1);
/// How long a paused asset's job rests before it looks again; resuming a stage asks for it at once.
const PAUSE: TimeDelta = TimeDelta::minutes(10);

/// The handler of [`KIND`].
pub struct ProcessAsset(pub Arc<Library>);

#[derive(Deserialize)]
struct Payload {
    owner: UserId,
}

/// Everything that one run learned and made, before it is committed.
#[derive(Default)]
pub(crate) struct Findings {
    facts: Option<Facts>,
    size: Option<Size>,
    thumbhash: Option<Vec<u8>>,
    renditions: i32,
    sidecar_path: Option<String>,
    live_video_id: Option<AssetId>,
    sight: Sight,
    edited: Option<edited::Edited>,
    results: Vec<(Stage, i32, StageResult)>,
}

impl Findings {
    fn add(&mut self, rendition: Rendition) {
        self.renditions |= rendition as i32;
    }

    /// What was made of a stage is of yesterday: it is not noted as done.
    fn leave_wanted(&mut self, stale: Stage) {
        self.results
            .retain(|(stage, _, result)| *stage != stale || result.is_err());
    }

    /// The original has moved meanwhile: a sidecar lies where nobody looks for it now.
    fn forget_place(&mut self) {
        if self.sidecar_path.take().is_none() {
            return;
        }
        for (stage, _, result) in &mut self.results {
            if *stage == Stage::Sidecar {
                *result = Err(StageFailure::passing("its original moved meanwhile"));
            }
        }
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
        if asset.is_offline {
            return library.rest(claim, &asset).await;
        }
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
        let task = Task {
            claim,
            asset,
            edits,
            is_resting: !resting.is_empty(),
        };
        library.run_stages(&task, ready).await
    }
}

/// One asset in work.
struct Task<'a> {
    claim: &'a Claim,
    asset: Asset,
    edits: Edits,
    /// Other stages of it wait until a person lets them go on.
    is_resting: bool,
}

/// Why an asset has to be looked at again.
enum Again {
    Retry(anyhow::Error),
    Wait(anyhow::Error),
}

impl From<Again> for Failure {
    fn from(again: Again) -> Self {
        match again {
            Again::Retry(error) => Self::Retry(error),
            Again::Wait(error) => Self::RetryAfter(WAIT, error),
        }
    }
}

impl Library {
    async fn end(&self, claim: &Claim) -> Result<(), Failure> {
        let mut tx = self.db.write().await?;
        claim.finish(&mut tx).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Ends the work on an asset whose file is away; it is wanted again when the file is back.
    async fn rest(&self, claim: &Claim, asset: &Asset) -> Result<(), Failure> {
        let mut tx = self.db.write().await?;
        stages::rest(&mut tx, asset.owner_id, asset.id).await?;
        claim.finish(&mut tx).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Runs the stages in two parts, each committed with what it made: first what shows the asset to people, then, from
    /// the same decoded picture, what understands it, which takes longer.
    async fn run_stages(&self, task: &Task<'_>, ready: Vec<AssetStage>) -> Result<(), Failure> {
        let (seeing, plain): (Vec<_>, Vec<_>) =
            ready.into_iter().partition(|due| due.stage.needs_sight());
        let mut findings = self.work(task, &plain, !seeing.is_empty()).await;
        let seen = std::mem::take(&mut findings.sight.picture);
        let mut again = None;
        if !plain.is_empty() {
            again = self
                .settle(task, &plain, findings, None, seeing.is_empty())
                .await?;
        }
        if !seeing.is_empty() {
            let findings = self.look(task, &seeing, seen).await;
            again = self.settle(task, &seeing, findings, again, true).await?;
        }
        match again {
            Some(again) => Err(again.into()),
            None if task.is_resting => Err(Failure::RetryAfter(
                PAUSE,
                anyhow::anyhow!("its stages are paused"),
            )),
            None => Ok(()),
        }
    }

    /// Runs the stages that need no model; what fails is part of the findings. With `is_seen` the decoded picture is kept.
    async fn work(&self, task: &Task<'_>, ready: &[AssetStage], is_seen: bool) -> Findings {
        let asset = &task.asset;
        let mut findings = Findings::default();
        findings.sight.is_wanted = is_seen;
        if let Some(stage) = ready.iter().find(|due| due.stage == Stage::Sidecar) {
            let result = self.write_sidecar(asset, &task.edits, &mut findings).await;
            findings
                .results
                .push((Stage::Sidecar, stage.wanted_version, result));
        }
        if let Some(version) = wanted(ready, Stage::Edit) {
            let result = self.make_edited(asset, &mut findings).await;
            findings.results.push((Stage::Edit, version, result));
        }
        match asset.kind {
            MediaKind::Image => self.work_on_still(asset, ready, &mut findings).await,
            MediaKind::Video => self.work_on_video(asset, ready, &mut findings).await,
        }
        findings
    }

    /// Commits results and, with the last part, the end of the job. Gives why the asset must be looked at again, if it
    /// must.
    async fn settle(
        &self,
        task: &Task<'_>,
        ready: &[AssetStage],
        mut findings: Findings,
        earlier: Option<Again>,
        is_last: bool,
    ) -> Result<Option<Again>, Failure> {
        let now = self.now();
        let (asset, claim) = (&task.asset, task.claim);
        let mut tx = self.db.write().await?;
        assets::lock(&mut tx, asset.owner_id, &[asset.id]).await?;
        let current = assets::get(&mut tx, Scope::of_owner(asset.owner_id), asset.id).await?;
        // What was learned of a file that is another one now says nothing; the job was asked for again.
        let Some(mut current) = current.filter(|current| current.blake3 == asset.blake3) else {
            if is_last {
                claim.finish(&mut tx).await?;
                tx.commit().await?;
            }
            return Ok(None);
        };
        if current.original_path != asset.original_path {
            findings.forget_place();
        }
        let mut entries = Vec::new();
        let before = current.clone();
        let edits = self.edits_of(&mut tx, asset.owner_id, asset.id).await?;
        if let Some(facts) = &findings.facts {
            entries.extend(
                self.apply_facts(&mut tx, &mut current, facts, &edits)
                    .await?,
            );
        }
        if edits != task.edits {
            // Somebody edited meanwhile: what was written beside the original is not yet what they said.
            findings.leave_wanted(Stage::Sidecar);
        }
        apply_renditions(&mut current, &findings);
        self.keep_plain(&mut tx, &before, &mut current).await?;
        let is_edit_current = match &findings.edited {
            Some(edited) => self.apply_edited(&mut tx, &mut current, edited).await?,
            None => true,
        };
        current.updated_at = now;
        assets::update(&mut tx, &current).await?;
        entries.extend(self.apply_sight(&mut tx, &current, &mut findings).await?);
        if !is_edit_current {
            // The steps were changed meanwhile.
            findings.leave_wanted(Stage::Edit);
        }
        let failed = self.note_results(&mut tx, asset, ready, &findings).await?;
        let again = earlier.or(failed);
        if is_last && again.is_none() && !task.is_resting {
            claim.finish(&mut tx).await?;
        }
        if findings.facts.is_some() {
            let trigger = Trigger::AssetMetadataExtraction;
            self.set_off(&mut tx, &current, trigger).await?;
        }
        entries.extend(told_of(&before, &current));
        feed::record(&mut tx, asset.owner_id, now, entries).await?;
        tx.commit().await?;
        Ok(again)
    }

    async fn note_results(
        &self,
        tx: &mut Tx,
        asset: &Asset,
        ready: &[AssetStage],
        findings: &Findings,
    ) -> anyhow::Result<Option<Again>> {
        let (owner, id) = (asset.owner_id, asset.id);
        let mut again = None;
        for (stage, version, result) in &findings.results {
            let Err(failure) = result else {
                stages::done(tx, owner, id, *stage, *version).await?;
                continue;
            };
            let reason = failure.reason();
            if failure.remedy() == Remedy::Wait {
                tracing::info!(asset = %id, ?stage, %reason, "a stage waits");
                again = again.or_else(|| Some(Again::Wait(anyhow::anyhow!("{reason}"))));
                continue;
            }
            let attempts = ready
                .iter()
                .find(|due| due.stage == *stage)
                .map_or(0, |due| due.attempts);
            let give_up = failure.remedy() == Remedy::Nothing || attempts + 1 >= ATTEMPTS_MAX;
            tracing::warn!(asset = %id, ?stage, %reason, give_up, "a stage failed");
            stages::fail(tx, owner, id, *stage, reason, give_up, self.now()).await?;
            if !give_up {
                again = Some(Again::Retry(anyhow::anyhow!("{reason}")));
            }
        }
        Ok(again)
    }

    async fn edits_of(&self, tx: &mut Tx, owner: UserId, id: AssetId) -> anyhow::Result<Edits> {
        let exif = exif::get(tx, owner, id).await?;
        Ok(edits_of(exif.as_ref())?)
    }

    /// Puts a person's edits into the sidecar beside the original; what else stands there stays.
    async fn write_sidecar(
        &self,
        asset: &Asset,
        edits: &Edits,
        findings: &mut Findings,
    ) -> StageResult {
        let path = place_of_words(asset).map_err(StageFailure::r#final)?;
        let existing = match self.blobs.read(&path).await {
            Ok(bytes) => Some(bytes),
            Err(blobs::Error::NotFound(_))
                if asset.library_id.is_some() || asset.sidecar_path.is_none() =>
            {
                None
            }
            Err(error) => return Err(error.into()),
        };
        let packet = heirloom_media::xmp::write(existing.as_deref(), edits)
            .map_err(StageFailure::r#final)?;
        self.blobs.put(&path, packet.into()).await?;
        if asset.library_id.is_none() {
            findings.sidecar_path = Some(path.as_str().to_owned());
        }
        Ok(())
    }

    /// The original, open for reading.
    async fn original(&self, asset: &Asset) -> Result<std::fs::File, StageFailure> {
        let failure = match self.open_beside(&asset.original_path).await {
            Ok(file) => return Ok(file),
            Err(failure) => failure,
        };
        let mut tx = self.db.read().await.map_err(StageFailure::passing)?;
        let (owner, id) = (asset.owner_id, asset.id);
        match system::is_original(&mut tx, owner, id, &asset.original_path).await {
            Ok(false) => Err(StageFailure::passing("its original moved meanwhile")),
            _ => Err(failure),
        }
    }

    /// A file of an asset, open for reading. That of an external library may come back; the scan says when it is gone.
    async fn open_beside(&self, path: &str) -> Result<std::fs::File, StageFailure> {
        let path = BlobPath::parse(path).map_err(StageFailure::r#final)?;
        self.blobs
            .open_file(&path)
            .await
            .map_err(|error| match error {
                error if path.is_external() => StageFailure::waiting(error),
                error => error.into(),
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
        Ok(self.blobs.put(&path, bytes.into()).await?)
    }
}

/// Where a person's words about an asset are written: beside its original, unless that is only read.
fn place_of_words(asset: &Asset) -> blobs::Result<BlobPath> {
    if asset.library_id.is_some() {
        return Ok(BlobPath::apart_sidecar(asset.owner_id, asset.id));
    }
    match &asset.sidecar_path {
        Some(path) => BlobPath::parse(path),
        None => BlobPath::parse(&asset.original_path).map(|path| path.sidecar()),
    }
}

/// The asset and what its file says, with what somebody who looks waits for.
fn told_of(before: &Asset, now: &Asset) -> Vec<Entry> {
    let changed = || Entry::upsert(ChangeKind::Asset, now.id);
    let is_new = |rendition| now.has(rendition) && !before.has(rendition);
    let mut entries = vec![Entry::upsert(ChangeKind::Exif, now.id)];
    if is_new(Rendition::Edited) {
        entries.push(changed().detail(moment::EDITED));
    }
    entries.push(if is_new(Rendition::Thumbnail) {
        changed().detail(moment::READY)
    } else {
        changed()
    });
    entries
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
