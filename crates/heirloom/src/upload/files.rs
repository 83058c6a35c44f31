//! What is there to upload.

use std::{
    collections::BTreeSet,
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use anyhow::Context;
use heirloom_types::media_type::{self, SIDECAR_EXTENSIONS};
use sha1::Digest;

/// A photo or video, with the sidecar that lies beside it.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub path: PathBuf,
    pub sidecar: Option<PathBuf>,
}

/// Everything below these paths: what can be uploaded, and what cannot. Hidden files and links to folders are passed by.
pub(super) fn find(paths: &[PathBuf]) -> anyhow::Result<(Vec<Found>, Vec<PathBuf>)> {
    let mut all = BTreeSet::new();
    for path in paths {
        walk(path, &mut all).with_context(|| format!("cannot read {}", path.display()))?;
    }
    let (mut found, mut ignored) = (Vec::new(), Vec::new());
    for path in &all {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if media_type::by_name(&name).is_some() {
            let sidecar = sidecars(path).into_iter().find(|sidecar| sidecar.is_file());
            found.push(Found {
                path: path.clone(),
                sidecar,
            });
        } else if !is_sidecar(path) {
            ignored.push(path.clone());
        }
    }
    Ok((found, ignored))
}

fn walk(path: &Path, all: &mut BTreeSet<PathBuf>) -> io::Result<()> {
    if !std::fs::metadata(path)?.is_dir() {
        all.insert(path.to_owned());
        return Ok(());
    }
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
        let is_folder_link = entry.file_type()?.is_symlink() && entry.path().is_dir();
        if !is_hidden && !is_folder_link {
            walk(&entry.path(), all)?;
        }
    }
    Ok(())
}

/// `IMG.jpg.xmp`, `IMG.xmp`.
fn sidecars(path: &Path) -> [PathBuf; 2] {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".xmp");
    [beside.into(), path.with_extension("xmp")]
}

fn is_sidecar(path: &Path) -> bool {
    let extension = path
        .extension()
        .unwrap_or_default()
        .to_string_lossy()
        .to_lowercase();
    SIDECAR_EXTENSIONS.contains(&extension.as_str())
}

/// SHA-1 of a file's bytes, in hex.
pub(super) fn sha1(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = sha1::Sha1::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            return Ok(hex::encode(hasher.finalize()));
        }
        hasher.update(&buffer[..count]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sidecars_go_with_their_photos_and_the_rest_is_named() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "a.jpg",
            "a.jpg.xmp",
            "b.CR2",
            "b.xmp",
            "notes.txt",
            ".hidden.jpg",
        ] {
            std::fs::write(folder.path().join(name), "x").unwrap();
        }
        let (found, ignored) = find(&[folder.path().to_owned()]).unwrap();
        let sidecars: Vec<_> = found
            .iter()
            .map(|file| file.sidecar.as_ref().unwrap().file_name().unwrap())
            .collect();
        assert_eq!(sidecars, ["a.jpg.xmp", "b.xmp"]);
        assert_eq!(ignored, [folder.path().join("notes.txt")]);
    }
}
