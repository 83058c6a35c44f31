//! The engine that the configuration names.

use std::{path::PathBuf, sync::Arc, time::Duration};

use anyhow::Context;
use heirloom_inference::{
    Engine,
    local::{LocalEngine, ModelSettings, Provider, Settings, find_runtime},
    remote::{self, RemoteEngine},
};

use crate::config::{Config, Inference};

/// Where models are kept, in the data folder.
const MODELS: &str = "models";
/// The pack that is used if it was pulled and no other is named.
const STARTER: &str = "starter";
/// Requests may be as large as the pixels of the largest picture that a model takes.
const REQUEST_BYTES: usize = 256 << 20;

/// Opens what runs models: nodes elsewhere, if any are named. Without it the server runs all the same; what models would
/// do waits.
pub(crate) fn open(config: &Config) -> anyhow::Result<Option<Arc<dyn Engine>>> {
    if !config.inference.nodes.is_empty() {
        let settings = remote::Settings {
            nodes: config.inference.nodes.clone(),
            hedge_after: Duration::from_millis(config.inference.hedge_ms),
            ..remote::Settings::default()
        };
        return Ok(Some(RemoteEngine::open(&settings)?));
    }
    let settings = Settings {
        packs: Some(packs(config)),
        ..settings(&config.inference, models(config))?
    };
    match LocalEngine::open(settings) {
        Ok(engine) => Ok(Some(engine)),
        Err(error) => {
            tracing::warn!(%error, "no models: pictures are neither understood nor found by what they show");
            Ok(None)
        }
    }
}

/// Where the models are.
pub(crate) fn models(config: &Config) -> PathBuf {
    if let Some(models) = &config.inference.models {
        return models.clone();
    }
    let models = config.data.join(MODELS);
    let starter = models.join(STARTER);
    if starter.is_dir() { starter } else { models }
}

/// Where further packs are, each in a folder of its name.
pub(crate) fn packs(config: &Config) -> PathBuf {
    config.data.join(MODELS)
}

/// The engine's settings out of the configuration.
pub(crate) fn settings(config: &Inference, models: PathBuf) -> anyhow::Result<Settings> {
    let defaults = Settings::default();
    let per_model = config.model.iter().map(|(name, model)| {
        let settings = ModelSettings {
            max_batch: model.max_batch,
            max_delay: model.batch_delay_ms.map(Duration::from_millis),
            instances: model.instances,
            threads: model.threads,
        };
        (name.clone(), settings)
    });
    Ok(Settings {
        runtime: config
            .runtime
            .clone()
            .or_else(find_runtime)
            .unwrap_or_default(),
        models,
        providers: providers(config)?,
        threads: config.threads.unwrap_or(defaults.threads).max(1),
        memory_bytes: config.memory_mib << 20,
        idle: Duration::from_secs(config.idle_seconds),
        max_batch: config.max_batch.max(1),
        max_delay: Duration::from_millis(config.batch_delay_ms),
        queue: config.queue.max(1),
        request_bytes: REQUEST_BYTES,
        niceness: config.niceness.min(19),
        per_model: per_model.collect(),
        ..defaults
    })
}

fn providers(config: &Inference) -> anyhow::Result<Vec<Provider>> {
    let provider = |name: &String| {
        Provider::named(name, config.device).with_context(|| {
            format!("inference.providers: {name} is neither cpu, cuda nor tensorrt")
        })
    };
    config.providers.iter().map(provider).collect()
}
