//! Stills with a moving part: a video of their owner that shows with them instead of by itself.

use heirloom_store::{
    Tx,
    assets::{self, Asset, Visibility},
    changes::{ChangeKind, Entry},
};
use heirloom_types::{
    caller::{Caller, Scope},
    ids::{AssetId, UserId},
    media_type::MediaKind,
    permission::Permission,
};

use crate::{Error, Library, Result, access};

impl Library {
    /// Refuses what cannot be a moving part.
    pub(crate) async fn check_live_video(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        video: AssetId,
    ) -> Result<()> {
        let found = access::asset(tx, caller, video, Permission::AssetRead).await?;
        if found.owner_id != caller.user {
            return Err(Error::invalid(
                "livePhotoVideoId",
                "Live photo video does not belong to the user",
            ));
        }
        if found.kind != MediaKind::Video {
            return Err(Error::invalid(
                "livePhotoVideoId",
                "Live photo video must be a video",
            ));
        }
        Ok(())
    }

    /// Gives a still another moving part, or none; the one of before shows by itself again. The still is not written yet.
    pub(crate) async fn set_live_video(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        still: &mut Asset,
        video: Option<AssetId>,
    ) -> Result<Vec<Entry>> {
        if still.live_video_id == video {
            return Ok(Vec::new());
        }
        if let Some(video) = video {
            self.check_live_video(tx, caller, video).await?;
            if still.kind != MediaKind::Image {
                let message = "Only a picture can have a moving part";
                return Err(Error::invalid("livePhotoVideoId", message));
            }
            self.hide_live_video(tx, still.owner_id, video).await?;
        }
        let before = std::mem::replace(&mut still.live_video_id, video);
        if let Some(before) = before {
            // The still must not count among those that show it.
            assets::update(tx, still).await?;
            self.show_alone(tx, still, before).await?;
        }
        let told = video.into_iter().chain(before);
        let told = told.flat_map(|id| {
            [ChangeKind::Asset, ChangeKind::Exif].map(|kind| Entry::upsert(kind, id))
        });
        Ok(told.collect())
    }

    /// The moving part of a live photo does not show by itself.
    pub(crate) async fn hide_live_video(
        &self,
        tx: &mut Tx,
        owner: UserId,
        video: AssetId,
    ) -> Result<()> {
        self.show_as(tx, owner, video, Visibility::Hidden).await
    }

    /// A video that moves no still any more is seen where its still is.
    async fn show_alone(&self, tx: &mut Tx, still: &Asset, video: AssetId) -> Result<()> {
        if assets::is_live_video(tx, still.owner_id, video).await? {
            return Ok(());
        }
        self.show_as(tx, still.owner_id, video, still.visibility)
            .await
    }

    async fn show_as(
        &self,
        tx: &mut Tx,
        owner: UserId,
        video: AssetId,
        visibility: Visibility,
    ) -> Result<()> {
        if let Some(mut video) = assets::get(tx, Scope::of_owner(owner), video).await? {
            video.visibility = visibility;
            video.updated_at = self.now();
            assets::update(tx, &video).await?;
        }
        Ok(())
    }
}
