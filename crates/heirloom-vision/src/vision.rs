//! The door: a pack, an engine, and how models are asked.

use std::{path::Path, sync::Arc};

use heirloom_inference::{Engine, Priority, Request, Response, Tensor, engine::Description};
use tokio::sync::OnceCell;

use crate::{Error, Result, pack::Pack};

/// Understands pictures and texts with the models of one pack. Its methods may be called from any task: what computes
/// runs on tokio's blocking threads, what models do runs in the engine.
#[derive(Clone)]
pub struct Vision {
    engine: Arc<dyn Engine>,
    pub(crate) pack: Arc<Pack>,
    /// The direction of "a picture of people" among the embeddings.
    pub(crate) people: Arc<OnceCell<Vec<f32>>>,
}

impl Vision {
    /// Reads the pack's labels, tokenizer and dictionaries. Models are not loaded: the engine does so when asked.
    pub fn open(engine: Arc<dyn Engine>, pack_folder: &Path) -> Result<Self> {
        Ok(Self::of(engine, Pack::open(pack_folder)?))
    }

    /// Opens the search models of a further pack: [`Self::look`] and texts are all that may be asked. `prefix` is what the
    /// engine's names of its models begin with.
    pub fn open_search(engine: Arc<dyn Engine>, folder: &Path, prefix: &str) -> Result<Self> {
        Ok(Self::of(engine, Pack::open_search(folder, prefix)?))
    }

    fn of(engine: Arc<dyn Engine>, pack: Pack) -> Self {
        Self {
            engine,
            pack: Arc::new(pack),
            people: Arc::default(),
        }
    }

    /// The name of its pack.
    pub fn pack(&self) -> &str {
        &self.pack.name
    }

    /// The name of the space in which pictures and texts meet. Vectors of different spaces cannot be compared.
    pub fn model(&self) -> &str {
        &self.pack.space
    }

    /// Whether it is known how like a question a picture must be that shows what is asked for.
    pub fn is_calibrated(&self) -> bool {
        self.pack.clip.is_none()
    }

    /// What a model of the pack takes and gives.
    pub(crate) async fn ports_of(&self, model: &str) -> Result<Description> {
        let name = format!("{}{model}", self.pack.prefix);
        Ok(self.engine.describe(&name).await?)
    }

    pub(crate) async fn ask(
        &self,
        model: &'static str,
        inputs: Vec<(&str, Tensor)>,
        outputs: &[&str],
        priority: Priority,
    ) -> Result<Answer> {
        let inputs = inputs
            .into_iter()
            .map(|(name, tensor)| (name.to_owned(), tensor))
            .collect();
        let name = format!("{}{model}", self.pack.prefix);
        let request = Request::new(name, inputs)
            .with_priority(priority)
            .with_outputs(outputs);
        let response = self.engine.infer(request).await?;
        Ok(Answer { model, response })
    }
}

/// What a model said.
pub(crate) struct Answer {
    model: &'static str,
    response: Response,
}

impl Answer {
    /// An output's numbers; they are of the shape that is expected (0 stands for any length) and finite.
    pub(crate) fn floats(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let tensor = self.tensor(name, shape)?;
        let Some(values) = tensor.as_f32() else {
            return Err(self.wrong(format!("no decimal numbers as {name}")));
        };
        if !values.iter().all(|value| value.is_finite()) {
            return Err(self.wrong(format!("numbers that are not finite as {name}")));
        }
        match tensor.into_data() {
            heirloom_inference::tensor::Data::F32(values) => Ok(values),
            _ => unreachable!("the type was checked"),
        }
    }

    /// An output of whole numbers.
    pub(crate) fn integers(&mut self, name: &str, shape: &[usize]) -> Result<Vec<i64>> {
        let tensor = self.tensor(name, shape)?;
        let values = tensor.as_i64().map(<[i64]>::to_vec);
        values.ok_or_else(|| self.wrong(format!("no whole numbers as {name}")))
    }

    fn tensor(&mut self, name: &str, shape: &[usize]) -> Result<Tensor> {
        let Some(tensor) = self.response.take(name) else {
            return Err(self.wrong(format!("no output {name}")));
        };
        let fits = tensor.shape().len() == shape.len()
            && std::iter::zip(tensor.shape(), shape).all(|(got, want)| *want == 0 || got == want);
        if fits {
            return Ok(tensor);
        }
        Err(self.wrong(format!("the shape {:?} for {name}", tensor.shape())))
    }

    fn wrong(&self, problem: String) -> Error {
        Error::Answer {
            model: self.model,
            problem,
        }
    }
}

/// Computes on a thread that may block.
pub(crate) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(value) => Ok(value),
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(Error::Stopped),
        },
    }
}
