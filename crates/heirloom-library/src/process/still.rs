//! Stages of a photo: one decoding feeds them all.

use heirloom_media::{
    decode::Target,
    decoder::{self, Decoded},
    facts::Facts,
    metadata, renditions,
};
use heirloom_store::{
    assets::{Asset, Rendition},
    stages::{AssetStage, Stage},
};
use heirloom_types::media_type;

use super::{Findings, StageFailure, StageResult, wanted};
use crate::Library;

/// The smallest scale that serves a preview.
pub(super) const PREVIEW: Target = Target::ShorterSide(renditions::PREVIEW_SIDE);

impl From<decoder::Error> for StageFailure {
    fn from(error: decoder::Error) -> Self {
        if error.is_final() {
            Self::r#final(error)
        } else {
            Self::passing(error)
        }
    }
}

impl Library {
    pub(super) async fn work_on_still(
        &self,
        asset: &Asset,
        ready: &[AssetStage],
        findings: &mut Findings,
    ) {
        let mut facts = None;
        if let Some(version) = wanted(ready, Stage::Render) {
            let result = match self.decode(asset).await {
                Ok(decoded) => {
                    facts = Some(decoded.facts.clone());
                    findings.sight.keep(&decoded.pixels);
                    self.render(asset, decoded, findings).await
                }
                Err(failure) => {
                    findings.sight.miss(&failure);
                    Err(failure)
                }
            };
            findings.results.push((Stage::Render, version, result));
        }
        if let Some(version) = wanted(ready, Stage::Metadata) {
            let result = self.read_facts(asset, facts, findings).await;
            findings.results.push((Stage::Metadata, version, result));
        }
    }

    /// The whole picture where a full-size rendition is needed, else the smallest scale that serves a preview.
    async fn decode(&self, asset: &Asset) -> Result<Decoded, StageFailure> {
        if needs_full_size(asset) {
            self.decode_at(asset, Target::Full).await
        } else {
            self.decode_at(asset, PREVIEW).await
        }
    }

    pub(super) async fn decode_at(
        &self,
        asset: &Asset,
        target: Target,
    ) -> Result<Decoded, StageFailure> {
        let file = self.original(asset).await?;
        Ok(self
            .decoder
            .decode(file, &asset.original_name, target)
            .await?)
    }

    async fn render(
        &self,
        asset: &Asset,
        decoded: Decoded,
        findings: &mut Findings,
    ) -> StageResult {
        let with_full_size = needs_full_size(asset);
        let size = decoded.size;
        let (made, full_size) = tokio::task::spawn_blocking(move || {
            let made = renditions::render(&decoded.pixels)?;
            let full_size = with_full_size
                .then(|| renditions::full_size(&decoded.pixels))
                .transpose()?;
            Ok::<_, renditions::EncodeError>((made, full_size))
        })
        .await
        .map_err(StageFailure::passing)?
        .map_err(StageFailure::r#final)?;
        self.put_rendition(asset, "thumbnail", "webp", made.thumbnail)
            .await?;
        self.put_rendition(asset, "preview", "jpeg", made.preview)
            .await?;
        findings.add(Rendition::Thumbnail);
        findings.add(Rendition::Preview);
        if let Some(bytes) = full_size {
            self.put_rendition(asset, "fullsize", "jpeg", bytes).await?;
            findings.add(Rendition::FullSize);
        }
        findings.thumbhash = Some(made.thumbhash);
        findings.size = Some(size);
        Ok(())
    }

    /// The file's facts, from the decoding if there was one, with what the sidecar says instead.
    async fn read_facts(
        &self,
        asset: &Asset,
        decoded: Option<Facts>,
        findings: &mut Findings,
    ) -> StageResult {
        let facts = if let Some(facts) = decoded {
            facts
        } else {
            let file = self.original(asset).await?;
            self.decoder.facts(file, &asset.original_name).await?
        };
        if let Some(range) = facts.motion_video.filter(|_| asset.live_video_id.is_none()) {
            findings.live_video_id = Some(self.moving_part(asset, range).await?);
        }
        findings.facts = Some(self.with_sidecar(asset, facts).await?);
        Ok(())
    }

    pub(super) async fn with_sidecar(
        &self,
        asset: &Asset,
        facts: Facts,
    ) -> Result<Facts, StageFailure> {
        let Some(path) = &asset.sidecar_path else {
            return Ok(facts);
        };
        let sidecar = self.open_beside(path).await?;
        let said = self
            .decoder
            .sidecar_facts(sidecar)
            .await
            .unwrap_or_default();
        Ok(metadata::combine(facts, said))
    }
}

fn needs_full_size(asset: &Asset) -> bool {
    !media_type::by_name(&asset.original_name).is_some_and(|known| known.web_safe)
}
