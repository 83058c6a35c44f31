//! Memories: what was taken on this day in other years, made anew every day.

use chrono::{Datelike, NaiveDate, TimeDelta, Utc};
pub use heirloom_store::memories::Memory;
use heirloom_store::{
    Tx,
    changes::{ChangeKind, Entry},
    memories, timeline, users,
};
use heirloom_types::{
    caller::Caller,
    ids::{AssetId, MemoryId, UserId},
    permission::Permission,
    time::Timestamp,
};
use serde_json::json;

use crate::{
    Error, Library, Result,
    access::{self, require},
    albums::Placed,
    assets::AssetDetails,
    feed,
    search::details_in_order,
};

/// The only kind there is.
pub const ON_THIS_DAY: &str = "on_this_day";
/// Pictures of one memory, at most.
const ASSETS_MAX: i64 = 50;
/// Days made ahead: it is tomorrow already somewhere.
const AHEAD: i64 = 2;
/// Days that what nobody saved is kept after its own.
const KEPT_DAYS: i64 = 7;
const BATCH: i64 = 500;

/// A memory with its pictures.
#[derive(Debug)]
pub struct MemoryDetails {
    pub memory: Memory,
    pub assets: Vec<AssetDetails>,
}

/// A memory made by hand.
#[derive(Debug)]
pub struct NewMemory {
    pub year: i32,
    pub memory_at: Timestamp,
    pub is_saved: bool,
    pub seen_at: Option<Timestamp>,
    pub show_at: Option<Timestamp>,
    pub hide_at: Option<Timestamp>,
    pub assets: Vec<AssetId>,
}

/// What a person changes; what is absent stays.
#[derive(Clone, Copy, Debug, Default)]
pub struct MemoryChange {
    pub is_saved: Option<bool>,
    pub memory_at: Option<Timestamp>,
    pub seen_at: Option<Timestamp>,
}

impl Library {
    /// The caller's memories that have pictures; with `day`, those that show on it; `needed` to read or to count them.
    pub async fn memories(
        &self,
        caller: &Caller,
        day: Option<NaiveDate>,
        is_saved: Option<bool>,
        needed: Permission,
    ) -> Result<Vec<MemoryDetails>> {
        require(caller, needed)?;
        let mut tx = self.db.read().await?;
        let noon = day
            .and_then(|day| day.and_hms_opt(12, 0, 0))
            .map(|time| time.and_utc());
        let mut all = Vec::new();
        for memory in memories::list(&mut tx, caller.user, noon).await? {
            if is_saved.is_none_or(|wanted| memory.is_saved == wanted) {
                let details = details(&mut tx, caller, memory).await?;
                if !details.assets.is_empty() {
                    all.push(details);
                }
            }
        }
        Ok(all)
    }

    pub async fn memory(&self, caller: &Caller, id: MemoryId) -> Result<MemoryDetails> {
        require(caller, Permission::MemoryRead)?;
        let mut tx = self.db.read().await?;
        let memory = own(&mut tx, caller, id, Permission::MemoryRead).await?;
        details(&mut tx, caller, memory).await
    }

    pub async fn create_memory(&self, caller: &Caller, new: NewMemory) -> Result<MemoryDetails> {
        require(caller, Permission::MemoryCreate)?;
        let now = self.now();
        let memory = Memory {
            id: self.new_id(MemoryId::new),
            owner_id: caller.user,
            kind: ON_THIS_DAY.into(),
            data: json!({ "year": new.year }).into(),
            memory_at: new.memory_at,
            is_saved: new.is_saved,
            seen_at: new.seen_at,
            show_at: new.show_at,
            hide_at: new.hide_at,
            created_at: now,
            updated_at: now,
        };
        let mut tx = self.db.write().await?;
        for id in &new.assets {
            access::asset(&mut tx, caller, *id, Permission::AssetUpdate).await?;
        }
        let entries = insert(&mut tx, &memory, &new.assets).await?;
        feed::record(&mut tx, caller.user, now, entries).await?;
        let made = details(&mut tx, caller, memory).await?;
        tx.commit().await?;
        Ok(made)
    }

    pub async fn update_memory(
        &self,
        caller: &Caller,
        id: MemoryId,
        change: MemoryChange,
    ) -> Result<MemoryDetails> {
        require(caller, Permission::MemoryUpdate)?;
        let mut tx = self.db.write().await?;
        let mut memory = own(&mut tx, caller, id, Permission::MemoryUpdate).await?;
        memory.is_saved = change.is_saved.unwrap_or(memory.is_saved);
        memory.memory_at = change.memory_at.unwrap_or(memory.memory_at);
        memory.seen_at = change.seen_at.or(memory.seen_at);
        memory.updated_at = self.now();
        memories::upsert(&mut tx, &memory).await?;
        let entries = vec![Entry::upsert(ChangeKind::Memory, id)];
        feed::record(&mut tx, caller.user, self.now(), entries).await?;
        let changed = details(&mut tx, caller, memory).await?;
        tx.commit().await?;
        Ok(changed)
    }

    pub async fn delete_memory(&self, caller: &Caller, id: MemoryId) -> Result<()> {
        require(caller, Permission::MemoryDelete)?;
        let mut tx = self.db.write().await?;
        own(&mut tx, caller, id, Permission::MemoryDelete).await?;
        memories::delete(&mut tx, id).await?;
        let entries = vec![Entry::delete(ChangeKind::Memory, id)];
        feed::record(&mut tx, caller.user, self.now(), entries).await?;
        Ok(tx.commit().await?)
    }

    /// Adds pictures, or takes them out; each answer stands for the asset at its place.
    pub async fn change_memory_assets(
        &self,
        caller: &Caller,
        id: MemoryId,
        assets: &[AssetId],
        is_added: bool,
    ) -> Result<Vec<Placed>> {
        let needed = if is_added {
            Permission::MemoryAssetCreate
        } else {
            Permission::MemoryAssetDelete
        };
        require(caller, needed)?;
        let mut tx = self.db.write().await?;
        own(&mut tx, caller, id, needed).await?;
        let mut entries = Vec::new();
        let mut placed = Vec::with_capacity(assets.len());
        for asset in assets {
            let is_own = access::asset(&mut tx, caller, *asset, Permission::AssetUpdate)
                .await
                .is_ok();
            let (result, entry) = if !is_own {
                (Placed::NotAllowed, None)
            } else if is_added {
                let is_new = memories::add_asset(&mut tx, id, caller.user, *asset).await?;
                let entry = Entry::upsert(ChangeKind::MemoryAsset, *asset);
                if is_new {
                    (Placed::Done, Some(entry))
                } else {
                    (Placed::Already, None)
                }
            } else {
                let was_there = memories::remove_asset(&mut tx, id, *asset).await?;
                let entry = Entry::delete(ChangeKind::MemoryAsset, *asset);
                if was_there {
                    (Placed::Done, Some(entry))
                } else {
                    (Placed::NotThere, None)
                }
            };
            entries.extend(entry.map(|entry| entry.within(id)));
            placed.push(result);
        }
        feed::record(&mut tx, caller.user, self.now(), entries).await?;
        tx.commit().await?;
        Ok(placed)
    }

    /// Makes the memories of today and the days after it, and forgets those that are over and that nobody saved.
    pub async fn refresh_memories(&self) -> Result<()> {
        let everybody = users::list(&mut self.db.read().await?).await?;
        for user in everybody {
            for ahead in 0..=AHEAD {
                let day = (self.now() + TimeDelta::days(ahead)).date_naive();
                self.make_memories(user.id, day).await?;
            }
        }
        let over = self.now() - TimeDelta::days(KEPT_DAYS);
        let mut tx = self.db.write().await?;
        for memory in memories::list_over(&mut tx, over, BATCH).await? {
            memories::delete(&mut tx, memory.id).await?;
            let gone = vec![Entry::delete(ChangeKind::Memory, memory.id)];
            feed::record(&mut tx, memory.owner_id, self.now(), gone).await?;
        }
        Ok(tx.commit().await?)
    }

    /// One memory for every past year in which something was taken on that day.
    async fn make_memories(&self, owner: UserId, day: NaiveDate) -> Result<()> {
        let months = timeline::list_known_months(&mut self.db.read().await?, owner).await?;
        let years = months
            .into_iter()
            .filter(|month| month.rem_euclid(12) == day.month0() as i32)
            .map(|month| month.div_euclid(12))
            .filter(|year| *year < day.year());
        let (Some(show_at), Some(hide_at)) = (midnight(day), midnight(day + TimeDelta::days(1)))
        else {
            return Ok(());
        };
        for year in years {
            // The 29th of February comes every four years.
            let Some(from) = day.with_year(year).and_then(midnight) else {
                continue;
            };
            let mut tx = self.db.write().await?;
            if memories::exists_for(&mut tx, owner, from, show_at).await? {
                continue;
            }
            let until = from + TimeDelta::days(1);
            let assets = memories::list_taken(&mut tx, owner, from, until, ASSETS_MAX).await?;
            if assets.is_empty() {
                continue;
            }
            let now = self.now();
            let memory = Memory {
                id: self.new_id(MemoryId::new),
                owner_id: owner,
                kind: ON_THIS_DAY.into(),
                data: json!({ "year": year }).into(),
                memory_at: from,
                is_saved: false,
                seen_at: None,
                show_at: Some(show_at),
                hide_at: Some(hide_at - TimeDelta::milliseconds(1)),
                created_at: now,
                updated_at: now,
            };
            let entries = insert(&mut tx, &memory, &assets).await?;
            feed::record(&mut tx, owner, now, entries).await?;
            tx.commit().await?;
        }
        Ok(())
    }
}

fn midnight(day: NaiveDate) -> Option<chrono::DateTime<Utc>> {
    day.and_hms_opt(0, 0, 0).map(|time| time.and_utc())
}

async fn insert(tx: &mut Tx, memory: &Memory, assets: &[AssetId]) -> Result<Vec<Entry>> {
    memories::upsert(tx, memory).await?;
    let mut entries = vec![Entry::upsert(ChangeKind::Memory, memory.id)];
    for asset in assets {
        if memories::add_asset(tx, memory.id, memory.owner_id, *asset).await? {
            entries.push(Entry::upsert(ChangeKind::MemoryAsset, *asset).within(memory.id));
        }
    }
    Ok(entries)
}

async fn own(tx: &mut Tx, caller: &Caller, id: MemoryId, needed: Permission) -> Result<Memory> {
    memories::get(tx, caller.user, id)
        .await?
        .ok_or(Error::not_found("memory", id, needed))
}

async fn details(tx: &mut Tx, caller: &Caller, memory: Memory) -> Result<MemoryDetails> {
    let ids = memories::list_assets(tx, memory.id).await?;
    Ok(MemoryDetails {
        assets: details_in_order(tx, caller, &ids).await?,
        memory,
    })
}
