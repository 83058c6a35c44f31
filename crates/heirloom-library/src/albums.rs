//! Albums: made, listed, filled.

pub use heirloom_store::albums::{Album, AlbumRole, AlbumSummary, AlbumUser, AssetOrder};
use heirloom_store::{
    Tx, albums,
    changes::{self, ChangeKind, Entry},
    users::{self, User},
};
use heirloom_types::{
    caller::Caller,
    ids::{AlbumId, AssetId},
    permission::Permission,
};

use crate::{
    Error, Library, Result,
    access::{self, require},
};

/// An album with the people in it and what it comes to.
#[derive(Debug)]
pub struct AlbumDetails {
    pub album: Album,
    pub users: Vec<(AlbumUser, User)>,
    pub summary: AlbumSummary,
}

/// What became of one asset that was to be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    New,
    Already,
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

    pub async fn create_album(
        &self,
        caller: &Caller,
        name: String,
        description: String,
        asset_ids: &[AssetId],
    ) -> Result<AlbumDetails> {
        require(caller, Permission::AlbumCreate)?;
        let now = self.now();
        let album = Album {
            id: self.new_id(AlbumId::new),
            name,
            description,
            thumbnail_asset_id: None,
            asset_order: AssetOrder::Descending,
            is_activity_enabled: true,
            created_at: now,
            updated_at: now,
        };
        let mut tx = self.db.write().await?;
        albums::insert(&mut tx, &album).await?;
        let owner = AlbumUser {
            album_id: album.id,
            user_id: caller.user,
            role: AlbumRole::Owner,
        };
        albums::upsert_user(&mut tx, owner).await?;
        let added = self.fill(&mut tx, caller, album.id, asset_ids).await?;
        if added.contains(&Added::NotAllowed) {
            return Err(Error::invalid(
                "assetIds",
                "Not found or no asset.share access",
            ));
        }
        let entries = [
            Entry::upsert(ChangeKind::Album, album.id),
            Entry::upsert(ChangeKind::AlbumUser, album.id),
        ];
        changes::record(&mut tx, caller.user, now, &entries).await?;
        changes::record(
            &mut tx,
            album.id,
            now,
            &[Entry::upsert(ChangeKind::Album, album.id)],
        )
        .await?;
        let made = details(&mut tx, album).await?;
        tx.commit().await?;
        Ok(made)
    }

    /// Adds assets; each answer stands for the asset at its place.
    pub async fn add_to_album(
        &self,
        caller: &Caller,
        id: AlbumId,
        asset_ids: &[AssetId],
    ) -> Result<Vec<Added>> {
        require(caller, Permission::AlbumAssetCreate)?;
        let mut tx = self.db.write().await?;
        let mut album = access::album(
            &mut tx,
            caller,
            id,
            AlbumRole::Editor,
            Permission::AlbumAssetCreate,
        )
        .await?;
        let added = self.fill(&mut tx, caller, id, asset_ids).await?;
        album.updated_at = self.now();
        albums::update(&mut tx, &album).await?;
        let entries: Vec<Entry> = asset_ids
            .iter()
            .zip(&added)
            .filter(|(_, added)| **added == Added::New)
            .map(|(asset, _)| Entry::upsert(ChangeKind::AlbumAsset, *asset))
            .chain([Entry::upsert(ChangeKind::Album, id)])
            .collect();
        changes::record(&mut tx, id, self.now(), &entries).await?;
        tx.commit().await?;
        Ok(added)
    }

    /// Deletes the album; its assets stay where they are.
    pub async fn delete_album(&self, caller: &Caller, id: AlbumId) -> Result<()> {
        require(caller, Permission::AlbumDelete)?;
        let mut tx = self.db.write().await?;
        access::album(
            &mut tx,
            caller,
            id,
            AlbumRole::Owner,
            Permission::AlbumDelete,
        )
        .await?;
        let members = albums::list_users(&mut tx, id).await?;
        albums::delete(&mut tx, id).await?;
        for member in members {
            let gone = [Entry::delete(ChangeKind::Album, id)];
            changes::record(&mut tx, member.user_id, self.now(), &gone).await?;
        }
        Ok(tx.commit().await?)
    }

    async fn fill(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        album: AlbumId,
        ids: &[AssetId],
    ) -> Result<Vec<Added>> {
        let found = heirloom_store::assets::list(tx, caller.scope(), ids).await?;
        let mut added = Vec::with_capacity(ids.len());
        for id in ids {
            added.push(match found.iter().find(|asset| asset.id == *id) {
                None => Added::NotAllowed,
                Some(asset) => {
                    if albums::add_asset(tx, album, asset.owner_id, *id, self.now()).await? {
                        Added::New
                    } else {
                        Added::Already
                    }
                }
            });
        }
        Ok(added)
    }
}

async fn details(tx: &mut Tx, album: Album) -> Result<AlbumDetails> {
    let mut people = Vec::new();
    for part in albums::list_users(tx, album.id).await? {
        if let Some(user) = users::get(tx, part.user_id).await? {
            people.push((part, user));
        }
    }
    let summary = albums::summary(tx, album.id).await?;
    Ok(AlbumDetails {
        album,
        users: people,
        summary,
    })
}
