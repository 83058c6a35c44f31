//! Blobs as ordinary files. A file appears under its name whole and durable, or not at all.

use std::{
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom, Write},
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use rustix::{
    fs::{CWD, RenameFlags, renameat_with, statvfs},
    io::Errno,
};
use tokio::task::spawn_blocking;

use super::{Blob, BlobPath, Entry, Error, Result, Space, staging::Staging};

/// Bytes of one piece of a stream.
const CHUNK_BYTES: usize = 256 << 10;
/// Entries of a listing that wait for their reader.
const LISTING_BUFFER: usize = 256;

#[derive(Clone)]
pub(super) struct Local(Arc<PathBuf>);

impl Local {
    pub(super) fn new(root: PathBuf) -> Self {
        Self(Arc::new(root))
    }

    fn file(&self, path: &BlobPath) -> PathBuf {
        self.0.join(path.as_str())
    }

    /// Runs file calls off the async threads and names the file in their errors.
    async fn blocking<T: Send + 'static>(
        &self,
        path: &BlobPath,
        work: impl FnOnce(&Path) -> io::Result<T> + Send + 'static,
    ) -> Result<T> {
        let file = self.file(path);
        spawn_blocking(move || work(&file))
            .await?
            .map_err(|error| Error::of_file(error, path))
    }

    pub(super) async fn put(&self, staging: &Staging, path: &BlobPath, bytes: Bytes) -> Result<()> {
        let staging = staging.clone();
        self.blocking(path, move |target| {
            let (temporary, mut file) = staging.create()?;
            let written = file.write_all(&bytes).and_then(|()| {
                create_folders(target)?;
                fs::rename(&temporary, target)
            });
            if written.is_err() {
                let _ = fs::remove_file(&temporary);
            }
            written
        })
        .await
    }

    pub(super) async fn keep(&self, staged: &Path, path: &BlobPath) -> Result<()> {
        let staged = staged.to_owned();
        let root = Arc::clone(&self.0);
        self.blocking(path, move |target| {
            create_folders(target)?;
            rename_to_new(&staged, target)?;
            sync_folders(target, &root)
        })
        .await
    }

    pub(super) async fn open(&self, path: &BlobPath) -> Result<File> {
        self.blocking(path, |file| File::open(file)).await
    }

    pub(super) async fn read(&self, path: &BlobPath) -> Result<Bytes> {
        self.blocking(path, |file| fs::read(file).map(Bytes::from))
            .await
    }

    pub(super) async fn stream(&self, path: &BlobPath, range: Option<Range<u64>>) -> Result<Blob> {
        let (mut file, metadata) = self
            .blocking(path, |file| {
                let file = File::open(file)?;
                let metadata = file.metadata()?;
                Ok((file, metadata))
            })
            .await?;
        let range = range.unwrap_or(0..metadata.len());
        file.seek(SeekFrom::Start(range.start))?;
        Ok(Blob {
            len: metadata.len(),
            modified: metadata.modified()?.into(),
            body: chunks(file, range.end.saturating_sub(range.start)),
        })
    }

    pub(super) async fn head(&self, path: &BlobPath) -> Result<Entry> {
        let metadata = self.blocking(path, |file| fs::metadata(file)).await?;
        Ok(Entry {
            path: path.clone(),
            len: metadata.len(),
            modified: metadata.modified()?.into(),
        })
    }

    pub(super) async fn delete(&self, path: &BlobPath) -> Result<()> {
        let root = Arc::clone(&self.0);
        let deleted = self
            .blocking(path, move |file| {
                fs::remove_file(file)?;
                remove_empty_folders(file, &root);
                Ok(())
            })
            .await;
        match deleted {
            Err(Error::NotFound(_)) => Ok(()),
            other => other,
        }
    }

    pub(super) fn list(&self, folder: &str) -> BoxStream<'static, Result<Entry>> {
        let root = Arc::clone(&self.0);
        let start = root.join(folder);
        let (sender, receiver) = tokio::sync::mpsc::channel(LISTING_BUFFER);
        spawn_blocking(move || {
            let send = |entry| sender.blocking_send(entry).is_ok();
            if let Err(error) = walk(&root, &start, &send) {
                send(Err(error.into()));
            }
        });
        stream::unfold(receiver, |mut receiver| async move {
            receiver.recv().await.map(|entry| (entry, receiver))
        })
        .boxed()
    }

    pub(super) async fn space(&self) -> Result<Space> {
        let root = Arc::clone(&self.0);
        let stat = spawn_blocking(move || statvfs(root.as_path()))
            .await?
            .map_err(io::Error::from)?;
        Ok(Space {
            available: stat.f_bavail * stat.f_frsize,
            total: stat.f_blocks * stat.f_frsize,
        })
    }
}

fn create_folders(target: &Path) -> io::Result<()> {
    match target.parent() {
        Some(folder) if !folder.is_dir() => fs::create_dir_all(folder),
        _ => Ok(()),
    }
}

/// Renames, unless the target exists. File systems that cannot do that in one call get a link and an unlink.
fn rename_to_new(from: &Path, to: &Path) -> io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
            fs::hard_link(from, to)?;
            fs::remove_file(from)
        }
        other => other.map_err(io::Error::from),
    }
}

/// Makes the name durable: its folder, and the folders above that may be new.
fn sync_folders(target: &Path, root: &Path) -> io::Result<()> {
    for folder in target.ancestors().skip(1) {
        File::open(folder)?.sync_all()?;
        if folder == root {
            break;
        }
    }
    Ok(())
}

/// Removes the folders that a deleted file leaves empty, but never the folders right below the root.
fn remove_empty_folders(file: &Path, root: &Path) {
    for folder in file.ancestors().skip(1) {
        let is_top = folder.parent().is_none_or(|parent| parent == root) || folder == root;
        if is_top || fs::remove_dir(folder).is_err() {
            break;
        }
    }
}

fn walk(root: &Path, folder: &Path, send: &impl Fn(Result<Entry>) -> bool) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    for entry in entries {
        let entry = entry?;
        let metadata = entry.metadata()?;
        if metadata.is_dir() {
            walk(root, &entry.path(), send)?;
        } else if let Some(path) = relative(root, &entry.path()) {
            let modified = metadata.modified()?.into();
            if !send(Ok(Entry {
                path,
                len: metadata.len(),
                modified,
            })) {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// The store's name of a file; none for a name no upload could have got.
fn relative(root: &Path, file: &Path) -> Option<BlobPath> {
    BlobPath::parse(file.strip_prefix(root).ok()?.to_str()?).ok()
}

fn chunks(file: File, len: u64) -> BoxStream<'static, Result<Bytes>> {
    stream::try_unfold((file, len), |(mut file, left)| async move {
        if left == 0 {
            return Ok(None);
        }
        let (file, chunk) = spawn_blocking(move || {
            let mut chunk = vec![0; CHUNK_BYTES.min(usize::try_from(left).unwrap_or(CHUNK_BYTES))];
            let count = file.read(&mut chunk)?;
            chunk.truncate(count);
            io::Result::Ok((file, chunk))
        })
        .await??;
        if chunk.is_empty() {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        let left = left - chunk.len() as u64;
        Ok(Some((Bytes::from(chunk), (file, left))))
    })
    .boxed()
}
