//! Packs of models on this machine: which there are, getting one, checking it, removing it.
//!
//! A pack is a folder with a manifest (`models.json`) that names every file with its SHA-256. It is put together in a hidden
//! folder beside its place and renamed when all of it is verified: a pack that can be seen is whole.

pub mod catalogue;
mod error;
mod layout;
pub mod manifest;
mod place;
mod repository;

use std::{
    fs,
    path::{Path, PathBuf},
};

pub use catalogue::{Catalogue, Entry, Source};
pub use error::{Error, Result};
pub use manifest::{Damage, Manifest};
pub use repository::{Reference, Repositories};

use error::at;
use place::Staging;

/// Told of every file that is on its way: its name, its bytes that are here, all its bytes.
pub type Progress<'a> = &'a (dyn Fn(&str, u64, u64) + Sync);

/// Longest name of a pack.
const NAME_MAX: usize = 100;

/// The folder that packs are kept in.
#[derive(Clone, Debug)]
pub struct Registry {
    folder: PathBuf,
}

impl Registry {
    /// The folder need not be there yet.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    /// Where a pack of this name lies, if it is there.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The manifests of all packs, by name.
    pub fn installed(&self) -> Result<Vec<Manifest>> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(at(&self.folder)(error)),
        };
        let mut names: Vec<String> = entries
            .flatten()
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| is_name(name))
            .collect();
        names.sort();
        names.iter().map(|name| self.manifest(name)).collect()
    }

    /// What a pack says it is made of.
    pub fn manifest(&self, name: &str) -> Result<Manifest> {
        let folder = self.existing(name)?;
        Manifest::read(&folder)?.ok_or(Error::NoManifest { folder })
    }

    /// Reads every file of a pack, and gives those that are not as they came.
    pub fn verify(&self, name: &str) -> Result<Vec<Damage>> {
        self.manifest(name)?.damage(&self.path(name))
    }

    /// Takes a pack away. It is hidden first, so that nobody finds half of it.
    pub fn remove(&self, name: &str) -> Result<()> {
        let folder = self.existing(name)?;
        place::remove(&folder)
    }

    /// Copies a pack from a folder: one with a manifest, or models in the layout of a repository.
    pub fn add(&self, source: &Path, name: Option<&str>) -> Result<Manifest> {
        let mut manifest = match Manifest::read(source)? {
            Some(manifest) => manifest,
            None => layout::describe(source, &folder_name(source), None)?,
        };
        if let Some(name) = name {
            name.clone_into(&mut manifest.pack);
        }
        check_name(&manifest.pack)?;
        if let Some(damage) = manifest.damage(source)?.into_iter().next() {
            return Err(Error::Damaged {
                file: source.join(damage.file).display().to_string(),
                reason: damage.reason,
            });
        }
        let staging = Staging::open(&self.folder, &manifest.pack)?;
        for file in manifest.files() {
            staging.copy(source, &file.file)?;
        }
        staging.place(&manifest)?;
        Ok(manifest)
    }

    /// Gets a pack from a repository. What an earlier try got already is not fetched again.
    pub async fn pull(
        &self,
        repositories: &Repositories,
        reference: &Reference,
        entry: Option<&Entry>,
        progress: Progress<'_>,
    ) -> Result<Pulled> {
        let name = entry.map_or(reference.short_name(), |entry| &entry.name);
        check_name(name)?;
        let snapshot = repositories.snapshot(reference).await?;
        if let Ok(manifest) = self.manifest(name)
            && manifest.revision() == Some(&snapshot.revision)
            && manifest.damage(&self.path(name))?.is_empty()
        {
            return Ok(Pulled::Same(manifest));
        }
        let wanted = layout::choose(reference, &snapshot.files)?;
        let staging = Staging::open(&self.folder, name)?;
        for file in &wanted {
            repositories
                .download(&snapshot, file, &staging, progress)
                .await?;
        }
        let paths: Vec<&str> = wanted.iter().map(|file| file.path.as_str()).collect();
        staging.keep_only(&paths)?;
        let origin = manifest::Origin {
            repository: reference.repository.clone(),
            revision: snapshot.revision,
        };
        let mut manifest = layout::describe(staging.folder(), name, Some(origin))?;
        if let Some(entry) = entry {
            manifest.licence = Some(entry.licence.clone());
        }
        staging.place(&manifest)?;
        Ok(Pulled::New(manifest))
    }

    fn existing(&self, name: &str) -> Result<PathBuf> {
        check_name(name)?;
        let folder = self.path(name);
        if folder.is_dir() {
            Ok(folder)
        } else {
            Err(Error::NotHere(name.to_owned()))
        }
    }
}

/// What pulling did.
#[derive(Clone, Debug)]
pub enum Pulled {
    New(Manifest),
    /// The same revision was there, whole.
    Same(Manifest),
}

fn folder_name(folder: &Path) -> String {
    let name = folder.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn check_name(name: &str) -> Result<()> {
    if is_name(name) {
        Ok(())
    } else {
        Err(Error::BadName(name.to_owned()))
    }
}

/// Names are folders: no separators, not hidden.
fn is_name(name: &str) -> bool {
    let is_plain = |char: char| char.is_ascii_alphanumeric() || "._-+".contains(char);
    !name.is_empty()
        && name.len() <= NAME_MAX
        && !name.starts_with('.')
        && name.chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_single_visible_folders() {
        for good in ["starter", "ViT-B-32__openai", "buffalo_l", "a.b+c"] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["", ".", "..", ".hidden", "a/b", "a\\b", "ä", "a b"] {
            assert!(!is_name(bad), "{bad}");
        }
    }
}
