use super::*;

const LIMITS: BatchLimits = BatchLimits {
    items: 4,
    bytes: 1 << 20,
    delay: Duration::from_millis(5),
};

/// Keeps the callers, so that their requests stay alive.
struct Callers(Vec<oneshot::Receiver<Result<Outputs>>>);

impl Callers {
    fn ask(&mut self, queue: &Queue, priority: Priority, shape: &[usize]) -> Result<()> {
        let (reply, answer) = oneshot::channel();
        self.0.push(answer);
        let tensor = Tensor::f32(shape.to_vec(), vec![0.0; shape.iter().product()]).unwrap();
        queue.push(Job {
            inputs: vec![("x".into(), tensor)],
            wanted: Wanted::default(),
            priority,
            deadline: None,
            since: Instant::now(),
            reply,
        })
    }
}

fn shapes(next: Next) -> Vec<Vec<usize>> {
    match next {
        Next::Run(jobs) => jobs
            .iter()
            .map(|job| job.inputs[0].1.shape().to_vec())
            .collect(),
        _ => panic!("nothing is to be run"),
    }
}

#[test]
fn equals_share_a_batch_and_uploads_go_before_backfill() {
    let (queue, mut callers) = (Queue::for_test(), Callers(Vec::new()));
    callers.ask(&queue, Priority::Backfill, &[1, 2]).unwrap();
    callers.ask(&queue, Priority::Backfill, &[1, 9]).unwrap();
    callers.ask(&queue, Priority::Upload, &[2, 2]).unwrap();
    callers.ask(&queue, Priority::Upload, &[2, 2]).unwrap();
    assert_eq!(shapes(queue.next(&LIMITS, None)), [[2, 2], [2, 2]]);
    assert_eq!(shapes(queue.next(&LIMITS, None)), [[1, 2]]);
    assert_eq!(shapes(queue.next(&LIMITS, None)), [[1, 9]]);
    assert_eq!(queue.len(), 0);
}

#[test]
fn a_request_larger_than_a_batch_runs_alone() {
    let (queue, mut callers) = (Queue::for_test(), Callers(Vec::new()));
    callers.ask(&queue, Priority::Upload, &[9, 1]).unwrap();
    callers.ask(&queue, Priority::Upload, &[1, 1]).unwrap();
    assert_eq!(shapes(queue.next(&LIMITS, None)), [[9, 1]]);
}

#[test]
fn the_full_queue_says_when_to_come_again() {
    let (queue, mut callers) = (Queue::for_test(), Callers(Vec::new()));
    for _ in 0..4 {
        callers.ask(&queue, Priority::Backfill, &[1]).unwrap();
    }
    let refused = callers.ask(&queue, Priority::Backfill, &[1]);
    assert!(matches!(refused, Err(Error::Overloaded { retry_after }) if !retry_after.is_zero()));
    // Another priority has its own places, but not its own memory.
    callers.ask(&queue, Priority::Interactive, &[1]).unwrap();
    assert!(callers.ask(&queue, Priority::Interactive, &[1000]).is_err());
}

#[test]
fn who_went_away_or_is_late_is_not_run() {
    let (queue, mut callers) = (Queue::for_test(), Callers(Vec::new()));
    callers.ask(&queue, Priority::Upload, &[1, 1]).unwrap();
    callers.0.clear();
    let (reply, mut late) = oneshot::channel();
    queue
        .push(Job {
            inputs: Vec::new(),
            wanted: Wanted::default(),
            priority: Priority::Upload,
            deadline: Some(Instant::now()),
            since: Instant::now(),
            reply,
        })
        .unwrap();
    callers.ask(&queue, Priority::Backfill, &[1, 3]).unwrap();
    assert_eq!(shapes(queue.next(&LIMITS, None)), [[1, 3]]);
    assert!(matches!(late.try_recv(), Ok(Err(Error::Late))));
}

#[test]
fn idle_sessions_are_let_go_and_closed_queues_turn_away() {
    let (queue, mut callers) = (Queue::for_test(), Callers(Vec::new()));
    assert!(matches!(
        queue.next(&LIMITS, Some(Duration::ZERO)),
        Next::Release
    ));
    queue.release();
    assert!(matches!(
        queue.next(&LIMITS, Some(Duration::MAX)),
        Next::Release
    ));
    callers.ask(&queue, Priority::Upload, &[1]).unwrap();
    queue.drain();
    assert_eq!(shapes(queue.next(&LIMITS, None)), [[1]]);
    assert!(matches!(queue.next(&LIMITS, None), Next::Stop));
    assert!(matches!(
        callers.ask(&queue, Priority::Upload, &[1]),
        Err(Error::NotReady(_))
    ));
}
