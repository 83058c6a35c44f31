//! Random assets without a look at all of them.
//!
//! Checksums are as random as dice and in an index: whoever follows a random place in their order is a random asset.

use std::collections::HashSet;

use heirloom_types::{checksum::Sha1, ids::UserId};
use sea_query::{ExprTrait, Order};

use super::{Arrange, Filter, asset, page, restrict, selection};
use crate::{Result, Tx, assets::Asset};

/// At most `limit` random assets that match, in no order; from each of `places` as many.
pub async fn random(
    tx: &mut Tx,
    filter: &Filter,
    places: &[Sha1],
    limit: u64,
) -> Result<Vec<Asset>> {
    if filter.is_impossible {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    if is_broad(filter) && !places.is_empty() {
        let each = limit.div_ceil(places.len() as u64);
        for place in places {
            found.extend(after(tx, filter, *place, each).await?);
        }
        let mut known = HashSet::new();
        found.retain(|asset: &Asset| known.insert(asset.id));
        found.truncate(limit as usize);
    }
    if (found.len() as u64) < limit {
        // Few match, or what is asked for leaves few: all of them are looked at.
        return page(tx, filter, Arrange::Random, 0, limit).await;
    }
    Ok(found)
}

/// Whether a good part of a library is likely to match.
fn is_broad(filter: &Filter) -> bool {
    let rest = Filter {
        reader: None,
        owners: Vec::new(),
        visibility: None,
        is_locked_shut: false,
        kind: None,
        is_favorite: None,
        is_motion: None,
        with_trashed: false,
        ..filter.clone()
    };
    !filter.owners.is_empty() && rest == Filter::default()
}

/// The first after a place in the order of checksums, whoever's they are.
async fn after(tx: &mut Tx, filter: &Filter, place: Sha1, limit: u64) -> Result<Vec<Asset>> {
    let mut found = Vec::new();
    for owner in &filter.owners {
        for is_external in [false, true] {
            let part = Part {
                filter,
                owner: *owner,
                is_external,
            };
            let mut of_part = part.list(tx, place, true, limit).await?;
            let left = limit - of_part.len() as u64;
            if left > 0 {
                // Behind the last comes the first.
                of_part.extend(part.list(tx, place, false, left).await?);
            }
            found.extend(of_part);
        }
    }
    found.sort_by_key(|asset| (asset.sha1.0 < place.0, asset.sha1.0));
    found.truncate(limit as usize);
    Ok(found)
}

/// What one index of checksums holds.
struct Part<'a> {
    filter: &'a Filter,
    owner: UserId,
    is_external: bool,
}

impl Part<'_> {
    async fn list(
        &self,
        tx: &mut Tx,
        place: Sha1,
        is_behind: bool,
        limit: u64,
    ) -> Result<Vec<Asset>> {
        let filter = Filter {
            owners: vec![self.owner],
            ..self.filter.clone()
        };
        let mut query = selection();
        restrict(&mut query, &filter);
        let (library, sha1) = (asset("library_id"), asset("sha1"));
        query
            .and_where(if self.is_external {
                library.is_not_null()
            } else {
                library.is_null()
            })
            .and_where(if is_behind {
                sha1.gte(place.0.to_vec())
            } else {
                sha1.lt(place.0.to_vec())
            })
            .order_by(("assets", "sha1"), Order::Asc)
            .limit(limit);
        let statement = tx.build(&query);
        tx.all(statement).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A library of a million is looked through whole for what is not.
    #[test]
    fn what_everybody_asks_for_is_broad() {
        let owner = UserId(uuid::Uuid::from_u128(1));
        let asked = Filter {
            reader: Some(owner),
            owners: vec![owner],
            ..Filter::default()
        };
        assert!(is_broad(&asked));
        let of_a_town = Filter {
            city: Some(Some("Bergen".into())),
            ..asked
        };
        assert!(!is_broad(&of_a_town));
    }
}
