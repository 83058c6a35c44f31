//! Groups of before, held against how pictures are compared now.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use async_trait::async_trait;
use chrono::TimeDelta;
use heirloom_jobs::{Claim, Failure, Handler, priority};
use heirloom_store::{
    Tx,
    changes::{ChangeKind, Entry},
    looks::{self, Sieve},
};
use heirloom_types::ids::{AssetId, UserId, new_uuid};
use uuid::Uuid;

use super::{Payload, REGROUP, compare::Pair};
use crate::{Library, Result, feed, jobs::Wanted};

/// The handler of [`REGROUP`].
pub struct RegroupCopies(pub Arc<Library>);

#[async_trait]
impl Handler for RegroupCopies {
    fn kind(&self) -> &'static str {
        REGROUP
    }

    async fn run(&self, claim: &Claim) -> Result<(), Failure> {
        let Payload { owner } = serde_json::from_value(claim.job.payload.0.clone())?;
        self.0.regroup(owner).await?;
        let mut tx = self.0.db.write().await?;
        claim.finish(&mut tx).await?;
        tx.commit().await?;
        Ok(())
    }
}

impl Library {
    /// Has an owner's groups of before looked at again.
    pub(crate) async fn want_regrouping(&self, tx: &mut Tx, owner: UserId) -> Result<()> {
        let wanted = Wanted::over_owner(REGROUP, owner, priority::BACKFILL, TimeDelta::zero());
        self.enqueue(tx, wanted).await
    }

    /// Parts the groups that wait for a person's word where their pictures are no copies any more. Nothing comes together
    /// here, so what a person has said of pictures stays.
    async fn regroup(&self, owner: UserId) -> Result<()> {
        let mut groups: BTreeMap<Uuid, Vec<Sieve>> = BTreeMap::new();
        for sieve in looks::list_sieves(&mut self.db.read().await?, owner).await? {
            if let Some(group) = sieve.duplicate_id {
                let is_compared = false;
                let members = groups.entry(group).or_default();
                members.push(Sieve {
                    is_compared,
                    ..sieve
                });
            }
        }
        for (group, members) in groups {
            let members = Arc::new(members);
            let pairs = self.copies(owner, &members).await?;
            let moves = parted(&members, &pairs, || self.new_id(new_uuid));
            if !moves.is_empty() {
                self.part(owner, group, moves).await?;
            }
        }
        Ok(())
    }

    /// Moves pictures of a group that are still in it.
    async fn part(
        &self,
        owner: UserId,
        group: Uuid,
        moves: HashMap<AssetId, Option<Uuid>>,
    ) -> Result<()> {
        let mut tx = self.db.write().await?;
        let mut entries = Vec::new();
        for asset in looks::list_group(&mut tx, owner, group).await? {
            if let Some(to) = moves.get(&asset) {
                looks::set_duplicate(&mut tx, owner, asset, *to).await?;
                entries.push(Entry::upsert(ChangeKind::Asset, asset));
            }
        }
        feed::record(&mut tx, owner, self.now(), entries).await?;
        Ok(tx.commit().await?)
    }
}

/// Who leaves a group, and where to: what hangs together by pairs stays together, what is in no pair is in no group.
fn parted(
    members: &[Sieve],
    pairs: &[Pair],
    mut new_group: impl FnMut() -> Uuid,
) -> HashMap<AssetId, Option<Uuid>> {
    let mut parts: Vec<usize> = (0..members.len()).collect();
    for (one, two) in pairs {
        let (from, to) = (parts[*two], parts[*one]);
        for part in &mut parts {
            if *part == from {
                *part = to;
            }
        }
    }
    let mut sizes: BTreeMap<usize, usize> = BTreeMap::new();
    for part in &parts {
        *sizes.entry(*part).or_default() += 1;
    }
    let largest = sizes
        .iter()
        .max_by_key(|(part, size)| (**size, std::cmp::Reverse(**part)))
        .map(|(part, _)| *part);
    let places: HashMap<usize, Option<Uuid>> = sizes
        .into_iter()
        .filter(|(part, size)| *size == 1 || Some(*part) != largest)
        .map(|(part, size)| (part, (size > 1).then(&mut new_group)))
        .collect();
    let moved = |(member, part): (&Sieve, usize)| Some((member.asset_id, *places.get(&part)?));
    members.iter().zip(parts).filter_map(moved).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(count: u128) -> Vec<Sieve> {
        let member = |at| Sieve {
            asset_id: AssetId(Uuid::from_u128(at)),
            signature: Vec::new(),
            is_compared: false,
            duplicate_id: Some(Uuid::from_u128(100)),
            duration_ms: None,
        };
        (0..count).map(member).collect()
    }

    fn part(count: u128, pairs: &[Pair]) -> Vec<(u128, Option<u128>)> {
        let mut next = 200;
        let moves = parted(&members(count), pairs, || {
            next += 1;
            Uuid::from_u128(next)
        });
        let mut moves: Vec<_> = moves
            .into_iter()
            .map(|(asset, to)| (asset.0.as_u128(), to.map(|group| group.as_u128())))
            .collect();
        moves.sort_unstable();
        moves
    }

    #[test]
    fn what_hangs_together_stays_and_the_rest_goes() {
        assert_eq!(part(3, &[(0, 1), (1, 2)]), []);
        assert_eq!(part(4, &[(1, 3)]), [(0, None), (2, None)]);
        assert_eq!(part(2, &[]), [(0, None), (1, None)]);
        let two = part(5, &[(0, 1), (2, 3), (3, 4)]);
        assert_eq!(two, [(0, Some(201)), (1, Some(201))]);
    }
}
