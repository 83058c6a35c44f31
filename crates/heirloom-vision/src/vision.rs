//! The door: a pack, an engine, and how models are asked.

use std::{path::Path, sync::Arc};

use heirloom_inference::{
    Engine, Priority, Request, Response, Tensor, engine::Description, tensor::Data,
};
use tokio::sync::OnceCell;

use crate::{Error, Result, cluster, pack::Pack};

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

    /// Opens a further pack, with models for search, for faces, or for both: [`Self::can_search`] and
    /// [`Self::can_find_faces`] say what may be asked. `prefix` is what the engine's names of its models begin with.
    pub fn open_further(engine: Arc<dyn Engine>, folder: &Path, prefix: &str) -> Result<Self> {
        Ok(Self::of(engine, Pack::open_further(folder, prefix)?))
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

    /// The name of the spaces in which pictures and texts meet, and faces. Vectors of different spaces cannot be compared.
    pub fn model(&self) -> &str {
        &self.pack.space
    }

    /// Whether pictures can be looked for with its models.
    pub fn can_search(&self) -> bool {
        self.pack.clip.is_some() || self.pack.tokenizer.is_some()
    }

    /// Whether its models find faces and tell them apart.
    pub fn can_find_faces(&self) -> bool {
        self.pack.has_faces
    }

    /// How far apart faces of one person are, by its models.
    pub fn face_distances(&self) -> cluster::Settings {
        match self.pack.insight {
            Some(_) => cluster::Settings::ARC_FACE,
            None => cluster::Settings::default(),
        }
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
        self.finite(name, tensor)
    }

    /// Every output of decimal numbers, with its shape; all numbers are finite.
    pub(crate) fn all_floats(mut self) -> Result<Vec<(Vec<usize>, Vec<f32>)>> {
        std::mem::take(&mut self.response.outputs)
            .into_iter()
            .filter(|(_, tensor)| tensor.as_f32().is_some())
            .map(|(name, tensor)| Ok((tensor.shape().to_vec(), self.finite(&name, tensor)?)))
            .collect()
    }

    fn finite(&self, name: &str, tensor: Tensor) -> Result<Vec<f32>> {
        let Data::F32(values) = tensor.into_data() else {
            return Err(self.wrong(format!("no decimal numbers as {name}")));
        };
        if !values.iter().all(|value| value.is_finite()) {
            return Err(self.wrong(format!("numbers that are not finite as {name}")));
        }
        Ok(values)
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

/// The name of a model's input for pictures.
pub(crate) fn pictures_of<'a>(model: &'static str, described: &'a Description) -> Result<&'a str> {
    let input = described.inputs.iter().find(|port| port.shape.len() == 4);
    let input = input.ok_or_else(|| lacks(model, "an input for pictures"))?;
    Ok(&input.name)
}

/// A model is not what its file's place promises.
pub(crate) fn lacks(model: &'static str, what: &str) -> Error {
    Error::Answer {
        model,
        problem: format!("no sign of {what}"),
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
