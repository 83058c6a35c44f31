//! Giving one asset what a person did with another: its albums, its stack, its links, its heart, what was said of it.

use chrono::FixedOffset;
use heirloom_media::{facts::Facts, xmp::Edits};
use heirloom_store::{albums, assets::Asset, blobs::BlobPath, exif, shared_links, stacks};
use heirloom_types::{caller::Caller, ids::AssetId, permission::Permission};

use crate::{
    Error, Library, Result,
    access::{self, require},
    assets::{AssetChange, edits_of},
};

/// What is copied.
#[derive(Clone, Copy, Debug)]
pub struct Copied {
    pub albums: bool,
    pub favorite: bool,
    pub shared_links: bool,
    /// What its sidecar says in place of its file.
    pub sidecar: bool,
    pub stack: bool,
}

impl Library {
    /// Copies from one of the caller's assets to another. Whatever is there already stays.
    pub async fn copy_asset(
        &self,
        caller: &Caller,
        source: AssetId,
        target: AssetId,
        what: Copied,
    ) -> Result<()> {
        require(caller, Permission::AssetCopy)?;
        if source == target {
            return Err(Error::Conflict("Source and target must be distinct".into()));
        }
        let mut tx = self.db.read().await?;
        access::asset(&mut tx, caller, target, Permission::AssetCopy).await?;
        let from = access::asset(&mut tx, caller, source, Permission::AssetCopy).await?;
        let in_albums = albums::list_with_asset(&mut tx, caller.user, source).await?;
        let mut in_links = Vec::new();
        for link in shared_links::list(&mut tx, caller.user).await? {
            let chosen = shared_links::list_assets(&mut tx, link.id).await?;
            if chosen.iter().any(|asset| asset.id == source) {
                in_links.push(link.id);
            }
        }
        let stack = match from.stack_id {
            Some(id) => stacks::get(&mut tx, caller.user, id).await?,
            None => None,
        };
        let edits = edits_of(exif::get(&mut tx, caller.user, source).await?.as_ref())?;
        drop(tx);
        if what.sidecar {
            let said = self.said_of(&from, edits).await?;
            if said.is_edit() {
                self.update_assets(caller, &[target], &said).await?;
            }
        }
        if what.favorite && from.is_favorite {
            let change = AssetChange {
                is_favorite: Some(true),
                ..AssetChange::default()
            };
            self.update_assets(caller, &[target], &change).await?;
        }
        for album in in_albums.into_iter().filter(|_| what.albums) {
            match self.add_to_album(caller, album.id, &[target]).await {
                // A viewer adds nothing.
                Ok(_) | Err(Error::NotFound { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        for link in in_links.into_iter().filter(|_| what.shared_links) {
            self.change_link_assets(caller, link, &[target], true)
                .await?;
        }
        if let Some(stack) = stack.filter(|_| what.stack) {
            self.create_stack(caller, &[stack.primary_asset_id, target])
                .await?;
        }
        Ok(())
    }

    /// What a sidecar says and what its owner has said since, as words about another picture.
    async fn said_of(&self, asset: &Asset, said: Edits) -> Result<AssetChange> {
        let written = match &asset.sidecar_path {
            Some(path) => {
                let path = BlobPath::parse(path).map_err(anyhow::Error::from)?;
                let file = self.blobs.open_file(&path).await?;
                self.decoder.sidecar_facts(file).await.unwrap_or_default()
            }
            None => Facts::default(),
        };
        let position = said.position.or(written.position);
        let captured = said.captured.or(written.captured);
        Ok(AssetChange {
            description: said.description.or(written.description),
            rating: said.rating.or(written.rating),
            position: position.map(|place| (place.latitude, place.longitude)),
            captured: captured.map(|time| {
                let offset = time.offset_seconds.and_then(FixedOffset::east_opt);
                (time.local, offset)
            }),
            ..AssetChange::default()
        })
    }
}
