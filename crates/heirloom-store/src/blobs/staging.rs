//! The folder for files on their way in. Everything temporary lies here, so that what a crash leaves is found here.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use heirloom_types::time::Timestamp;
use tokio::task::spawn_blocking;
use uuid::Builder;

use super::{Result, incoming::PARTIAL_PREFIX};

/// A local folder on the file system of the originals, where that is local too.
#[derive(Clone, Debug)]
pub(super) struct Staging(Arc<PathBuf>);

impl Staging {
    pub(super) async fn open(folder: PathBuf) -> Result<Self> {
        let created = folder.clone();
        spawn_blocking(move || fs::create_dir_all(created)).await??;
        Ok(Self(Arc::new(folder)))
    }

    /// A new file with a name nobody else takes.
    pub(super) fn create(&self) -> io::Result<(PathBuf, File)> {
        let path = self.0.join(random_name());
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .open(&path)?;
        Ok((path, file))
    }

    /// A second name for a file of this folder.
    pub(super) fn link(&self, file: &Path) -> io::Result<PathBuf> {
        let path = self.0.join(random_name());
        fs::hard_link(file, &path)?;
        Ok(path)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// A file that goes when it is closed.
    pub(super) async fn nameless(&self) -> Result<File> {
        let staging = self.clone();
        Ok(spawn_blocking(move || {
            let (path, file) = staging.create()?;
            fs::remove_file(path)?;
            io::Result::Ok(file)
        })
        .await??)
    }

    pub(super) async fn count(&self) -> Result<u64> {
        let folder = Arc::clone(&self.0);
        Ok(
            spawn_blocking(move || fs::read_dir(&*folder).map(|found| found.count() as u64))
                .await??,
        )
    }

    pub(super) async fn remove(&self, name: &str) -> Result<()> {
        let path = self.path(name);
        Ok(spawn_blocking(move || remove_if_there(&path)).await??)
    }

    /// Removes files nobody wrote to since `older_than`.
    pub(super) async fn collect(&self, older_than: Timestamp) -> Result<u64> {
        let folder = Arc::clone(&self.0);
        Ok(spawn_blocking(move || collect(&folder, older_than)).await??)
    }
}

fn collect(folder: &Path, older_than: Timestamp) -> io::Result<u64> {
    let mut removed = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let is_partial = entry
            .file_name()
            .to_str()
            .is_some_and(|name| name.starts_with(PARTIAL_PREFIX));
        let modified = match entry.metadata() {
            Ok(metadata) => metadata.modified()?,
            // Its writer was faster.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        if !is_partial && Timestamp::from(modified) < older_than {
            remove_if_there(&entry.path())?;
            removed += 1;
        }
    }
    Ok(removed)
}

pub(super) fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn random_name() -> String {
    Builder::from_random_bytes(rand::random())
        .into_uuid()
        .to_string()
}
