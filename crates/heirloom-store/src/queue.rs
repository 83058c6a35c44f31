//! The tables of the job runner.
//!
//! A job is visible from a time on. Taking it moves that time to the end of the lease, so a worker that dies gives its
//! jobs back by doing nothing. A finished job is deleted; what it achieved is elsewhere.

use chrono::TimeDelta;
use heirloom_types::{
    ids::{JobId, WorkerId},
    time::Timestamp,
};
use serde_json::Value;
use sqlx::{FromRow, types::Json};

use crate::{Result, Tx, sql};

/// A job that a worker has taken.
#[derive(Clone, Debug, FromRow)]
pub struct Job {
    pub id: JobId,
    pub kind: String,
    pub subject: String,
    pub payload: Json<Value>,
    pub priority: i32,
    /// How often it was taken, this time included.
    pub attempts: i32,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub struct NewJob {
    pub id: JobId,
    pub kind: &'static str,
    pub subject: String,
    pub payload: Value,
    pub priority: i32,
    pub visible_at: Timestamp,
}

/// Asks for a job. One of the same kind and subject that waits already is that job, with the better of the two
/// priorities; one that is running runs once more afterwards, when the time asked for has come.
pub async fn enqueue(tx: &mut Tx, job: NewJob, now: Timestamp) -> Result<()> {
    tx.execute(sql!(
        "insert into jobs (id, kind, subject, payload, priority, attempts, visible_at, created_at)
         values ($1, $2, $3, $4, $5, 0, $6, $7)
         on conflict (kind, subject) do update set
             payload = excluded.payload,
             priority = case when excluded.priority < jobs.priority then excluded.priority else jobs.priority end,
             attempts = case when jobs.worker_id is null then 0 else jobs.attempts end,
             visible_at = case when jobs.worker_id is null and excluded.visible_at < jobs.visible_at
                 then excluded.visible_at else jobs.visible_at end,
             again_at = case when jobs.worker_id is null then null
                 when jobs.again_at < excluded.visible_at then jobs.again_at else excluded.visible_at end",
        job.id,
        job.kind,
        job.subject,
        job.payload,
        job.priority,
        job.visible_at,
        now,
    ))
    .await?;
    Ok(())
}

/// Whether there is anything to take.
pub async fn has_visible(tx: &mut Tx, priority: i32, now: Timestamp) -> Result<bool> {
    let row: Option<(i64,)> = tx
        .optional(sql!(
            "select cast(1 as bigint) from jobs where priority = $1 and visible_at <= $2 limit 1",
            priority,
            now,
        ))
        .await?;
    Ok(row.is_some())
}

/// Takes up to `limit` visible jobs of one priority, the longest waiting first.
pub async fn claim(
    tx: &mut Tx,
    worker: WorkerId,
    priority: i32,
    limit: i64,
    now: Timestamp,
    lease: TimeDelta,
) -> Result<Vec<Job>> {
    let text = tx.claim_jobs();
    tx.all(sql!(text, worker, now + lease, priority, now, limit))
        .await
}

/// Holds a lease for longer; `false` when the job is no longer this worker's.
pub async fn extend(tx: &mut Tx, worker: WorkerId, job: JobId, until: Timestamp) -> Result<bool> {
    Ok(tx
        .execute(sql!(
            "update jobs set visible_at = $3 where id = $1 and worker_id = $2",
            job,
            worker,
            until
        ))
        .await?
        == 1)
}

/// Ends a job in the transaction that holds its results; `false` when it is no longer this worker's, and then the
/// transaction must not be committed. A job asked for again while it ran waits instead of going.
pub async fn finish(tx: &mut Tx, worker: WorkerId, job: JobId) -> Result<bool> {
    let ended = tx
        .execute(sql!(
            "delete from jobs where id = $1 and worker_id = $2 and again_at is null",
            job,
            worker
        ))
        .await?;
    if ended == 1 {
        return Ok(true);
    }
    Ok(tx
        .execute(sql!(
            "update jobs set worker_id = null, visible_at = again_at, attempts = 0, again_at = null
             where id = $1 and worker_id = $2",
            job,
            worker,
        ))
        .await?
        == 1)
}

/// Gives a job back, to be taken again from `visible_at` on.
pub async fn give_back(
    tx: &mut Tx,
    worker: WorkerId,
    job: JobId,
    visible_at: Timestamp,
) -> Result<bool> {
    Ok(tx
        .execute(sql!(
            "update jobs set worker_id = null, visible_at = $3 where id = $1 and worker_id = $2",
            job,
            worker,
            visible_at,
        ))
        .await?
        == 1)
}

/// Gives back everything a worker holds, for an orderly end.
pub async fn give_back_all(tx: &mut Tx, worker: WorkerId, now: Timestamp) -> Result<u64> {
    tx.execute(sql!("update jobs set worker_id = null, visible_at = $2, attempts = attempts - 1 where worker_id = $1", worker, now))
        .await
}

/// How many jobs a kind has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromRow)]
pub struct JobCounts {
    /// With a worker now.
    pub active: i64,
    /// Visible or about to be.
    pub waiting: i64,
}

pub async fn counts(tx: &mut Tx, kind: &str, now: Timestamp) -> Result<JobCounts> {
    tx.one(sql!(
        "select count(*) filter (where worker_id is not null and visible_at > $2) as active,
                count(*) filter (where worker_id is null or visible_at <= $2) as waiting
         from jobs where kind = $1",
        kind,
        now,
    ))
    .await
}

/// How many jobs there are in all.
pub async fn count(tx: &mut Tx) -> Result<i64> {
    tx.scalar(sql!("select count(*) from jobs")).await
}
