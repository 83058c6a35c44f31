//! How the engine of this process runs models.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

/// Everything that can be chosen; the defaults suit a home server.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The library of ONNX Runtime; see [`super::find_runtime`].
    pub runtime: PathBuf,
    /// A model pack (a folder with `models.json`), or a repository in Triton's layout.
    pub models: PathBuf,
    /// Where further packs lie, each in its folder; their models are called `FOLDER.MODEL`.
    pub packs: Option<PathBuf>,
    /// Tried in this order; what none of them can do runs on the processor.
    pub providers: Vec<Provider>,
    /// Processors that all work nobody waits for may use together.
    pub threads: usize,
    /// Memory of all loaded models together.
    pub memory_bytes: u64,
    /// A model that was not asked for so long is unloaded.
    pub idle: Duration,
    /// Most items of one batch, of models that can batch.
    pub max_batch: usize,
    /// How long a request waits for others to share its batch, when others are about.
    pub max_delay: Duration,
    /// Most requests of one priority that may wait for one model.
    pub queue: usize,
    /// Most bytes of inputs that may wait for one model.
    pub queue_bytes: usize,
    /// Most bytes of inputs of one request.
    pub request_bytes: usize,
    /// By how much work that nobody waits for steps back behind other threads of the machine; 0 to 19.
    pub niceness: u8,
    /// Sessions of one model, each for one shape of its inputs, where 0 has one session take every shape; by default as many
    /// as suit what computes.
    pub shapes: Option<usize>,
    /// By the model's name.
    pub per_model: BTreeMap<String, ModelSettings>,
}

/// What one model does otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ModelSettings {
    /// 1 keeps its requests apart.
    pub max_batch: Option<usize>,
    pub max_delay: Option<Duration>,
    /// Sessions side by side.
    pub instances: Option<usize>,
    /// Threads of one session.
    pub threads: Option<usize>,
}

/// What computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    Cpu,
    /// The number is the device's.
    Cuda(i32),
    TensorRt(i32),
}

impl Provider {
    /// As configurations call them: `cpu`, `cuda`, `tensorrt`; nothing for other names.
    pub fn named(name: &str, device: i32) -> Option<Self> {
        Some(match name {
            "cpu" => Self::Cpu,
            "cuda" => Self::Cuda(device),
            "tensorrt" => Self::TensorRt(device),
            _ => return None,
        })
    }

    pub(super) fn is_card(self) -> bool {
        !matches!(self, Self::Cpu)
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            runtime: PathBuf::new(),
            models: PathBuf::new(),
            packs: None,
            providers: Vec::new(),
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            memory_bytes: 2 << 30,
            idle: Duration::from_mins(5),
            max_batch: 8,
            max_delay: Duration::from_millis(3),
            queue: 512,
            queue_bytes: 512 << 20,
            request_bytes: 256 << 20,
            niceness: 10,
            shapes: None,
            per_model: BTreeMap::new(),
        }
    }
}

impl ModelSettings {
    /// These, and what they leave open from the others.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            max_batch: self.max_batch.or(other.max_batch),
            max_delay: self.max_delay.or(other.max_delay),
            instances: self.instances.or(other.instances),
            threads: self.threads.or(other.threads),
        }
    }
}
