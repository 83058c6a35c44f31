//! Motion photos: the video inside a still becomes its moving part, an asset of its own that does not show by itself.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
};

use bytes::Bytes;
use heirloom_media::facts::ByteRange;
use heirloom_store::{
    assets::{Asset, Visibility},
    blobs::Received,
};
use heirloom_types::ids::AssetId;

use super::StageFailure;
use crate::{
    Error, Library,
    ingest::{Ingested, NewAsset},
};

/// Bytes copied at a time.
const CHUNK: usize = 1 << 20;

impl Library {
    /// Takes the video in, or finds it when an earlier run did.
    pub(super) async fn moving_part(
        &self,
        asset: &Asset,
        range: ByteRange,
    ) -> Result<AssetId, StageFailure> {
        let file = self.original(asset).await?;
        let video = self.copy(file, range).await?;
        let stem = asset
            .original_name
            .rsplit_once('.')
            .map_or(asset.original_name.as_str(), |(stem, _)| stem);
        let new = NewAsset {
            name: format!("{stem}.mp4"),
            file_created_at: asset.file_created_at,
            file_modified_at: asset.file_modified_at,
            is_favorite: false,
            visibility: Visibility::Hidden,
            live_video_id: None,
            duration_ms: None,
            metadata: Vec::new(),
            announced: None,
        };
        match self.ingest_for(asset.owner_id, new, video, None).await {
            Ok(Ingested::Created(id) | Ingested::Duplicate(id)) => Ok(id),
            Err(error @ (Error::QuotaExceeded | Error::Invalid { .. })) => {
                Err(StageFailure::r#final(error))
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn copy(&self, mut file: File, range: ByteRange) -> Result<Received, StageFailure> {
        file.seek(SeekFrom::Start(range.offset))
            .map_err(StageFailure::passing)?;
        let mut rest = file.take(range.length);
        let mut incoming = self.blobs.receive().await?;
        loop {
            let (chunk, back) = tokio::task::spawn_blocking(move || {
                let mut chunk = Vec::with_capacity(CHUNK);
                rest.by_ref()
                    .take(CHUNK as u64)
                    .read_to_end(&mut chunk)
                    .map(|_| (chunk, rest))
            })
            .await
            .map_err(StageFailure::passing)?
            .map_err(StageFailure::passing)?;
            rest = back;
            if chunk.is_empty() {
                return Ok(incoming.seal().await?);
            }
            incoming.write(Bytes::from(chunk)).await?;
        }
    }
}
