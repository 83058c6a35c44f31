//! Keywords, in a hierarchy whose levels are joined by `/`.

pub use heirloom_store::tags::Tag;
use heirloom_store::{
    Tx,
    changes::{ChangeKind, Entry},
    tags,
};
use heirloom_types::{
    caller::Caller,
    ids::{AssetId, TagId},
    permission::Permission,
};

use crate::{
    Error, Library, Result,
    access::{self, require},
    albums::Placed,
    feed,
};

impl Library {
    pub async fn tags(&self, caller: &Caller) -> Result<Vec<Tag>> {
        require(caller, Permission::TagRead)?;
        Ok(tags::list(&mut self.db.read().await?, caller.user).await?)
    }

    pub async fn tag(&self, caller: &Caller, id: TagId) -> Result<Tag> {
        require(caller, Permission::TagRead)?;
        own(&mut self.db.read().await?, caller, id, Permission::TagRead).await
    }

    /// Makes a tag below another, or at the top.
    pub async fn create_tag(
        &self,
        caller: &Caller,
        name: &str,
        parent: Option<TagId>,
        color: Option<String>,
    ) -> Result<Tag> {
        require(caller, Permission::TagCreate)?;
        let mut tx = self.db.write().await?;
        let value = match parent {
            Some(parent) => {
                let parent = own(&mut tx, caller, parent, Permission::TagRead).await?;
                format!("{}/{name}", parent.value)
            }
            None => name.to_owned(),
        };
        if tags::get_by_value(&mut tx, caller.user, &value)
            .await?
            .is_some()
        {
            return Err(Error::Conflict(
                "A tag with that name already exists".into(),
            ));
        }
        let mut tag = self.upsert_tag(&mut tx, caller, &value).await?;
        tag.color = color;
        tags::set_color(&mut tx, tag.id, tag.color.as_deref(), self.now()).await?;
        self.tell_of_tags(&mut tx, caller, [tag.id]).await?;
        tx.commit().await?;
        Ok(tag)
    }

    /// Makes those of these tags that do not exist, and gives all.
    pub async fn upsert_tags(&self, caller: &Caller, values: &[String]) -> Result<Vec<Tag>> {
        require(caller, Permission::TagCreate)?;
        let mut tx = self.db.write().await?;
        let mut all = Vec::with_capacity(values.len());
        for value in values {
            all.push(self.upsert_tag(&mut tx, caller, value).await?);
        }
        self.tell_of_tags(&mut tx, caller, all.iter().map(|tag| tag.id))
            .await?;
        tx.commit().await?;
        Ok(all)
    }

    /// Gives a tag another colour, or none; without one it stays as it is.
    pub async fn set_tag_color(
        &self,
        caller: &Caller,
        id: TagId,
        color: Option<Option<String>>,
    ) -> Result<Tag> {
        require(caller, Permission::TagUpdate)?;
        let mut tx = self.db.write().await?;
        let mut tag = own(&mut tx, caller, id, Permission::TagUpdate).await?;
        let Some(color) = color else {
            return Ok(tag);
        };
        tag.color = color;
        tag.updated_at = self.now();
        tags::set_color(&mut tx, id, tag.color.as_deref(), self.now()).await?;
        self.tell_of_tags(&mut tx, caller, [id]).await?;
        tx.commit().await?;
        Ok(tag)
    }

    /// Deletes a tag and those below it; assets lose the keyword.
    pub async fn delete_tag(&self, caller: &Caller, id: TagId) -> Result<()> {
        require(caller, Permission::TagDelete)?;
        let mut tx = self.db.write().await?;
        own(&mut tx, caller, id, Permission::TagDelete).await?;
        tags::delete(&mut tx, id).await?;
        let gone = vec![Entry::delete(ChangeKind::Tag, id)];
        feed::record(&mut tx, caller.user, self.now(), gone).await?;
        Ok(tx.commit().await?)
    }

    /// Puts a tag on assets; each answer stands for the asset at its place.
    pub async fn tag_assets(
        &self,
        caller: &Caller,
        id: TagId,
        assets: &[AssetId],
    ) -> Result<Vec<Placed>> {
        self.change_tagged(caller, id, assets, true).await
    }

    /// Takes a tag from assets; each answer stands for the asset at its place.
    pub async fn untag_assets(
        &self,
        caller: &Caller,
        id: TagId,
        assets: &[AssetId],
    ) -> Result<Vec<Placed>> {
        self.change_tagged(caller, id, assets, false).await
    }

    async fn change_tagged(
        &self,
        caller: &Caller,
        id: TagId,
        assets: &[AssetId],
        is_added: bool,
    ) -> Result<Vec<Placed>> {
        require(caller, Permission::TagAsset)?;
        let mut tx = self.db.write().await?;
        own(&mut tx, caller, id, Permission::TagAsset).await?;
        let mut placed = Vec::with_capacity(assets.len());
        let mut entries = Vec::new();
        for asset in assets {
            let is_own = access::asset(&mut tx, caller, *asset, Permission::AssetUpdate)
                .await
                .is_ok();
            let result = if !is_own {
                Placed::NotAllowed
            } else if is_added {
                let is_new = tags::add_to_asset(&mut tx, caller.user, *asset, id).await?;
                if is_new {
                    Placed::Done
                } else {
                    Placed::Already
                }
            } else {
                let was_there = tags::remove_from_asset(&mut tx, caller.user, *asset, id).await?;
                if was_there {
                    Placed::Done
                } else {
                    Placed::NotThere
                }
            };
            if result == Placed::Done {
                entries.push(Entry::upsert(ChangeKind::AssetTag, *asset).within(id));
            }
            placed.push(result);
        }
        feed::record(&mut tx, caller.user, self.now(), entries).await?;
        tx.commit().await?;
        Ok(placed)
    }

    async fn upsert_tag(&self, tx: &mut Tx, caller: &Caller, value: &str) -> Result<Tag> {
        let mut entries = Vec::new();
        let id = self
            .tag_of_path(tx, caller.user, value, &mut entries)
            .await?
            .ok_or_else(|| Error::invalid("name", "Too small: expected a name"))?;
        own(tx, caller, id, Permission::TagRead).await
    }

    async fn tell_of_tags(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        ids: impl IntoIterator<Item = TagId>,
    ) -> Result<()> {
        let entries = ids
            .into_iter()
            .map(|id| Entry::upsert(ChangeKind::Tag, id))
            .collect();
        feed::record(tx, caller.user, self.now(), entries).await
    }
}

async fn own(tx: &mut Tx, caller: &Caller, id: TagId, needed: Permission) -> Result<Tag> {
    tags::get(tx, caller.user, id)
        .await?
        .ok_or(Error::not_found("tag", id, needed))
}
