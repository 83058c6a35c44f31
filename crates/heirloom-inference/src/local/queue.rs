//! Who waits for a model: bounded, by priority, taken out in batches.

use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::oneshot;

use super::batch::{Shape, Wanted};
use crate::{Error, Priority, Result, Tensor};

/// How many waiting requests are looked at for company of the first.
const LOOK_AHEAD: usize = 256;
/// Before anything was measured.
const FIRST_GUESS: Duration = Duration::from_millis(100);

pub(super) type Outputs = Vec<(String, Tensor)>;

/// One request that waits for its answer.
pub(super) struct Job {
    pub inputs: Vec<(String, Tensor)>,
    pub wanted: Wanted,
    pub priority: Priority,
    pub deadline: Option<Instant>,
    pub since: Instant,
    pub reply: oneshot::Sender<Result<Outputs>>,
}

/// What may share one run.
#[derive(Clone, Copy, Debug)]
pub(super) struct BatchLimits {
    pub items: usize,
    pub bytes: usize,
    pub delay: Duration,
}

/// What may wait.
#[derive(Clone, Copy, Debug)]
pub(super) struct QueueLimits {
    pub jobs: usize,
    pub bytes: usize,
}

/// What the owner of a session does next.
pub(super) enum Next {
    Run(Vec<Job>),
    /// Somebody wants to know whether it loads.
    Load(Vec<oneshot::Sender<Result<()>>>),
    /// Nobody asked for long, or another model needs the memory.
    Release,
    Stop,
}

pub(super) struct Queue {
    limits: QueueLimits,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    waiting: [VecDeque<Job>; 3],
    loads: Vec<oneshot::Sender<Result<()>>>,
    bytes: usize,
    is_closed: bool,
    /// It closes when nobody waits any more.
    is_draining: bool,
    must_release: bool,
    /// Items that were about when the last batch was taken: as many may come again.
    company: usize,
    /// What one item took, smoothed.
    per_item: Option<Duration>,
}

impl Queue {
    pub(super) fn new(limits: QueueLimits) -> Arc<Self> {
        Arc::new(Self {
            limits,
            state: Mutex::default(),
            changed: Condvar::new(),
        })
    }

    /// Takes a request, or says when to come again.
    pub(super) fn push(&self, job: Job) -> Result<()> {
        let mut state = self.lock();
        if state.is_closed {
            return Err(Error::NotReady("the model was unloaded".into()));
        }
        let bytes = job.bytes();
        let line = &state.waiting[job.priority as usize];
        let is_full = line.len() >= self.limits.jobs
            || (state.bytes > 0 && state.bytes + bytes > self.limits.bytes);
        if is_full {
            let items = state
                .waiting
                .iter()
                .map(VecDeque::len)
                .sum::<usize>()
                .max(1);
            let per_item = state.per_item.unwrap_or(FIRST_GUESS);
            let retry_after = per_item
                .saturating_mul(u32::try_from(items).unwrap_or(u32::MAX))
                .clamp(Duration::from_millis(100), Duration::from_mins(1));
            return Err(Error::Overloaded { retry_after });
        }
        state.bytes += bytes;
        state.waiting[job.priority as usize].push_back(job);
        drop(state);
        self.changed.notify_all();
        Ok(())
    }

    /// The answer to whether the model loads.
    pub(super) fn push_load(&self, reply: oneshot::Sender<Result<()>>) {
        let mut state = self.lock();
        if !state.is_closed {
            state.loads.push(reply);
        }
        drop(state);
        self.changed.notify_all();
    }

    /// Asks the owner of the session to let it go.
    pub(super) fn release(&self) {
        self.lock().must_release = true;
        self.changed.notify_all();
    }

    /// Nothing is taken any more; what waits is turned away.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        let jobs: Vec<Job> = state
            .waiting
            .iter_mut()
            .flat_map(|line| line.drain(..))
            .collect();
        state.bytes = 0;
        state.loads.clear();
        drop(state);
        self.changed.notify_all();
        for job in jobs {
            job.answer(Err(Error::NotReady("the model was unloaded".into())));
        }
    }

    /// What waits is still answered, then it closes.
    pub(super) fn drain(&self) {
        self.lock().is_draining = true;
        self.changed.notify_all();
    }

    /// Requests that wait.
    pub(super) fn len(&self) -> usize {
        self.lock().waiting.iter().map(VecDeque::len).sum()
    }

    /// What a run took; it tells how long the others will wait.
    pub(super) fn learn(&self, took: Duration, items: usize) {
        let mut state = self.lock();
        let now = took / u32::try_from(items.max(1)).unwrap_or(u32::MAX);
        state.per_item = Some(state.per_item.map_or(now, |before| (before * 7 + now) / 8));
    }

    /// Waits for work. With `idle` it also ends when nobody asked for so long.
    pub(super) fn next(&self, limits: &BatchLimits, idle: Option<Duration>) -> Next {
        let started = Instant::now();
        let mut state = self.lock();
        loop {
            if state.is_draining && state.waiting.iter().all(VecDeque::is_empty) {
                state.is_closed = true;
                state.loads.clear();
            }
            if state.is_closed {
                return Next::Stop;
            }
            if std::mem::take(&mut state.must_release) && idle.is_some() {
                return Next::Release;
            }
            if !state.loads.is_empty() {
                return Next::Load(std::mem::take(&mut state.loads));
            }
            let now = Instant::now();
            state.skip_the_gone(now);
            let pause = match state.due(limits) {
                Some(due) if due <= now => return Next::Run(state.take(limits)),
                Some(due) => Some(due - now),
                None => match idle.map(|idle| (started + idle).saturating_duration_since(now)) {
                    Some(Duration::ZERO) => return Next::Release,
                    rest => rest,
                },
            };
            state = self.wait(state, pause);
        }
    }

    fn wait<'a>(
        &self,
        state: MutexGuard<'a, State>,
        pause: Option<Duration>,
    ) -> MutexGuard<'a, State> {
        if let Some(pause) = pause {
            let waited = self.changed.wait_timeout(state, pause);
            waited.unwrap_or_else(PoisonError::into_inner).0
        } else {
            let waited = self.changed.wait(state);
            waited.unwrap_or_else(PoisonError::into_inner)
        }
    }

    #[cfg(test)]
    pub(super) fn for_test() -> Arc<Self> {
        Self::new(QueueLimits {
            jobs: 4,
            bytes: 1 << 10,
        })
    }

    #[cfg(test)]
    pub(super) fn is_asked_to_release(&self) -> bool {
        self.lock().must_release
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Callers that went away, and those whose time is over.
    fn skip_the_gone(&mut self, now: Instant) {
        for line in &mut self.waiting {
            if !line.iter().any(|job| job.is_gone(now)) {
                continue;
            }
            for job in std::mem::take(line) {
                if job.is_gone(now) {
                    self.bytes -= job.bytes();
                    job.answer(Err(Error::Late));
                } else {
                    line.push_back(job);
                }
            }
        }
    }

    /// When the next batch is to run: now, or when those that may come have had their chance.
    fn due(&self, limits: &BatchLimits) -> Option<Instant> {
        let first = self.waiting.iter().find_map(VecDeque::front)?;
        let goal = self.company.min(limits.items);
        let shape = Shape::of(&first.inputs);
        let about: usize = self
            .waiting
            .iter()
            .flatten()
            .take(LOOK_AHEAD)
            .filter(|job| Shape::of(&job.inputs) == shape)
            .map(Job::items)
            .sum();
        let is_ready = about >= goal || first.priority == Priority::Interactive;
        Some(if is_ready {
            first.since
        } else {
            first.since + limits.delay
        })
    }

    /// The first of the highest priority, and who can share its run.
    fn take(&mut self, limits: &BatchLimits) -> Vec<Job> {
        let mut batch: Vec<Job> = Vec::new();
        let (mut items, mut bytes) = (0, 0);
        for line in &mut self.waiting {
            let mut at = 0;
            while at < line.len().min(LOOK_AHEAD) {
                let job = &line[at];
                let fits = match batch.first() {
                    None => true,
                    Some(first) => {
                        items + job.items() <= limits.items
                            && bytes + job.bytes() <= limits.bytes
                            && Shape::of(&first.inputs) == Shape::of(&job.inputs)
                    }
                };
                if fits {
                    items += job.items();
                    bytes += job.bytes();
                    batch.extend(line.remove(at));
                } else if items >= limits.items {
                    break;
                } else {
                    at += 1;
                }
            }
        }
        self.bytes -= bytes;
        let left: usize = self.waiting.iter().map(VecDeque::len).sum();
        self.company = items + left;
        batch
    }
}

impl Job {
    /// Its own first dimension.
    pub(super) fn items(&self) -> usize {
        let first = self.inputs.first();
        first.map_or(1, |(_, tensor)| {
            tensor.shape().first().map_or(1, |items| (*items).max(1))
        })
    }

    pub(super) fn bytes(&self) -> usize {
        self.inputs.iter().map(|(_, tensor)| tensor.bytes()).sum()
    }

    fn is_gone(&self, now: Instant) -> bool {
        self.reply.is_closed() || self.deadline.is_some_and(|deadline| deadline <= now)
    }

    /// Nobody may be there to hear it.
    pub(super) fn answer(self, answer: Result<Outputs>) {
        self.reply.send(answer).ok();
    }
}

#[cfg(test)]
mod tests;
