//! Albums: made, listed, filled. Who takes part is in [`members`], what they come to in [`summaries`].

pub(crate) mod members;
pub(crate) mod summaries;

use std::collections::{HashMap, HashSet};

pub use heirloom_store::albums::{Album, AlbumRole, AlbumSummary, AlbumUser, AssetOrder};
use heirloom_store::{
    Tx, albums,
    changes::{ChangeKind, Entry, Feeds},
    shared_links,
    users::{self, User},
};
use heirloom_types::{
    caller::Caller,
    ids::{AlbumId, AssetId, SharedLinkId, UserId},
    permission::Permission,
};
use uuid::Uuid;

use self::members::{send_whole, tell_members};
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
    /// The albums the caller has a part in; with `asset`, only those that show it; `needed` to read or to count them.
    pub async fn albums(
        &self,
        caller: &Caller,
        asset: Option<AssetId>,
        needed: Permission,
    ) -> Result<Vec<AlbumDetails>> {
        require(caller, needed)?;
        let mut tx = self.db.snapshot().await?;
        let found = match asset {
            Some(asset) => albums::list_with_asset(&mut tx, caller.user, asset).await?,
            None => albums::list_of_user(&mut tx, caller.user).await?,
        };
        let ids: Vec<Uuid> = found.iter().map(|album| album.id.0).collect();
        let known = self.summaries.of(&mut tx, caller.user, &ids).await?;
        details_of(&mut tx, found, known.figures()).await
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
        self.add_checked(tx, caller, album, assets).await
    }

    /// Puts in what came through a link that lets visitors add to its album.
    pub(crate) async fn add_visited(
        &self,
        caller: &Caller,
        link: SharedLinkId,
        asset: AssetId,
    ) -> Result<()> {
        let mut tx = self.db.write().await?;
        let link = shared_links::get(&mut tx, caller.user, link).await?;
        let id = link.filter(|link| link.allow_upload);
        let id = id.and_then(|link| link.album_id);
        let Some(id) = id else {
            return Err(Error::Forbidden("Forbidden".into()));
        };
        let needed = Permission::AlbumRead;
        let album = access::album(&mut tx, caller, id, AlbumRole::Viewer, needed).await?;
        self.add_checked(tx, caller, album, &[asset]).await?;
        Ok(())
    }

    async fn add_checked(
        &self,
        mut tx: Tx,
        caller: &Caller,
        album: Album,
        assets: &[AssetId],
    ) -> Result<Vec<Placed>> {
        let placed = self.fill(&mut tx, caller, album.id, assets).await?;
        let entries = filled(album.id, assets, &placed);
        if !entries.is_empty() {
            let mut feeds = Feeds::default();
            self.notify_grown(&mut tx, &mut feeds, caller, &album, entries.len())
                .await?;
            for link in shared_links::list_bare(&mut tx, Some(album.id)).await? {
                self.want_bare_videos(&mut tx, link).await?;
            }
            self.save_album_with(tx, album, entries, feeds).await?;
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

    async fn fill(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        album: AlbumId,
        ids: &[AssetId],
    ) -> Result<Vec<Placed>> {
        let own = heirloom_store::assets::list(tx, caller.scope(), ids).await?;
        let own: HashMap<_, _> = own.iter().map(|asset| (asset.id, asset)).collect();
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
    let summaries = albums::summaries(tx, &[album.id.0]).await?.collect();
    details_of(tx, vec![album], &summaries)
        .await?
        .pop()
        .ok_or_else(|| Error::Internal(anyhow::anyhow!("an album has details")))
}

/// These albums, in their order, with who is in them; a handful of statements for any number.
async fn details_of(
    tx: &mut Tx,
    found: Vec<Album>,
    summaries: &HashMap<AlbumId, AlbumSummary>,
) -> Result<Vec<AlbumDetails>> {
    let ids: Vec<Uuid> = found.iter().map(|album| album.id.0).collect();
    let parts = albums::list_users_of(tx, &ids).await?;
    let linked: HashSet<AlbumId> = albums::list_linked(tx, &ids).await?.into_iter().collect();
    let people: HashSet<Uuid> = parts.iter().map(|part| part.user_id.0).collect();
    let people: Vec<Uuid> = people.into_iter().collect();
    let people: HashMap<UserId, User> = users::list_of(tx, &people)
        .await?
        .into_iter()
        .map(|user| (user.id, user))
        .collect();
    let mut members: HashMap<AlbumId, Vec<(AlbumUser, User)>> = HashMap::new();
    for part in parts {
        if let Some(user) = people.get(&part.user_id) {
            let of_album = members.entry(part.album_id).or_default();
            of_album.push((part, user.clone()));
        }
    }
    let with_details = |album: Album| AlbumDetails {
        users: members.remove(&album.id).unwrap_or_default(),
        summary: summaries.get(&album.id).copied().unwrap_or_default(),
        has_shared_link: linked.contains(&album.id),
        album,
    };
    Ok(found.into_iter().map(with_details).collect())
}
