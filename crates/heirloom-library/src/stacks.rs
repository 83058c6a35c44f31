//! Stacks: pictures of one moment that show as one.

use std::collections::HashMap;

pub use heirloom_store::stacks::Stack;
use heirloom_store::{
    Tx,
    assets::{self, Asset},
    changes::{ChangeKind, Entry, Feeds},
    stacks,
};
use heirloom_types::{
    caller::{Caller, Scope},
    ids::{AssetId, StackId, UserId},
    permission::Permission,
};

use crate::{
    Error, Library, Result,
    access::{self, require},
    assets::AssetDetails,
    feed,
};

/// A stack with its assets, the one that shows first.
#[derive(Debug)]
pub struct StackDetails {
    pub stack: Stack,
    pub assets: Vec<AssetDetails>,
}

impl Library {
    /// The caller's stacks; with `primary`, the one that shows as that asset.
    pub async fn stacks(
        &self,
        caller: &Caller,
        primary: Option<AssetId>,
    ) -> Result<Vec<StackDetails>> {
        require(caller, Permission::StackRead)?;
        let mut tx = self.db.read().await?;
        let mut found = stacks::list(&mut tx, caller.user).await?;
        found.retain(|stack| primary.is_none_or(|primary| stack.primary_asset_id == primary));
        details_of(&mut tx, caller.user, found).await
    }

    pub async fn stack(&self, caller: &Caller, id: StackId) -> Result<StackDetails> {
        require(caller, Permission::StackRead)?;
        let mut tx = self.db.read().await?;
        let stack = own(&mut tx, caller, id, Permission::StackRead).await?;
        details(&mut tx, stack).await
    }

    /// Puts assets together; the first of `ids` shows. Stacks that one of them belonged to become part of this one.
    pub async fn create_stack(&self, caller: &Caller, ids: &[AssetId]) -> Result<StackDetails> {
        require(caller, Permission::StackCreate)?;
        let mut distinct: Vec<AssetId> = Vec::with_capacity(ids.len());
        for id in ids {
            if !distinct.contains(id) {
                distinct.push(*id);
            }
        }
        let [primary, _, ..] = distinct[..] else {
            return Err(Error::invalid(
                "assetIds",
                "Too small: expected array to have >=2 items",
            ));
        };
        let mut tx = self.db.write().await?;
        let found = access::all_assets(&mut tx, caller, &distinct, Permission::AssetUpdate).await?;
        let mut entries = Vec::new();
        let mut members: Vec<AssetId> = distinct;
        for old in found.iter().filter_map(|asset| asset.stack_id) {
            if stacks::get(&mut tx, caller.user, old).await?.is_none() {
                continue;
            }
            for id in stacks::list_assets(&mut tx, caller.user, old).await? {
                if !members.contains(&id) {
                    members.push(id);
                }
            }
            stacks::delete(&mut tx, old).await?;
            entries.push(Entry::delete(ChangeKind::Stack, old));
        }
        let now = self.now();
        let stack = Stack {
            id: self.new_id(StackId::new),
            owner_id: caller.user,
            primary_asset_id: primary,
            created_at: now,
            updated_at: now,
        };
        stacks::upsert(&mut tx, &stack).await?;
        entries.push(Entry::upsert(ChangeKind::Stack, stack.id));
        for id in members {
            let place = Some((stack.id, id != primary));
            entries.extend(self.place(&mut tx, caller.user, id, place).await?);
        }
        feed::record(&mut tx, caller.user, now, entries).await?;
        let made = details(&mut tx, stack).await?;
        tx.commit().await?;
        Ok(made)
    }

    /// Says which asset shows.
    pub async fn set_stack_primary(
        &self,
        caller: &Caller,
        id: StackId,
        primary: Option<AssetId>,
    ) -> Result<StackDetails> {
        require(caller, Permission::StackUpdate)?;
        let mut tx = self.db.write().await?;
        let mut stack = own(&mut tx, caller, id, Permission::StackUpdate).await?;
        let mut entries = vec![Entry::upsert(ChangeKind::Stack, id)];
        if let Some(primary) = primary {
            if !stacks::list_assets(&mut tx, caller.user, id)
                .await?
                .contains(&primary)
            {
                return Err(Error::Conflict("Primary asset must be in the stack".into()));
            }
            for (asset, is_collapsed) in [(stack.primary_asset_id, true), (primary, false)] {
                let place = Some((id, is_collapsed));
                entries.extend(self.place(&mut tx, caller.user, asset, place).await?);
            }
            stack.primary_asset_id = primary;
        }
        stack.updated_at = self.now();
        stacks::upsert(&mut tx, &stack).await?;
        feed::record(&mut tx, caller.user, self.now(), entries).await?;
        let changed = details(&mut tx, stack).await?;
        tx.commit().await?;
        Ok(changed)
    }

    /// Takes stacks apart; their assets stay.
    pub async fn delete_stacks(&self, caller: &Caller, ids: &[StackId]) -> Result<()> {
        require(caller, Permission::StackDelete)?;
        let mut tx = self.db.write().await?;
        let mut entries = Vec::new();
        for id in ids {
            let stack = own(&mut tx, caller, *id, Permission::StackDelete).await?;
            entries.extend(self.take_apart(&mut tx, &stack).await?);
        }
        feed::record(&mut tx, caller.user, self.now(), entries).await?;
        Ok(tx.commit().await?)
    }

    /// Takes one asset out of a stack; a stack of one is none.
    pub async fn remove_from_stack(
        &self,
        caller: &Caller,
        id: StackId,
        asset: AssetId,
    ) -> Result<()> {
        require(caller, Permission::StackUpdate)?;
        let mut tx = self.db.write().await?;
        let mut stack = own(&mut tx, caller, id, Permission::StackUpdate).await?;
        let members = stacks::list_assets(&mut tx, caller.user, id).await?;
        if !members.contains(&asset) {
            return Err(Error::not_found("asset", asset, Permission::StackUpdate));
        }
        if stack.primary_asset_id == asset {
            return Err(Error::Conflict(
                "Cannot remove primary asset from stack".into(),
            ));
        }
        let entries = if members.len() <= 2 {
            self.take_apart(&mut tx, &stack).await?
        } else {
            stack.updated_at = self.now();
            stacks::upsert(&mut tx, &stack).await?;
            let mut entries = vec![Entry::upsert(ChangeKind::Stack, id)];
            entries.extend(self.place(&mut tx, caller.user, asset, None).await?);
            entries
        };
        feed::record(&mut tx, caller.user, self.now(), entries).await?;
        Ok(tx.commit().await?)
    }

    /// What becomes of stacks when these assets go for good: another asset shows, or the stack ends.
    pub(crate) async fn leave_stacks(
        &self,
        tx: &mut Tx,
        feeds: &mut Feeds,
        owner: UserId,
        leaving: &[Asset],
    ) -> Result<()> {
        let mut ids: Vec<StackId> = leaving.iter().filter_map(|asset| asset.stack_id).collect();
        ids.sort_unstable();
        ids.dedup();
        for id in ids {
            let Some(mut stack) = stacks::get(tx, owner, id).await? else {
                continue;
            };
            let mut stay = stacks::list_assets(tx, owner, id).await?;
            stay.retain(|id| !leaving.iter().any(|asset| asset.id == *id));
            let entries = match stay[..] {
                [first, _, ..] if !stay.contains(&stack.primary_asset_id) => {
                    stack.primary_asset_id = first;
                    stack.updated_at = self.now();
                    stacks::upsert(tx, &stack).await?;
                    let mut entries = vec![Entry::upsert(ChangeKind::Stack, id)];
                    entries.extend(self.place(tx, owner, first, Some((id, false))).await?);
                    entries
                }
                [_, _, ..] => Vec::new(),
                _ => self.take_apart(tx, &stack).await?,
            };
            feed::gather(tx, feeds, owner, entries).await?;
        }
        Ok(())
    }

    async fn take_apart(&self, tx: &mut Tx, stack: &Stack) -> Result<Vec<Entry>> {
        let mut entries = vec![Entry::delete(ChangeKind::Stack, stack.id)];
        for id in stacks::list_assets(tx, stack.owner_id, stack.id).await? {
            entries.extend(self.place(tx, stack.owner_id, id, None).await?);
        }
        stacks::delete(tx, stack.id).await?;
        Ok(entries)
    }

    /// Writes an asset's place: the stack, and whether another asset shows for it.
    async fn place(
        &self,
        tx: &mut Tx,
        owner: UserId,
        id: AssetId,
        place: Option<(StackId, bool)>,
    ) -> Result<Option<Entry>> {
        let Some(mut asset) = assets::get(tx, Scope::of_owner(owner), id).await? else {
            return Ok(None);
        };
        asset.stack_id = place.map(|(stack, _)| stack);
        asset.is_collapsed = place.is_some_and(|(_, is_collapsed)| is_collapsed);
        asset.updated_at = self.now();
        assets::update(tx, &asset).await?;
        Ok(Some(Entry::upsert(ChangeKind::Asset, id)))
    }
}

async fn own(tx: &mut Tx, caller: &Caller, id: StackId, needed: Permission) -> Result<Stack> {
    stacks::get(tx, caller.user, id)
        .await?
        .ok_or(Error::not_found("stack", id, needed))
}

async fn details(tx: &mut Tx, stack: Stack) -> Result<StackDetails> {
    details_of(tx, stack.owner_id, vec![stack])
        .await?
        .pop()
        .ok_or_else(|| Error::Internal(anyhow::anyhow!("a stack has details")))
}

/// Stacks of one owner with their assets; a handful of statements for all.
async fn details_of(tx: &mut Tx, owner: UserId, stacks: Vec<Stack>) -> Result<Vec<StackDetails>> {
    let ids: Vec<StackId> = stacks.iter().map(|stack| stack.id).collect();
    let mut members = assets::list_in_stacks(tx, owner, &ids).await?;
    members.sort_by_key(|asset| (asset.is_collapsed, asset.id));
    let mut by_stack: HashMap<Option<StackId>, Vec<AssetDetails>> = HashMap::new();
    for member in crate::assets::details_of(tx, Some(owner), members).await? {
        let stack = member.asset.stack_id;
        by_stack.entry(stack).or_default().push(member);
    }
    let details = stacks.into_iter().map(|stack| StackDetails {
        assets: by_stack.remove(&Some(stack.id)).unwrap_or_default(),
        stack,
    });
    Ok(details.collect())
}
