//! Putting a pack together out of sight, and into its place at once.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use super::{
    Error, Manifest, Result,
    error::at,
    manifest::{self, PackFile},
};

/// A hidden folder beside the place of a pack. It outlives a failed try, so that the next one goes on from there.
pub(super) struct Staging {
    folder: PathBuf,
    place: PathBuf,
    /// Held as long as this process works here.
    _lock: File,
}

impl Staging {
    pub(super) fn open(packs: &Path, name: &str) -> Result<Self> {
        let folder = packs.join(format!(".{name}.partial"));
        fs::create_dir_all(&folder).map_err(at(&folder))?;
        let lock = packs.join(format!(".{name}.lock"));
        let file = File::create(&lock).map_err(at(&lock))?;
        match file.try_lock() {
            Ok(()) => Ok(Self {
                folder,
                place: packs.join(name),
                _lock: file,
            }),
            Err(fs::TryLockError::WouldBlock) => Err(Error::Busy(name.to_owned())),
            Err(fs::TryLockError::Error(error)) => Err(at(&lock)(error)),
        }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where a file of the pack goes, its folder made.
    pub(super) fn path(&self, file: &str) -> Result<PathBuf> {
        let path = self.folder.join(file);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(at(parent))?;
        }
        Ok(path)
    }

    pub(super) fn copy(&self, source: &Path, file: &str) -> Result<()> {
        let target = self.path(file)?;
        fs::copy(source.join(file), &target)
            .map(drop)
            .map_err(at(&target))
    }

    /// Removes what earlier tries left and this pack does not have.
    pub(super) fn keep_only(&self, files: &[&str]) -> Result<()> {
        let mut folders = vec![self.folder.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).map_err(at(&folder))? {
                let path = entry.map_err(at(&folder))?.path();
                let name = path.strip_prefix(&self.folder).unwrap_or(&path);
                if path.is_dir() {
                    folders.push(path);
                } else if !files.iter().any(|file| Path::new(file) == name) {
                    fs::remove_file(&path).map_err(at(&path))?;
                }
            }
        }
        Ok(())
    }

    /// Verifies every file, writes the manifest, and moves the pack into its place; a pack that was there goes.
    pub(super) fn place(self, manifest: &Manifest) -> Result<()> {
        if let Some(damage) = manifest.damage(&self.folder)?.into_iter().next() {
            return Err(Error::Damaged {
                file: damage.file,
                reason: damage.reason,
            });
        }
        let mut text = serde_json::to_vec_pretty(manifest).expect("a manifest is JSON");
        text.push(b'\n');
        let path = self.folder.join(manifest::FILE);
        fs::write(&path, text).map_err(at(&path))?;
        self.sync(manifest)?;
        if self.place.is_dir() {
            remove(&self.place)?;
        }
        fs::rename(&self.folder, &self.place).map_err(at(&self.place))?;
        sync_parent(&self.place)
    }

    fn sync(&self, manifest: &Manifest) -> Result<()> {
        let names = manifest.files().map(|PackFile { file, .. }| file.as_str());
        for name in names.chain([manifest::FILE]) {
            let path = self.folder.join(name);
            File::open(&path)
                .and_then(|file| file.sync_all())
                .map_err(at(&path))?;
            sync_parent(&path)?;
        }
        Ok(())
    }
}

/// Hides a pack, then deletes it.
pub(super) fn remove(place: &Path) -> Result<()> {
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    let hidden = place.with_file_name(format!(".{name}.old"));
    match fs::remove_dir_all(&hidden) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(at(&hidden)(error)),
        _ => {}
    }
    fs::rename(place, &hidden).map_err(at(place))?;
    sync_parent(place)?;
    fs::remove_dir_all(&hidden).map_err(at(&hidden))
}

fn sync_parent(path: &Path) -> Result<()> {
    let parent = path.parent().unwrap_or(path);
    File::open(parent)
        .and_then(|folder| folder.sync_all())
        .map_err(at(parent))
}
