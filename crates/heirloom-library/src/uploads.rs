//! Uploads that go on where they were broken off.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use bytes::Bytes;
use chrono::TimeDelta;
pub use heirloom_store::uploads::Upload;
use heirloom_store::{blobs::Partial, uploads};
use heirloom_types::{
    caller::Caller,
    checksum::Sha1,
    ids::{AssetId, UploadId},
    permission::Permission,
};
use serde_json::Value;
use sha1::Digest;

use crate::{
    Error, Library, Result,
    access::require,
    ingest::{Ingested, NewAsset},
};

/// How long a broken-off upload can be taken up again.
const LIFETIME: TimeDelta = TimeDelta::days(7);
/// Expired uploads that are removed at a time.
const BATCH: i64 = 500;

/// Uploads that a request is writing to now: a second one for the same file has to wait.
#[derive(Default)]
pub(crate) struct Busy(Mutex<HashSet<UploadId>>);

/// An upload to which nobody else writes while this lives.
pub struct Writing<'a> {
    library: &'a Library,
    pub upload: Upload,
    partial: Partial,
    /// Where the request began.
    start: u64,
    sha1: sha1::Sha1,
}

impl Library {
    /// Begins an upload of that many bytes. `metadata` is what the client said of the file, given back unchanged.
    pub async fn begin_upload(
        &self,
        caller: &Caller,
        size: u64,
        metadata: Value,
    ) -> Result<Upload> {
        require(caller, Permission::AssetUpload)?;
        let size_bytes =
            i64::try_from(size).map_err(|_| Error::invalid("Upload-Length", "is too large"))?;
        let user = self.user_of(caller).await?;
        crate::ingest::check_quota(&user, size)?;
        let now = self.now();
        let upload = Upload {
            id: self.new_id(UploadId::new),
            owner_id: caller.user,
            size_bytes,
            metadata: metadata.into(),
            asset_id: None,
            created_at: now,
            expires_at: now + LIFETIME,
        };
        let mut tx = self.db.write().await?;
        uploads::insert(&mut tx, &upload).await?;
        tx.commit().await?;
        Ok(upload)
    }

    /// An upload and how many of its bytes are here.
    pub async fn upload(&self, caller: &Caller, id: UploadId) -> Result<(Upload, u64)> {
        require(caller, Permission::AssetUpload)?;
        let upload = self.upload_of(caller, id).await?;
        if upload.asset_id.is_some() {
            let size = upload.size_bytes as u64;
            return Ok((upload, size));
        }
        let length = self.blobs.partial(&id.to_string()).await?.len();
        Ok((upload, length))
    }

    /// Goes on with an upload at `offset`, which must be where it stands.
    pub async fn continue_upload(
        &self,
        caller: &Caller,
        id: UploadId,
        offset: u64,
    ) -> Result<Writing<'_>> {
        require(caller, Permission::AssetUpload)?;
        let upload = self.upload_of(caller, id).await?;
        if !self.busy().insert(id) {
            return Err(Error::Busy("Another request is sending this file"));
        }
        let opened = self.blobs.partial(&id.to_string()).await;
        let partial = opened.inspect_err(|_| {
            self.busy().remove(&id);
        })?;
        let writing = Writing {
            library: self,
            start: partial.len(),
            upload,
            partial,
            sha1: sha1::Sha1::new(),
        };
        if writing.start != offset || writing.upload.asset_id.is_some() {
            return Err(Error::Conflict(format!(
                "the upload stands at {}",
                writing.start
            )));
        }
        Ok(writing)
    }

    /// Gives an upload up.
    pub async fn discard_upload(&self, caller: &Caller, id: UploadId) -> Result<()> {
        require(caller, Permission::AssetUpload)?;
        let upload = self.upload_of(caller, id).await?;
        self.forget_upload(upload.id).await
    }

    /// Forgets what nobody took up again; gives how many there were.
    pub(crate) async fn forget_expired_uploads(&self) -> Result<u64> {
        let mut count = 0;
        loop {
            let expired =
                uploads::list_expired(&mut self.db.read().await?, self.now(), BATCH).await?;
            if expired.is_empty() {
                return Ok(count);
            }
            for upload in expired {
                self.forget_upload(upload.id).await?;
                count += 1;
            }
        }
    }

    async fn forget_upload(&self, id: UploadId) -> Result<()> {
        self.blobs.discard_partial(&id.to_string()).await?;
        let mut tx = self.db.write().await?;
        uploads::delete(&mut tx, id).await?;
        Ok(tx.commit().await?)
    }

    async fn upload_of(&self, caller: &Caller, id: UploadId) -> Result<Upload> {
        uploads::get(&mut self.db.read().await?, caller.user, id)
            .await?
            .ok_or(Error::Missing(
                "There is no such upload; it may have expired",
            ))
    }

    fn busy(&self) -> std::sync::MutexGuard<'_, HashSet<UploadId>> {
        self.busy_uploads
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Writing<'_> {
    /// Bytes that are here.
    pub fn offset(&self) -> u64 {
        self.partial.len()
    }

    /// Adds bytes; refuses more than were announced.
    pub async fn append(&mut self, chunk: Bytes) -> Result<()> {
        if self.offset() + chunk.len() as u64 > self.upload.size_bytes as u64 {
            return Err(Error::invalid(
                "Upload-Length",
                "More bytes were sent than the upload has",
            ));
        }
        self.sha1.update(&chunk);
        Ok(self.partial.append(chunk).await?)
    }

    /// Makes what arrived durable. Bytes that do not have the announced checksum are taken back; then it says `false`.
    pub async fn finish(&mut self, announced: Option<Sha1>) -> Result<bool> {
        let arrived = Sha1(self.sha1.clone().finalize().into());
        if announced.is_some_and(|announced| announced != arrived) {
            self.partial.truncate(self.start).await?;
            return Ok(false);
        }
        self.partial.sync().await?;
        Ok(true)
    }

    /// Takes the whole file in. What the server refuses for good is forgotten with its bytes.
    pub async fn take_in(self, caller: &Caller, new: NewAsset) -> Result<Ingested> {
        let library = self.library;
        let id = self.upload.id;
        let received = library.blobs.partial(&id.to_string()).await?.seal().await?;
        let ingested = match library.ingest(caller, new, received, None).await {
            Ok(ingested) => ingested,
            Err(error) => {
                if matches!(error, Error::Invalid { .. } | Error::QuotaExceeded) {
                    library.forget_upload(id).await?;
                }
                return Err(error);
            }
        };
        let (Ingested::Created(asset) | Ingested::Duplicate(asset)) = ingested;
        library.complete_upload(id, asset).await?;
        Ok(ingested)
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.library.busy().remove(&self.upload.id);
    }
}

impl Library {
    /// The row stays until it expires, so that a client that missed the answer learns of it.
    async fn complete_upload(&self, id: UploadId, asset: AssetId) -> Result<()> {
        let mut tx = self.db.write().await?;
        uploads::complete(&mut tx, id, asset).await?;
        tx.commit().await?;
        Ok(self.blobs.discard_partial(&id.to_string()).await?)
    }
}
