//! What a kind of job is, and what a worker holds while it does one.

use async_trait::async_trait;
use chrono::TimeDelta;
use heirloom_store::{
    Tx,
    queue::{self, Job},
};
use heirloom_types::ids::WorkerId;

/// Does the work of one kind of job. Running twice must have the effect of running once: a worker can die after the
/// work and before its record.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// The kind in the job table; never changes while jobs of it may wait.
    fn kind(&self) -> &'static str;

    /// Does the work. It ends by calling [`Claim::finish`] in the transaction that holds its results.
    async fn run(&self, claim: &Claim) -> Result<(), Failure>;
}

/// A job that this worker holds.
#[derive(Clone, Debug)]
pub struct Claim {
    pub job: Job,
    pub(crate) worker: WorkerId,
}

/// The job is another worker's now: what was done here must not be committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaseLost;

impl std::fmt::Display for LeaseLost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the lease of this job was lost to another worker")
    }
}

impl std::error::Error for LeaseLost {}

/// How a run ends when it does not finish its job.
#[derive(Debug)]
pub enum Failure {
    /// Try again after a back-off that grows with the attempts.
    Retry(anyhow::Error),
    /// Try again after this time; not counted as anybody's fault.
    RetryAfter(TimeDelta, anyhow::Error),
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Retry(error.into())
    }
}

impl Claim {
    /// Ends the job in the transaction that holds its results. When the lease was lost meanwhile, the transaction must
    /// not be committed: somebody else does the work.
    pub async fn finish(&self, tx: &mut Tx) -> anyhow::Result<()> {
        if queue::finish(tx, self.worker, self.job.id).await? {
            Ok(())
        } else {
            Err(LeaseLost.into())
        }
    }
}
