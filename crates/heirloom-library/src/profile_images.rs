//! Pictures of people with an account.

use heirloom_media::{decode::Target, renditions};
use heirloom_store::{
    blobs::{BlobPath, Incoming, Received},
    changes::Feeds,
    doomed_files, users,
    users::User,
};
use heirloom_types::{caller::Caller, ids::UserId, permission::Permission, time::Timestamp};

use crate::{Error, Library, Result, access::require, files::AssetFile, users::tell_of_user};

/// Largest file that is taken, in bytes.
pub const BYTES_MAX: u64 = 64 << 20;

impl Library {
    /// Somewhere for a picture to arrive.
    pub async fn receive_profile_image(&self, caller: &Caller) -> Result<Incoming> {
        require(caller, Permission::UserProfileImageUpdate)?;
        Ok(self.blobs.receive().await?)
    }

    /// Makes a received picture the caller's, in the size it is shown.
    pub async fn set_profile_image(
        &self,
        caller: &Caller,
        name: &str,
        received: Received,
    ) -> Result<User> {
        require(caller, Permission::UserProfileImageUpdate)?;
        let target = Target::ShorterSide(renditions::THUMBNAIL_SIDE);
        let decoded = self
            .decoder
            .decode(received.file()?, name, target)
            .await
            .map_err(|error| {
                if error.is_final() {
                    Error::invalid("file", format!("The picture could not be read: {error}"))
                } else {
                    Error::Internal(error.into())
                }
            })?;
        let made = tokio::task::spawn_blocking(move || renditions::render(&decoded.pixels))
            .await
            .map_err(anyhow::Error::from)?
            .map_err(anyhow::Error::from)?;
        let now = self.now();
        let version = now.timestamp_millis().to_string();
        let path = BlobPath::profile_image(caller.user, &version, "webp");
        self.blobs.put(&path, made.thumbnail.into()).await?;
        self.write_profile_image(caller.user, Some(path), now).await
    }

    pub async fn delete_profile_image(&self, caller: &Caller) -> Result<()> {
        require(caller, Permission::UserProfileImageDelete)?;
        self.write_profile_image(caller.user, None, self.now())
            .await?;
        Ok(())
    }

    /// Anybody's picture, for everybody of this server.
    pub async fn profile_image(&self, caller: &Caller, of: UserId) -> Result<AssetFile> {
        require(caller, Permission::UserProfileImageRead)?;
        let path = self
            .user(of)
            .await?
            .profile_image_path
            .ok_or(Error::Missing("User does not have a profile image"))?;
        Ok(AssetFile {
            path: BlobPath::parse(&path)?,
            mime: "image/webp",
            name: format!("{of}.webp"),
            may_stay: true,
        })
    }

    async fn write_profile_image(
        &self,
        id: UserId,
        path: Option<BlobPath>,
        now: Timestamp,
    ) -> Result<User> {
        let mut tx = self.db.write().await?;
        let needed = Permission::UserProfileImageUpdate;
        let mut user = users::get(&mut tx, id)
            .await?
            .ok_or(Error::not_found("user", id, needed))?;
        if let Some(old) = &user.profile_image_path {
            doomed_files::insert(&mut tx, old, now).await?;
        }
        user.profile_image_path = path.map(|path| path.as_str().to_owned());
        user.profile_changed_at = now;
        user.updated_at = now;
        users::update(&mut tx, &user).await?;
        let feeds: Feeds = tell_of_user(id);
        feeds.record(&mut tx, now).await?;
        tx.commit().await?;
        Ok(user)
    }
}
