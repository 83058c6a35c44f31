//! Files on their way in: written and hashed while they arrive, made durable, then moved to their place.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::PathBuf,
};

use bytes::Bytes;
use heirloom_types::checksum::{Blake3, Sha1};
use sha1::Digest;
use tokio::task::spawn_blocking;

use super::{BlobPath, Blobs, Result, staging::remove_if_there};

/// Bytes that are collected before they are hashed and written off the async threads.
const BATCH_BYTES: usize = 1 << 20;
/// Names of partial uploads begin so in the staging folder; the collector leaves them alone.
pub(super) const PARTIAL_PREFIX: &str = "partial-";

/// A file that is arriving. Dropped before [`seal`](Self::seal), it leaves nothing behind.
pub struct Incoming {
    blobs: Blobs,
    /// Absent only while a batch is being written.
    sink: Option<Sink>,
    batch: Vec<Bytes>,
    batch_bytes: usize,
    received: u64,
}

/// A file that arrived whole and is on the disk. Dropped before [`keep`](Self::keep), it leaves nothing behind.
pub struct Received {
    blobs: Blobs,
    staged: Staged,
    sha1: Sha1,
    blake3: Blake3,
    len: u64,
}

/// The part of a file that has arrived, and stays until the rest does.
pub struct Partial {
    blobs: Blobs,
    path: PathBuf,
    file: File,
    len: u64,
}

/// A file in the staging folder that goes when nobody wants it any more.
struct Staged {
    path: PathBuf,
    is_kept: bool,
}

/// What a batch is written to.
struct Sink {
    staged: Staged,
    file: File,
    sha1: sha1::Sha1,
    blake3: blake3::Hasher,
}

impl Incoming {
    pub(super) async fn create(blobs: Blobs) -> Result<Self> {
        let staging = blobs.staging.clone();
        let (path, file) = spawn_blocking(move || staging.create()).await??;
        Ok(Self {
            blobs,
            sink: Some(Sink {
                staged: Staged::new(path),
                file,
                sha1: sha1::Sha1::new(),
                blake3: blake3::Hasher::new(),
            }),
            batch: Vec::new(),
            batch_bytes: 0,
            received: 0,
        })
    }

    /// Takes the next bytes.
    pub async fn write(&mut self, chunk: Bytes) -> Result<()> {
        self.received += chunk.len() as u64;
        self.batch_bytes += chunk.len();
        self.batch.push(chunk);
        if self.batch_bytes >= BATCH_BYTES {
            let sink = self.write_batch(false).await?;
            self.sink = Some(sink);
        }
        Ok(())
    }

    /// Bytes taken so far.
    pub fn bytes_received(&self) -> u64 {
        self.received
    }

    /// Makes the bytes durable (fsync) and says what they are.
    pub async fn seal(mut self) -> Result<Received> {
        let sink = self.write_batch(true).await?;
        Ok(Received {
            blobs: self.blobs.clone(),
            sha1: Sha1(sink.sha1.finalize().into()),
            blake3: Blake3(sink.blake3.finalize().into()),
            staged: sink.staged,
            len: self.received,
        })
    }

    async fn write_batch(&mut self, is_last: bool) -> Result<Sink> {
        let batch = std::mem::take(&mut self.batch);
        self.batch_bytes = 0;
        let mut sink = self
            .sink
            .take()
            .ok_or_else(|| io::Error::other("an earlier write failed"))?;
        Ok(spawn_blocking(move || {
            for chunk in batch {
                sink.take(&chunk)?;
            }
            if is_last {
                sink.file.sync_all()?;
            }
            io::Result::Ok(sink)
        })
        .await??)
    }
}

impl Sink {
    fn take(&mut self, chunk: &[u8]) -> io::Result<()> {
        self.sha1.update(chunk);
        self.blake3.update(chunk);
        self.file.write_all(chunk)
    }
}

impl Received {
    pub fn sha1(&self) -> Sha1 {
        self.sha1
    }

    pub fn blake3(&self) -> Blake3 {
        self.blake3
    }

    /// Bytes.
    pub fn len(&self) -> u64 {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The bytes, for reading what the file says of itself before it has its place.
    pub fn file(&self) -> Result<File> {
        Ok(File::open(&self.staged.path)?)
    }

    /// Moves the file to its place, durably; never replaces another: [`Error::Taken`](super::Error::Taken).
    pub async fn keep(&mut self, path: &BlobPath) -> Result<()> {
        self.blobs.keep(&self.staged.path, path).await?;
        self.staged.is_kept = true;
        Ok(())
    }

    /// As [`Self::keep`], in the place of a damaged file, at once.
    pub async fn replace(&mut self, path: &BlobPath) -> Result<()> {
        self.blobs.replace(&self.staged.path, path).await?;
        self.staged.is_kept = true;
        Ok(())
    }
}

impl Partial {
    pub(super) fn file_name(name: &str) -> String {
        format!("{PARTIAL_PREFIX}{name}")
    }

    pub(super) async fn open(blobs: Blobs, name: &str) -> Result<Self> {
        let path = blobs.staging.path(&Self::file_name(name));
        let opened = path.clone();
        let (file, len) = spawn_blocking(move || {
            let mut file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(opened)?;
            let len = file.seek(SeekFrom::End(0))?;
            io::Result::Ok((file, len))
        })
        .await??;
        Ok(Self {
            blobs,
            path,
            file,
            len,
        })
    }

    /// Bytes that have arrived.
    pub fn len(&self) -> u64 {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds bytes at the end.
    pub async fn append(&mut self, chunk: Bytes) -> Result<()> {
        let mut file = self.file.try_clone()?;
        let len = chunk.len() as u64;
        spawn_blocking(move || file.write_all(&chunk)).await??;
        self.len += len;
        Ok(())
    }

    /// Makes what arrived durable.
    pub async fn sync(&self) -> Result<()> {
        let file = self.file.try_clone()?;
        Ok(spawn_blocking(move || file.sync_data()).await??)
    }

    /// Takes back everything after `len`: bytes whose checksum was wrong.
    pub async fn truncate(&mut self, len: u64) -> Result<()> {
        let mut file = self.file.try_clone()?;
        spawn_blocking(move || {
            file.set_len(len)?;
            file.seek(SeekFrom::Start(len))
        })
        .await??;
        self.len = len;
        Ok(())
    }

    /// The whole file, as if it had arrived in one go. The partial file stays until its upload is discarded, so that a
    /// crash before the commit costs nothing.
    pub async fn seal(self) -> Result<Received> {
        let Self {
            blobs, path, file, ..
        } = self;
        let staging = blobs.staging.clone();
        let (staged, sha1, blake3, len) = spawn_blocking(move || {
            file.sync_all()?;
            let linked = Staged::new(staging.link(&path)?);
            let (sha1, blake3, len) = hash(file)?;
            io::Result::Ok((linked, sha1, blake3, len))
        })
        .await??;
        Ok(Received {
            blobs,
            staged,
            sha1,
            blake3,
            len,
        })
    }
}

/// Both checksums of a file and its length.
pub fn hash(mut file: File) -> io::Result<(Sha1, Blake3, u64)> {
    file.seek(SeekFrom::Start(0))?;
    let mut sha1 = sha1::Sha1::new();
    let mut blake3 = blake3::Hasher::new();
    let mut buffer = vec![0; BATCH_BYTES];
    let mut len = 0;
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        sha1.update(&buffer[..count]);
        blake3.update(&buffer[..count]);
        len += count as u64;
    }
    Ok((
        Sha1(sha1.finalize().into()),
        Blake3(blake3.finalize().into()),
        len,
    ))
}

impl Staged {
    fn new(path: PathBuf) -> Self {
        Self {
            path,
            is_kept: false,
        }
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if !self.is_kept
            && let Err(error) = remove_if_there(&self.path)
        {
            // The collector finds it later.
            tracing::warn!(%error, path = %self.path.display(), "a file on its way in could not be removed");
        }
    }
}
