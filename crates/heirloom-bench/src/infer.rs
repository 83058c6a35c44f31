//! What the engine gets out of a model: many callers, one engine.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use heirloom_inference::{
    DataType, Engine, Priority, Request, Tensor,
    engine::Port,
    local::{LocalEngine, ModelSettings, Provider, Settings},
    tensor::Data,
};
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::json;

use crate::cpu;

#[derive(clap::Args)]
pub(crate) struct Options {
    #[arg(long)]
    runtime: PathBuf,
    #[arg(long)]
    models: PathBuf,
    #[arg(long)]
    model: String,
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Items of one request.
    #[arg(long, default_value_t = 1)]
    items: usize,
    /// Requests that are on their way at one time.
    #[arg(long, default_value_t = 1)]
    clients: usize,
    /// Most items of one batch; 1 keeps requests apart.
    #[arg(long, default_value_t = 8)]
    max_batch: usize,
    /// Sessions of the model side by side.
    #[arg(long, default_value_t = 1)]
    instances: usize,
    /// What computes: cpu, cuda or tensorrt.
    #[arg(long, default_value = "cpu")]
    provider: String,
    /// Sizes of dimensions that may be anything, in the order of the inputs; 1 if none is given.
    #[arg(long, value_delimiter = ',')]
    free: Vec<usize>,
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// A model of which somebody who waits asks beside it, once after the other.
    #[arg(long)]
    beside: Option<String>,
}

pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    let provider = Provider::named(&options.provider, 0)
        .with_context(|| format!("--provider: {} is not known", options.provider))?;
    let of_model = ModelSettings {
        instances: Some(options.instances),
        threads: Some(options.threads),
        ..ModelSettings::default()
    };
    let engine = LocalEngine::open(Settings {
        runtime: options.runtime.clone(),
        models: options.models.clone(),
        providers: vec![provider],
        threads: options.threads * options.instances,
        max_batch: options.max_batch,
        per_model: [(options.model.clone(), of_model)].into(),
        ..Settings::default()
    })?;
    let request = request(&engine, &options.model, options.items, &options.free).await?;
    // Loads the model and lets its memory settle.
    for _ in 0..3 {
        engine.infer(request.clone()).await?;
    }
    let alone = match &options.beside {
        Some(model) => Some(latencies(&engine, model, options.seconds).await?),
        None => None,
    };
    let done = Arc::new(AtomicUsize::new(0));
    let (start, cpu) = (Instant::now(), cpu::of_process());
    let until = start + Duration::from_secs_f64(options.seconds);
    let clients: Vec<_> = (0..options.clients)
        .map(|_| {
            let (engine, request, done) = (engine.clone(), request.clone(), done.clone());
            tokio::task::spawn(async move {
                while Instant::now() < until {
                    engine.infer(request.clone()).await?;
                    done.fetch_add(1, Ordering::Relaxed);
                }
                anyhow::Ok(())
            })
        })
        .collect();
    let beside = match &options.beside {
        Some(model) => Some(latencies(&engine, model, options.seconds).await?),
        None => None,
    };
    for client in clients {
        client.await??;
    }
    let items = done.load(Ordering::Relaxed) * options.items;
    println!(
        "{}",
        json!({
            "items": items,
            "seconds": start.elapsed().as_secs_f64(),
            "cpu_seconds": (cpu::of_process().saturating_sub(cpu)).as_secs_f64(),
            "alone_milliseconds": alone,
            "beside_milliseconds": beside,
        })
    );
    Ok(())
}

/// How long somebody waits who asks again and again.
async fn latencies(engine: &LocalEngine, model: &str, seconds: f64) -> anyhow::Result<Vec<f64>> {
    /// A text of so many parts.
    const WORDS: usize = 12;
    let request = request(engine, model, 1, &[WORDS])
        .await?
        .with_priority(Priority::Interactive);
    engine.infer(request.clone()).await?;
    let until = Instant::now() + Duration::from_secs_f64(seconds * 0.9);
    let mut times = Vec::new();
    while Instant::now() < until {
        let start = Instant::now();
        engine.infer(request.clone()).await?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
        // A person thinks in between.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(times)
}

/// Noise in the form that the model wants.
async fn request(
    engine: &LocalEngine,
    model: &str,
    items: usize,
    free: &[usize],
) -> anyhow::Result<Request> {
    let described = engine.describe(model).await?;
    let inputs = described
        .inputs
        .iter()
        .map(|port| Ok((port.name.clone(), noise(port, items, free)?)))
        .collect::<anyhow::Result<Vec<_>>>()?;
    Ok(Request::new(model, inputs).with_priority(Priority::Backfill))
}

fn noise(port: &Port, items: usize, free: &[usize]) -> anyhow::Result<Tensor> {
    let mut free = free.iter().copied();
    let rest = port.shape.iter().skip(1);
    let shape: Vec<usize> = std::iter::once(items)
        .chain(rest.map(|side| side.unwrap_or_else(|| free.next().unwrap_or(1))))
        .collect();
    let count = shape.iter().product();
    let mut rng = StdRng::seed_from_u64(1);
    let data = match port.data_type {
        DataType::Fp32 => Data::F32((0..count).map(|_| rng.random_range(-1.0..1.0)).collect()),
        DataType::Int64 => Data::I64((0..count).map(|_| rng.random_range(1..1000)).collect()),
        other => bail!("{} takes {}", port.name, other.name()),
    };
    Tensor::new(shape, data).context("the numbers fill the shape")
}
