//! The stage that shows a picture as a person edited it.

use heirloom_media::{decode::Target, edit, pixels::Pixels, renditions};
use heirloom_store::{
    Tx, asset_edits,
    asset_edits::{AssetEdit, PlainLook},
    assets::{Asset, Rendition},
};
use heirloom_types::{geometry::Size, ids::EditId};

use super::{Findings, StageFailure, StageResult};
use crate::{Library, edits};

/// What was made of which steps.
pub(super) struct Edited {
    steps: Vec<EditId>,
    look: Option<(Size, Vec<u8>)>,
}

impl Library {
    /// Decodes the whole picture, applies the steps, and makes the renditions of the result.
    pub(super) async fn make_edited(&self, asset: &Asset, findings: &mut Findings) -> StageResult {
        let made_of = self.edits_now(asset).await?;
        let mut edited = Edited {
            steps: ids(&made_of),
            look: None,
        };
        if !made_of.is_empty() {
            edited.look = Some(self.render_edited(asset, &made_of).await?);
        }
        findings.edited = Some(edited);
        Ok(())
    }

    async fn edits_now(&self, asset: &Asset) -> Result<Vec<AssetEdit>, StageFailure> {
        let mut tx = self.db.read().await.map_err(StageFailure::passing)?;
        asset_edits::list(&mut tx, asset.owner_id, asset.id)
            .await
            .map_err(StageFailure::passing)
    }

    async fn render_edited(
        &self,
        asset: &Asset,
        made_of: &[AssetEdit],
    ) -> Result<(Size, Vec<u8>), StageFailure> {
        let steps = edits::steps_of(made_of).map_err(StageFailure::r#final)?;
        let file = self.original(asset).await?;
        let decoded = self
            .decoder
            .decode(file, &asset.original_name, Target::Full)
            .await?;
        let (size, made, full_size) = tokio::task::spawn_blocking(move || {
            let edited = edit::apply(&decoded.pixels, &steps)
                .ok_or_else(|| StageFailure::r#final("the edits do not fit the picture"))?;
            let pixels = Pixels::from(edited);
            let made = renditions::render(&pixels).map_err(StageFailure::r#final)?;
            let full_size = renditions::full_size(&pixels).map_err(StageFailure::r#final)?;
            Ok::<_, StageFailure>((pixels.size(), made, full_size))
        })
        .await
        .map_err(StageFailure::passing)??;
        for ((kind, _), bytes) in edits::FILES
            .iter()
            .zip([made.thumbnail, made.preview, full_size])
        {
            let path = edits::path_of(asset, made_of, kind)
                .ok_or_else(|| StageFailure::passing("an edit without a step"))?;
            self.blobs.put(&path, bytes.into()).await?;
        }
        Ok((size, made.thumbhash))
    }

    /// Writes how the asset looks now. `false` when the person has changed the steps meanwhile: then the stage is not
    /// done, and its job runs again.
    pub(super) async fn apply_edited(
        &self,
        tx: &mut Tx,
        asset: &mut Asset,
        edited: &Edited,
    ) -> anyhow::Result<bool> {
        let now = asset_edits::list(tx, asset.owner_id, asset.id).await?;
        if ids(&now) != edited.steps {
            return Ok(false);
        }
        if let Some((size, thumbhash)) = &edited.look {
            asset.width = i32::try_from(size.width).ok();
            asset.height = i32::try_from(size.height).ok();
            asset.thumbhash = Some(thumbhash.clone());
            asset.renditions |= Rendition::Edited as i32;
        }
        Ok(true)
    }

    /// Of an asset that is edited, a new rendering of the original changes only how it looks without the edits.
    pub(super) async fn keep_plain(
        &self,
        tx: &mut Tx,
        before: &Asset,
        rendered: &mut Asset,
    ) -> anyhow::Result<()> {
        if !before.is_edited {
            return Ok(());
        }
        let look = |asset: &Asset| PlainLook {
            width: asset.width,
            height: asset.height,
            thumbhash: asset.thumbhash.clone(),
        };
        if (rendered.width, rendered.height, &rendered.thumbhash)
            == (before.width, before.height, &before.thumbhash)
        {
            return Ok(());
        }
        asset_edits::set_plain(tx, rendered.owner_id, rendered.id, &look(rendered)).await?;
        (rendered.width, rendered.height) = (before.width, before.height);
        rendered.thumbhash.clone_from(&before.thumbhash);
        Ok(())
    }
}

fn ids(edits: &[AssetEdit]) -> Vec<EditId> {
    edits.iter().map(|edit| edit.id).collect()
}
