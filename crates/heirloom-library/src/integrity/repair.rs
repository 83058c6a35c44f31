//! The second copy: filled with what was verified, and read when an original is damaged.

use futures::TryStreamExt;
use heirloom_store::{
    blobs::{self, BlobPath, Blobs, Received},
    system::OriginalRecord,
};

use crate::{Library, Result};

impl Library {
    /// Brings an original back from the second copy, if it has the very bytes; says whether it did.
    pub(super) async fn repair(&self, record: &OriginalRecord) -> bool {
        let Some(copy) = self.copy.as_ref().filter(|_| !record.is_external()) else {
            return false;
        };
        match transfer(copy, &self.blobs, record).await {
            Ok(true) => {
                tracing::warn!(asset = %record.id, "an original was repaired from the second copy");
                true
            }
            Ok(false) => false,
            Err(error) => {
                tracing::warn!(asset = %record.id, %error, "an original could not be repaired");
                false
            }
        }
    }

    /// Gives the second copy an original that was just found good and that it does not have.
    pub(super) async fn copy_if_absent(&self, record: &OriginalRecord) {
        let Some(copy) = self.copy.as_ref().filter(|_| !record.is_external()) else {
            return;
        };
        let copied = async {
            let has = copy.head(&BlobPath::parse(&record.original_path)?).await;
            match has {
                Ok(entry) if entry.len == record.size_bytes as u64 => Ok(()),
                Ok(_) | Err(blobs::Error::NotFound(_)) => {
                    transfer(&self.blobs, copy, record).await.map(drop)
                }
                Err(error) => Err(error.into()),
            }
        };
        if let Err(error) = copied.await {
            tracing::warn!(asset = %record.id, %error, "the second copy could not be written");
        }
    }
}

/// Copies an original from one store into the other; only bytes that are right arrive.
async fn transfer(from: &Blobs, to: &Blobs, record: &OriginalRecord) -> Result<bool> {
    let path = BlobPath::parse(&record.original_path)?;
    let mut body = match from.stream(&path, None).await {
        Ok(blob) => blob.body.pieces(),
        Err(blobs::Error::NotFound(_)) => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    let mut incoming = to.receive().await?;
    while let Some(chunk) = body.try_next().await? {
        incoming.write(chunk).await?;
    }
    let mut received: Received = incoming.seal().await?;
    if received.blake3() != record.blake3 {
        return Ok(false);
    }
    received.replace(&path).await?;
    Ok(true)
}
