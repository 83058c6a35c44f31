//! `models.json`: what belongs to a pack.

use std::{
    fs,
    io::{self, Read},
    path::{Component, Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{Error, Result, error::at};

pub(super) const FILE: &str = "models.json";

/// What a pack says of itself. What this program does not know is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    pub pack: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
    pub models: Vec<Model>,
    #[serde(default)]
    pub licence_files: Vec<PackFile>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// The repository that a pack came from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Origin {
    pub repository: String,
    pub revision: String,
}

/// A model and what it cannot be used without.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Model {
    #[serde(flatten)]
    pub file: PackFile,
    pub task: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<PackFile>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PackFile {
    /// Below the pack's folder, with slashes.
    pub file: String,
    pub bytes: u64,
    pub sha256: String,
}

/// A file that is not as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    pub file: String,
    pub reason: String,
}

impl Manifest {
    pub(super) fn new(pack: &str, origin: Option<Origin>) -> Self {
        Self {
            pack: pack.to_owned(),
            origin,
            licence: None,
            models: Vec::new(),
            licence_files: Vec::new(),
            rest: Map::new(),
        }
    }

    /// The manifest of the pack in a folder, if it has one.
    pub fn read(folder: &Path) -> Result<Option<Self>> {
        let file = folder.join(FILE);
        let text = match fs::read(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(at(&file)(error)),
        };
        let manifest: Self = serde_json::from_slice(&text).map_err(|error| Error::BadManifest {
            file: file.clone(),
            reason: error.to_string(),
        })?;
        if let Some(entry) = manifest.files().find(|entry| !is_inside(&entry.file)) {
            return Err(Error::BadManifest {
                file,
                reason: format!("{} does not lie in the pack", entry.file),
            });
        }
        Ok(Some(manifest))
    }

    pub fn files(&self) -> impl Iterator<Item = &PackFile> {
        self.models
            .iter()
            .flat_map(|model| std::iter::once(&model.file).chain(&model.files))
            .chain(&self.licence_files)
    }

    pub fn bytes(&self) -> u64 {
        self.files().map(|file| file.bytes).sum()
    }

    /// The revision of the repository it came from.
    pub fn revision(&self) -> Option<&String> {
        self.origin.as_ref().map(|origin| &origin.revision)
    }

    /// The files of the pack in this folder that are missing or have other bytes.
    pub fn damage(&self, folder: &Path) -> Result<Vec<Damage>> {
        let mut damages = Vec::new();
        for file in self.files() {
            let path = folder.join(&file.file);
            let reason = match digest(&path) {
                Ok((bytes, _)) if bytes != file.bytes => {
                    format!("it has {bytes} bytes instead of {}", file.bytes)
                }
                Ok((_, sha256)) if sha256 != file.sha256 => "its bytes have changed".into(),
                Ok(_) => continue,
                Err(error) if error.kind() == io::ErrorKind::NotFound => "it is missing".into(),
                Err(error) => return Err(at(&path)(error)),
            };
            damages.push(Damage {
                file: file.file.clone(),
                reason,
            });
        }
        Ok(damages)
    }
}

impl Model {
    pub(super) fn new(file: PackFile, task: &str) -> Self {
        Self {
            file,
            task: task.to_owned(),
            files: Vec::new(),
            rest: Map::new(),
        }
    }

    /// As engines call it, within its pack: `search_visual` for `search/visual.onnx`.
    pub fn name(&self) -> String {
        let file = &self.file.file;
        file.strip_suffix(".onnx").unwrap_or(file).replace('/', "_")
    }

    /// Of its weights, where they have another than the pack.
    pub fn licence(&self) -> Option<&str> {
        self.rest.get("licence").and_then(Value::as_str)
    }
}

impl PackFile {
    pub(super) fn of(folder: &Path, file: &str) -> Result<Self> {
        let path = folder.join(file);
        let (bytes, sha256) = digest(&path).map_err(at(&path))?;
        Ok(Self {
            file: file.to_owned(),
            bytes,
            sha256,
        })
    }
}

/// Whether a path stays below the folder it is joined to.
pub(super) fn is_inside(path: &str) -> bool {
    !path.is_empty()
        && !path.contains('\\')
        && PathBuf::from(path)
            .components()
            .all(|part| matches!(part, Component::Normal(_)))
}

/// The size and the SHA-256 of a file.
pub(super) fn digest(path: &Path) -> io::Result<(u64, String)> {
    let mut file = fs::File::open(path)?;
    let (mut hasher, mut bytes) = (Sha256::new(), 0);
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok((bytes, hex::encode(hasher.finalize()))),
            count => {
                hasher.update(&buffer[..count]);
                bytes += count as u64;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_in_the_pack() {
        assert!(is_inside("search/visual.onnx"));
        for bad in ["", "/etc/passwd", "../a", "a/../../b", "a\\b", "./a"] {
            assert!(!is_inside(bad), "{bad}");
        }
    }

    #[test]
    fn what_is_not_known_is_kept() {
        let text = r#"{"pack":"p","version":3,"models":[{"file":"a","bytes":1,"sha256":"00","task":"t","inputs":[]}]}"#;
        let manifest: Manifest = serde_json::from_str(text).unwrap();
        let again = serde_json::to_value(&manifest).unwrap();
        assert_eq!(again["version"], 3);
        assert_eq!(again["models"][0]["inputs"], serde_json::json!([]));
    }
}
