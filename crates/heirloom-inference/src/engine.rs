//! What runs a model, wherever it runs.

use std::{collections::BTreeMap, time::Instant};

use async_trait::async_trait;

use crate::{
    Result,
    tensor::{DataType, Tensor},
};

/// Runs models: in this process, or on other machines.
#[async_trait]
pub trait Engine: Send + Sync + 'static {
    /// Runs one request. It may wait for others to share a batch with; a caller that goes away is skipped.
    async fn infer(&self, request: Request) -> Result<Response>;

    /// What a model takes and gives.
    async fn describe(&self, model: &str) -> Result<Description>;

    /// How far each model is, by name; none where that is the affair of other machines.
    fn readiness(&self) -> Option<BTreeMap<String, Readiness>> {
        None
    }

    /// What it did so far, in Prometheus' text format.
    fn metrics(&self) -> String {
        String::new()
    }
}

/// Whether a model can answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// It is loaded when somebody asks.
    Asleep,
    Loading,
    Ready,
    Failed(String),
}

/// Who waits for an answer; the first goes before the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// A person waits for it.
    Interactive,
    /// A photo has just arrived.
    #[default]
    Upload,
    /// A library is gone through again.
    Backfill,
}

/// One call of a model. The first dimension of every input is the batch.
#[derive(Clone, Debug)]
pub struct Request {
    pub model: String,
    /// The newest that is ready, if none is named.
    pub version: Option<String>,
    /// By name.
    pub inputs: Vec<(String, Tensor)>,
    /// Names of the outputs that are wanted; all, if none is named.
    pub outputs: Vec<String>,
    pub priority: Priority,
    /// After this nobody waits any more.
    pub deadline: Option<Instant>,
}

impl Request {
    /// A request for all outputs of the newest version.
    pub fn new(model: impl Into<String>, inputs: Vec<(String, Tensor)>) -> Self {
        Self {
            model: model.into(),
            version: None,
            inputs,
            outputs: Vec::new(),
            priority: Priority::default(),
            deadline: None,
        }
    }

    pub fn with_priority(mut self, priority: Priority) -> Self {
        self.priority = priority;
        self
    }

    pub fn with_outputs(mut self, names: &[&str]) -> Self {
        self.outputs = names.iter().map(|name| (*name).to_owned()).collect();
        self
    }
}

/// What a model answered.
#[derive(Clone, Debug)]
pub struct Response {
    pub model: String,
    pub version: String,
    /// By name, in the order they were asked for.
    pub outputs: Vec<(String, Tensor)>,
}

impl Response {
    /// Takes an output out of the answer.
    pub fn take(&mut self, name: &str) -> Option<Tensor> {
        let at = self.outputs.iter().position(|(known, _)| known == name)?;
        Some(self.outputs.swap_remove(at).1)
    }
}

/// What a model takes and gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    pub name: String,
    /// Newest last.
    pub versions: Vec<String>,
    pub inputs: Vec<Port>,
    pub outputs: Vec<Port>,
}

/// One input or output of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    pub name: String,
    pub data_type: DataType,
    /// `None` is a dimension of any size.
    pub shape: Vec<Option<usize>>,
}

impl Port {
    /// Whether a dimension other than the first, which counts items, may be anything.
    pub fn takes_any_size(&self) -> bool {
        self.shape.iter().skip(1).any(Option::is_none)
    }
}
