//! Comments and likes in albums.

pub use heirloom_store::activities::Activity;
use heirloom_store::{
    activities,
    albums::{self, AlbumRole},
    users::{self, User},
};
use heirloom_types::{
    caller::Caller,
    ids::{ActivityId, AlbumId, AssetId},
    permission::Permission,
};

use crate::{
    Error, Library, Result,
    access::{self, require},
};

/// Longest comment, in bytes.
const COMMENT_MAX: usize = 64 << 10;

impl Library {
    /// Everything said in an album, the oldest first, each with who said it; `needed` to read or to count it.
    pub async fn activities(
        &self,
        caller: &Caller,
        album: AlbumId,
        needed: Permission,
    ) -> Result<Vec<(Activity, User)>> {
        require(caller, needed)?;
        let mut tx = self.db.read().await?;
        access::album(&mut tx, caller, album, AlbumRole::Viewer, needed).await?;
        let mut found = Vec::new();
        for activity in activities::list(&mut tx, album).await? {
            if let Some(user) = users::get(&mut tx, activity.user_id).await? {
                found.push((activity, user));
            }
        }
        Ok(found)
    }

    /// Says something, or with no comment likes. Whoever likes twice likes once.
    pub async fn create_activity(
        &self,
        caller: &Caller,
        album: AlbumId,
        asset: Option<AssetId>,
        comment: Option<String>,
    ) -> Result<(Activity, User)> {
        require(caller, Permission::ActivityCreate)?;
        if comment.as_ref().is_some_and(|text| text.trim().is_empty()) {
            return Err(Error::invalid("comment", "A comment must say something"));
        }
        if comment
            .as_ref()
            .is_some_and(|text| text.len() > COMMENT_MAX)
        {
            return Err(Error::invalid(
                "comment",
                "A comment may have at most 65536 bytes",
            ));
        }
        let user = self.user_of(caller).await?;
        let mut tx = self.db.write().await?;
        let needed = Permission::ActivityCreate;
        let found = access::album(&mut tx, caller, album, AlbumRole::Viewer, needed).await?;
        if !found.is_activity_enabled {
            return Err(Error::not_found("album", album, needed));
        }
        if let Some(asset) = asset
            && !albums::has_asset(&mut tx, album, asset).await?
        {
            return Err(Error::not_found("asset", asset, needed));
        }
        if comment.is_none() {
            let liked = activities::list(&mut tx, album).await?;
            let same = |like: &Activity| {
                like.comment.is_none() && like.user_id == caller.user && like.asset_id == asset
            };
            if let Some(like) = liked.into_iter().find(same) {
                return Ok((like, user));
            }
        }
        let activity = Activity {
            id: self.new_id(ActivityId::new),
            album_id: album,
            asset_id: asset,
            user_id: caller.user,
            comment,
            created_at: self.now(),
        };
        activities::insert(&mut tx, &activity).await?;
        tx.commit().await?;
        Ok((activity, user))
    }

    /// Takes something back: one's own words, or anything in one's own album.
    pub async fn delete_activity(&self, caller: &Caller, id: ActivityId) -> Result<()> {
        require(caller, Permission::ActivityDelete)?;
        let refused = || Error::not_found("activity", id, Permission::ActivityDelete);
        let mut tx = self.db.write().await?;
        let activity = activities::get(&mut tx, id).await?.ok_or_else(refused)?;
        let part = albums::get_user(&mut tx, activity.album_id, caller.user).await?;
        let owns_album = part.is_some_and(|part| part.role == AlbumRole::Owner);
        if activity.user_id != caller.user && !owns_album {
            return Err(refused());
        }
        activities::delete(&mut tx, id).await?;
        Ok(tx.commit().await?)
    }
}
