//! Albums: made, listed, filled, shared.

use std::collections::BTreeMap;

pub use heirloom_store::albums::{Album, AlbumRole, AlbumSummary, AlbumUser, AssetOrder};
use heirloom_store::{
    Tx, albums,
    changes::{ChangeKind, Entry, Feeds},
    users::{self, User},
};
use heirloom_types::{
    caller::Caller,
    ids::{AlbumId, AssetId, UserId},
    permission::Permission,
};
use uuid::Uuid;

use crate::{
    Error, Library, Result,
    access::{self, require},
};

/// Longest description, in bytes.
const DESCRIPTION_LENGTH_MAX: usize = 64 << 10;

/// An album with the people in it and what it comes to.
#[derive(Debug)]
pub struct AlbumDetails {
    pub album: Album,
    pub users: Vec<(AlbumUser, User)>,
    pub summary: AlbumSummary,
    pub has_shared_link: bool,
}

/// An album to be made.
#[derive(Clone, Debug, Default)]
pub struct NewAlbum {
    pub name: String,
    pub description: String,
    pub assets: Vec<AssetId>,
    pub users: Vec<(UserId, AlbumRole)>,
}

/// What a person changes; what is absent stays.
#[derive(Clone, Debug, Default)]
pub struct AlbumChange {
    pub name: Option<String>,
    pub description: Option<String>,
    pub thumbnail: Option<AssetId>,
    pub order: Option<AssetOrder>,
    pub is_activity_enabled: Option<bool>,
}

/// What became of one asset that was to be added or taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placed {
    Done,
    /// There already, when it was to be added.
    Already,
    /// Not there, when it was to be taken out.
    NotThere,
    /// Not there, or not for the caller to give.
    NotAllowed,
}

impl Library {
    /// The albums the caller has a part in; with `asset`, only those that show it.
    pub async fn albums(
        &self,
        caller: &Caller,
        asset: Option<AssetId>,
    ) -> Result<Vec<AlbumDetails>> {
        require(caller, Permission::AlbumRead)?;
        let mut tx = self.db.read().await?;
        let found = match asset {
            Some(asset) => albums::list_with_asset(&mut tx, caller.user, asset).await?,
            None => albums::list_of_user(&mut tx, caller.user).await?,
        };
        let mut all = Vec::with_capacity(found.len());
        for album in found {
            all.push(details(&mut tx, album).await?);
        }
        Ok(all)
    }

    pub async fn album(&self, caller: &Caller, id: AlbumId) -> Result<AlbumDetails> {
        require(caller, Permission::AlbumRead)?;
        let mut tx = self.db.read().await?;
        let album = access::album(
            &mut tx,
            caller,
            id,
            AlbumRole::Viewer,
            Permission::AlbumRead,
        )
        .await?;
        details(&mut tx, album).await
    }

    pub async fn create_album(&self, caller: &Caller, new: NewAlbum) -> Result<AlbumDetails> {
        require(caller, Permission::AlbumCreate)?;
        check_description(&new.description)?;
        let now = self.now();
        let album = Album {
            id: self.new_id(AlbumId::new),
            name: new.name,
            description: new.description,
            thumbnail_asset_id: None,
            asset_order: AssetOrder::Descending,
            is_activity_enabled: true,
            created_at: now,
            updated_at: now,
        };
        let mut tx = self.db.write().await?;
        albums::insert(&mut tx, &album).await?;
        let mut feeds = Feeds::default();
        let owner = (caller.user, AlbumRole::Owner);
        for &(user_id, role) in std::iter::once(&owner).chain(&new.users) {
            let part = AlbumUser {
                album_id: album.id,
                user_id,
                role,
            };
            self.join(&mut tx, &mut feeds, caller, part).await?;
        }
        let placed = self.fill(&mut tx, caller, album.id, &new.assets).await?;
        if placed.contains(&Placed::NotAllowed) {
            return Err(Error::invalid(
                "assetIds",
                "Not found or no asset.share access",
            ));
        }
        let entries = filled(album.id, &new.assets, &placed);
        tell_members(&mut tx, &mut feeds, album.id, entries).await?;
        let id = album.id;
        let made = details(&mut tx, album).await?;
        let positions = feeds.record(&mut tx, now).await?;
        send_whole(&mut tx, id, &new.users, &positions).await?;
        tx.commit().await?;
        Ok(made)
    }

    pub async fn update_album(
        &self,
        caller: &Caller,
        id: AlbumId,
        change: AlbumChange,
    ) -> Result<AlbumDetails> {
        require(caller, Permission::AlbumUpdate)?;
        let mut tx = self.db.write().await?;
        let needed = Permission::AlbumUpdate;
        let mut album = access::album(&mut tx, caller, id, AlbumRole::Editor, needed).await?;
        if let Some(thumbnail) = change.thumbnail {
            if !albums::has_asset(&mut tx, id, thumbnail).await? {
                return Err(Error::invalid(
                    "albumThumbnailAssetId",
                    "Invalid album thumbnail",
                ));
            }
            album.thumbnail_asset_id = Some(thumbnail);
        }
        album.name = change.name.unwrap_or(album.name);
        album.description = change.description.unwrap_or(album.description);
        check_description(&album.description)?;
        album.asset_order = change.order.unwrap_or(album.asset_order);
        album.is_activity_enabled = change
            .is_activity_enabled
            .unwrap_or(album.is_activity_enabled);
        self.save_album(tx, album, Vec::new()).await
    }

    /// Adds assets; each answer stands for the asset at its place.
    pub async fn add_to_album(
        &self,
        caller: &Caller,
        id: AlbumId,
        assets: &[AssetId],
    ) -> Result<Vec<Placed>> {
        require(caller, Permission::AlbumAssetCreate)?;
        let mut tx = self.db.write().await?;
        let needed = Permission::AlbumAssetCreate;
        let album = access::album(&mut tx, caller, id, AlbumRole::Editor, needed).await?;
        let placed = self.fill(&mut tx, caller, id, assets).await?;
        let entries = filled(id, assets, &placed);
        if !entries.is_empty() {
            self.save_album(tx, album, entries).await?;
        }
        Ok(placed)
    }

    /// Takes assets out; each answer stands for the asset at its place. An editor may take out anything.
    pub async fn remove_from_album(
        &self,
        caller: &Caller,
        id: AlbumId,
        assets: &[AssetId],
    ) -> Result<Vec<Placed>> {
        require(caller, Permission::AlbumAssetDelete)?;
        let mut tx = self.db.write().await?;
        let needed = Permission::AlbumAssetDelete;
        let mut album = access::album(&mut tx, caller, id, AlbumRole::Editor, needed).await?;
        let mut placed = Vec::with_capacity(assets.len());
        let mut entries = Vec::new();
        for asset in assets {
            if albums::remove_asset(&mut tx, id, *asset).await? {
                entries.push(Entry::delete(ChangeKind::AlbumAsset, *asset).within(id));
                placed.push(Placed::Done);
            } else {
                placed.push(Placed::NotThere);
            }
        }
        album.thumbnail_asset_id = album
            .thumbnail_asset_id
            .filter(|cover| !assets.contains(cover));
        if !entries.is_empty() {
            self.save_album(tx, album, entries).await?;
        }
        Ok(placed)
    }

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
        feeds.add(user, Entry::delete(ChangeKind::Album, id));
        for asset in albums::list_assets(&mut tx, id).await? {
            feeds.add(
                user,
                Entry::delete(ChangeKind::AlbumAsset, asset).within(id),
            );
        }
        let entry = Entry::delete(ChangeKind::AlbumUser, user).within(id);
        self.save_album_with(tx, album, vec![entry], feeds).await?;
        Ok(())
    }

    /// Deletes the album; its assets stay where they are.
    pub async fn delete_album(&self, caller: &Caller, id: AlbumId) -> Result<()> {
        require(caller, Permission::AlbumDelete)?;
        let mut tx = self.db.write().await?;
        let needed = Permission::AlbumDelete;
        access::album(&mut tx, caller, id, AlbumRole::Owner, needed).await?;
        let mut feeds = Feeds::default();
        let mut gone = vec![Entry::delete(ChangeKind::Album, id)];
        for asset in albums::list_assets(&mut tx, id).await? {
            gone.push(Entry::delete(ChangeKind::AlbumAsset, asset).within(id));
        }
        tell_members(&mut tx, &mut feeds, id, gone).await?;
        albums::delete(&mut tx, id).await?;
        feeds.record(&mut tx, self.now()).await?;
        Ok(tx.commit().await?)
    }

    async fn save_album(&self, tx: Tx, album: Album, entries: Vec<Entry>) -> Result<AlbumDetails> {
        self.save_album_with(tx, album, entries, Feeds::default())
            .await
    }

    async fn save_album_with(
        &self,
        mut tx: Tx,
        mut album: Album,
        mut entries: Vec<Entry>,
        mut feeds: Feeds,
    ) -> Result<AlbumDetails> {
        album.updated_at = self.now();
        albums::update(&mut tx, &album).await?;
        entries.push(Entry::upsert(ChangeKind::Album, album.id));
        tell_members(&mut tx, &mut feeds, album.id, entries).await?;
        let saved = details(&mut tx, album).await?;
        feeds.record(&mut tx, self.now()).await?;
        tx.commit().await?;
        Ok(saved)
    }

    /// Writes a person's part.
    async fn join(
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
        feeds.add(
            part.user_id,
            Entry::upsert(ChangeKind::Album, part.album_id),
        );
        let entry = Entry::upsert(ChangeKind::AlbumUser, part.user_id).within(part.album_id);
        tell_members(tx, feeds, part.album_id, vec![entry]).await
    }

    async fn fill(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        album: AlbumId,
        ids: &[AssetId],
    ) -> Result<Vec<Placed>> {
        let own = heirloom_store::assets::list(tx, caller.scope(), ids).await?;
        let own: std::collections::HashMap<_, _> =
            own.iter().map(|asset| (asset.id, asset)).collect();
        let mut placed = Vec::with_capacity(ids.len());
        for id in ids {
            let owner = match own.get(id) {
                Some(asset) if asset.visibility.is_shareable() => Some(asset.owner_id),
                Some(_) => None,
                None => access::asset(tx, caller, *id, Permission::AssetShare)
                    .await
                    .ok()
                    .map(|asset| asset.owner_id),
            };
            placed.push(match owner {
                None => Placed::NotAllowed,
                Some(owner) => {
                    if albums::add_asset(tx, album, owner, *id, self.now()).await? {
                        Placed::Done
                    } else {
                        Placed::Already
                    }
                }
            });
        }
        Ok(placed)
    }
}

fn filled(album: AlbumId, assets: &[AssetId], placed: &[Placed]) -> Vec<Entry> {
    assets
        .iter()
        .zip(placed)
        .filter(|(_, placed)| **placed == Placed::Done)
        .map(|(asset, _)| Entry::upsert(ChangeKind::AlbumAsset, *asset).within(album))
        .collect()
}

/// Writes entries into the feed of everybody who takes part now.
async fn tell_members(
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
async fn send_whole(
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

fn check_description(text: &str) -> Result<()> {
    if text.len() > DESCRIPTION_LENGTH_MAX {
        return Err(Error::invalid(
            "description",
            "Too big: expected a description of at most 65536 bytes",
        ));
    }
    Ok(())
}

pub(crate) async fn details(tx: &mut Tx, album: Album) -> Result<AlbumDetails> {
    let mut people = Vec::new();
    for part in albums::list_users(tx, album.id).await? {
        if let Some(user) = users::get(tx, part.user_id).await? {
            people.push((part, user));
        }
    }
    let summary = albums::summary(tx, album.id).await?;
    let has_shared_link = albums::has_shared_link(tx, album.id).await?;
    Ok(AlbumDetails {
        album,
        users: people,
        summary,
        has_shared_link,
    })
}
