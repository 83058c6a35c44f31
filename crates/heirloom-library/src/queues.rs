//! How much work is left, stage by stage, and pausing it.

use std::collections::BTreeMap;

use heirloom_jobs::priority;
pub use heirloom_store::stages::{Pending, Stage, StageCounts};
use heirloom_store::{
    Tx,
    assets::{self, Asset},
    queue, settings, stages, system, users,
};
use heirloom_types::{
    caller::{Caller, Scope},
    ids::AssetId,
    media_type::MediaKind,
    permission::Permission,
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    Error, Library, Result,
    access::{self, require, require_admin},
    clustering, duplicates, libraries, moves, process, workflows,
};

/// Assets put to work again at a time.
const BATCH: i64 = 1000;
/// Assets of a queue that are listed.
const LISTED_MAX: i64 = 1_000;
/// The setting that holds the versions of all stages which every asset was last asked for.
const STAGE_VERSIONS: &str = "stage-versions";

/// One queue that people see: a stage of assets, or work over everything an owner has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queue {
    Stage(Stage),
    /// Giving faces to people.
    People,
    /// Looking for copies.
    Duplicates,
    /// Looking at external libraries.
    Libraries,
    /// Moving originals to where the storage template wants them.
    Moves,
    /// What people want done with new photos.
    Workflows,
}

/// What is left of one queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueCounts {
    pub active: i64,
    pub waiting: i64,
    pub failed: i64,
    pub is_paused: bool,
}

impl Library {
    /// Never says nothing is left while an accepted upload is not processed: what is due and not in work is waiting.
    pub async fn queue_counts(&self, caller: &Caller, queue: Queue) -> Result<QueueCounts> {
        require_admin(caller)?;
        let mut tx = self.db.read().await?;
        let stage = match queue {
            Queue::Stage(stage) => stage,
            Queue::People => return self.job_counts(&mut tx, &[clustering::KIND]).await,
            Queue::Duplicates => {
                return self
                    .job_counts(&mut tx, &[duplicates::KIND, duplicates::REGROUP])
                    .await;
            }
            Queue::Libraries => return self.job_counts(&mut tx, &libraries::KINDS).await,
            Queue::Moves => return self.job_counts(&mut tx, &[moves::KIND]).await,
            Queue::Workflows => return self.job_counts(&mut tx, &[workflows::KIND]).await,
        };
        let left = stages::counts(&mut tx, stage).await?;
        let jobs = queue::counts(&mut tx, process::KIND, self.now()).await?;
        let is_paused = stages::list_paused(&mut tx).await?.contains(&stage);
        let active = if is_paused {
            0
        } else {
            jobs.active.min(left.due)
        };
        Ok(QueueCounts {
            active,
            waiting: left.due - active,
            failed: left.failed,
            is_paused,
        })
    }

    async fn job_counts(&self, tx: &mut Tx, kinds: &[&str]) -> Result<QueueCounts> {
        let mut counts = QueueCounts::default();
        for kind in kinds {
            let jobs = queue::counts(tx, kind, self.now()).await?;
            counts.active += jobs.active;
            counts.waiting += jobs.waiting;
        }
        Ok(counts)
    }

    /// The assets whose stage was given up, or else is still to be done, with the reasons.
    pub async fn queue_pending(
        &self,
        caller: &Caller,
        stage: Stage,
        has_failed: bool,
    ) -> Result<Vec<Pending>> {
        require_admin(caller)?;
        require(caller, Permission::QueueJobRead)?;
        let mut tx = self.db.read().await?;
        Ok(stages::list_pending(&mut tx, stage, has_failed, LISTED_MAX).await?)
    }

    /// Forgets the failures of a stage; what was not done stays so.
    pub async fn forget_failures(&self, caller: &Caller, stage: Stage) -> Result<()> {
        require_admin(caller)?;
        require(caller, Permission::QueueJobDelete)?;
        let mut tx = self.db.write().await?;
        stages::forget_failed(&mut tx, stage).await?;
        Ok(tx.commit().await?)
    }

    /// Has the work of a queue done again: over everything, or only what is not done.
    pub async fn restart(&self, caller: &Caller, queue: Queue, of_all: bool) -> Result<()> {
        require_admin(caller)?;
        require(caller, Permission::JobCreate)?;
        match queue {
            Queue::Stage(stage) if !self.is_asked(stage) => Err(no_model()),
            Queue::Stage(stage) => self.restart_stage(stage, of_all).await,
            Queue::Workflows => Err(Error::Conflict(
                "The queue workflow starts by itself, when photos come".into(),
            )),
            Queue::Libraries | Queue::Moves => {
                let mut tx = self.db.write().await?;
                match queue {
                    Queue::Libraries => self.scan_libraries(&mut tx).await?,
                    _ => self.ask_to_move(&mut tx).await?,
                }
                tx.commit().await?;
                self.wake.wake();
                Ok(())
            }
            Queue::People | Queue::Duplicates => {
                let everybody = users::list(&mut self.db.read().await?).await?;
                for user in everybody {
                    let mut tx = self.db.write().await?;
                    if queue == Queue::People && of_all {
                        self.want_clustering_afresh(&mut tx, user.id).await?;
                    } else if queue == Queue::People {
                        self.want_clustering(&mut tx, user.id).await?;
                    } else {
                        if of_all {
                            self.want_regrouping(&mut tx, user.id).await?;
                        }
                        self.want_comparing(&mut tx, user.id).await?;
                    }
                    tx.commit().await?;
                }
                self.wake.wake();
                Ok(())
            }
        }
    }

    async fn restart_stage(&self, stage: Stage, of_all: bool) -> Result<()> {
        self.catch_up_with(stage).await?;
        let mut after = AssetId(Uuid::nil());
        loop {
            // A transaction for each page: others must get their turn.
            let mut tx = self.db.write().await?;
            let page = stages::list_known(&mut tx, stage, !of_all, after, BATCH).await?;
            let Some(&(_, last)) = page.last() else { break };
            for (owner, id) in page {
                self.want_later(&mut tx, owner, id, stage).await?;
            }
            tx.commit().await?;
            after = last;
        }
        self.wake.wake();
        Ok(())
    }

    /// Has a stage of some assets of the caller done again.
    pub async fn redo(&self, caller: &Caller, ids: &[AssetId], stage: Stage) -> Result<()> {
        require(caller, Permission::JobCreate)?;
        if !self.is_asked(stage) {
            return Err(no_model());
        }
        let mut tx = self.db.write().await?;
        for asset in access::all_assets(&mut tx, caller, ids, Permission::AssetUpdate).await? {
            let wanted = stages_of(&asset, stage);
            if wanted.is_empty() {
                return Err(Error::invalid(
                    "assetIds",
                    format!("{} is not a video", asset.original_name),
                ));
            }
            self.want(&mut tx, &asset, &wanted, priority::NEW).await?;
        }
        tx.commit().await?;
        self.wake.wake();
        Ok(())
    }

    pub async fn pause_stage(&self, caller: &Caller, stage: Stage) -> Result<()> {
        require_admin(caller)?;
        let mut tx = self.db.write().await?;
        stages::pause(&mut tx, stage).await?;
        Ok(tx.commit().await?)
    }

    /// Lets a stage go on, and asks again for the jobs of everything that waited for it.
    pub async fn resume_stage(&self, caller: &Caller, stage: Stage) -> Result<()> {
        require_admin(caller)?;
        let mut tx = self.db.write().await?;
        stages::resume(&mut tx, stage).await?;
        let mut after = AssetId(Uuid::nil());
        loop {
            let page = stages::list_due(&mut tx, stage, after, BATCH).await?;
            let Some(&(_, last)) = page.last() else { break };
            for (owner, id) in page {
                if let Some(asset) = assets::get(&mut tx, Scope::of_owner(owner), id).await? {
                    self.want(&mut tx, &asset, &[], priority::BACKFILL).await?;
                }
            }
            after = last;
        }
        tx.commit().await?;
        self.wake.wake();
        Ok(())
    }

    /// Has every stage done again that this version of the program does better than the one that did it, behind
    /// everything else there is to do. May be cut off anywhere.
    pub(crate) async fn renew_stages(&self) -> Result<u64> {
        let versions = json!(
            Stage::EVERY
                .iter()
                .map(|stage| (stage.as_str(), stage.version()))
                .collect::<BTreeMap<_, _>>()
        );
        let known = settings::get_system(&mut self.db.read().await?, STAGE_VERSIONS).await?;
        if known.as_ref() == Some(&versions) {
            return Ok(0);
        }
        let mut renewed = 0;
        for &stage in Stage::EVERY {
            loop {
                let mut tx = self.db.write().await?;
                let page = system::list_outdated(&mut tx, stage, BATCH).await?;
                if page.is_empty() {
                    break;
                }
                for &(owner, id) in &page {
                    stages::raise(&mut tx, owner, id, stage).await?;
                    if let Some(asset) = assets::get(&mut tx, Scope::of_owner(owner), id).await? {
                        self.want(&mut tx, &asset, &[], priority::BACKFILL).await?;
                    }
                }
                tx.commit().await?;
                self.wake.wake();
                renewed += page.len() as u64;
            }
        }
        let mut tx = self.db.write().await?;
        settings::set_system(&mut tx, STAGE_VERSIONS, versions).await?;
        tx.commit().await?;
        Ok(renewed)
    }
}

fn no_model() -> Error {
    Error::Conflict(
        "This server has no model for that; install models and switch their task on in the configuration".into(),
    )
}

/// What doing a stage again means for an asset: an edited picture has more to render.
fn stages_of(asset: &Asset, stage: Stage) -> Vec<Stage> {
    match stage {
        Stage::Transcode if asset.kind != MediaKind::Video => Vec::new(),
        Stage::Render if asset.is_edited => vec![Stage::Render, Stage::Edit],
        stage => vec![stage],
    }
}
