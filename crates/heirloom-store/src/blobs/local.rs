//! Blobs as ordinary files. A file appears under its name whole and durable, or not at all.

use std::{
    fs::{self, File},
    io::{self, IoSliceMut, Read, Seek, SeekFrom, Write},
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
    fs::{CWD, Mode, OFlags, RenameFlags, ResolveFlags, openat2, renameat_with, statvfs},
    io::{Errno, ReadWriteFlags, preadv2},
};
use tokio::task::spawn_blocking;

use super::{Blob, BlobPath, Body, Entry, Error, Placed, Result, Space, staging::Staging};

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

    pub(super) fn root(&self) -> &Path {
        &self.0
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

    /// File systems that cannot link get a copy.
    pub(super) async fn place_also(
        &self,
        staging: &Staging,
        old: &BlobPath,
        new: &BlobPath,
    ) -> Result<Placed> {
        let source = self.blocking(old, |file| File::open(file)).await?;
        let (root, staging, from) = (Arc::clone(&self.0), staging.clone(), self.file(old));
        self.blocking(new, move |target| {
            create_folders(target)?;
            let placed = match fs::hard_link(&from, target) {
                Err(error) if cannot_link(&error) => {
                    copy_to_new(source, &staging, target)?;
                    Placed::Copied
                }
                linked => linked.map(|()| Placed::Linked)?,
            };
            sync_folders(target, &root)?;
            Ok(placed)
        })
        .await
    }

    pub(super) async fn replace(&self, staged: &Path, path: &BlobPath) -> Result<()> {
        let staged = staged.to_owned();
        let root = Arc::clone(&self.0);
        self.blocking(path, move |target| {
            create_folders(target)?;
            fs::rename(&staged, target)?;
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
        if range.is_none()
            && let Some(blob) = in_memory(&self.file(path))
        {
            return Ok(blob);
        }
        self.blocking(path, |file| stream_of(File::open(file)?, range))
            .await
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

/// An open file, or a range of it, as a stream. Its first piece is read here, so that a small file costs one turn of a
/// thread that may block.
pub(super) fn stream_of(mut file: File, range: Option<Range<u64>>) -> io::Result<Blob> {
    let metadata = file.metadata()?;
    let range = range.unwrap_or(0..metadata.len());
    file.seek(SeekFrom::Start(range.start))?;
    let wanted = range.end.saturating_sub(range.start);
    let first = read_chunk(&mut file, wanted)?;
    let left = wanted - first.len() as u64;
    Ok(Blob {
        len: metadata.len(),
        modified: metadata.modified()?.into(),
        body: if left == 0 {
            Body::Whole(first)
        } else {
            let first = stream::once(async { Ok(first) });
            Body::Pieces(first.chain(chunks(file, left)).boxed())
        },
    })
}

/// A small file that the kernel has in memory, name and bytes: reading it never waits for a disk, so no other thread has
/// to. None for every other file, and where the kernel cannot say (before Linux 5.12).
fn in_memory(path: &Path) -> Option<Blob> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let file = openat2(CWD, path, flags, Mode::empty(), ResolveFlags::CACHED).ok()?;
    let file = File::from(file);
    let metadata = file.metadata().ok()?;
    let len = usize::try_from(metadata.len()).ok()?;
    if !metadata.is_file() || len == 0 || len > CHUNK_BYTES {
        return None;
    }
    let mut bytes = vec![0; len];
    let whole = &mut [IoSliceMut::new(&mut bytes)];
    let read = preadv2(&file, whole, 0, ReadWriteFlags::NOWAIT).ok()?;
    (read == len).then_some(())?;
    Some(Blob {
        len: metadata.len(),
        modified: metadata.modified().ok()?.into(),
        body: Body::Whole(bytes.into()),
    })
}

/// An open file whole.
pub(super) async fn read_all(mut file: File) -> Result<Bytes> {
    let bytes = spawn_blocking(move || {
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map(|_| bytes)
    })
    .await??;
    Ok(bytes.into())
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

/// Whether the file system, or the number of names the file has, allows no link.
fn cannot_link(error: &io::Error) -> bool {
    let code = error.raw_os_error().map(Errno::from_raw_os_error);
    matches!(
        code,
        Some(Errno::PERM | Errno::NOTSUP | Errno::NOSYS | Errno::MLINK | Errno::XDEV)
    )
}

/// Copies by way of the staging folder, so that the target appears whole.
fn copy_to_new(mut source: File, staging: &Staging, target: &Path) -> io::Result<()> {
    let (temporary, mut file) = staging.create()?;
    let copied = io::copy(&mut source, &mut file)
        .and_then(|_| file.sync_all())
        .and_then(|()| rename_to_new(&temporary, target));
    if copied.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    copied
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
            let chunk = read_chunk(&mut file, left)?;
            io::Result::Ok((file, chunk))
        })
        .await??;
        let left = left - chunk.len() as u64;
        Ok(Some((chunk, (file, left))))
    })
    .boxed()
}

/// The next piece of a file of which so much is left.
fn read_chunk(file: &mut File, left: u64) -> io::Result<Bytes> {
    let mut chunk = vec![0; CHUNK_BYTES.min(usize::try_from(left).unwrap_or(CHUNK_BYTES))];
    let count = file.read(&mut chunk)?;
    if count == 0 && left > 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    chunk.truncate(count);
    Ok(chunk.into())
}
