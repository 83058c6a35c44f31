//! Deleting: into the trash and out of it, and for good.

use std::collections::HashSet;

use heirloom_store::{
    Tx,
    assets::{self, Asset, Rendition},
    blobs::BlobPath,
    changes::{ChangeKind, Entry, Feeds, moment},
    doomed_files, library_files, people, users,
};
use heirloom_types::{
    caller::{Caller, Scope},
    ids::{AssetId, UserId},
    permission::Permission,
};
use uuid::Uuid;

use crate::{
    Library, Result,
    access::{self, require},
    edits, feed,
    people::face_crop,
};

/// Assets that leave or come back in one transaction when that is asked of a whole trash.
const BATCH: i64 = 500;

impl Library {
    /// Moves assets to the trash, or with `for_good` removes them at once.
    pub async fn delete_assets(
        &self,
        caller: &Caller,
        ids: &[AssetId],
        for_good: bool,
    ) -> Result<()> {
        require(caller, Permission::AssetDelete)?;
        let for_good = for_good || !self.config().await?.trash.enabled;
        let mut tx = self.db.write().await?;
        let found = access::all_assets(&mut tx, caller, ids, Permission::AssetDelete).await?;
        if for_good {
            let mut feeds = Feeds::default();
            self.remove(&mut tx, &mut feeds, caller.user, found).await?;
            feeds.record(&mut tx, self.now()).await?;
        } else {
            self.set_deleted(&mut tx, caller.user, found, true).await?;
        }
        tx.commit().await?;
        self.wake.wake();
        Ok(())
    }

    /// Takes these assets out of the trash; gives how many were there.
    pub async fn restore_assets(&self, caller: &Caller, ids: &[AssetId]) -> Result<usize> {
        require(caller, Permission::AssetDelete)?;
        let mut tx = self.db.write().await?;
        let mut found = access::all_assets(&mut tx, caller, ids, Permission::AssetDelete).await?;
        // What is there because its file is away comes back with its file.
        found.retain(|asset| asset.is_trashed() && !asset.is_offline);
        let count = found.len();
        self.set_deleted(&mut tx, caller.user, found, false).await?;
        tx.commit().await?;
        Ok(count)
    }

    /// Takes everything out of the caller's trash that they see there; gives how many there were.
    pub async fn restore_trash(&self, caller: &Caller) -> Result<usize> {
        let ids = self.trashed(caller, i64::MAX).await?;
        let mut count = 0;
        for batch in ids.chunks(BATCH as usize) {
            count += self.restore_assets(caller, batch).await?;
        }
        Ok(count)
    }

    /// Removes everything in the caller's trash for good that they see there; gives how many there were.
    pub async fn empty_trash(&self, caller: &Caller) -> Result<usize> {
        let mut count = 0;
        loop {
            let ids = self.trashed(caller, BATCH).await?;
            if ids.is_empty() {
                return Ok(count);
            }
            self.delete_assets(caller, &ids, true).await?;
            count += ids.len();
        }
    }

    async fn trashed(&self, caller: &Caller, limit: i64) -> Result<Vec<AssetId>> {
        require(caller, Permission::AssetDelete)?;
        let mut tx = self.db.read().await?;
        let with_locked = caller.sees_locked();
        Ok(assets::list_trashed(&mut tx, caller.user, with_locked, limit).await?)
    }

    pub(crate) async fn set_deleted(
        &self,
        tx: &mut Tx,
        owner: UserId,
        found: Vec<Asset>,
        is_deleted: bool,
    ) -> Result<()> {
        let now = self.now();
        let moment = if is_deleted {
            moment::TRASHED
        } else {
            moment::RESTORED
        };
        let mut entries = Vec::with_capacity(found.len());
        for mut asset in found {
            asset.deleted_at = is_deleted.then_some(now);
            asset.updated_at = now;
            assets::update(tx, &asset).await?;
            entries.push(Entry::upsert(ChangeKind::Asset, asset.id).detail(moment));
            entries.extend(feed::of_moving_part(&asset));
        }
        feed::record(tx, owner, now, entries).await
    }

    /// Removes rows of one owner and dooms their files; the moving part of a live photo goes with its still.
    pub(crate) async fn remove(
        &self,
        tx: &mut Tx,
        feeds: &mut Feeds,
        owner: UserId,
        found: Vec<Asset>,
    ) -> Result<()> {
        let mut going: HashSet<AssetId> = found.iter().map(|asset| asset.id).collect();
        let mut all = found;
        for index in 0..all.len() {
            let Some(video) = all[index].live_video_id else {
                continue;
            };
            let stills = assets::list_stills_of(tx, owner, video).await?;
            // Another still may have the same moving part.
            if stills.iter().all(|still| going.contains(still)) && going.insert(video) {
                all.extend(assets::get(tx, Scope::of_owner(owner), video).await?);
            }
        }
        let ids: Vec<Uuid> = all.iter().map(|asset| asset.id.0).collect();
        feed::leave_albums(tx, feeds, owner, &ids).await?;
        self.leave_stacks(tx, feeds, owner, &all).await?;
        for asset in &all {
            self.remove_one(tx, asset).await?;
        }
        let gone = ids
            .into_iter()
            .map(|id| Entry::delete(ChangeKind::Asset, id))
            .chain([Entry::upsert(ChangeKind::User, owner)]);
        feed::gather(tx, feeds, owner, gone.collect()).await
    }

    async fn remove_one(&self, tx: &mut Tx, asset: &Asset) -> Result<()> {
        let mut paths = files_of(asset);
        paths.extend(edits::files_of(tx, asset).await?);
        for path in paths {
            doomed_files::insert(tx, &path, self.now()).await?;
        }
        let faces = people::list_faces_of_asset(tx, asset.owner_id, asset.id).await?;
        for face in &faces {
            let path = face_crop(asset.owner_id, face);
            doomed_files::insert(tx, path.as_str(), self.now()).await?;
        }
        if !faces.is_empty() {
            self.want_clustering(tx, asset.owner_id).await?;
        }
        if asset.library_id.is_some() {
            library_files::dismiss(tx, asset.owner_id, asset.id).await?;
        } else {
            users::add_usage(tx, asset.owner_id, -asset.size_bytes).await?;
        }
        Ok(assets::delete(tx, asset.owner_id, asset.id).await?)
    }
}

/// Every file of ours that an asset has, but for those of its edit. Files of external libraries are never touched.
fn files_of(asset: &Asset) -> Vec<String> {
    let renditions = [
        (Rendition::Thumbnail, "thumbnail", "webp"),
        (Rendition::Preview, "preview", "jpeg"),
        (Rendition::FullSize, "fullsize", "jpeg"),
        (Rendition::EncodedVideo, "video", "mp4"),
    ];
    renditions
        .into_iter()
        .filter(|(rendition, ..)| asset.has(*rendition))
        .map(|(_, kind, extension)| {
            BlobPath::rendition(asset.owner_id, asset.id, kind, extension)
                .as_str()
                .to_owned()
        })
        .chain(own_files_of(asset))
        .collect()
}

fn own_files_of(asset: &Asset) -> Vec<String> {
    if asset.library_id.is_some() {
        let apart = BlobPath::apart_sidecar(asset.owner_id, asset.id);
        return vec![apart.as_str().to_owned()];
    }
    let sidecar = asset.sidecar_path.iter();
    std::iter::once(&asset.original_path)
        .chain(sidecar)
        .cloned()
        .collect()
}
