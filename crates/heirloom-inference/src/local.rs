//! The engine of this process: ONNX Runtime, with batches, priorities and budgets.
//!
//! A request goes to one [`model::Version`], waits in its [`queue`], and is run, with others or alone, by the
//! [`worker`] thread that owns the session. Work that nobody waits for passes the [`gate`]; sessions live on the
//! [`memory`] budget.

mod batch;
mod gate;
mod memory;
mod model;
mod pbtxt;
mod place;
mod queue;
mod repository;
mod runtime;
mod settings;
mod worker;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use ort::environment::Environment;
use tokio::{sync::oneshot, time::timeout_at};

use self::{
    batch::Wanted,
    gate::Gate,
    memory::Memory,
    model::{Options, Side, Version},
    queue::Job,
    repository::Found,
};
pub use self::{
    model::State,
    runtime::find_runtime,
    settings::{ModelSettings, Provider, Settings},
};
use crate::{
    Engine, Error, Request, Response, Result,
    engine::{Description, Readiness},
    stats::{self, Reading},
};

/// Longest a caller without a deadline waits.
const PATIENCE: Duration = Duration::from_mins(10);

/// Runs models in this process.
pub struct LocalEngine {
    shared: Arc<Shared>,
    models: RwLock<BTreeMap<String, Model>>,
}

/// What all models stand on.
struct Shared {
    environment: Environment,
    settings: Settings,
    gate: Gate,
    memory: Arc<Memory>,
    loading: Mutex<()>,
}

#[derive(Clone)]
struct Model {
    found: Found,
    /// Empty when it was unloaded.
    versions: BTreeMap<u64, Arc<Version>>,
}

/// One line of the repository's index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub model: String,
    pub version: String,
    pub state: State,
}

/// How a model is run, for those who ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Configuration {
    /// 0 if its requests are kept apart.
    pub max_batch: usize,
    pub max_delay: Duration,
    pub instances: usize,
}

impl LocalEngine {
    /// Loads the runtime and reads which models there are. Models are loaded when they are asked for.
    pub fn open(settings: Settings) -> Result<Arc<Self>> {
        let environment = runtime::start(&settings.runtime)?;
        let found = repository::scan_all(&settings.models, settings.packs.as_deref())?;
        let shared = Arc::new(Shared {
            environment,
            gate: Gate::new(settings.threads),
            memory: Memory::new(settings.memory_bytes),
            loading: Mutex::new(()),
            settings,
        });
        let models = found
            .into_iter()
            .map(|(name, found)| (name.clone(), Model::new(&name, found, &shared.settings)))
            .collect();
        Ok(Arc::new(Self {
            shared,
            models: RwLock::new(models),
        }))
    }

    /// Every model and version there is.
    pub fn index(&self) -> Vec<Entry> {
        let mut entries = Vec::new();
        for (name, model) in &*self.read() {
            for number in model.found.versions.keys() {
                let version = model.versions.get(number);
                entries.push(Entry {
                    model: name.clone(),
                    version: number.to_string(),
                    state: version.map_or(State::Unloaded, |version| version.state()),
                });
            }
        }
        entries
    }

    /// Reads the model's folder again, loads every version of it and only then lets it take the place of what ran.
    pub async fn load(&self, name: &str) -> Result<()> {
        let settings = &self.shared.settings;
        let found = repository::scan_all(&settings.models, settings.packs.as_deref())?
            .remove(name)
            .ok_or_else(|| Error::UnknownModel(name.to_owned()))?;
        let model = Model::new(name, found, &self.shared.settings);
        for version in model.versions.values() {
            version.load(&self.shared, Side::Background).await?;
        }
        let before = self.write().insert(name.to_owned(), model);
        if let Some(before) = before {
            before.retire();
        }
        Ok(())
    }

    /// Lets a model go; what waits for it is still answered.
    pub fn unload(&self, name: &str) -> Result<()> {
        let mut models = self.write();
        let model = models
            .get_mut(name)
            .ok_or_else(|| Error::UnknownModel(name.to_owned()))?;
        model.retire();
        model.versions.clear();
        Ok(())
    }

    /// What one version takes and gives; the newest, if none is named.
    pub async fn describe_version(
        &self,
        model: &str,
        version: Option<&str>,
    ) -> Result<Description> {
        let found = self.version(model, version)?;
        let signature = found.signature(&self.shared, Side::Background).await?;
        let versions = self.read().get(model).map(|model| {
            let numbers = model.versions.keys();
            numbers.map(u64::to_string).collect()
        });
        Ok(Description {
            name: model.to_owned(),
            versions: versions.unwrap_or_default(),
            inputs: signature.inputs.clone(),
            outputs: signature.outputs.clone(),
        })
    }

    /// How a version is run; its file is read for it, if it was not yet.
    pub async fn configuration(&self, model: &str, version: Option<&str>) -> Result<Configuration> {
        let found = self.version(model, version)?;
        let signature = found.signature(&self.shared, Side::Background).await?;
        Ok(Configuration {
            max_batch: if signature.can_batch {
                found.options.max_batch
            } else {
                0
            },
            max_delay: found.options.max_delay,
            instances: found.options.instances,
        })
    }

    /// Whether a version has been loaded and warmed up. Asking for one that nobody asked for yet has it loaded.
    pub fn is_ready(&self, model: &str, version: Option<&str>) -> Result<bool> {
        let found = self.version(model, version)?;
        if found.state() == State::Unknown {
            let (shared, found) = (self.shared.clone(), found.clone());
            tokio::spawn(async move { found.load(&shared, Side::Background).await });
        }
        Ok(found.state() == State::Ready)
    }

    /// What every version did so far.
    pub fn readings(&self) -> Vec<Reading> {
        let models = self.read();
        let versions = models.values().flat_map(|model| model.versions.values());
        versions
            .map(|version| Reading {
                model: version.name.clone(),
                version: version.number.to_string(),
                counters: version.stats.counters(),
                waiting: version.waiting(),
            })
            .collect()
    }

    fn version(&self, name: &str, version: Option<&str>) -> Result<Arc<Version>> {
        let models = self.read();
        let unknown = || Error::UnknownModel(name.to_owned());
        let model = models.get(name).ok_or_else(unknown)?;
        if model.versions.is_empty() {
            return Err(Error::NotReady(format!("the model {name} is unloaded")));
        }
        let found = match version.filter(|version| !version.is_empty()) {
            Some(version) => {
                let number = version.parse::<u64>().ok();
                let found = number.and_then(|number| model.versions.get(&number));
                found.ok_or_else(|| Error::UnknownModel(format!("{name} of version {version}")))?
            }
            None => model.newest().ok_or_else(unknown)?,
        };
        found.must_be_worth_a_try()?;
        Ok(found.clone())
    }

    fn read(&self) -> RwLockReadGuard<'_, BTreeMap<String, Model>> {
        self.models.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, BTreeMap<String, Model>> {
        self.models.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Model {
    fn new(name: &str, found: Found, settings: &Settings) -> Self {
        let of_person = settings.per_model.get(name).copied().unwrap_or_default();
        let options = Options::new(settings, of_person.or(found.settings));
        let versions = found
            .versions
            .iter()
            .map(|(number, path)| {
                let version = Version::new(name, *number, path.clone(), options, settings);
                (*number, version)
            })
            .collect();
        Self { found, versions }
    }

    /// The newest that can answer; if none can, the newest.
    fn newest(&self) -> Option<&Arc<Version>> {
        let newest_first = || self.versions.values().rev();
        newest_first()
            .find(|version| !matches!(version.state(), State::Failed(_)))
            .or_else(|| newest_first().next())
    }

    fn retire(&self) {
        for version in self.versions.values() {
            version.retire();
        }
    }
}

impl Drop for LocalEngine {
    fn drop(&mut self) {
        for model in self.read().values() {
            model.retire();
        }
    }
}

impl From<State> for Readiness {
    fn from(state: State) -> Self {
        match state {
            State::Unknown | State::Unloaded => Self::Asleep,
            State::Loading => Self::Loading,
            State::Ready => Self::Ready,
            State::Failed(why) => Self::Failed(why),
        }
    }
}

#[async_trait]
impl Engine for LocalEngine {
    async fn infer(&self, request: Request) -> Result<Response> {
        let until = request
            .deadline
            .unwrap_or_else(|| Instant::now() + PATIENCE);
        let work = async {
            let bytes: usize = request
                .inputs
                .iter()
                .map(|(_, tensor)| tensor.bytes())
                .sum();
            let most = self.shared.settings.request_bytes;
            if bytes > most {
                return Err(Error::Invalid(format!(
                    "the inputs are {} MiB; a request may have {} MiB",
                    bytes >> 20,
                    most >> 20
                )));
            }
            let version = self.version(&request.model, request.version.as_deref())?;
            let side = Side::of(request.priority);
            version
                .signature(&self.shared, side)
                .await?
                .check(&request)?;
            let (reply, answer) = oneshot::channel();
            let job = Job {
                inputs: request.inputs,
                wanted: Wanted(request.outputs),
                priority: request.priority,
                deadline: Some(until),
                since: Instant::now(),
                reply,
            };
            version.push(&self.shared, side, job)?;
            let answer = answer.await;
            let outputs = answer.map_err(|_| Error::Failed("its thread stopped".into()))??;
            Ok(Response {
                model: request.model,
                version: version.number.to_string(),
                outputs,
            })
        };
        timeout_at(until.into(), work)
            .await
            .unwrap_or(Err(Error::Late))
    }

    async fn describe(&self, model: &str) -> Result<Description> {
        self.describe_version(model, None).await
    }

    fn readiness(&self) -> Option<BTreeMap<String, Readiness>> {
        let states = self.read();
        let readiness = states.iter().map(|(name, model)| {
            let state = model.newest().map(|version| version.state());
            (name.clone(), state.unwrap_or(State::Unloaded).into())
        });
        Some(readiness.collect())
    }

    fn metrics(&self) -> String {
        stats::prometheus(&self.readings(), self.shared.memory.used())
    }
}
