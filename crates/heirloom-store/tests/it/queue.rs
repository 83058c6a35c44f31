use std::collections::BTreeSet;

use chrono::TimeDelta;
use heirloom_store::{
    Db,
    queue::{self, NewJob},
    testing::databases,
};
use heirloom_types::{
    ids::{JobId, WorkerId},
    time::Timestamp,
};
use serde_json::json;

use crate::{now, rng};

const LEASE: TimeDelta = TimeDelta::seconds(60);

async fn enqueue(db: &Db, subject: &str, priority: i32, visible_at: Timestamp) {
    let mut tx = db.write().await.unwrap();
    let job = NewJob {
        id: JobId::new(now(), &mut rand::rng()),
        kind: "test",
        subject: subject.into(),
        payload: json!({ "subject": subject }),
        priority,
        visible_at,
    };
    queue::enqueue(&mut tx, job, now()).await.unwrap();
    tx.commit().await.unwrap();
}

async fn claim(db: &Db, worker: WorkerId, at: Timestamp, limit: i64) -> Vec<queue::Job> {
    let mut tx = db.write().await.unwrap();
    let jobs = queue::claim(&mut tx, worker, 1, limit, at, LEASE)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    jobs
}

#[tokio::test]
async fn each_job_is_taken_once_by_workers_at_once() {
    for test in databases().await {
        for number in 0..50 {
            enqueue(&test.db, &number.to_string(), 1, now()).await;
        }
        let workers = (0..8).map(|_| {
            let db = test.db.clone();
            tokio::spawn(async move {
                let worker = WorkerId::new(now(), &mut rand::rng());
                let mut taken = Vec::new();
                loop {
                    let jobs = claim(&db, worker, now(), 3).await;
                    if jobs.is_empty() {
                        return taken;
                    }
                    taken.extend(jobs.into_iter().map(|job| job.subject));
                }
            })
        });
        let mut taken = Vec::new();
        for worker in workers.collect::<Vec<_>>() {
            taken.extend(worker.await.unwrap());
        }
        assert_eq!(taken.len(), 50, "{}", test.name);
        assert_eq!(
            taken.into_iter().collect::<BTreeSet<_>>().len(),
            50,
            "{}",
            test.name
        );
    }
}

#[tokio::test]
async fn a_dead_workers_job_comes_back_when_its_lease_ends() {
    for test in databases().await {
        let (dead, other) = (
            WorkerId::new(now(), &mut rng()),
            WorkerId::new(now() + LEASE, &mut rng()),
        );
        enqueue(&test.db, "photo", 1, now()).await;
        let taken = claim(&test.db, dead, now(), 1).await;
        assert!(
            claim(&test.db, other, now() + LEASE - TimeDelta::seconds(1), 1)
                .await
                .is_empty()
        );
        let again = claim(&test.db, other, now() + LEASE, 1).await;
        assert_eq!(
            (again[0].id, again[0].attempts),
            (taken[0].id, 2),
            "{}",
            test.name
        );

        let mut tx = test.db.write().await.unwrap();
        assert!(
            !queue::finish(&mut tx, dead, taken[0].id).await.unwrap(),
            "the lease is another's now"
        );
        assert!(queue::finish(&mut tx, other, taken[0].id).await.unwrap());
        assert_eq!(queue::count(&mut tx).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn a_job_asked_for_while_it_runs_runs_once_more() {
    for test in databases().await {
        let worker = WorkerId::new(now(), &mut rng());
        enqueue(&test.db, "photo", 1, now()).await;
        let job = claim(&test.db, worker, now(), 1).await.remove(0);
        enqueue(&test.db, "photo", 1, now()).await;
        let mut tx = test.db.write().await.unwrap();
        assert!(queue::finish(&mut tx, worker, job.id).await.unwrap());
        tx.commit().await.unwrap();
        let again = claim(&test.db, worker, now(), 1).await;
        assert_eq!((again.len(), again[0].attempts), (1, 1), "{}", test.name);
        let mut tx = test.db.write().await.unwrap();
        assert!(queue::finish(&mut tx, worker, job.id).await.unwrap());
        assert_eq!(queue::count(&mut tx).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn a_running_job_asked_for_later_runs_then_and_not_before() {
    for test in databases().await {
        let worker = WorkerId::new(now(), &mut rng());
        enqueue(&test.db, "photo", 1, now()).await;
        let job = claim(&test.db, worker, now(), 1).await.remove(0);
        let (later, latest) = (now() + TimeDelta::hours(1), now() + TimeDelta::hours(2));
        enqueue(&test.db, "photo", 1, later).await;
        enqueue(&test.db, "photo", 1, latest).await;
        let mut tx = test.db.write().await.unwrap();
        assert!(queue::finish(&mut tx, worker, job.id).await.unwrap());
        tx.commit().await.unwrap();
        let too_early = claim(&test.db, worker, later - TimeDelta::minutes(1), 1).await;
        assert!(too_early.is_empty(), "{}", test.name);
        assert_eq!(claim(&test.db, worker, later, 1).await.len(), 1);
    }
}

#[tokio::test]
async fn asking_twice_is_asking_once_and_counts_are_true() {
    for test in databases().await {
        enqueue(&test.db, "photo", 2, now() + TimeDelta::hours(1)).await;
        enqueue(&test.db, "photo", 1, now()).await;
        enqueue(&test.db, "other", 1, now()).await;
        let worker = WorkerId::new(now(), &mut rng());
        assert_eq!(claim(&test.db, worker, now(), 1).await.len(), 1);
        let mut tx = test.db.write().await.unwrap();
        let counts = queue::counts(&mut tx, "test", now()).await.unwrap();
        assert_eq!((counts.active, counts.waiting), (1, 1), "{}", test.name);
        assert_eq!(
            queue::give_back_all(&mut tx, worker, now()).await.unwrap(),
            1
        );
        let counts = queue::counts(&mut tx, "test", now()).await.unwrap();
        assert_eq!((counts.active, counts.waiting), (0, 2));
    }
}
