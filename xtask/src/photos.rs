//! Real photos for the tests: of those that a published package carries, free to use by its own account.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    python, setup,
    shell::{Outcome, done, step},
};

/// The package, by its digest. Only its pictures are used, so one platform's package serves all.
const REQUIREMENT: &str = "scikit-image==0.25.2 \
     --hash=sha256:24cc986e1f4187a12aa319f777b36008764e856e5013666a4a83f8df083c2641\n";
const PLATFORM: &[&str] = &[
    "--python-version=3.11",
    "--implementation=cp",
    "--platform=manylinux2014_x86_64",
    "--only-binary=:all:",
];
/// A cat, a woman in a space suit, a page of a book, a cup of coffee, a rocket.
const NAMES: &[&str] = &[
    "chelsea.png",
    "astronaut.png",
    "page.png",
    "coffee.png",
    "rocket.jpg",
];
const UNPACK: &str = "\
import pathlib, sys, zipfile
folder = pathlib.Path(sys.argv[1])
package, = folder.glob('*.whl')
for name in sys.argv[2:]:
    (folder / name).write_bytes(zipfile.ZipFile(package).read('skimage/data/' + name))
package.unlink()
";

/// Where they lie; they are fetched if they do not.
pub(crate) fn folder() -> Outcome<PathBuf> {
    let folder = setup::folder().join("photos");
    if NAMES.iter().all(|name| folder.join(name).is_file()) {
        return Ok(folder);
    }
    step("fetching photos for the tests");
    let report = |error| format!("{}: {error}", folder.display());
    fs::create_dir_all(&folder).map_err(report)?;
    let requirements = folder.join("requirements.txt");
    fs::write(&requirements, REQUIREMENT).map_err(report)?;
    done(&mut download(
        &setup::converter_python()?,
        &requirements,
        &folder,
    ))?;
    done(
        Command::new(python::system()?)
            .args(["-c", UNPACK])
            .arg(&folder)
            .args(NAMES),
    )?;
    Ok(folder)
}

fn download(python: &Path, requirements: &Path, into: &Path) -> Command {
    let mut command = Command::new(python);
    command
        .args(["-m", "pip", "download", "--quiet", "--no-deps"])
        .args(["--disable-pip-version-check", "--require-hashes"])
        .args(PLATFORM)
        .arg("--requirement")
        .arg(requirements)
        .arg("--dest")
        .arg(into);
    command
}
