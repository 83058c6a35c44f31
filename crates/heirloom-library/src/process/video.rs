//! Stages of a video.

use heirloom_media::{
    renditions,
    video::{self, Probe},
};
use heirloom_store::{
    assets::{Asset, Rendition},
    blobs::BlobPath,
    stages::{AssetStage, Stage},
};

use super::{Findings, StageFailure, StageResult, wanted};
use crate::{Library, library::VideoPolicy};

impl From<video::Error> for StageFailure {
    fn from(error: video::Error) -> Self {
        if error.is_final() {
            Self::r#final(error)
        } else {
            Self::passing(error)
        }
    }
}

impl Library {
    pub(super) async fn work_on_video(
        &self,
        asset: &Asset,
        ready: &[AssetStage],
        findings: &mut Findings,
    ) {
        let probed = match self.original(asset).await {
            Ok(file) => match self.video.probe(&file).await {
                Ok(probe) => Ok((file, probe)),
                Err(error) => Err(StageFailure::from(error)),
            },
            Err(failure) => Err(failure),
        };
        for stage in [Stage::Metadata, Stage::Render, Stage::Transcode] {
            let Some(version) = wanted(ready, stage) else {
                continue;
            };
            let result = match (&probed, stage) {
                (Err(failure), _) => Err(failure.clone()),
                (Ok((_, probe)), Stage::Metadata) => self.video_facts(asset, probe, findings).await,
                (Ok((file, probe)), Stage::Render) => {
                    self.poster(asset, file, probe, findings).await
                }
                (Ok((file, probe)), _) => self.transcode(asset, file, probe, findings).await,
            };
            findings.results.push((stage, version, result));
        }
    }

    async fn video_facts(
        &self,
        asset: &Asset,
        probe: &Probe,
        findings: &mut Findings,
    ) -> StageResult {
        findings.size = Some(probe.size);
        findings.facts = Some(self.with_sidecar(asset, probe.facts.clone()).await?);
        Ok(())
    }

    async fn poster(
        &self,
        asset: &Asset,
        file: &std::fs::File,
        probe: &Probe,
        findings: &mut Findings,
    ) -> StageResult {
        let poster = self.video.poster(file, probe, renditions::PREVIEW_SIDE);
        let pixels = poster.await?;
        findings.sight.keep(&pixels);
        let made = tokio::task::spawn_blocking(move || renditions::render(&pixels))
            .await
            .map_err(StageFailure::passing)?
            .map_err(StageFailure::r#final)?;
        self.put_rendition(asset, "thumbnail", "webp", made.thumbnail)
            .await?;
        self.put_rendition(asset, "preview", "jpeg", made.preview)
            .await?;
        findings.add(Rendition::Thumbnail);
        findings.add(Rendition::Preview);
        findings.thumbhash = Some(made.thumbhash);
        Ok(())
    }

    async fn transcode(
        &self,
        asset: &Asset,
        file: &std::fs::File,
        probe: &Probe,
        findings: &mut Findings,
    ) -> StageResult {
        let path = BlobPath::rendition(asset.owner_id, asset.id, "video", "mp4");
        let policy = self.config().await?.video_policy();
        let is_wanted = if probe.is_playable() {
            // Its original says more than a picture.
            self.is_shown_bare(asset.id).await?
        } else {
            policy != VideoPolicy::Never
        };
        if !is_wanted {
            // One of what the file of an external library was before.
            if asset.library_id.is_some() {
                self.blobs.delete(&path).await.ok();
            }
            return Ok(());
        }
        let folder = tempfile::tempdir().map_err(StageFailure::passing)?;
        let rendition = self.video.transcode(file, probe, folder.path()).await?;
        let mut incoming = self.blobs.receive().await?;
        let mut reader = tokio_util::io::ReaderStream::with_capacity(
            tokio::fs::File::open(rendition)
                .await
                .map_err(StageFailure::passing)?,
            1 << 20,
        );
        while let Some(chunk) = futures::StreamExt::next(&mut reader).await {
            incoming
                .write(chunk.map_err(StageFailure::passing)?)
                .await?;
        }
        // One of an earlier run that was not committed.
        self.blobs.delete(&path).await.ok();
        let mut received = incoming.seal().await?;
        received.keep(&path).await?;
        findings.add(Rendition::EncodedVideo);
        Ok(())
    }
}
