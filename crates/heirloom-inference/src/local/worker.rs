//! The thread that owns a session.

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, PoisonError, atomic::Ordering},
    time::{Duration, Instant},
};

use super::{
    Shared,
    batch::{self, Wanted},
    memory::Lease,
    model::{Side, Signature, State, Version},
    place::Place,
    queue::{Job, Next, Outputs},
    runtime::{Loaded, Source},
};
use crate::{DataType, Error, Result, Tensor, engine::Port, stats::Run, tensor::Data};

/// What a session needs beyond its file, before it was measured.
const OVERHEAD_BYTES: u64 = 16 << 20;
/// Stands for a free dimension when a model is warmed up.
const USUAL_SIDE: usize = 32;
/// The operator that scales its input by the largest number in it, so that an answer depends on its company.
const SCALES_BY_COMPANY: &[u8] = b"DynamicQuantizeLinear";

/// Starts a thread that answers one side of a model.
pub(super) fn spawn(shared: Arc<Shared>, version: &Arc<Version>, side: Side) {
    let name = format!("model {}", version.name);
    let worker = Worker {
        shared,
        version: version.clone(),
        side,
        session: None,
    };
    let started = std::thread::Builder::new()
        .name(name)
        .spawn(move || worker.work());
    if let Err(error) = started {
        tracing::error!(model.name = version.name, %error, "no thread for a model");
        version.queue(side).close();
    }
}

struct Worker {
    shared: Arc<Shared>,
    version: Arc<Version>,
    side: Side,
    session: Option<(Loaded, Lease)>,
}

impl Worker {
    fn work(mut self) {
        if self.side == Side::Background {
            step_back(self.shared.settings.niceness);
        }
        let queue = self.version.queue(self.side).clone();
        loop {
            if let Some((_, lease)) = &self.session {
                lease.set_busy(false);
            }
            let idle = self.session.is_some().then_some(self.shared.settings.idle);
            match queue.next(&self.version.limits(), idle) {
                Next::Stop => return,
                Next::Release => {
                    self.session = None;
                    give_back_memory();
                    tracing::debug!(model.name = self.version.name, "unloaded a model");
                }
                Next::Load(waiting) => {
                    let loaded = self.ensure();
                    for one in waiting {
                        one.send(loaded.clone()).ok();
                    }
                }
                Next::Run(jobs) => {
                    // A panic here would leave a queue that nobody serves.
                    let ran = catch_unwind(AssertUnwindSafe(|| self.serve(jobs)));
                    if ran.is_err() {
                        self.session = None;
                    }
                }
            }
        }
    }

    fn serve(&mut self, jobs: Vec<Job>) {
        match self.ensure() {
            Ok(()) => self.run(jobs),
            Err(error) => {
                for job in jobs {
                    self.version.stats.answered(
                        false,
                        job.since.elapsed(),
                        Duration::ZERO,
                        Run::default(),
                    );
                    job.answer(Err(error.clone()));
                }
            }
        }
    }

    /// A batch, or, if that does not work, one after another: the others must not suffer for one of them.
    fn run(&mut self, jobs: Vec<Job>) {
        let items: usize = jobs.iter().map(Job::items).sum();
        let priority = jobs
            .iter()
            .map(|job| job.priority)
            .min()
            .unwrap_or_default();
        let shared = self.shared.clone();
        let gate = (self.side == Side::Background)
            .then(|| shared.gate.enter(priority, self.version.options.threads));
        let started = Instant::now();
        let (answers, run) = self.compute(&jobs, items);
        let answers = match answers {
            Ok(answers) => answers.into_iter().map(Ok).collect(),
            Err(error) if jobs.len() == 1 => vec![Err(error)],
            Err(_) => jobs.iter().map(|job| self.compute_one(job)).collect(),
        };
        drop(gate);
        let version = self.version.clone();
        version.queue(self.side).learn(started.elapsed(), items);
        for (job, answer) in jobs.into_iter().zip(answers) {
            let answer = answer.and_then(all_numbers);
            let queued = started.saturating_duration_since(job.since);
            version
                .stats
                .answered(answer.is_ok(), job.since.elapsed(), queued, run);
            job.answer(answer);
        }
    }

    fn compute_one(&mut self, job: &Job) -> Result<Outputs> {
        let (answers, _) = self.compute(std::slice::from_ref(job), job.items());
        let nothing = || Error::Failed("there is no answer".into());
        answers.and_then(|mut answers| answers.pop().ok_or_else(nothing))
    }

    fn compute(&mut self, jobs: &[Job], items: usize) -> (Result<Vec<Outputs>>, Run) {
        let mut run = Run {
            items,
            ..Run::default()
        };
        let answers = self.compute_measured(jobs, &mut run);
        self.version.stats.ran(run);
        (answers, run)
    }

    fn compute_measured(&mut self, jobs: &[Job], run: &mut Run) -> Result<Vec<Outputs>> {
        let Some((session, _)) = &mut self.session else {
            return Err(Error::NotReady("the model was unloaded".into()));
        };
        let wanted = Wanted::union(jobs.iter().map(|job| &job.wanted));
        let rows = match self.version.known() {
            Some(known) if known.can_batch => known.place.fill(run.items),
            _ => run.items,
        };
        let mut at = Instant::now();
        let outputs = match jobs {
            [job] if rows == run.items => session.run(&job.inputs, &wanted),
            _ => {
                let joined = batch::join(jobs, rows)?;
                run.input = lap(&mut at);
                session.run(&joined, &wanted)
            }
        };
        run.compute = lap(&mut at);
        let answers = batch::split(jobs, rows, outputs?);
        run.output = lap(&mut at);
        answers.ok_or_else(|| {
            self.version.keep_apart();
            Error::Failed("the outputs are not one row for each item".into())
        })
    }

    /// Makes sure that there is a session, warmed up.
    fn ensure(&mut self) -> Result<()> {
        if let Some((_, lease)) = &self.session {
            lease.set_busy(true);
            return Ok(());
        }
        let version = self.version.clone();
        if version.known().is_none() {
            version.set_state(State::Loading);
        }
        match self.load() {
            Ok(session) => {
                self.session = Some(session);
                version.set_state(State::Ready);
                Ok(())
            }
            Err(error) => {
                tracing::warn!(model.name = version.name, model.version = version.number, %error, "a model does not load");
                version.set_state(State::Failed(error.to_string()));
                Err(Error::NotReady(format!(
                    "the model {}: {error}",
                    version.name
                )))
            }
        }
    }

    fn load(&self) -> Result<(Loaded, Lease)> {
        let version = &self.version;
        let size = fs::metadata(&version.path)
            .map_err(|error| Error::NotReady(format!("its file cannot be read: {error}")))?
            .len();
        let measured = version.measured.load(Ordering::Relaxed);
        let guess = if measured > 0 {
            measured
        } else {
            size * 2 + OVERHEAD_BYTES
        };
        let lease = self
            .shared
            .memory
            .acquire(guess, version.queue(self.side))?;
        // One at a time, so that what each takes can be told apart.
        let _one = self
            .shared
            .loading
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let (started, before) = (Instant::now(), resident_bytes());
        let mut loaded = self.open()?;
        warm_up(&mut loaded, &version.name)?;
        let taken = resident_bytes().saturating_sub(before);
        // Other threads allocate as well; what a file of this size cannot need was not it.
        let needs = taken.clamp(size, size * 6 + 4 * OVERHEAD_BYTES);
        version.measured.fetch_max(needs, Ordering::Relaxed);
        lease.resize(needs);
        tracing::info!(
            model.name = version.name,
            model.version = version.number,
            side = ?self.side,
            memory_mib = needs >> 20,
            took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            "loaded a model"
        );
        Ok((loaded, lease))
    }
}

impl Worker {
    /// Opens it where it belongs. What it takes, which decides that, is learned on the processor.
    fn open(&self) -> Result<Loaded> {
        let version = &self.version;
        if let Some(known) = version.known() {
            return Loaded::open(self.source(known.place));
        }
        let loaded = Loaded::open(self.source(Place::PROCESSOR))?;
        let file = fs::read(&version.path).unwrap_or_default();
        let place = Place::of(&self.shared.settings, &loaded.inputs, &file);
        version.learn(signature(&loaded, &file, place));
        if place == Place::PROCESSOR {
            return Ok(loaded);
        }
        Loaded::open(self.source(place))
    }

    fn source(&self, place: Place) -> Source {
        let Shared {
            environment,
            settings,
            ..
        } = &*self.shared;
        Source {
            environment: environment.clone(),
            path: self.version.path.clone(),
            threads: self.version.options.threads,
            providers: if place.is_on_card {
                settings.providers.clone()
            } else {
                Vec::new()
            },
            shapes: place.shapes,
        }
    }
}

fn lap(since: &mut Instant) -> Duration {
    let now = Instant::now();
    now.duration_since(std::mem::replace(since, now))
}

fn all_numbers(outputs: Outputs) -> Result<Outputs> {
    match batch::not_a_number(&outputs) {
        None => Ok(outputs),
        Some(name) => Err(Error::Failed(format!(
            "the output {name} holds numbers that are none (NaN)"
        ))),
    }
}

fn signature(loaded: &Loaded, file: &[u8], place: Place) -> Signature {
    let is_free = |port: &Port| port.shape.first() == Some(&None);
    let is_by_item = loaded.inputs.iter().chain(&loaded.outputs).all(is_free);
    let depends = memchr::memmem::find(file, SCALES_BY_COMPANY).is_some();
    Signature {
        inputs: loaded.inputs.clone(),
        outputs: loaded.outputs.clone(),
        can_batch: !loaded.inputs.is_empty() && is_by_item && !depends,
        place,
    }
}

/// The first run of a session plans its memory and may compile; nobody should wait for that.
fn warm_up(loaded: &mut Loaded, name: &str) -> Result<()> {
    let is_guessed = loaded.inputs.iter().any(Port::takes_any_size);
    let inputs: Option<Vec<(String, Tensor)>> = loaded
        .inputs
        .iter()
        .map(|port| Some((port.name.clone(), ones(port)?)))
        .collect();
    let Some(inputs) = inputs else {
        return Ok(());
    };
    match loaded.run(&inputs, &Wanted::default()) {
        Ok(_) => Ok(()),
        // A size that was guessed need not suit it.
        Err(error) if is_guessed => {
            tracing::debug!(model.name = name, %error, "no warm-up");
            Ok(())
        }
        Err(error) => Err(Error::NotReady(format!("its first run failed: {error}"))),
    }
}

fn ones(port: &Port) -> Option<Tensor> {
    let sides = port.shape.iter().enumerate();
    let shape: Vec<usize> = sides
        .map(|(at, side)| side.unwrap_or(if at == 0 { 1 } else { USUAL_SIDE }))
        .collect();
    let size = shape
        .iter()
        .try_fold(1usize, |size, side| size.checked_mul(*side))?;
    let data = match port.data_type {
        DataType::Fp32 => Data::F32(vec![1.0; size]),
        DataType::Int64 => Data::I64(vec![1; size]),
        DataType::Int32 => Data::I32(vec![1; size]),
        DataType::Uint8 => Data::U8(vec![1; size]),
        DataType::Bool => Data::Bool(vec![true; size]),
    };
    Tensor::new(shape, data)
}

/// Threads that this one starts, the runtime's among them, step back with it.
fn step_back(niceness: u8) {
    let outcome = rustix::process::setpriority_process(None, i32::from(niceness.min(19)));
    if let Err(error) = outcome {
        tracing::debug!(%error, "background work keeps its priority");
    }
}

/// Memory of this process that is in use, as far as the system tells.
fn resident_bytes() -> u64 {
    let pages = fs::read_to_string("/proc/self/statm").ok();
    let pages = pages.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    pages.unwrap_or(0) * rustix::param::page_size() as u64
}

/// The allocator keeps what is freed for later; a model's weights are too much to keep.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "glibc has no other door to this")]
fn give_back_memory() {
    // SAFETY: it takes a number, touches nothing of ours, and may be called at any time.
    unsafe {
        libc::malloc_trim(0);
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn give_back_memory() {}
