//! Originals and renditions: files in folders a person can read, or objects in an S3 bucket.
//!
//! Local folders are written with the system's own calls and not through `object_store`, because an acknowledgement needs
//! what that crate's local store does not offer: fsync of file and folder, and a rename that never replaces. What is on
//! the way in lies in the staging folder, which is always local; see [`incoming`].

pub mod error;
pub mod external;
pub mod incoming;
mod local;
pub mod path;
mod s3;
mod staging;
pub mod template;

use std::{fs::File, ops::Range, path::PathBuf};

use bytes::Bytes;
use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use heirloom_types::{checksum::Blake3, time::Timestamp};
use tokio::task::spawn_blocking;

pub use self::{
    error::{Error, Result},
    incoming::{Incoming, Partial, Received},
    path::BlobPath,
    template::Template,
};
use self::{external::External, local::Local, s3::S3, staging::Staging};

/// Where blobs live.
#[derive(Clone, Debug)]
pub enum Settings {
    /// A folder of this machine.
    Local { root: PathBuf },
    /// A bucket, and a folder of this machine for files on their way in.
    S3(S3Settings),
}

/// An S3-compatible bucket.
#[derive(Clone, Debug)]
pub struct S3Settings {
    pub bucket: String,
    /// Absent for Amazon's own.
    pub endpoint: Option<String>,
    pub region: String,
    pub access_key_id: String,
    pub secret_access_key: String,
    /// What every key begins with; may be empty.
    pub prefix: String,
    /// Whether an endpoint without TLS is acceptable.
    pub allow_http: bool,
    /// Folder for files on their way in.
    pub staging: PathBuf,
}

/// A stored file, on its way out.
pub struct Blob {
    /// Bytes of the whole file, also when only a range of it was asked for.
    pub len: u64,
    pub modified: Timestamp,
    pub body: Body,
}

/// The bytes of a file, or of the range that was asked for.
pub enum Body {
    /// All of them: a small file.
    Whole(Bytes),
    /// Read while they are taken.
    Pieces(BoxStream<'static, Result<Bytes>>),
}

impl Body {
    /// Either as a stream.
    pub fn pieces(self) -> BoxStream<'static, Result<Bytes>> {
        match self {
            Self::Whole(bytes) => stream::once(async { Ok(bytes) }).boxed(),
            Self::Pieces(pieces) => pieces,
        }
    }
}

/// What a listing says of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub path: BlobPath,
    pub len: u64,
    pub modified: Timestamp,
}

/// How a file came to have a second name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placed {
    /// Both names are the same bytes.
    Linked,
    /// There are two files now.
    Copied,
}

/// Bytes of a disk.
#[derive(Default, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    pub available: u64,
    pub total: u64,
}

/// The blob store.
#[derive(Clone)]
pub struct Blobs {
    staging: Staging,
    backend: Backend,
    external: External,
}

#[derive(Clone)]
enum Backend {
    Local(Local),
    S3(S3),
}

impl Blobs {
    pub async fn open(settings: &Settings) -> Result<Self> {
        Ok(match settings {
            Settings::Local { root } => Self {
                staging: Staging::open(root.join("incoming")).await?,
                backend: Backend::Local(Local::new(root.clone())),
                external: External::default(),
            },
            Settings::S3(settings) => Self {
                staging: Staging::open(settings.staging.clone()).await?,
                backend: Backend::S3(S3::new(settings)?),
                external: External::default(),
            },
        })
    }

    /// Lets files below these folders be read where they lie.
    #[must_use]
    pub fn with_external(mut self, roots: Vec<PathBuf>) -> Self {
        let own = match &self.backend {
            Backend::Local(local) => Some(local.root().to_owned()),
            Backend::S3(_) => None,
        };
        self.external = External::new(roots, own);
        self
    }

    /// Starts to receive a file of unknown length.
    pub async fn receive(&self) -> Result<Incoming> {
        Incoming::create(self.clone()).await
    }

    /// The received part of an upload that goes on later, under a name of the caller's; empty when there is none yet.
    pub async fn partial(&self, name: &str) -> Result<Partial> {
        Partial::open(self.clone(), name).await
    }

    /// Forgets a partial upload.
    pub async fn discard_partial(&self, name: &str) -> Result<()> {
        self.staging.remove(&Partial::file_name(name)).await
    }

    /// Writes a small file, whole or not at all; replaces what was there.
    pub async fn put(&self, path: &BlobPath, bytes: Bytes) -> Result<()> {
        refuse_external(path)?;
        match &self.backend {
            Backend::Local(local) => local.put(&self.staging, path, bytes).await,
            Backend::S3(s3) => s3.put(path, bytes).await,
        }
    }

    /// A file of this machine with those bytes: the stored one itself, or a copy without a name.
    pub async fn open_file(&self, path: &BlobPath) -> Result<File> {
        if path.is_external() {
            return self.open_external(path).await;
        }
        match &self.backend {
            Backend::Local(local) => local.open(path).await,
            Backend::S3(s3) => {
                let copy = self.staging.nameless().await?;
                s3.download(path, copy).await
            }
        }
    }

    /// Gives a file a second name, durably; never replaces another file: [`Error::Taken`].
    pub async fn place_also(&self, old: &BlobPath, new: &BlobPath) -> Result<Placed> {
        refuse_external(old)?;
        refuse_external(new)?;
        match &self.backend {
            Backend::Local(local) => local.place_also(&self.staging, old, new).await,
            Backend::S3(s3) => s3.copy(old, new).await.map(|()| Placed::Copied),
        }
    }

    /// The BLAKE3 checksum of a file.
    pub async fn hash(&self, path: &BlobPath) -> Result<Blake3> {
        let file = self.open_file(path).await?;
        let (_, blake3, _) = spawn_blocking(move || incoming::hash(file)).await??;
        Ok(blake3)
    }

    /// A small file whole.
    pub async fn read(&self, path: &BlobPath) -> Result<Bytes> {
        if path.is_external() {
            return local::read_all(self.open_external(path).await?).await;
        }
        match &self.backend {
            Backend::Local(local) => local.read(path).await,
            Backend::S3(s3) => s3.read(path).await,
        }
    }

    /// A file, or that range of it, as a stream; a range must lie within the file.
    pub async fn stream(&self, path: &BlobPath, range: Option<Range<u64>>) -> Result<Blob> {
        if path.is_external() {
            let file = self.open_external(path).await?;
            return Ok(spawn_blocking(move || local::stream_of(file, range)).await??);
        }
        match &self.backend {
            Backend::Local(local) => local.stream(path, range).await,
            Backend::S3(s3) => s3.stream(path, range).await,
        }
    }

    /// Length and time of a file; [`Error::NotFound`] when there is none.
    pub async fn head(&self, path: &BlobPath) -> Result<Entry> {
        if path.is_external() {
            let metadata = self.open_external(path).await?.metadata()?;
            return Ok(Entry {
                path: path.clone(),
                len: metadata.len(),
                modified: metadata.modified()?.into(),
            });
        }
        match &self.backend {
            Backend::Local(local) => local.head(path).await,
            Backend::S3(s3) => s3.head(path).await,
        }
    }

    /// Removes a file; one that is not there is removed already.
    pub async fn delete(&self, path: &BlobPath) -> Result<()> {
        refuse_external(path)?;
        match &self.backend {
            Backend::Local(local) => local.delete(path).await,
            Backend::S3(s3) => s3.delete(path).await,
        }
    }

    /// Every file below a folder, in no order.
    pub fn list(&self, folder: &str) -> BoxStream<'static, Result<Entry>> {
        match &self.backend {
            Backend::Local(local) => local.list(folder),
            Backend::S3(s3) => s3.list(folder),
        }
    }

    /// How many files are on their way in.
    pub async fn count_incoming(&self) -> Result<u64> {
        self.staging.count().await
    }

    /// Whether a file can be written to a folder: tried with one that is gone at once.
    pub async fn can_write(&self, folder: &str) -> bool {
        let Ok(probe) = BlobPath::parse(&format!("{folder}/.heirloom-probe")) else {
            return false;
        };
        let written = self.put(&probe, Bytes::from_static(b"probe")).await;
        written.is_ok() && self.delete(&probe).await.is_ok()
    }

    /// Removes what a crash left on its way in; answers how many files. Partial uploads stay: their rows decide.
    pub async fn collect_left_overs(&self, older_than: Timestamp) -> Result<u64> {
        self.staging.collect(older_than).await
    }

    /// The disk that originals lie on; for a bucket, nothing is known.
    pub async fn space(&self) -> Result<Option<Space>> {
        match &self.backend {
            Backend::Local(local) => local.space().await.map(Some),
            Backend::S3(_) => Ok(None),
        }
    }

    async fn open_external(&self, path: &BlobPath) -> Result<File> {
        let (external, path) = (self.external.clone(), path.clone());
        spawn_blocking(move || external.open(&path)).await?
    }

    async fn keep(&self, staged: &std::path::Path, path: &BlobPath) -> Result<()> {
        refuse_external(path)?;
        match &self.backend {
            Backend::Local(local) => local.keep(staged, path).await,
            Backend::S3(s3) => s3.keep(staged, path).await,
        }
    }

    async fn replace(&self, staged: &std::path::Path, path: &BlobPath) -> Result<()> {
        refuse_external(path)?;
        match &self.backend {
            Backend::Local(local) => local.replace(staged, path).await,
            Backend::S3(s3) => s3.replace(staged, path).await,
        }
    }
}

/// What lies outside the store is only read.
fn refuse_external(path: &BlobPath) -> Result<()> {
    if path.is_external() {
        return Err(Error::Invalid(format!(
            "{path} lies outside the store and is only read"
        )));
    }
    Ok(())
}
