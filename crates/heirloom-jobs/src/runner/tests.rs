use std::sync::Mutex;

use async_trait::async_trait;
use heirloom_store::{
    queue::NewJob,
    testing::{TestDb, databases},
};
use heirloom_types::{ids::JobId, time::at_millis};
use serde_json::json;

use super::*;

/// Notes what it ran, and fails as often as it was told to.
#[derive(Default)]
struct Recorder {
    ran: Mutex<Vec<String>>,
    failures_left: Mutex<u32>,
}

struct Recording {
    db: Db,
    recorder: Arc<Recorder>,
}

#[async_trait]
impl Handler for Recording {
    fn kind(&self) -> &'static str {
        "test"
    }

    async fn run(&self, claim: &Claim) -> Result<(), Failure> {
        self.recorder
            .ran
            .lock()
            .unwrap()
            .push(claim.job.subject.clone());
        {
            let mut left = self.recorder.failures_left.lock().unwrap();
            if *left > 0 {
                *left -= 1;
                return Err(anyhow::anyhow!("told to fail").into());
            }
        }
        let mut tx = self.db.write().await?;
        claim.finish(&mut tx).await?;
        tx.commit().await?;
        Ok(())
    }
}

fn runner(test: &TestDb, clock: &Clock, recorder: &Arc<Recorder>, wake: &Wake) -> Runner {
    let handler = Recording {
        db: test.db.clone(),
        recorder: Arc::clone(recorder),
    };
    Runner::new(
        test.db.clone(),
        clock.clone(),
        wake.clone(),
        Settings { slots: 2 },
        vec![Arc::new(handler)],
    )
}

async fn enqueue(db: &Db, clock: &Clock, subject: &str, priority: i32) {
    let mut tx = db.write().await.unwrap();
    let job = NewJob {
        id: JobId::new(clock.now(), &mut rand::rng()),
        kind: "test",
        subject: subject.into(),
        payload: json!({}),
        priority,
        visible_at: clock.now(),
    };
    queue::enqueue(&mut tx, job, clock.now()).await.unwrap();
    tx.commit().await.unwrap();
}

async fn jobs_left(db: &Db) -> i64 {
    queue::count(&mut db.read().await.unwrap()).await.unwrap()
}

#[tokio::test]
async fn urgent_jobs_run_first_and_finished_ones_are_gone() {
    for test in databases().await {
        let (clock, recorder) = (Clock::manual(at_millis(1_000)), Arc::default());
        enqueue(&test.db, &clock, "backfill", priority::BACKFILL).await;
        enqueue(&test.db, &clock, "new", priority::NEW).await;
        runner(&test, &clock, &recorder, &Wake::default())
            .run_until_idle()
            .await
            .unwrap();
        assert_eq!(
            *recorder.ran.lock().unwrap(),
            ["new", "backfill"],
            "{}",
            test.name
        );
        assert_eq!(jobs_left(&test.db).await, 0);
    }
}

#[tokio::test]
async fn a_failed_job_rests_for_its_back_off_and_runs_again() {
    for test in databases().await {
        let (clock, recorder) = (
            Clock::manual(at_millis(1_000)),
            Arc::new(Recorder::default()),
        );
        *recorder.failures_left.lock().unwrap() = 1;
        enqueue(&test.db, &clock, "photo", priority::NEW).await;
        let runner = runner(&test, &clock, &recorder, &Wake::default());
        runner.run_until_idle().await.unwrap();
        let ran = recorder.ran.lock().unwrap().len();
        assert_eq!((ran, jobs_left(&test.db).await), (1, 1), "{}", test.name);
        clock.advance(limits::BACK_OFF_FIRST);
        runner.run_until_idle().await.unwrap();
        let ran = recorder.ran.lock().unwrap().len();
        assert_eq!((ran, jobs_left(&test.db).await), (2, 0), "{}", test.name);
    }
}

#[tokio::test]
async fn a_running_runner_is_woken_and_stops_when_told() {
    for test in databases().await {
        let (clock, recorder, wake) = (Clock::system(), Arc::default(), Wake::default());
        let stop = CancellationToken::new();
        let running = tokio::spawn(runner(&test, &clock, &recorder, &wake).run(stop.clone()));
        enqueue(&test.db, &clock, "photo", priority::NEW).await;
        wake.wake();
        while jobs_left(&test.db).await > 0 {
            tokio::task::yield_now().await;
        }
        stop.cancel();
        running.await.unwrap();
        assert_eq!(*recorder.ran.lock().unwrap(), ["photo"], "{}", test.name);
    }
}

#[test]
fn the_back_off_doubles_up_to_its_limit() {
    assert_eq!(back_off(1), TimeDelta::seconds(2));
    assert_eq!(back_off(3), TimeDelta::seconds(8));
    assert_eq!(back_off(1000), limits::BACK_OFF_MAX);
}
