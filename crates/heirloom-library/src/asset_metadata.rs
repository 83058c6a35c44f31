//! Values that clients keep with an asset, by key.

pub use heirloom_store::asset_metadata::AssetMetadata;
use heirloom_store::{
    asset_metadata,
    changes::{ChangeKind, Entry},
};
use heirloom_types::{caller::Caller, ids::AssetId, permission::Permission};
use serde_json::Value;

use crate::{
    Error, Library, Result,
    access::{self, require},
    feed,
};

/// Longest key, in bytes.
const KEY_MAX: usize = 128;

impl Library {
    pub async fn asset_metadata(&self, caller: &Caller, id: AssetId) -> Result<Vec<AssetMetadata>> {
        require(caller, Permission::AssetRead)?;
        let mut tx = self.db.read().await?;
        let asset = access::asset(&mut tx, caller, id, Permission::AssetRead).await?;
        if asset.owner_id != caller.user {
            return Ok(Vec::new());
        }
        Ok(asset_metadata::list(&mut tx, asset.owner_id, id).await?)
    }

    /// Writes values of the caller's assets, all or none; gives them as they stand.
    pub async fn set_asset_metadata(
        &self,
        caller: &Caller,
        items: Vec<(AssetId, String, Value)>,
    ) -> Result<Vec<AssetMetadata>> {
        require(caller, Permission::AssetUpdate)?;
        let mut tx = self.db.write().await?;
        let mut entries = Vec::with_capacity(items.len());
        let mut written = Vec::with_capacity(items.len());
        let now = self.now();
        for (id, key, value) in items {
            if key.is_empty() || key.len() > KEY_MAX {
                return Err(Error::invalid(
                    "key",
                    "Invalid input: expected a key of 1 to 128 bytes",
                ));
            }
            let asset = access::asset(&mut tx, caller, id, Permission::AssetUpdate).await?;
            asset_metadata::upsert(&mut tx, asset.owner_id, id, &key, &value, now).await?;
            entries.push(Entry::upsert(ChangeKind::AssetMetadata, id).detail(key.as_str()));
            written.push(AssetMetadata {
                asset_id: id,
                key,
                value: value.into(),
                updated_at: now,
            });
        }
        feed::record(&mut tx, caller.user, now, entries).await?;
        tx.commit().await?;
        Ok(written)
    }

    /// Removes values of the caller's assets, all or none; what is not there is gone already.
    pub async fn delete_asset_metadata(
        &self,
        caller: &Caller,
        items: Vec<(AssetId, String)>,
    ) -> Result<()> {
        require(caller, Permission::AssetUpdate)?;
        let mut tx = self.db.write().await?;
        let mut entries = Vec::with_capacity(items.len());
        for (id, key) in items {
            let asset = access::asset(&mut tx, caller, id, Permission::AssetUpdate).await?;
            if asset_metadata::delete(&mut tx, asset.owner_id, id, &key).await? {
                entries.push(Entry::delete(ChangeKind::AssetMetadata, id).detail(key));
            }
        }
        feed::record(&mut tx, caller.user, self.now(), entries).await?;
        Ok(tx.commit().await?)
    }
}
