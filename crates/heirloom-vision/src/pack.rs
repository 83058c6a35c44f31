//! The small files of a model pack that say what its models' numbers mean.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, de::DeserializeOwned};
use tokenizers::Tokenizer;

use crate::{Error, Result, clip::Clip, faces::Insight};

/// Letters of a revision or digest that tell editions of a pack apart.
const EDITION_LETTERS: usize = 12;
const TOKENIZER: &str = "search/tokenizer.json";
const FACES: &str = "faces/embedding.onnx";

/// Everything of a pack that is not a model.
pub(crate) struct Pack {
    pub(crate) name: String,
    /// Name and version: of other versions the vectors are others.
    pub(crate) space: String,
    /// What the engine's names of the pack's models begin with.
    pub(crate) prefix: String,
    pub(crate) classes: Vec<Class>,
    /// Reads texts for the pack's own model of texts; none where `clip` does.
    pub(crate) tokenizer: Option<Tokenizer>,
    /// How search models of other families are asked.
    pub(crate) clip: Option<Clip>,
    /// Whether it has models for faces.
    pub(crate) has_faces: bool,
    /// How models for faces of other families are asked.
    pub(crate) insight: Option<Insight>,
    /// By the recogniser's numbers, from 1 on.
    pub(crate) dictionary: Vec<String>,
    pub(crate) objects: Vec<String>,
}

/// What the classifier can tell apart.
#[derive(Debug, Deserialize)]
pub(crate) struct Class {
    pub(crate) label: String,
    /// Wider words for it, the best first.
    pub(crate) hypernyms: Vec<String>,
}

#[derive(Deserialize)]
struct Manifest {
    pack: String,
    version: Option<u32>,
    /// Where it was pulled from.
    origin: Option<Origin>,
    #[serde(default)]
    models: Vec<Model>,
}

#[derive(Deserialize)]
struct Origin {
    revision: String,
}

#[derive(Deserialize)]
struct Model {
    sha256: String,
}

impl Manifest {
    /// Which of the packs of its name it is: by its number, else by what it was pulled as, else by what is in it.
    fn edition(&self) -> String {
        let digest = || self.models.first().map(|model| &model.sha256);
        let revision = self.origin.as_ref().map(|origin| &origin.revision);
        match (self.version, revision.or_else(digest)) {
            (Some(version), _) => version.to_string(),
            (None, Some(text)) => text.chars().take(EDITION_LETTERS).collect(),
            (None, None) => "0".into(),
        }
    }
}

impl Pack {
    /// A pack for everything. Its models may lie on other machines.
    pub(crate) fn open(folder: &Path) -> Result<Self> {
        Ok(Self {
            dictionary: lines(folder.join("ocr/dictionary.txt"))?,
            objects: lines(folder.join("objects/coco_labels.txt"))?,
            has_faces: true,
            ..Self::bare(folder, "")?.with_search(folder)?
        })
    }

    /// A pack for search, for faces, or for both; it need not have more.
    pub(crate) fn open_further(folder: &Path, prefix: &str) -> Result<Self> {
        let pack = Self::bare(folder, prefix)?;
        let insight = Insight::is_in(folder).then(Insight::default);
        let pack = Self {
            has_faces: insight.is_some() || folder.join(FACES).is_file(),
            insight,
            ..pack
        };
        if pack.has_faces && !Clip::is_in(folder) && !folder.join(TOKENIZER).is_file() {
            return Ok(pack);
        }
        pack.with_search(folder)
    }

    fn bare(folder: &Path, prefix: &str) -> Result<Self> {
        let manifest: Manifest = json(folder.join("models.json"))?;
        Ok(Self {
            space: format!("{}-{}", manifest.pack, manifest.edition()),
            name: manifest.pack,
            prefix: prefix.to_owned(),
            classes: Vec::new(),
            tokenizer: None,
            clip: None,
            has_faces: false,
            insight: None,
            dictionary: Vec::new(),
            objects: Vec::new(),
        })
    }

    fn with_search(self, folder: &Path) -> Result<Self> {
        if Clip::is_in(folder) {
            let clip = Some(Clip::open(folder)?);
            return Ok(Self { clip, ..self });
        }
        let tokenizer = folder.join(TOKENIZER);
        let read = Tokenizer::from_bytes(read(&tokenizer)?);
        Ok(Self {
            classes: json(folder.join("search/labels.json"))?,
            tokenizer: Some(read.map_err(|error| refused(tokenizer, &error))?),
            ..self
        })
    }
}

fn read(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).map_err(|error: io::Error| refused(file, &error))
}

pub(crate) fn json<T: DeserializeOwned>(file: PathBuf) -> Result<T> {
    serde_json::from_slice(&read(&file)?).map_err(|error| refused(file, &error))
}

/// What stands in a file that need not be there.
pub(crate) fn json_if_any<T: DeserializeOwned + Default>(file: PathBuf) -> Result<T> {
    match fs::read(&file) {
        Ok(text) => serde_json::from_slice(&text).map_err(|error| refused(file, &error)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(T::default()),
        Err(error) => Err(refused(file, &error)),
    }
}

/// Split at line feeds only: the dictionary has other characters that Unicode takes for ends of lines.
fn lines(file: PathBuf) -> Result<Vec<String>> {
    let text = String::from_utf8(read(&file)?).map_err(|error| refused(file, &error))?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(text.split('\n').map(str::to_owned).collect())
}

pub(crate) fn refused(file: impl Into<PathBuf>, reason: &dyn std::fmt::Display) -> Error {
    Error::Pack {
        file: file.into(),
        reason: reason.to_string(),
    }
}
