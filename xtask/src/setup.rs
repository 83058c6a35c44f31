//! What is made or fetched once and kept in `.setup`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    packages, python,
    shell::{Outcome, done, step, succeeds},
};

const RUNTIME: &str = "HEIRLOOM__INFERENCE__RUNTIME";
const MODELS: &str = "HEIRLOOM__INFERENCE__MODELS";

/// Where the server finds what runs models, and the models.
pub(crate) struct Environment {
    runtime: String,
    models: String,
}

impl Environment {
    pub(crate) fn variables(&self) -> Vec<(&'static str, &str)> {
        vec![(RUNTIME, &self.runtime), (MODELS, &self.models)]
    }
}

/// The project's folder.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask lies in the project")
}

pub(crate) fn folder() -> PathBuf {
    root().join(".setup")
}

/// Installs, fetches and makes what is missing. What the environment names already is taken as it is.
pub(crate) fn everything() -> Outcome<Environment> {
    packages::install()?;
    fs::create_dir_all(folder()).map_err(|error| format!("{}: {error}", folder().display()))?;
    Ok(Environment {
        runtime: std::env::var(RUNTIME).or_else(|_| runtime())?,
        models: std::env::var(MODELS).or_else(|_| models())?,
    })
}

/// ONNX Runtime's library, out of its Python package.
fn runtime() -> Outcome<String> {
    let library = folder().join("onnxruntime/libonnxruntime.so");
    if !library.is_file() {
        let python = converter_python()?;
        let output = Command::new(&python)
            .args(["-c", "import onnxruntime; print(onnxruntime.__path__[0])"])
            .output()
            .map_err(|error| format!("{}: {error}", python.display()))?;
        let package = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        place(&Path::new(&package).join("capi"), &library)
            .map_err(|error| format!("ONNX Runtime's library in {package}: {error}"))?;
    }
    Ok(library.display().to_string())
}

/// Copies the library from `folder`, whose name there carries its version.
fn place(folder: &Path, library: &Path) -> std::io::Result<()> {
    let source = fs::read_dir(folder)?
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.to_string_lossy().contains("/libonnxruntime.so"))
        .ok_or(std::io::ErrorKind::NotFound)?;
    if let Some(parent) = library.parent() {
        fs::create_dir_all(parent)?;
    }
    let unfinished = library.with_extension("part");
    fs::copy(source, &unfinished)?;
    fs::rename(unfinished, library)
}

/// The starter pack. Its maker says in a moment whether the pack is there; only if not are packages needed.
fn models() -> Outcome<String> {
    let pack = folder().join("models");
    if !succeeds(starter(&python::system()?.into(), &pack).arg("--check")) {
        step("making the starter pack of models");
        done(&mut starter(&converter_python()?, &pack))?;
    }
    Ok(pack.display().to_string())
}

pub(crate) fn converter_python() -> Outcome<PathBuf> {
    python::environment("python", "models/requirements.txt")
}

fn starter(python: &PathBuf, pack: &Path) -> Command {
    let mut command = Command::new(python);
    command
        .current_dir(root().join("models"))
        .args(["-m", "starter", "--into"])
        .arg(pack);
    command
}

/// Runs the tests of the converter, and of what benches reckon with.
pub(crate) fn test_python() -> Outcome {
    for folder in ["models", "bench"] {
        done(
            Command::new(converter_python()?)
                .current_dir(root().join(folder))
                .args(["-m", "unittest", "discover", "--quiet"]),
        )?;
    }
    Ok(())
}
