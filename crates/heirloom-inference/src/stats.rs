//! What the engine did, by model and version; shown with Triton's names.

use std::{
    collections::BTreeMap,
    fmt::Write,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Counters of one version of a model.
#[derive(Debug, Default)]
pub(crate) struct Stats(Mutex<Counters>);

/// A moment's view of them. Times are sums.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Requests that were answered.
    pub succeeded: u64,
    pub failed: u64,
    /// Turned away at the door.
    pub rejected: u64,
    /// Items of all batches.
    pub items: u64,
    /// Runs of the model.
    pub runs: u64,
    /// From arrival to answer.
    pub total: Duration,
    pub failed_total: Duration,
    pub queued: Duration,
    pub input: Duration,
    pub compute: Duration,
    pub output: Duration,
    /// By number of items.
    pub batches: BTreeMap<usize, BatchCounters>,
    /// Milliseconds since 1970.
    pub last_ms: u64,
}

/// Runs of one size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BatchCounters {
    pub runs: u64,
    pub input: Duration,
    pub compute: Duration,
    pub output: Duration,
}

/// What one run cost.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Run {
    pub items: usize,
    pub input: Duration,
    pub compute: Duration,
    pub output: Duration,
}

impl Stats {
    pub(crate) fn counters(&self) -> Counters {
        self.lock().clone()
    }

    pub(crate) fn reject(&self) {
        self.lock().rejected += 1;
    }

    pub(crate) fn ran(&self, run: Run) {
        let mut counters = self.lock();
        counters.runs += 1;
        counters.items += run.items as u64;
        counters.last_ms = now_ms();
        let batch = counters.batches.entry(run.items).or_default();
        batch.runs += 1;
        batch.input += run.input;
        batch.compute += run.compute;
        batch.output += run.output;
    }

    /// One request ended after it had waited and was run with others.
    pub(crate) fn answered(&self, is_ok: bool, total: Duration, queued: Duration, run: Run) {
        let mut counters = self.lock();
        if !is_ok {
            counters.failed += 1;
            counters.failed_total += total;
            return;
        }
        counters.succeeded += 1;
        counters.total += total;
        counters.queued += queued;
        counters.input += run.input;
        counters.compute += run.compute;
        counters.output += run.output;
    }

    fn lock(&self) -> MutexGuard<'_, Counters> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a figure for people; nothing is decided by it"
)]
fn now_ms() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}

/// One version of a model, for the figures.
#[derive(Clone, Debug)]
pub struct Reading {
    pub model: String,
    pub version: String,
    pub counters: Counters,
    /// Requests that wait now.
    pub waiting: usize,
}

/// Prometheus' text format, with the names that Triton gives these figures.
pub fn prometheus(readings: &[Reading], memory_bytes: u64) -> String {
    type Figure = fn(&Reading) -> u128;
    let us = |name, help, figure: Figure| (name, help, "counter", figure);
    let figures: [(&str, &str, &str, Figure); 12] = [
        us("request_success", "Requests that were answered", |r| {
            r.counters.succeeded.into()
        }),
        us("request_failure", "Requests that failed", |r| {
            (r.counters.failed + r.counters.rejected).into()
        }),
        us(
            "request_rejected",
            "Requests turned away because too many waited",
            |r| r.counters.rejected.into(),
        ),
        us("count", "Items that were computed", |r| {
            r.counters.items.into()
        }),
        us("exec_count", "Runs of the model", |r| {
            r.counters.runs.into()
        }),
        us("request_duration_us", "From arrival to answer", |r| {
            r.counters.total.as_micros()
        }),
        us("queue_duration_us", "Waiting", |r| {
            r.counters.queued.as_micros()
        }),
        us(
            "compute_input_duration_us",
            "Putting batches together",
            |r| r.counters.input.as_micros(),
        ),
        us("compute_infer_duration_us", "Computing", |r| {
            r.counters.compute.as_micros()
        }),
        us("compute_output_duration_us", "Taking batches apart", |r| {
            r.counters.output.as_micros()
        }),
        (
            "pending_request_count",
            "Requests that wait now",
            "gauge",
            |r| r.waiting as u128,
        ),
        ("last_request_ms", "When the model last ran", "gauge", |r| {
            r.counters.last_ms.into()
        }),
    ];
    let mut text = String::new();
    for (name, help, kind, figure) in figures {
        writeln!(text, "# HELP nv_inference_{name} {help}").ok();
        writeln!(text, "# TYPE nv_inference_{name} {kind}").ok();
        for reading in readings {
            let (model, version) = (&reading.model, &reading.version);
            let value = figure(reading);
            writeln!(
                text,
                "nv_inference_{name}{{model=\"{model}\",version=\"{version}\"}} {value}"
            )
            .ok();
        }
    }
    writeln!(
        text,
        "# HELP heirloom_inference_memory_bytes Memory that loaded models hold\n\
         # TYPE heirloom_inference_memory_bytes gauge\nheirloom_inference_memory_bytes {memory_bytes}"
    )
    .ok();
    text
}
