//! The layout of repositories as Immich's models have it: a folder for each part of a family, `model.onnx` in it, and beside
//! it what its input is prepared with.

use std::path::Path;

use super::{
    Error, Reference, Result,
    error::at,
    manifest::{Manifest, Model, Origin, PackFile, is_inside},
    repository::RemoteFile,
};

const MODEL: &str = "model.onnx";
/// Formats for other accelerators, which may lie beside the models.
const OTHER_FORMATS: &[&str] = &["armnn", "rknn", "tflite", "pb"];

/// Parts that only together are of use.
struct Family {
    parts: [Part; 2],
}

struct Part {
    folder: &'static str,
    task: &'static str,
    /// What the part cannot be used without, besides its model; one of these.
    needs: &'static [&'static str],
}

const FAMILIES: &[Family] = &[
    Family {
        parts: [
            Part {
                folder: "visual",
                task: "image embedding",
                needs: &["preprocess_cfg.json"],
            },
            Part {
                folder: "textual",
                task: "text embedding in the same space",
                needs: &["tokenizer.json"],
            },
        ],
    },
    Family {
        parts: [
            Part {
                folder: "detection",
                task: "face detection with five landmarks",
                needs: &[],
            },
            Part {
                folder: "recognition",
                task: "face embedding",
                needs: &[],
            },
        ],
    },
];

/// The files of a repository that make the pack: of the families that are there, whole.
pub(super) fn choose<'a>(
    reference: &Reference,
    files: &'a [RemoteFile],
) -> Result<Vec<&'a RemoteFile>> {
    if let Some(file) = files.iter().find(|file| !is_inside(&file.path)) {
        return Err(Error::Layout {
            what: reference.repository.clone(),
            missing: format!("its file {:?} would lie outside of the pack", file.path),
        });
    }
    let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    check(&reference.repository, &paths)?;
    Ok(files.iter().filter(|file| belongs(&file.path)).collect())
}

/// Writes down what lies in a folder of this layout.
pub(super) fn describe(folder: &Path, pack: &str, origin: Option<Origin>) -> Result<Manifest> {
    let files = list(folder)?;
    let paths: Vec<&str> = files.iter().map(String::as_str).collect();
    check(&folder.display().to_string(), &paths)?;
    let mut manifest = Manifest::new(pack, origin);
    for part in FAMILIES.iter().flat_map(|family| &family.parts) {
        let file = format!("{}/{MODEL}", part.folder);
        if !files.contains(&file) {
            continue;
        }
        let mut model = Model::new(PackFile::of(folder, &file)?, part.task);
        let prefix = format!("{}/", part.folder);
        for beside in &files {
            if beside.starts_with(&prefix) && *beside != file && belongs(beside) {
                model.files.push(PackFile::of(folder, beside)?);
            }
        }
        manifest.models.push(model);
    }
    for file in files
        .iter()
        .filter(|file| !file.contains('/') && belongs(file))
    {
        manifest.licence_files.push(PackFile::of(folder, file)?);
    }
    Ok(manifest)
}

/// At least one family, and of every family that is begun all of it.
fn check(what: &str, paths: &[&str]) -> Result<()> {
    let fail = |missing: String| {
        Err(Error::Layout {
            what: what.to_owned(),
            missing,
        })
    };
    let has = |path: &str| paths.contains(&path);
    let mut families = 0;
    for family in FAMILIES {
        let models = family
            .parts
            .each_ref()
            .map(|part| format!("{}/{MODEL}", part.folder));
        let there = models.iter().filter(|model| has(model)).count();
        if there == 0 {
            continue;
        }
        families += 1;
        if let Some(missing) = models.iter().find(|model| !has(model)) {
            return fail(format!("it lacks {missing}"));
        }
        for part in &family.parts {
            let needs = part
                .needs
                .iter()
                .map(|file| format!("{}/{file}", part.folder));
            if let Some(missing) = needs.into_iter().find(|file| !has(file)) {
                return fail(format!("it lacks {missing}"));
            }
        }
    }
    if families == 0 {
        return fail(
            "it has neither visual/model.onnx and textual/model.onnx nor detection/model.onnx and recognition/model.onnx"
                .into(),
        );
    }
    Ok(())
}

/// What lies at the top or directly in the folder of a part, and is not a format for something else.
fn belongs(path: &str) -> bool {
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    let is_of_a_part = match path.split_once('/') {
        Some((folder, file)) => {
            !file.contains('/')
                && FAMILIES
                    .iter()
                    .flat_map(|family| &family.parts)
                    .any(|part| part.folder == folder)
        }
        None => ["json", "md", "txt"].contains(&extension) || path.starts_with("LICENSE"),
    };
    is_of_a_part && !path.starts_with('.') && !OTHER_FORMATS.contains(&extension)
}

/// The files at the top of a folder and in the folders of parts, in order.
fn list(folder: &Path) -> Result<Vec<String>> {
    let mut files = Vec::new();
    let parts = FAMILIES.iter().flat_map(|family| &family.parts);
    for part in std::iter::once("").chain(parts.map(|part| part.folder)) {
        let path = folder.join(part);
        if !path.is_dir() {
            continue;
        }
        for entry in std::fs::read_dir(&path).map_err(at(&path))? {
            let entry = entry.map_err(at(&path))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.path().is_file() && name != super::manifest::FILE {
                files.push(if part.is_empty() {
                    name
                } else {
                    format!("{part}/{name}")
                });
            }
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_taken_whole() {
        let clip = [
            "visual/model.onnx",
            "visual/preprocess_cfg.json",
            "textual/model.onnx",
            "textual/tokenizer.json",
        ];
        assert!(check("a", &clip).is_ok());
        for index in 0..clip.len() {
            let mut paths = clip.to_vec();
            let missing = paths.remove(index);
            let error = check("a", &paths).unwrap_err().to_string();
            assert!(error.contains(missing), "{error}");
        }
        assert!(check("a", &["detection/model.onnx", "recognition/model.onnx"]).is_ok());
        assert!(check("a", &["README.md"]).is_err());
    }

    #[test]
    fn formats_for_other_machines_stay_there() {
        for wanted in [
            "visual/model.onnx",
            "visual/model.onnx_data",
            "config.json",
            "LICENSE",
        ] {
            assert!(belongs(wanted), "{wanted}");
        }
        let unwanted = [
            "visual/model.armnn",
            "visual/rknpu/rk3588/model.rknn",
            "fp16/model.onnx",
            ".gitattributes",
        ];
        for unwanted in unwanted {
            assert!(!belongs(unwanted), "{unwanted}");
        }
    }
}
