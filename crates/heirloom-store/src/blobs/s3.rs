//! Blobs as objects of an S3-compatible bucket. A completed put is durable; what a put did not complete is not visible.

use std::{
    fs::File,
    io::{Seek, SeekFrom, Write},
    ops::Range,
    path::Path,
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use object_store::{
    ClientOptions, GetOptions, ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutOptions,
    RetryConfig, WriteMultipart,
    aws::{AmazonS3, AmazonS3Builder, S3ConditionalPut},
    path::Path as Key,
};
use tokio::{io::AsyncReadExt, task::spawn_blocking};

use super::{Blob, BlobPath, Body, Entry, Error, Result, S3Settings};

/// Parts of a multipart put, and the size up to which one put does (S3 wants at least 5 MiB a part).
const PART_BYTES: usize = 16 << 20;
/// Largest object that S3 copies in one request.
const COPY_BYTES_MAX: u64 = 5 << 30;
/// Parts on their way at once; times the part size, this bounds the memory of one upload.
const PARTS_AT_ONCE: usize = 2;
/// How long a request is tried again while the bucket does not answer.
const RETRY_TIMEOUT: Duration = Duration::from_secs(20);

#[derive(Clone)]
pub(super) struct S3 {
    bucket: Arc<AmazonS3>,
    prefix: Arc<str>,
}

impl S3 {
    pub(super) fn new(settings: &S3Settings) -> Result<Self> {
        let retry = RetryConfig {
            retry_timeout: RETRY_TIMEOUT,
            ..RetryConfig::default()
        };
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&settings.bucket)
            .with_region(&settings.region)
            .with_access_key_id(&settings.access_key_id)
            .with_secret_access_key(&settings.secret_access_key)
            .with_conditional_put(S3ConditionalPut::ETagMatch)
            .with_client_options(ClientOptions::new().with_allow_http(settings.allow_http))
            .with_retry(retry);
        if let Some(endpoint) = &settings.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        let bucket = builder
            .build()
            .map_err(|error| Error::Invalid(format!("the S3 settings cannot work: {error}")))?;
        Ok(Self {
            bucket: Arc::new(bucket),
            prefix: settings.prefix.trim_matches('/').into(),
        })
    }

    fn key(&self, path: &str) -> Key {
        self.prefix.split('/').chain(path.split('/')).collect()
    }

    pub(super) async fn put(&self, path: &BlobPath, bytes: Bytes) -> Result<()> {
        self.bucket
            .put(&self.key(path.as_str()), bytes.into())
            .await
            .map(drop)
            .map_err(|error| Error::of_object(error, path))
    }

    /// Names are reserved in the database before they are used, so the look before the put only guards against objects
    /// that others put into the bucket. A small object is put on condition as well, where the server honours that.
    pub(super) async fn keep(&self, staged: &Path, path: &BlobPath) -> Result<()> {
        match self.head(path).await {
            Err(Error::NotFound(_)) => {}
            Ok(_) => return Err(Error::Taken(path.clone())),
            Err(error) => return Err(error),
        }
        if tokio::fs::metadata(staged).await?.len() <= PART_BYTES as u64 {
            self.put_new(staged, path).await?;
        } else {
            self.put_parts(staged, path).await?;
        }
        tokio::fs::remove_file(staged).await?;
        Ok(())
    }

    /// As with [`Self::keep`], the name was reserved before. The server copies by itself what one request can.
    pub(super) async fn copy(&self, old: &BlobPath, new: &BlobPath) -> Result<()> {
        let len = self.head(old).await?.len;
        match self.head(new).await {
            Err(Error::NotFound(_)) => {}
            Ok(_) => return Err(Error::Taken(new.clone())),
            Err(error) => return Err(error),
        }
        if len > COPY_BYTES_MAX {
            return self.copy_parts(old, new).await;
        }
        self.bucket
            .copy(&self.key(old.as_str()), &self.key(new.as_str()))
            .await
            .map_err(|error| Error::of_object(error, old))
    }

    async fn copy_parts(&self, old: &BlobPath, new: &BlobPath) -> Result<()> {
        let failed = |error| Error::of_object(error, new);
        let mut body = self.stream(old, None).await?.body.pieces();
        let upload = self
            .bucket
            .put_multipart(&self.key(new.as_str()))
            .await
            .map_err(failed)?;
        let mut parts = WriteMultipart::new_with_chunk_size(upload, PART_BYTES);
        while let Some(chunk) = body.try_next().await? {
            parts
                .wait_for_capacity(PARTS_AT_ONCE)
                .await
                .map_err(failed)?;
            parts.put(chunk);
        }
        parts.finish().await.map(drop).map_err(failed)
    }

    /// Completed puts replace what was there, at once.
    pub(super) async fn replace(&self, staged: &Path, path: &BlobPath) -> Result<()> {
        self.put_parts(staged, path).await?;
        tokio::fs::remove_file(staged).await?;
        Ok(())
    }

    async fn put_new(&self, staged: &Path, path: &BlobPath) -> Result<()> {
        let bytes = tokio::fs::read(staged).await?;
        let options = PutOptions::from(PutMode::Create);
        self.bucket
            .put_opts(&self.key(path.as_str()), bytes.into(), options)
            .await
            .map(drop)
            .map_err(|error| Error::of_object(error, path))
    }

    async fn put_parts(&self, staged: &Path, path: &BlobPath) -> Result<()> {
        let failed = |error| Error::of_object(error, path);
        let mut file = tokio::fs::File::open(staged).await?;
        let upload = self
            .bucket
            .put_multipart(&self.key(path.as_str()))
            .await
            .map_err(failed)?;
        let mut parts = WriteMultipart::new_with_chunk_size(upload, PART_BYTES);
        loop {
            parts
                .wait_for_capacity(PARTS_AT_ONCE)
                .await
                .map_err(failed)?;
            let mut part = Vec::with_capacity(PART_BYTES);
            (&mut file)
                .take(PART_BYTES as u64)
                .read_to_end(&mut part)
                .await?;
            if part.is_empty() {
                break;
            }
            parts.put(part.into());
        }
        parts.finish().await.map(drop).map_err(failed)
    }

    pub(super) async fn download(&self, path: &BlobPath, mut into: File) -> Result<File> {
        let mut body = self.stream(path, None).await?.body.pieces();
        while let Some(chunk) = body.try_next().await? {
            into = spawn_blocking(move || into.write_all(&chunk).map(|()| into)).await??;
        }
        into.seek(SeekFrom::Start(0))?;
        Ok(into)
    }

    pub(super) async fn read(&self, path: &BlobPath) -> Result<Bytes> {
        let failed = |error| Error::of_object(error, path);
        let found = self
            .bucket
            .get(&self.key(path.as_str()))
            .await
            .map_err(failed)?;
        found.bytes().await.map_err(failed)
    }

    pub(super) async fn stream(&self, path: &BlobPath, range: Option<Range<u64>>) -> Result<Blob> {
        if range.as_ref().is_some_and(Range::is_empty) {
            let head = self.head(path).await?;
            return Ok(Blob {
                len: head.len,
                modified: head.modified,
                body: Body::Whole(Bytes::new()),
            });
        }
        let options = GetOptions {
            range: range.map(Into::into),
            ..GetOptions::default()
        };
        let found = self
            .bucket
            .get_opts(&self.key(path.as_str()), options)
            .await
            .map_err(|error| Error::of_object(error, path))?;
        let named = path.clone();
        Ok(Blob {
            len: found.meta.size,
            modified: found.meta.last_modified,
            body: Body::Pieces(
                found
                    .into_stream()
                    .map_err(move |error| Error::of_object(error, &named))
                    .boxed(),
            ),
        })
    }

    pub(super) async fn head(&self, path: &BlobPath) -> Result<Entry> {
        let meta = self
            .bucket
            .head(&self.key(path.as_str()))
            .await
            .map_err(|error| Error::of_object(error, path))?;
        Ok(Entry {
            path: path.clone(),
            len: meta.size,
            modified: meta.last_modified,
        })
    }

    pub(super) async fn delete(&self, path: &BlobPath) -> Result<()> {
        match self.bucket.delete(&self.key(path.as_str())).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(Error::of_object(error, path)),
        }
    }

    pub(super) fn list(&self, folder: &str) -> BoxStream<'static, Result<Entry>> {
        let store = self.clone();
        let key = self.key(folder);
        self.bucket
            .list(Some(&key))
            .map_err(|error| Error::Unavailable(error.into()))
            .try_filter_map(move |meta| {
                let entry = store.entry(&meta);
                async move { Ok(entry) }
            })
            .boxed()
    }

    /// What the listing says of an object of ours; others' objects are left out.
    fn entry(&self, meta: &ObjectMeta) -> Option<Entry> {
        let key = meta.location.as_ref();
        let path = if self.prefix.is_empty() {
            key
        } else {
            key.strip_prefix(&*self.prefix)?.strip_prefix('/')?
        };
        Some(Entry {
            path: BlobPath::parse(path).ok()?,
            len: meta.size,
            modified: meta.last_modified,
        })
    }
}
