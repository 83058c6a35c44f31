//! Takes jobs, runs them side by side, keeps their leases, and gives them back.

use std::{collections::HashMap, sync::Arc};

use chrono::TimeDelta;
use heirloom_store::{
    Db,
    queue::{self, Job},
};
use heirloom_types::{
    ids::WorkerId,
    time::{Clock, Timestamp},
};
use tokio::{
    sync::{Notify, OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
    time::timeout,
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info, warn};

use crate::{
    handler::{Claim, Failure, Handler, LeaseLost},
    limits, priority,
};

/// Tells a runner in this process that there is work; without it the runner finds out by looking.
#[derive(Clone, Debug, Default)]
pub struct Wake(Arc<Notify>);

impl Wake {
    /// There is work.
    pub fn wake(&self) {
        self.0.notify_one();
    }
}

/// How a runner works.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Jobs at once.
    pub slots: usize,
}

/// Runs jobs until it is told to stop.
pub struct Runner {
    db: Db,
    clock: Clock,
    worker: WorkerId,
    settings: Settings,
    handlers: HashMap<&'static str, Arc<dyn Handler>>,
    wake: Wake,
}

impl Runner {
    pub fn new(
        db: Db,
        clock: Clock,
        wake: Wake,
        settings: Settings,
        handlers: Vec<Arc<dyn Handler>>,
    ) -> Self {
        let worker = WorkerId::new(clock.now(), &mut rand::rng());
        let handlers = handlers
            .into_iter()
            .map(|handler| (handler.kind(), handler))
            .collect();
        Self {
            db,
            clock,
            worker,
            settings,
            handlers,
            wake,
        }
    }

    /// Runs until `stop`, then lets running jobs go and gives them back at once.
    pub async fn run(self, stop: CancellationToken) {
        let runner = Arc::new(self);
        let slots = Arc::new(Semaphore::new(runner.settings.slots));
        let mut running = JoinSet::new();
        while !stop.is_cancelled() {
            tokio::select! {
                () = stop.cancelled() => break,
                () = runner.fill(&slots, &mut running) => {}
            }
            while running.try_join_next().is_some() {}
        }
        running.shutdown().await;
        runner.release().await;
    }

    /// Runs what is visible now, one after the other, until nothing is left; for tests, which move the clock.
    pub async fn run_until_idle(&self) -> anyhow::Result<()> {
        loop {
            let jobs = self.claim(1).await?;
            if jobs.is_empty() {
                return Ok(());
            }
            for job in jobs {
                self.run_one(job).await;
            }
        }
    }

    /// Waits for a free slot, then for jobs, and starts them.
    async fn fill(self: &Arc<Self>, slots: &Arc<Semaphore>, running: &mut JoinSet<()>) {
        let Ok(first) = Arc::clone(slots).acquire_owned().await else {
            return;
        };
        let mut permits = vec![first];
        permits.extend(std::iter::from_fn(|| {
            Arc::clone(slots).try_acquire_owned().ok()
        }));
        match self.claim(permits.len() as i64).await {
            Ok(jobs) if jobs.is_empty() => {
                drop(permits);
                let _ = timeout(limits::POLL, self.wake.0.notified()).await;
            }
            Ok(jobs) => {
                for (job, permit) in jobs.into_iter().zip(permits) {
                    running.spawn(Arc::clone(self).run_in_slot(job, permit));
                }
            }
            Err(error) => {
                warn!(%error, "could not look for jobs");
                tokio::time::sleep(limits::DATABASE_PAUSE).await;
            }
        }
    }

    async fn claim(&self, limit: i64) -> heirloom_store::Result<Vec<Job>> {
        let now = self.clock.now();
        let mut jobs = Vec::new();
        for level in self.levels_with_work(now).await? {
            let left = limit - jobs.len() as i64;
            if left == 0 {
                break;
            }
            let mut tx = self.db.write().await?;
            jobs.extend(queue::claim(&mut tx, self.worker, level, left, now, limits::LEASE).await?);
            tx.commit().await?;
        }
        Ok(jobs)
    }

    /// Looking takes no write lock, so that an idle runner disturbs nobody.
    async fn levels_with_work(&self, now: Timestamp) -> heirloom_store::Result<Vec<i32>> {
        let mut tx = self.db.glance().await?;
        let mut levels = Vec::new();
        for level in priority::EVERY {
            if queue::has_visible(&mut tx, level, now).await? {
                levels.push(level);
            }
        }
        Ok(levels)
    }

    async fn run_in_slot(self: Arc<Self>, job: Job, permit: OwnedSemaphorePermit) {
        self.run_one(job).await;
        drop(permit);
    }

    async fn run_one(&self, job: Job) {
        let Some(handler) = self.handlers.get(job.kind.as_str()) else {
            error!(
                job.kind,
                "no handler for this kind of job; it waits for a version that has one"
            );
            self.give_back(&job, self.clock.now() + limits::BACK_OFF_MAX)
                .await;
            return;
        };
        let claim = Claim {
            job,
            worker: self.worker,
        };
        let outcome = tokio::select! {
            outcome = handler.run(&claim) => outcome,
            () = self.keep_lease(&claim) => Err(Failure::Retry(LeaseLost.into())),
        };
        match outcome {
            Ok(()) => debug!(
                job.kind = claim.job.kind,
                job.subject = claim.job.subject,
                "job done"
            ),
            Err(failure) => self.failed(&claim, failure).await,
        }
    }

    /// Renews the lease as long as it is ours; returns when it is not.
    async fn keep_lease(&self, claim: &Claim) {
        loop {
            tokio::time::sleep(limits::HEARTBEAT).await;
            match self.extend(claim).await {
                Ok(true) => {}
                Ok(false) => return,
                // The database may come back before the lease ends; if not, another worker takes over.
                Err(error) => warn!(%error, "could not renew the lease of a job"),
            }
        }
    }

    async fn extend(&self, claim: &Claim) -> heirloom_store::Result<bool> {
        let mut tx = self.db.write().await?;
        let ours = queue::extend(
            &mut tx,
            self.worker,
            claim.job.id,
            self.clock.now() + limits::LEASE,
        )
        .await?;
        tx.commit().await?;
        Ok(ours)
    }

    async fn failed(&self, claim: &Claim, failure: Failure) {
        let (delay, error) = match failure {
            Failure::Retry(error) if error.is::<LeaseLost>() => {
                info!(
                    job.kind = claim.job.kind,
                    job.subject = claim.job.subject,
                    "lease lost; another worker goes on"
                );
                return;
            }
            Failure::Retry(error) => (back_off(claim.job.attempts), error),
            Failure::RetryAfter(delay, error) => (delay, error),
        };
        warn!(
            job.kind = claim.job.kind,
            job.subject = claim.job.subject,
            job.attempts = claim.job.attempts,
            retry_after_ms = delay.num_milliseconds(),
            error = format!("{error:#}"),
            "job failed"
        );
        self.give_back(&claim.job, self.clock.now() + delay).await;
    }

    async fn give_back(&self, job: &Job, visible_at: Timestamp) {
        let result = async {
            let mut tx = self.db.write().await?;
            queue::give_back(&mut tx, self.worker, job.id, visible_at).await?;
            tx.commit().await
        };
        if let Err(error) = result.await {
            warn!(%error, "could not give a job back; its lease will end by itself");
        }
    }

    /// Gives back everything this worker still holds.
    async fn release(&self) {
        let result = async {
            let mut tx = self.db.write().await?;
            let count = queue::give_back_all(&mut tx, self.worker, self.clock.now()).await?;
            tx.commit().await?;
            Ok::<_, heirloom_store::Error>(count)
        };
        match result.await {
            Ok(0) => {}
            Ok(count) => info!(count, "gave back running jobs"),
            Err(error) => {
                warn!(%error, "could not give back running jobs; their leases will end by themselves");
            }
        }
    }
}

/// The pause before the next attempt: doubles with each, up to a limit.
fn back_off(attempts: i32) -> TimeDelta {
    let doublings = attempts.clamp(1, 16) - 1;
    (limits::BACK_OFF_FIRST * (1 << doublings)).min(limits::BACK_OFF_MAX)
}

#[cfg(test)]
mod tests;
