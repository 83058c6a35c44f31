//! What the database knows of a question: the names in it, the pictures that say its words, and those that fit.

use std::collections::{HashMap, HashSet};

use heirloom_store::{
    Tx, labels, people, search, tags,
    words::{self, WordSource},
};
use heirloom_types::{
    caller::Caller,
    ids::{AssetId, UserId},
};

use crate::{
    Result,
    question::Vocabulary,
    recall::FactFilter,
    search::{Arrange, Field, Filter},
};

/// Assets that are found by words alone, at most: a word that more have says little.
const BY_WORDS_MAX: u64 = 1_000;
/// How much it counts that something says so, beside a likeness that is 1 at most.
const SAID_BY_PERSON: f32 = 0.6;
const SAID_IN_PICTURE: f32 = 0.6;
const SAID_ELSEWHERE: f32 = 0.5;
const SAID_BY_CLASSIFIER: f32 = 0.15;
/// That a word begins so says little of what a picture shows ("car": a carousel), and of short words nothing.
const BEGUN: f32 = 0.1;
const BEGUN_LETTERS: usize = 4;

/// Assets that fit and have the words in them, with their owners and how much that counts.
pub(super) async fn said(
    tx: &mut Tx,
    filter: &Filter,
    owners: &[UserId],
    text: &str,
) -> Result<HashMap<AssetId, (UserId, f32)>> {
    let mut weights: HashMap<AssetId, f32> = HashMap::new();
    let mut add = |assets: Vec<AssetId>, weight: f32| {
        for asset in assets {
            let known = weights.entry(asset).or_default();
            *known = known.max(weight);
        }
    };
    let limit = BY_WORDS_MAX as i64;
    let is_long = text
        .split_whitespace()
        .all(|word| word.chars().count() >= BEGUN_LETTERS);
    for owner in owners {
        if is_long {
            add(
                words::find(tx, *owner, text, None, BY_WORDS_MAX).await?,
                BEGUN,
            );
        }
        for (source, weight) in [
            (WordSource::Text, SAID_IN_PICTURE),
            (WordSource::Description, SAID_ELSEWHERE),
            (WordSource::Name, SAID_ELSEWHERE),
        ] {
            add(
                words::find_whole(tx, *owner, text, Some(source), BY_WORDS_MAX).await?,
                weight,
            );
        }
        let label = text.to_lowercase();
        add(
            labels::find(tx, *owner, &label, limit).await?,
            SAID_BY_CLASSIFIER,
        );
        // What others call their pictures is theirs.
        if filter.reader.is_some_and(|reader| reader != *owner) {
            continue;
        }
        let tagged: Vec<_> = tags::list(tx, *owner)
            .await?
            .into_iter()
            .filter(|tag| words::fold(tag.name()) == words::fold(text))
            .map(|tag| tag.id)
            .collect();
        for tag in tagged {
            let filter = Filter {
                owners: vec![*owner],
                tags: Some(Some(vec![tag])),
                ..Filter::default()
            };
            let assets = search::page(tx, &filter, Arrange::NewestFirst, 0, BY_WORDS_MAX).await?;
            add(
                assets.into_iter().map(|asset| asset.id).collect(),
                SAID_BY_PERSON,
            );
        }
    }
    let ids: Vec<AssetId> = weights.keys().copied().collect();
    let fitting = search::matching(tx, filter, &ids).await?;
    Ok(fitting
        .into_iter()
        .map(|(owner, asset)| (asset, (owner, weights[&asset])))
        .collect())
}

/// The assets of each owner that fit, where the facts beside the vectors cannot tell.
pub(super) async fn among(
    tx: &mut Tx,
    filter: &Filter,
) -> Result<Option<HashMap<UserId, HashSet<AssetId>>>> {
    if FactFilter::is_all_of(filter) {
        return Ok(None);
    }
    let mut among: HashMap<UserId, HashSet<AssetId>> = HashMap::new();
    for (owner, asset) in search::ids(tx, filter).await? {
        among.entry(owner).or_default().insert(asset);
    }
    Ok(Some(among))
}

/// The names that the libraries searched know.
pub(super) async fn vocabulary(
    tx: &mut Tx,
    caller: &Caller,
    filter: &Filter,
) -> Result<Vocabulary> {
    let mut known = Vocabulary {
        people: people::list_named(tx, caller.user).await?,
        tags: tags::list(tx, caller.user)
            .await?
            .into_iter()
            .map(|tag| (tag.id, tag.value))
            .collect(),
        ..Vocabulary::default()
    };
    let owners: &[UserId] = match filter.owners.as_slice() {
        [] => &[caller.user],
        owners => owners,
    };
    for owner in owners {
        for (field, names) in [
            (Field::City, &mut known.cities),
            (Field::State, &mut known.states),
            (Field::Country, &mut known.countries),
            (Field::Make, &mut known.makes),
            (Field::Model, &mut known.models),
        ] {
            names.extend(search::vocabulary(tx, *owner, field).await?);
        }
    }
    Ok(known)
}
