//! Which models a folder holds: a pack, or a repository in Triton's layout.

use std::{
    collections::BTreeMap,
    fs,
    path::{Component, Path, PathBuf},
    time::Duration,
};

use serde::Deserialize;

use super::{pbtxt, settings::ModelSettings};
use crate::{Error, Result};

/// The list of a pack.
const PACK: &str = "models.json";
/// What a model's file is called in Triton's layout, unless its configuration says otherwise.
const MODEL_FILE: &str = "model.onnx";
const CONFIGURATION: &str = "config.pbtxt";

/// A model as it lies in a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// By number; those that are to be served.
    pub versions: BTreeMap<u64, PathBuf>,
    pub settings: ModelSettings,
}

#[derive(Deserialize)]
struct Pack {
    models: Vec<Packed>,
}

#[derive(Deserialize)]
struct Packed {
    file: String,
    #[serde(default)]
    max_batch: Option<usize>,
}

/// Every model below a folder, by name.
pub(super) fn scan(root: &Path) -> Result<BTreeMap<String, Found>> {
    let pack = root.join(PACK);
    if pack.is_file() {
        return read_pack(root, &pack);
    }
    let entries = fs::read_dir(root).map_err(|error| {
        Error::NotReady(format!(
            "there are no models at {}: {error}; set inference.models to a model pack or repository",
            root.display()
        ))
    })?;
    let mut models = BTreeMap::new();
    for folder in entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
    {
        let Some(name) = folder.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        let found = read_folder(&folder).map_err(|error| match error {
            Error::NotReady(reason) => Error::NotReady(format!("the model {name}: {reason}")),
            other => other,
        })?;
        if !found.versions.is_empty() {
            models.insert(name.to_owned(), found);
        }
    }
    Ok(models)
}

/// As [`scan`], and the models of further packs, each in a folder of its own below `packs`: they are called by the folder and
/// the model, as in `other.search_visual`.
pub(super) fn scan_all(root: &Path, packs: Option<&Path>) -> Result<BTreeMap<String, Found>> {
    let mut models = scan(root)?;
    let folders = packs.and_then(|packs| fs::read_dir(packs).ok());
    for folder in folders.into_iter().flatten().flatten() {
        let (folder, name) = (folder.path(), folder.file_name());
        let (list, Some(name)) = (folder.join(PACK), name.to_str()) else {
            continue;
        };
        if name.starts_with('.') || !list.is_file() {
            continue;
        }
        match read_pack(&folder, &list) {
            Ok(found) => models.extend(
                found
                    .into_iter()
                    .map(|(model, found)| (format!("{name}.{model}"), found)),
            ),
            // A broken pack must not take the others with it.
            Err(error) => tracing::warn!(%error, "a pack of models is left out"),
        }
    }
    Ok(models)
}

fn read_pack(root: &Path, list: &Path) -> Result<BTreeMap<String, Found>> {
    let broken = |error: &dyn std::fmt::Display| {
        Error::NotReady(format!("{} cannot be read: {error}", list.display()))
    };
    let text = fs::read_to_string(list).map_err(|error| broken(&error))?;
    let pack: Pack = serde_json::from_str(&text).map_err(|error| broken(&error))?;
    let mut models = BTreeMap::new();
    for Packed { file, max_batch } in pack.models {
        let Some(stem) = file.strip_suffix(".onnx").filter(|_| is_inside(&file)) else {
            return Err(broken(&format!("{file} is no model inside the pack")));
        };
        let found = Found {
            versions: [(1, root.join(&file))].into(),
            settings: ModelSettings {
                max_batch,
                ..ModelSettings::default()
            },
        };
        models.insert(stem.replace('/', "_"), found);
    }
    Ok(models)
}

/// Whether a path from a file can only lead further down.
fn is_inside(path: &str) -> bool {
    let mut parts = Path::new(path).components();
    parts.all(|part| matches!(part, Component::Normal(_)))
}

fn read_folder(folder: &Path) -> Result<Found> {
    let text = match fs::read_to_string(folder.join(CONFIGURATION)) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(Error::NotReady(format!("{CONFIGURATION}: {error}"))),
    };
    let configuration = pbtxt::parse(&text)
        .map_err(|reason| Error::NotReady(format!("{CONFIGURATION}: {reason}")))?;
    let named = configuration.text("default_model_filename");
    let file = named.filter(|file| is_inside(file)).unwrap_or(MODEL_FILE);
    let mut versions = BTreeMap::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let number = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse::<u64>().ok());
        let path = entry.path().join(file);
        if let Some(number) = number.filter(|number| *number > 0 && path.is_file()) {
            versions.insert(number, path);
        }
    }
    keep_wanted(&mut versions, &configuration);
    Ok(Found {
        versions,
        settings: settings(&configuration),
    })
}

/// As Triton does it: the newest only, unless the configuration says otherwise.
fn keep_wanted(versions: &mut BTreeMap<u64, PathBuf>, configuration: &pbtxt::Message) {
    let policy = configuration.message("version_policy");
    if policy.is_some_and(|policy| policy.message("all").is_some()) {
        return;
    }
    if let Some(specific) = policy.and_then(|policy| policy.message("specific")) {
        let wanted: Vec<u64> = specific.numbers("versions").collect();
        versions.retain(|number, _| wanted.contains(number));
        return;
    }
    let latest = policy.and_then(|policy| policy.message("latest"));
    let count = latest.and_then(|latest| latest.numbers("num_versions").next());
    let count = usize::try_from(count.unwrap_or(1).max(1)).unwrap_or(usize::MAX);
    while versions.len() > count {
        versions.pop_first();
    }
}

fn settings(configuration: &pbtxt::Message) -> ModelSettings {
    let small = |number: u64| usize::try_from(number).ok();
    let batching = configuration.message("dynamic_batching");
    let most = configuration
        .numbers("max_batch_size")
        .next()
        .and_then(small);
    let delay =
        batching.and_then(|batching| batching.numbers("max_queue_delay_microseconds").next());
    let group = configuration.message("instance_group");
    ModelSettings {
        // Triton batches only where the configuration says so, and so does who wrote one for it.
        max_batch: most.map(|most| if batching.is_some() { most.max(1) } else { 1 }),
        max_delay: batching.map(|_| Duration::from_micros(delay.unwrap_or(0))),
        instances: group
            .and_then(|group| group.numbers("count").next())
            .and_then(small),
        threads: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(root: &Path, path: &str, text: &str) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn a_repository_is_read_as_triton_reads_it() {
        let root = tempfile::tempdir().unwrap();
        touch(root.path(), "plain/1/model.onnx", "");
        touch(root.path(), "plain/3/model.onnx", "");
        touch(root.path(), "plain/labels.txt", "");
        touch(root.path(), "both/1/m.onnx", "");
        touch(root.path(), "both/2/m.onnx", "");
        touch(
            root.path(),
            "both/config.pbtxt",
            r#"
            name: "both"  # a comment
            default_model_filename: "m.onnx"
            max_batch_size: 4
            version_policy: { all {} }
            instance_group [ { count: 2 kind: KIND_CPU } ]
            dynamic_batching { preferred_batch_size: [ 2, 4 ] max_queue_delay_microseconds: 500 }
            "#,
        );
        touch(root.path(), "empty/1/readme", "");
        let models = scan(root.path()).unwrap();
        assert_eq!(models.keys().collect::<Vec<_>>(), ["both", "plain"]);
        assert_eq!(models["plain"].versions.keys().collect::<Vec<_>>(), [&3]);
        assert_eq!(models["both"].versions.len(), 2);
        let settings = ModelSettings {
            max_batch: Some(4),
            max_delay: Some(Duration::from_micros(500)),
            instances: Some(2),
            threads: None,
        };
        assert_eq!(models["both"].settings, settings);
    }

    #[test]
    fn a_pack_lists_its_models_and_cannot_point_outside() {
        let root = tempfile::tempdir().unwrap();
        touch(
            root.path(),
            PACK,
            r#"{"models": [{"file": "search/visual.onnx"}, {"file": "ocr/det.onnx", "max_batch": 1}]}"#,
        );
        let models = scan(root.path()).unwrap();
        assert_eq!(
            models["search_visual"].versions[&1],
            root.path().join("search/visual.onnx")
        );
        assert_eq!(models["ocr_det"].settings.max_batch, Some(1));
        touch(
            root.path(),
            PACK,
            r#"{"models": [{"file": "../visual.onnx"}]}"#,
        );
        assert!(scan(root.path()).is_err());
    }

    #[test]
    fn further_packs_stand_beside_the_first() {
        let root = tempfile::tempdir().unwrap();
        let list = r#"{"models": [{"file": "search/visual.onnx"}]}"#;
        touch(root.path(), "first/models.json", list);
        touch(root.path(), "packs/other/models.json", list);
        touch(root.path(), "packs/broken/models.json", "{");
        touch(root.path(), "packs/.half/models.json", list);
        touch(root.path(), "packs/notes.txt", "");
        let packs = root.path().join("packs");
        let models = scan_all(&root.path().join("first"), Some(&packs)).unwrap();
        let names: Vec<&String> = models.keys().collect();
        assert_eq!(names, ["other.search_visual", "search_visual"]);
        assert_eq!(
            models["other.search_visual"].versions[&1],
            packs.join("other/search/visual.onnx")
        );
    }

    #[test]
    fn a_broken_configuration_is_named() {
        let root = tempfile::tempdir().unwrap();
        touch(root.path(), "m/1/model.onnx", "");
        touch(root.path(), "m/config.pbtxt", "max_batch_size: }");
        let error = scan(root.path()).unwrap_err().to_string();
        assert!(error.contains("config.pbtxt"), "{error}");
    }
}
