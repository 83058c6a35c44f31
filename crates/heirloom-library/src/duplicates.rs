//! Copies of one picture: found by how they look, shown in groups, and resolved by a person.
//!
//! Every new picture is compared once with all others of its owner: a signature of 256 bits sieves, the whole look
//! decides. So what a person has said are no copies is never brought up again by the same pictures.

#[cfg(test)]
mod tests;

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
    looks::{self, Look, Sieve},
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
/// Pictures that arrive together are compared together.
const PAUSE: TimeDelta = TimeDelta::seconds(2);
/// Pictures whose looks are nearer (1 - cosine) are copies. Of the starter pack's feature: 95 % of small recompressed copies
/// lie below 0.21, no two different pictures of the reference set below 0.249.
const SAME: f32 = 0.23;
/// So many steps of quality count as different.
const QUALITY_STEPS: f64 = 5.0;
/// Bits that differ, of 256, beyond which no copies lie.
const SIEVE: u32 = 84;
/// Lengths of copies of a video differ by less.
const SAME_MS: i64 = 1_000;
const BITS: usize = 256;

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
        let sieves = looks::list_sieves(&mut tx, owner).await?;
        let sieves = Arc::new(sieves);
        let shared = Arc::clone(&sieves);
        let pairs = tokio::task::spawn_blocking(move || sieve(&shared)).await?;
        let pairs = confirm(&mut tx, owner, &sieves, &pairs).await?;
        drop(tx);
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

/// The look of an asset as it is kept.
pub(crate) fn look_of(asset: AssetId, feature: &[f32]) -> Look {
    let largest = feature
        .iter()
        .fold(0.0f32, |most, value| most.max(value.abs()));
    let scale = if largest > 0.0 { 127.0 / largest } else { 0.0 };
    Look {
        asset_id: asset,
        signature: signature(feature),
        vector: feature
            .iter()
            .map(|value| ((value * scale).round() as i8).cast_unsigned())
            .collect(),
    }
}

/// On which side of 256 random planes the feature lies (Charikar 2002, "Similarity estimation techniques from rounding
/// algorithms"); its mean is taken out, because all features lie in one corner.
fn signature(feature: &[f32]) -> Vec<u8> {
    let mean = feature.iter().sum::<f32>() / feature.len().max(1) as f32;
    let mut sums = [0.0f32; BITS];
    // A fixed sequence (xorshift64*): signatures of all times must compare.
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    for value in feature {
        let value = value - mean;
        for word in sums.chunks_exact_mut(64) {
            state ^= state >> 12;
            state ^= state << 25;
            state ^= state >> 27;
            let signs = state.wrapping_mul(0x2545_F491_4F6C_DD1D);
            for (bit, sum) in word.iter_mut().enumerate() {
                *sum += if signs >> bit & 1 == 1 { value } else { -value };
            }
        }
    }
    sums.chunks_exact(8)
        .map(|bits| {
            bits.iter()
                .enumerate()
                .fold(0, |byte, (bit, sum)| byte | (u8::from(*sum > 0.0) << bit))
        })
        .collect()
}

/// Pairs of which at least one is new and that may be copies.
fn sieve(all: &[Sieve]) -> Vec<(usize, usize)> {
    let words: Vec<[u64; BITS / 64]> = all.iter().map(|one| words(&one.signature)).collect();
    let mut pairs = Vec::new();
    for (new, one) in all.iter().enumerate().filter(|(_, one)| !one.is_compared) {
        for (other, two) in all.iter().enumerate() {
            let is_first_time = other < new || (other > new && two.is_compared);
            if is_first_time
                && are_comparable(one, two)
                && distance(words[new], words[other]) <= SIEVE
            {
                pairs.push((new.min(other), new.max(other)));
            }
        }
    }
    pairs.sort_unstable();
    pairs
}

fn are_comparable(one: &Sieve, two: &Sieve) -> bool {
    match (one.duration_ms, two.duration_ms) {
        (None, None) => true,
        (Some(one), Some(two)) => one.abs_diff(two) < SAME_MS.unsigned_abs(),
        _ => false,
    }
}

fn words(signature: &[u8]) -> [u64; BITS / 64] {
    let mut words = [0; BITS / 64];
    for (word, bytes) in words.iter_mut().zip(signature.as_chunks::<8>().0) {
        *word = u64::from_le_bytes(*bytes);
    }
    words
}

fn distance(one: [u64; BITS / 64], two: [u64; BITS / 64]) -> u32 {
    one.iter()
        .zip(two)
        .map(|(one, two)| (one ^ two).count_ones())
        .sum()
}

/// Those pairs whose looks really are near.
async fn confirm(
    tx: &mut Tx,
    owner: UserId,
    sieves: &[Sieve],
    sieved: &[(usize, usize)],
) -> Result<Vec<(usize, usize)>> {
    const PAIRS: usize = 500;
    let mut confirmed = Vec::new();
    for chunk in sieved.chunks(PAIRS) {
        let mut ids: Vec<Uuid> = chunk
            .iter()
            .flat_map(|(one, two)| [sieves[*one].asset_id.0, sieves[*two].asset_id.0])
            .collect();
        ids.sort_unstable();
        ids.dedup();
        let looks: HashMap<AssetId, Look> = looks::list(tx, owner, &ids)
            .await?
            .into_iter()
            .map(|look| (look.asset_id, look))
            .collect();
        for (a, b) in chunk {
            let look = |at: usize| looks.get(&sieves[at].asset_id);
            if let (Some(one), Some(two)) = (look(*a), look(*b))
                && difference(&one.vector, &two.vector) <= SAME
            {
                confirmed.push((*a, *b));
            }
        }
    }
    Ok(confirmed)
}

/// 1 - cosine.
fn difference(one: &[u8], two: &[u8]) -> f32 {
    let (mut dot, mut first, mut second) = (0i64, 0i64, 0i64);
    for (one, two) in one.iter().zip(two) {
        let (one, two) = (i64::from(one.cast_signed()), i64::from(two.cast_signed()));
        dot += one * two;
        first += one * one;
        second += two * two;
    }
    if first == 0 || second == 0 {
        return 1.0;
    }
    1.0 - (dot as f64 / ((first as f64).sqrt() * (second as f64).sqrt())) as f32
}
