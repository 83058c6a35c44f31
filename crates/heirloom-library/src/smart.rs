//! One box for everything: what a question says of people, places, times and cameras is a filter; what is left is looked
//! for by meaning and in what can be read, and both together make the order.

mod known;
mod likeness;
mod narrow;
mod sought;

use std::collections::{HashMap, HashSet};

use heirloom_store::{assets as rows, exif, search, vectors::Hit};
use heirloom_types::{
    caller::{Caller, Scope},
    ids::{AssetId, UserId},
    permission::Permission,
};

use crate::{
    Library, Result,
    access::require,
    assets::details_of,
    question::{self, Part, Question, Setting},
    recall::{FactFilter, Wanted},
    search::{Arrange, Filter, Found, PAGE_MAX, bound},
};
use known::{among, said, vocabulary};
use narrow::narrow;
use sought::{Asked, Sought};

/// What somebody asks.
#[derive(Clone, Debug, Default)]
pub struct SmartQuery {
    pub text: Option<String>,
    /// Pictures like this one, instead of a text.
    pub example: Option<AssetId>,
    pub filter: Filter,
    /// Kinds or texts of the question that are not to be understood.
    pub ignored: Vec<String>,
    pub page: u64,
    pub size: u64,
}

/// What was found, and how the question was understood.
#[derive(Debug)]
pub struct SmartFound {
    pub found: Found,
    pub parts: Vec<Part>,
    /// The words that were looked for by meaning.
    pub meaning: String,
    /// For videos, the moment that fits best.
    pub moments: HashMap<AssetId, i64>,
    /// No model could be asked about the meaning; only what can be read was searched.
    pub is_degraded: bool,
}

/// An asset in the order of what is found.
#[derive(Clone, Copy, Debug)]
struct Ranked {
    owner: UserId,
    asset: AssetId,
    moment_ms: i64,
    score: f32,
}

impl Library {
    /// Answers a question.
    pub async fn search_smart(&self, caller: &Caller, query: SmartQuery) -> Result<SmartFound> {
        require(caller, Permission::AssetRead)?;
        let size = query.size.clamp(1, PAGE_MAX);
        let page = query.page.max(1);
        let mut filter = query.filter;
        let mut tx = self.db.read().await?;
        bound(&mut tx, caller, &mut filter).await?;
        let question = match &query.text {
            Some(text) => {
                let vocabulary = vocabulary(&mut tx, caller, &filter).await?;
                let setting = Setting {
                    today: self.now().date_naive(),
                    is_southern: question::names_a_season(text)
                        && exif::is_southern(&mut tx, caller.user).await?,
                };
                question::read(text, &vocabulary, setting, &query.ignored)
            }
            None => Question::default(),
        };
        for part in &question.parts {
            narrow(&mut filter, &part.meaning);
        }
        let asked = match query.example {
            Some(id) => self.example(&mut tx, caller, id).await?,
            None => Asked::Text(question.rest.clone()),
        };
        drop(tx);
        if matches!(&asked, Asked::Text(text) if text.is_empty()) {
            return self
                .all_that_fit(caller, filter, question, page, size)
                .await;
        }
        let wanted = page
            .saturating_mul(size)
            .saturating_add(1)
            .min(u64::from(u32::MAX)) as usize;
        let (ranked, is_degraded) = self.ranked(&filter, &asked, wanted).await?;
        let mut found = self.page_of(caller, ranked, question, page, size).await?;
        found.is_degraded = is_degraded;
        Ok(found)
    }

    /// Nothing to rank: what fits, newest first.
    async fn all_that_fit(
        &self,
        caller: &Caller,
        filter: Filter,
        question: Question,
        page: u64,
        size: u64,
    ) -> Result<SmartFound> {
        let mut tx = self.db.read().await?;
        let offset = (page - 1).saturating_mul(size);
        let mut found =
            search::page(&mut tx, &filter, Arrange::NewestFirst, offset, size + 1).await?;
        let has_more = found.len() as u64 > size;
        found.truncate(size as usize);
        Ok(SmartFound {
            found: Found {
                assets: details_of(&mut tx, caller.reader(), found).await?,
                next_page: has_more.then_some(page + 1),
            },
            parts: question.parts,
            meaning: question.rest,
            moments: HashMap::new(),
            is_degraded: false,
        })
    }

    /// The first `wanted` of what fits, best first. What is found by words is a small set and scored as a whole; of the
    /// rest the nearest are enough, because nothing adds to their score. So the order is that of scoring everything. Says
    /// also whether no model could be asked.
    async fn ranked(
        &self,
        filter: &Filter,
        asked: &Asked,
        wanted: usize,
    ) -> Result<(Vec<Ranked>, bool)> {
        let (owners, said, among) = {
            let mut tx = self.db.read().await?;
            let among = among(&mut tx, filter).await?;
            let owners: Vec<UserId> = match &among {
                Some(among) => among.keys().copied().collect(),
                None => filter.owners.clone(),
            };
            let said = match asked {
                Asked::Text(text) => said(&mut tx, filter, &owners, text).await?,
                Asked::Example(_) => HashMap::new(),
            };
            (owners, said, among)
        };
        let (sought, is_degraded) = self.sought(&owners, asked).await?;
        let mut ranked: HashMap<AssetId, Ranked> = HashMap::new();
        let likeness = asked.likeness(sought.values());
        for owner in owners {
            if let Some(sought) = sought.get(&owner) {
                let among = among.as_ref().and_then(|among| among.get(&owner));
                let bounds = (wanted, likeness.least);
                let nearest = self.nearest(owner, filter, sought, bounds, among).await?;
                for hit in nearest {
                    ranked.insert(hit.asset_id, ranked_as(owner, hit, 0.0));
                }
            }
        }
        let best = ranked.values().map(|hit| hit.score).fold(0.0, f32::max);
        let bound = likeness.bound(best);
        ranked.retain(|_, hit| hit.score >= bound);
        let mut by_owner: HashMap<UserId, HashSet<AssetId>> = HashMap::new();
        for (asset, (owner, _)) in &said {
            by_owner.entry(*owner).or_default().insert(*asset);
        }
        for (owner, assets) in by_owner {
            let wanted = (assets.len(), f32::NEG_INFINITY);
            let hits = match sought.get(&owner) {
                Some(sought) => {
                    self.nearest(owner, filter, sought, wanted, Some(&assets))
                        .await?
                }
                None => Vec::new(),
            };
            let known: HashMap<AssetId, Hit> =
                hits.into_iter().map(|hit| (hit.asset_id, hit)).collect();
            for asset in assets {
                let hit = known.get(&asset).copied().unwrap_or(Hit {
                    asset_id: asset,
                    moment_ms: 0,
                    score: 0.0,
                });
                ranked.insert(asset, ranked_as(owner, hit, said[&asset].1));
            }
        }
        let mut ranked: Vec<Ranked> = ranked.into_values().collect();
        ranked.sort_by(|a, b| b.score.total_cmp(&a.score).then(b.asset.cmp(&a.asset)));
        ranked.truncate(wanted);
        Ok((ranked, is_degraded))
    }

    async fn nearest(
        &self,
        owner: UserId,
        filter: &Filter,
        sought: &Sought,
        (limit, least): (usize, f32),
        among: Option<&HashSet<AssetId>>,
    ) -> Result<Vec<Hit>> {
        let filter = filter.within(owner);
        if filter.is_impossible {
            return Ok(Vec::new());
        }
        let wanted = Wanted {
            query: &sought.vector,
            limit,
            least,
            facts: FactFilter::of(&filter),
            among,
        };
        self.recall
            .search(&self.db, owner, &sought.model, wanted)
            .await
    }

    async fn page_of(
        &self,
        caller: &Caller,
        ranked: Vec<Ranked>,
        question: Question,
        page: u64,
        size: u64,
    ) -> Result<SmartFound> {
        let start = (page - 1).saturating_mul(size).min(ranked.len() as u64) as usize;
        let end = (start + size as usize).min(ranked.len());
        let (shown, has_more) = (&ranked[start..end], end < ranked.len());
        let mut tx = self.db.read().await?;
        let mut by_owner: HashMap<UserId, Vec<AssetId>> = HashMap::new();
        for hit in shown {
            by_owner.entry(hit.owner).or_default().push(hit.asset);
        }
        let mut found = Vec::with_capacity(shown.len());
        for (owner, ids) in by_owner {
            found.extend(rows::list(&mut tx, Scope::of_owner(owner), &ids).await?);
        }
        let places: HashMap<AssetId, usize> = shown
            .iter()
            .enumerate()
            .map(|(place, hit)| (hit.asset, place))
            .collect();
        found.sort_by_key(|asset| places.get(&asset.id).copied());
        Ok(SmartFound {
            found: Found {
                assets: details_of(&mut tx, caller.reader(), found).await?,
                next_page: has_more.then_some(page + 1),
            },
            parts: question.parts,
            meaning: question.rest,
            moments: shown
                .iter()
                .filter(|hit| hit.moment_ms > 0)
                .map(|hit| (hit.asset, hit.moment_ms))
                .collect(),
            is_degraded: false,
        })
    }
}

fn ranked_as(owner: UserId, hit: Hit, said: f32) -> Ranked {
    Ranked {
        owner,
        asset: hit.asset_id,
        moment_ms: hit.moment_ms,
        score: hit.score.max(0.0) + said,
    }
}
