//! The small files of a model pack that say what its models' numbers mean.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, de::DeserializeOwned};
use tokenizers::Tokenizer;

use crate::{Error, Result};

/// Everything of a pack that is not a model.
pub(crate) struct Pack {
    pub(crate) name: String,
    /// Name and version: of other versions the vectors are others.
    pub(crate) space: String,
    /// What the engine's names of the pack's models begin with.
    pub(crate) prefix: String,
    pub(crate) classes: Vec<Class>,
    pub(crate) tokenizer: Tokenizer,
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
    version: u32,
}

impl Pack {
    pub(crate) fn open(folder: &Path) -> Result<Self> {
        Ok(Self {
            dictionary: lines(folder.join("ocr/dictionary.txt"))?,
            objects: lines(folder.join("objects/coco_labels.txt"))?,
            ..Self::open_search(folder, "")?
        })
    }

    /// Only what search needs; the pack need not have more.
    pub(crate) fn open_search(folder: &Path, prefix: &str) -> Result<Self> {
        let manifest: Manifest = json(folder.join("models.json"))?;
        let tokenizer = folder.join("search/tokenizer.json");
        Ok(Self {
            space: format!("{}-{}", manifest.pack, manifest.version),
            name: manifest.pack,
            prefix: prefix.to_owned(),
            classes: json(folder.join("search/labels.json"))?,
            tokenizer: Tokenizer::from_bytes(read(&tokenizer)?)
                .map_err(|error| refused(tokenizer, &error))?,
            dictionary: Vec::new(),
            objects: Vec::new(),
        })
    }
}

fn read(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).map_err(|error: io::Error| refused(file, &error))
}

fn json<T: DeserializeOwned>(file: PathBuf) -> Result<T> {
    serde_json::from_slice(&read(&file)?).map_err(|error| refused(file, &error))
}

/// Split at line feeds only: the dictionary has other characters that Unicode takes for ends of lines.
fn lines(file: PathBuf) -> Result<Vec<String>> {
    let text = String::from_utf8(read(&file)?).map_err(|error| refused(file, &error))?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(text.split('\n').map(str::to_owned).collect())
}

fn refused(file: impl Into<PathBuf>, reason: &dyn std::fmt::Display) -> Error {
    Error::Pack {
        file: file.into(),
        reason: reason.to_string(),
    }
}
