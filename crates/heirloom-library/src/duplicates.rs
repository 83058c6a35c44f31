//! Copies of one picture: found by how they look, shown in groups, and resolved by a person.
//!
//! Every new picture is compared once with all others of its owner (`compare`). So what a person has said are no copies is never brought up again by the same pictures.

mod compare;
mod regroup;

pub(crate) use compare::look_of;
pub use regroup::RegroupCopies;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use async_trait::async_trait;
use chrono::TimeDelta;
use heirloom_jobs::{Claim, Failure, Handler, priority};
use heirloom_store::{
    Tx,
    assets::{self, Asset},
    changes::{ChangeKind, Entry},
    looks::{self, Sieve},
};
use heirloom_types::{
    caller::Caller,
    ids::{AssetId, UserId},
    permission::Permission,
    time::Timestamp,
};
use serde::Deserialize;
use uuid::Uuid;

use crate::{
    Library, Result,
    access::{self, require},
    assets::AssetDetails,
    copy::Copied,
    feed,
    jobs::Wanted,
};

/// Kind of the job.
pub const KIND: &str = "find_duplicates";
/// Kind of the job that looks at groups of before again. One of its own: what is asked of the other while it waits would take
/// its place.
pub const REGROUP: &str = "regroup_copies";
/// Pictures that arrive together are compared together.
const PAUSE: TimeDelta = TimeDelta::seconds(2);
/// So many steps of quality count as different.
const QUALITY_STEPS: f64 = 5.0;

/// Copies of one picture.
#[derive(Debug)]
pub struct Duplicates {
    pub id: Uuid,
    pub assets: Vec<AssetDetails>,
    /// The one that is worth most.
    pub keep: AssetId,
}

/// The handler of [`KIND`].
pub struct FindDuplicates(pub Arc<Library>);

#[derive(Deserialize)]
struct Payload {
    owner: UserId,
}

#[async_trait]
impl Handler for FindDuplicates {
    fn kind(&self) -> &'static str {
        KIND
    }

    async fn run(&self, claim: &Claim) -> Result<(), Failure> {
        let Payload { owner } = serde_json::from_value(claim.job.payload.0.clone())?;
        let library = &self.0;
        let mut tx = library.db.read().await?;
        let sieves = Arc::new(looks::list_sieves(&mut tx, owner).await?);
        drop(tx);
        let pairs = library.copies(owner, &sieves).await?;
        library.group_copies(claim, owner, &sieves, &pairs).await
    }
}

impl Library {
    /// Has an owner's new pictures compared with the others, soon.
    pub(crate) async fn want_comparing(&self, tx: &mut Tx, owner: UserId) -> Result<()> {
        let wanted = Wanted::over_owner(KIND, owner, priority::BACKFILL, PAUSE);
        self.enqueue(tx, wanted).await
    }

    async fn group_copies(
        &self,
        claim: &Claim,
        owner: UserId,
        sieves: &[Sieve],
        pairs: &[(usize, usize)],
    ) -> Result<(), Failure> {
        let now = self.now();
        let mut group_of: HashMap<AssetId, Uuid> = sieves
            .iter()
            .filter_map(|sieve| Some((sieve.asset_id, sieve.duplicate_id?)))
            .collect();
        let mut tx = self.db.write().await?;
        let mut entries = Vec::new();
        for (a, b) in pairs {
            let (a, b) = (sieves[*a].asset_id, sieves[*b].asset_id);
            let group = match (group_of.get(&a), group_of.get(&b)) {
                (Some(first), Some(second)) => *first.min(second),
                (Some(group), None) | (None, Some(group)) => *group,
                (None, None) => self.new_id(heirloom_types::ids::new_uuid),
            };
            let old: Vec<Uuid> = [a, b]
                .iter()
                .filter_map(|asset| group_of.get(asset).copied())
                .collect();
            let members: Vec<AssetId> = group_of
                .iter()
                .filter(|(_, known)| old.contains(known))
                .map(|(asset, _)| *asset)
                .chain([a, b])
                .collect();
            for member in members {
                if group_of.insert(member, group) != Some(group) {
                    looks::set_duplicate(&mut tx, owner, member, Some(group)).await?;
                    entries.push(Entry::upsert(ChangeKind::Asset, member));
                }
            }
        }
        for sieve in sieves.iter().filter(|sieve| !sieve.is_compared) {
            looks::set_compared(&mut tx, owner, sieve.asset_id).await?;
        }
        claim.finish(&mut tx).await?;
        feed::record(&mut tx, owner, now, entries).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The groups of copies that wait for a person's word.
    pub async fn duplicates(&self, caller: &Caller) -> Result<Vec<Duplicates>> {
        require(caller, Permission::DuplicateRead)?;
        let mut tx = self.db.read().await?;
        let mut groups: BTreeMap<Uuid, Vec<AssetId>> = BTreeMap::new();
        let mut qualities: HashMap<AssetId, f64> = HashMap::new();
        for (group, asset, quality) in looks::list_duplicates(&mut tx, caller.user).await? {
            groups.entry(group).or_default().push(asset);
            qualities.extend(quality.map(|quality| (asset, quality)));
        }
        drop(tx);
        let mut found = Vec::new();
        for (id, members) in groups.into_iter().filter(|(_, members)| members.len() > 1) {
            let mut assets = Vec::with_capacity(members.len());
            for member in members {
                assets.push(self.asset(caller, member).await?);
            }
            if let Some(best) = assets.iter().max_by_key(|details| {
                let quality = qualities.get(&details.asset.id).copied();
                worth(&details.asset, quality.unwrap_or_default())
            }) {
                found.push(Duplicates {
                    id,
                    keep: best.asset.id,
                    assets,
                });
            }
        }
        Ok(found)
    }

    /// A person says that these are no copies: all of them stay, and are not brought up again.
    pub async fn dismiss_duplicates(&self, caller: &Caller, groups: &[Uuid]) -> Result<()> {
        require(caller, Permission::DuplicateDelete)?;
        let mut tx = self.db.write().await?;
        let mut entries = Vec::new();
        for group in groups {
            for asset in looks::list_group(&mut tx, caller.user, *group).await? {
                looks::set_duplicate(&mut tx, caller.user, asset, None).await?;
                entries.push(Entry::upsert(ChangeKind::Asset, asset));
            }
        }
        feed::record(&mut tx, caller.user, self.now(), entries).await?;
        Ok(tx.commit().await?)
    }

    /// Keeps some of a group and puts the others into the trash. What a person did with those that go (albums, links,
    /// favourite) is done with the first that stays. Says whether there is such a group.
    pub async fn resolve_duplicates(
        &self,
        caller: &Caller,
        group: Uuid,
        keep: &[AssetId],
        trash: &[AssetId],
    ) -> Result<bool> {
        require(caller, Permission::DuplicateDelete)?;
        let mut tx = self.db.read().await?;
        let members = looks::list_group(&mut tx, caller.user, group).await?;
        for id in keep.iter().chain(trash) {
            access::asset(&mut tx, caller, *id, Permission::AssetDelete).await?;
        }
        drop(tx);
        let are_members = keep.iter().chain(trash).all(|id| members.contains(id));
        if members.is_empty() || !are_members {
            return Ok(false);
        }
        if let Some(kept) = keep.first() {
            for gone in trash {
                let what = Copied {
                    albums: true,
                    favorite: false,
                    shared_links: true,
                    sidecar: false,
                    stack: false,
                };
                self.copy_asset(caller, *gone, *kept, what).await?;
                self.keep_favorite(caller, *gone, *kept).await?;
            }
        }
        self.delete_assets(caller, trash, false).await?;
        self.dismiss_duplicates(caller, &[group]).await?;
        Ok(true)
    }

    /// One that was a favourite leaves that to the one that stays.
    async fn keep_favorite(&self, caller: &Caller, gone: AssetId, kept: AssetId) -> Result<()> {
        let mut tx = self.db.write().await?;
        let found = assets::list(&mut tx, caller.scope(), &[gone, kept]).await?;
        let was_favorite = found
            .iter()
            .any(|asset| asset.id == gone && asset.is_favorite);
        let Some(mut kept) = found
            .into_iter()
            .find(|asset| asset.id == kept && !asset.is_favorite)
            .filter(|_| was_favorite)
        else {
            return Ok(());
        };
        kept.is_favorite = true;
        kept.updated_at = self.now();
        assets::update(&mut tx, &kept).await?;
        let entries = vec![Entry::upsert(ChangeKind::Asset, kept.id)];
        feed::record(&mut tx, caller.user, self.now(), entries).await?;
        Ok(tx.commit().await?)
    }
}

/// What makes one copy worth more than another, the weightiest first: pixels, how sharp and well exposed they are if that
/// differs much (saving a picture again changes it a little), bytes, age.
fn worth(asset: &Asset, quality: f64) -> (i64, i64, i64, std::cmp::Reverse<Timestamp>) {
    let pixels = i64::from(asset.width.unwrap_or(0)) * i64::from(asset.height.unwrap_or(0));
    (
        pixels,
        (quality * QUALITY_STEPS).round() as i64,
        asset.size_bytes,
        std::cmp::Reverse(asset.file_created_at),
    )
}
