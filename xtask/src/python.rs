//! Python environments of the project's own, with pinned packages by their hashes.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    packages, setup,
    shell::{Outcome, done, step, succeeds},
};

/// The first version whose library reads TOML, and for which the packages are pinned.
const SUPPORTED: &str = "import sys; sys.exit(sys.version_info < (3, 11))";
const NAMES: &[&str] = &["python3", "python3.11", "python3.12", "python3.13"];

/// The machine's Python, without any packages.
pub(crate) fn system() -> Outcome<&'static str> {
    find()
        .or_else(|| {
            packages::require(&["python3", "python3-venv"]).ok()?;
            find()
        })
        .ok_or_else(|| "install Python 3.11 or newer, then try again".into())
}

fn find() -> Option<&'static str> {
    NAMES
        .iter()
        .find(|name| succeeds(Command::new(name).args(["-c", SUPPORTED])))
        .copied()
}

/// The Python of an environment with the packages of a file of requirements; it is made, if it has others.
pub(crate) fn environment(name: &str, requirements: &str) -> Outcome<PathBuf> {
    let folder = setup::folder().join(name);
    let python = folder.join("bin/python");
    let requirements = setup::root().join(requirements);
    let wanted =
        fs::read(&requirements).map_err(|error| format!("{}: {error}", requirements.display()))?;
    // Written last, so an environment that was interrupted is made again.
    let stamp = folder.join("requirements.txt");
    if fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    step("making a Python environment");
    make(&folder)?;
    done(
        Command::new(&python)
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
            ])
            .args(["--require-hashes", "--only-binary", ":all:"])
            .arg("--requirement")
            .arg(&requirements),
    )?;
    fs::write(&stamp, wanted).map_err(|error| format!("{}: {error}", stamp.display()))?;
    Ok(python)
}

/// Debian keeps what makes environments in a package of its own.
fn make(folder: &Path) -> Outcome {
    let system = system()?;
    let command = || {
        let mut command = Command::new(system);
        command.args(["-m", "venv", "--clear"]).arg(folder);
        command
    };
    if succeeds(&mut command()) {
        return Ok(());
    }
    packages::require(&["python3-venv"])?;
    done(&mut command())
}
