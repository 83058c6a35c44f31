//! Files that are not there any more, and the assets that they were.

use heirloom_jobs::priority;
use heirloom_store::{
    Tx,
    assets::{self, Asset},
    changes::{ChangeKind, Entry, moment},
    libraries,
    library_files::{self, LibraryFile},
    stages::{self, Stage},
};
use heirloom_types::{
    caller::Scope,
    ids::{AssetId, UserId},
};

use super::{ExternalLibrary, arrivals::name_of};
use crate::{Library, Result, feed};

impl Library {
    /// Forgets files that are gone; an asset without a file goes to the trash until its file is back.
    pub(super) async fn lose(
        &self,
        library: &ExternalLibrary,
        files: Vec<LibraryFile>,
    ) -> Result<()> {
        if files.is_empty() {
            return Ok(());
        }
        let mut tx = self.db.write().await?;
        if libraries::get(&mut tx, library.id).await?.is_none() {
            return Ok(());
        }
        let mut entries = Vec::new();
        for file in files {
            library_files::delete(&mut tx, file.library_id, &file.path).await?;
            if let Some(asset) = file.asset_id {
                entries.extend(self.settle_place(&mut tx, file.owner_id, asset).await?);
            }
        }
        feed::record(&mut tx, library.owner_id, self.now(), entries).await?;
        Ok(tx.commit().await?)
    }

    /// Sees to it that an asset names a file that is there, or is offline.
    pub(super) async fn settle_place(
        &self,
        tx: &mut Tx,
        owner: UserId,
        id: AssetId,
    ) -> Result<Option<Entry>> {
        assets::lock(tx, owner, &[id]).await?;
        let Some(mut asset) = assets::get(tx, Scope::of_owner(owner), id).await? else {
            return Ok(None);
        };
        let files = library_files::list_of_asset(tx, owner, id).await?;
        if asset.is_offline || files.iter().any(|file| file.path == asset.original_path) {
            return Ok(None);
        }
        if let Some(file) = files.first() {
            self.move_to(tx, &mut asset, file).await?;
            return Ok(Some(Entry::upsert(ChangeKind::Asset, id)));
        }
        self.set_away(tx, asset).await.map(Some)
    }

    /// The asset shows under the name of another file with the same content.
    pub(super) async fn move_to(
        &self,
        tx: &mut Tx,
        asset: &mut Asset,
        file: &LibraryFile,
    ) -> Result<()> {
        asset.original_path.clone_from(&file.path);
        name_of(&file.path).clone_into(&mut asset.original_name);
        asset.file_modified_at = file.modified_at;
        let has_other_sidecar = asset.sidecar_path != file.sidecar_path;
        asset.sidecar_path.clone_from(&file.sidecar_path);
        asset.updated_at = self.now();
        assets::update(tx, asset).await?;
        assets::set_original(tx, asset).await?;
        if has_other_sidecar {
            self.want(tx, asset, &[Stage::Metadata], priority::BACKFILL)
                .await?;
        }
        Ok(())
    }

    async fn set_away(&self, tx: &mut Tx, mut asset: Asset) -> Result<Entry> {
        let now = self.now();
        asset.is_offline = true;
        asset.deleted_at = asset.deleted_at.or(Some(now));
        asset.updated_at = now;
        assets::update(tx, &asset).await?;
        library_files::set_offline(tx, asset.owner_id, asset.id, now).await?;
        stages::rest(tx, asset.owner_id, asset.id).await?;
        Ok(Entry::upsert(ChangeKind::Asset, asset.id).detail(moment::TRASHED))
    }
}
