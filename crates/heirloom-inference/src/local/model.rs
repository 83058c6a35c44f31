//! One version of a model: whether it is ready, what it takes, who waits for it.

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::oneshot;

use super::{
    Shared,
    place::Place,
    queue::{BatchLimits, Job, Queue, QueueLimits},
    settings::{ModelSettings, Settings},
    worker,
};
use crate::{Error, Priority, Request, Result, Tensor, engine::Port, stats::Stats};

/// For how long a model that could not be loaded is not tried again.
const RETRY_AFTER: Duration = Duration::from_secs(30);
/// Most bytes of inputs of one batch: larger ones gain nothing from company.
const BATCH_BYTES: usize = 16 << 20;

pub(super) struct Version {
    pub name: String,
    pub number: u64,
    pub path: PathBuf,
    pub options: Options,
    pub stats: Stats,
    lanes: [Lane; 2],
    /// And since when.
    state: Mutex<(State, Instant)>,
    signature: OnceLock<Signature>,
    /// A batch came back without a row for each item.
    is_apart: AtomicBool,
    /// Memory of one session; 0 before the first was loaded.
    pub measured: AtomicU64,
}

/// What was chosen for this model.
#[derive(Clone, Copy, Debug)]
pub(super) struct Options {
    pub max_batch: usize,
    pub max_delay: Duration,
    pub instances: usize,
    pub threads: usize,
}

/// What a model takes and gives, as its file says.
pub(super) struct Signature {
    pub inputs: Vec<Port>,
    pub outputs: Vec<Port>,
    /// The first dimension of everything is free, and its answers do not depend on their company.
    pub can_batch: bool,
    pub place: Place,
}

/// Somebody waits, or nobody does: each has its own queue and its own sessions, so that the threads of the one can
/// step back behind those of the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Prompt,
    Background,
}

struct Lane {
    queue: Arc<Queue>,
    is_started: AtomicBool,
}

/// Whether a model can answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Nobody asked yet.
    Unknown,
    Loading,
    Ready,
    Failed(String),
    Unloaded,
}

impl Side {
    pub(super) fn of(priority: Priority) -> Self {
        match priority {
            Priority::Interactive => Self::Prompt,
            Priority::Upload | Priority::Backfill => Self::Background,
        }
    }
}

impl Options {
    pub(super) fn new(settings: &Settings, of_model: ModelSettings) -> Self {
        Self {
            max_batch: of_model.max_batch.unwrap_or(settings.max_batch).max(1),
            max_delay: of_model.max_delay.unwrap_or(settings.max_delay),
            instances: of_model.instances.unwrap_or(1).clamp(1, 64),
            threads: of_model.threads.unwrap_or(settings.threads.min(4)).max(1),
        }
    }
}

impl Version {
    pub(super) fn new(
        name: &str,
        number: u64,
        path: PathBuf,
        options: Options,
        settings: &Settings,
    ) -> Arc<Self> {
        let limits = QueueLimits {
            jobs: settings.queue,
            bytes: settings.queue_bytes,
        };
        let lane = || Lane {
            queue: Queue::new(limits),
            is_started: AtomicBool::new(false),
        };
        Arc::new(Self {
            name: name.to_owned(),
            number,
            path,
            options,
            stats: Stats::default(),
            lanes: [lane(), lane()],
            state: Mutex::new((State::Unknown, Instant::now())),
            signature: OnceLock::new(),
            is_apart: AtomicBool::new(false),
            measured: AtomicU64::new(0),
        })
    }

    pub(super) fn queue(&self, side: Side) -> &Arc<Queue> {
        &self.lanes[side as usize].queue
    }

    pub(super) fn waiting(&self) -> usize {
        self.lanes.iter().map(|lane| lane.queue.len()).sum()
    }

    pub(super) fn state(&self) -> State {
        self.lock().0.clone()
    }

    /// A file that just could not be loaded is not read again for every request.
    pub(super) fn must_be_worth_a_try(&self) -> Result<()> {
        match &*self.lock() {
            (State::Failed(reason), since) if since.elapsed() < RETRY_AFTER => Err(
                Error::NotReady(format!("the model {}: {reason}", self.name)),
            ),
            _ => Ok(()),
        }
    }

    pub(super) fn set_state(&self, state: State) {
        let mut now = self.lock();
        if now.0 != State::Unloaded {
            *now = (state, Instant::now());
        }
    }

    /// What it takes and gives; loads it if that is not known yet.
    pub(super) async fn signature(
        self: &Arc<Self>,
        shared: &Arc<Shared>,
        side: Side,
    ) -> Result<&Signature> {
        if let Some(signature) = self.signature.get() {
            return Ok(signature);
        }
        self.load(shared, side).await?;
        let unloaded = || Error::NotReady(format!("the model {} was unloaded", self.name));
        self.signature.get().ok_or_else(unloaded)
    }

    /// Loads it, if it is not loaded, and warms it up.
    pub(super) async fn load(self: &Arc<Self>, shared: &Arc<Shared>, side: Side) -> Result<()> {
        self.start(shared, side);
        let (reply, answer) = oneshot::channel();
        self.queue(side).push_load(reply);
        let unloaded = || Error::NotReady(format!("the model {} was unloaded", self.name));
        answer.await.map_err(|_| unloaded())?
    }

    pub(super) fn learn(&self, signature: Signature) {
        self.signature.set(signature).ok();
    }

    pub(super) fn known(&self) -> Option<&Signature> {
        self.signature.get()
    }

    pub(super) fn keep_apart(&self) {
        self.is_apart.store(true, Ordering::Relaxed);
    }

    pub(super) fn limits(&self) -> BatchLimits {
        let can_batch = !self.is_apart.load(Ordering::Relaxed)
            && self
                .signature
                .get()
                .is_some_and(|signature| signature.can_batch);
        BatchLimits {
            items: if can_batch { self.options.max_batch } else { 1 },
            bytes: BATCH_BYTES,
            delay: self.options.max_delay,
        }
    }

    /// Takes a request that fits.
    pub(super) fn push(self: &Arc<Self>, shared: &Arc<Shared>, side: Side, job: Job) -> Result<()> {
        self.start(shared, side);
        let taken = self.queue(side).push(job);
        if matches!(taken, Err(Error::Overloaded { .. })) {
            self.stats.reject();
        }
        taken
    }

    /// What waits is answered, nothing more is taken.
    pub(super) fn retire(&self) {
        *self.lock() = (State::Unloaded, Instant::now());
        for lane in &self.lanes {
            lane.queue.drain();
        }
    }

    /// Its threads begin with the first request.
    fn start(self: &Arc<Self>, shared: &Arc<Shared>, side: Side) {
        if self.lanes[side as usize]
            .is_started
            .swap(true, Ordering::Relaxed)
        {
            return;
        }
        let count = match side {
            Side::Prompt => 1,
            Side::Background => self.options.instances,
        };
        for _ in 0..count {
            worker::spawn(shared.clone(), self, side);
        }
    }

    fn lock(&self) -> MutexGuard<'_, (State, Instant)> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Signature {
    /// Whether a request fits; what is wrong if it does not.
    pub(super) fn check(&self, request: &Request) -> Result<()> {
        let model = &request.model;
        for port in &self.inputs {
            let given = request.inputs.iter().find(|(name, _)| *name == port.name);
            let Some((_, tensor)) = given else {
                return Err(Error::Invalid(format!(
                    "the model {model} needs the input {}",
                    port.name
                )));
            };
            check_input(model, port, tensor)?;
        }
        for (at, (name, _)) in request.inputs.iter().enumerate() {
            let is_known = self.inputs.iter().any(|port| port.name == *name);
            if !is_known {
                return Err(Error::Invalid(format!(
                    "the model {model} has no input {name}"
                )));
            }
            if request.inputs[..at]
                .iter()
                .any(|(before, _)| before == name)
            {
                return Err(Error::Invalid(format!("the input {name} is given twice")));
            }
        }
        for name in &request.outputs {
            if !self.outputs.iter().any(|port| port.name == *name) {
                return Err(Error::Invalid(format!(
                    "the model {model} has no output {name}"
                )));
            }
        }
        if self.can_batch {
            let mut sizes = request
                .inputs
                .iter()
                .map(|(_, tensor)| tensor.shape().first());
            let first = sizes.next().flatten();
            if sizes.any(|size| size != first) {
                return Err(Error::Invalid(format!(
                    "the inputs for the model {model} differ in their first dimension"
                )));
            }
        }
        Ok(())
    }
}

fn check_input(model: &str, port: &Port, tensor: &Tensor) -> Result<()> {
    let name = &port.name;
    if tensor.data_type() != port.data_type {
        return Err(Error::Invalid(format!(
            "the input {name} of the model {model} takes {}, not {}",
            port.data_type.name(),
            tensor.data_type().name()
        )));
    }
    let fits = port.shape.len() == tensor.shape().len()
        && port
            .shape
            .iter()
            .zip(tensor.shape())
            .all(|(wanted, given)| wanted.is_none_or(|wanted| wanted == *given));
    if !fits {
        let wanted: Vec<String> = port
            .shape
            .iter()
            .map(|side| side.map_or("any".into(), |side| side.to_string()))
            .collect();
        return Err(Error::Invalid(format!(
            "the input {name} of the model {model} has the shape [{}], not {:?}",
            wanted.join(", "),
            tensor.shape()
        )));
    }
    if tensor.shape().contains(&0) {
        return Err(Error::Invalid(format!("the input {name} is empty")));
    }
    Ok(())
}
