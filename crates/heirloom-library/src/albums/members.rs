//! Who takes part in an album, and in what role.

use std::collections::BTreeMap;

use heirloom_store::{
    Tx,
    albums::{self, AlbumRole, AlbumUser},
    changes::{ChangeKind, Entry, Feeds},
    users,
};
use heirloom_types::{
    caller::Caller,
    ids::{AlbumId, UserId},
    permission::Permission,
};
use uuid::Uuid;

use super::{AlbumDetails, details};
use crate::{
    Error, Library, Result,
    access::{self, require},
};

impl Library {
    /// Lets people take part.
    pub async fn share_album(
        &self,
        caller: &Caller,
        id: AlbumId,
        people: &[(UserId, AlbumRole)],
    ) -> Result<AlbumDetails> {
        require(caller, Permission::AlbumUserCreate)?;
        let mut tx = self.db.write().await?;
        let needed = Permission::AlbumUserCreate;
        let mut album = access::album(&mut tx, caller, id, AlbumRole::Owner, needed).await?;
        let mut feeds = Feeds::default();
        for &(user, role) in people {
            if albums::get_user(&mut tx, id, user).await?.is_some() {
                return Err(Error::Conflict("User already added".into()));
            }
            let part = AlbumUser {
                album_id: id,
                user_id: user,
                role,
            };
            self.join(&mut tx, &mut feeds, caller, part).await?;
        }
        album.updated_at = self.now();
        albums::update(&mut tx, &album).await?;
        tell_members(
            &mut tx,
            &mut feeds,
            id,
            vec![Entry::upsert(ChangeKind::Album, id)],
        )
        .await?;
        let shared = details(&mut tx, album).await?;
        let positions = feeds.record(&mut tx, self.now()).await?;
        send_whole(&mut tx, id, people, &positions).await?;
        tx.commit().await?;
        Ok(shared)
    }

    /// Changes what a person may do in an album.
    pub async fn set_album_role(
        &self,
        caller: &Caller,
        id: AlbumId,
        user: UserId,
        role: AlbumRole,
    ) -> Result<()> {
        require(caller, Permission::AlbumUserUpdate)?;
        let mut tx = self.db.write().await?;
        let needed = Permission::AlbumUserUpdate;
        let album = access::album(&mut tx, caller, id, AlbumRole::Owner, needed).await?;
        let part = albums::get_user(&mut tx, id, user)
            .await?
            .filter(|part| part.role != AlbumRole::Owner)
            .ok_or_else(|| Error::Conflict("Album not shared with user".into()))?;
        albums::upsert_user(&mut tx, AlbumUser { role, ..part }).await?;
        let entry = Entry::upsert(ChangeKind::AlbumUser, user).within(id);
        self.save_album(tx, album, vec![entry]).await?;
        Ok(())
    }

    /// Ends a person's part: the owner may end anybody's but their own, everybody their own.
    pub async fn leave_album(&self, caller: &Caller, id: AlbumId, user: UserId) -> Result<()> {
        require(caller, Permission::AlbumUserDelete)?;
        let mut tx = self.db.write().await?;
        let least = if user == caller.user {
            AlbumRole::Viewer
        } else {
            AlbumRole::Owner
        };
        let needed = Permission::AlbumUserDelete;
        let album = access::album(&mut tx, caller, id, least, needed).await?;
        match albums::get_user(&mut tx, id, user).await? {
            None => return Err(Error::Conflict("Album not shared with user".into())),
            Some(part) if part.role == AlbumRole::Owner => {
                return Err(Error::Conflict("Cannot remove album owner".into()));
            }
            Some(_) => albums::delete_user(&mut tx, id, user).await?,
        }
        let mut feeds = Feeds::default();
        tell_of_leaving(&mut tx, &mut feeds, id, user).await?;
        self.save_album_with(tx, album, Vec::new(), feeds).await?;
        Ok(())
    }

    /// Writes a person's part.
    pub(super) async fn join(
        &self,
        tx: &mut Tx,
        feeds: &mut Feeds,
        caller: &Caller,
        part: AlbumUser,
    ) -> Result<()> {
        if users::get(tx, part.user_id).await?.is_none() {
            return Err(Error::Conflict("User not found".into()));
        }
        if part.user_id == caller.user && part.role != AlbumRole::Owner {
            return Err(Error::Conflict(
                "Cannot share an album with its owner".into(),
            ));
        }
        albums::upsert_user(tx, part).await?;
        if part.user_id != caller.user {
            self.notify_invited(tx, feeds, caller, part).await?;
        }
        feeds.add(
            part.user_id,
            Entry::upsert(ChangeKind::Album, part.album_id),
        );
        let entry = Entry::upsert(ChangeKind::AlbumUser, part.user_id).within(part.album_id);
        tell_members(tx, feeds, part.album_id, vec![entry]).await
    }
}

/// Tells a person who has left an album, and those who stay.
pub(crate) async fn tell_of_leaving(
    tx: &mut Tx,
    feeds: &mut Feeds,
    id: AlbumId,
    user: UserId,
) -> Result<()> {
    feeds.add(user, Entry::delete(ChangeKind::Album, id));
    for asset in albums::list_assets(tx, id).await? {
        let gone = Entry::delete(ChangeKind::AlbumAsset, asset).within(id);
        feeds.add(user, gone);
    }
    let left = Entry::delete(ChangeKind::AlbumUser, user).within(id);
    tell_members(tx, feeds, id, vec![left]).await
}

/// Writes entries into the feed of everybody who takes part now.
pub(crate) async fn tell_members(
    tx: &mut Tx,
    feeds: &mut Feeds,
    album: AlbumId,
    entries: Vec<Entry>,
) -> Result<()> {
    for member in albums::list_users(tx, album).await? {
        for entry in &entries {
            feeds.add(member.user_id, entry.clone());
        }
    }
    Ok(())
}

/// The devices of people who have just come are sent what the album holds already.
pub(crate) async fn send_whole(
    tx: &mut Tx,
    album: AlbumId,
    people: &[(UserId, AlbumRole)],
    positions: &BTreeMap<Uuid, i64>,
) -> Result<()> {
    for (user, _) in people {
        if let Some(seq) = positions.get(&user.0) {
            albums::set_since(tx, album, *user, *seq).await?;
        }
    }
    Ok(())
}
