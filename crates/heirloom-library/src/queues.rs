//! How much work is left, stage by stage, and pausing it.

use heirloom_jobs::priority;
pub use heirloom_store::stages::{Stage, StageCounts};
use heirloom_store::{assets, queue, stages};
use heirloom_types::{
    caller::{Caller, Scope},
    ids::AssetId,
};
use uuid::Uuid;

use crate::{Library, Result, access::require_admin, process};

/// Assets put to work again at a time.
const BATCH: i64 = 1000;

/// What is left of one stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueCounts {
    pub active: i64,
    pub waiting: i64,
    pub failed: i64,
    pub is_paused: bool,
}

impl Library {
    /// Never says nothing is left while an accepted upload is not processed: what is due and not in work is waiting.
    pub async fn queue_counts(&self, caller: &Caller, stage: Stage) -> Result<QueueCounts> {
        require_admin(caller)?;
        let mut tx = self.db.read().await?;
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
}
