use heirloom_types::{media_type::MediaKind, time::at_millis};
use proptest::prelude::*;
use rand::{Rng, SeedableRng, rngs::StdRng};

use super::*;
use crate::{assets::Visibility, embeddings::Embedding};

const FACTS: Facts = Facts {
    marks: Marks {
        visibility: Visibility::Timeline,
        kind: MediaKind::Image,
        is_trashed: false,
        is_favorite: false,
    },
    times: Times { taken: 0, local: 0 },
};

/// Data of one of several characters, as rows of an asset each or a few.
struct Data {
    index: Index,
    rows: Vec<Embedding>,
}

/// What vectors can be like.
#[derive(Clone, Copy, Debug)]
enum Like {
    /// Anything, of length one.
    Noise,
    /// Near one of a few centres.
    Clusters,
    /// Near a space of few directions.
    Flat,
    /// A few numbers far larger than the rest, and of any length.
    Spikes,
    /// Many the same, to the bit.
    Copies,
    /// Nothing but zeros, ones, and tiny numbers.
    Extremes,
}

fn vector(rng: &mut StdRng, like: Like, dimensions: usize) -> Vec<f32> {
    let mut noise = |scale: f32| -> Vec<f32> {
        (0..dimensions)
            .map(|_| {
                let bell: f32 = (0..6).map(|_| rng.random_range(-1.0..1.0f32)).sum();
                bell * scale
            })
            .collect()
    };
    let mut made = match like {
        Like::Noise => noise(1.0),
        Like::Clusters => {
            let jitter = noise(0.2);
            let mut centre = StdRng::seed_from_u64(rng.random_range(0..5));
            vector(&mut centre, Like::Noise, dimensions)
                .iter()
                .zip(jitter)
                .map(|(a, b)| a + b)
                .collect()
        }
        Like::Flat => {
            let mut made = noise(0.01);
            for direction in 0..20 {
                let mut direction = StdRng::seed_from_u64(direction);
                let weight = rng.random_range(-1.0..1.0f32);
                let direction = vector(&mut direction, Like::Noise, dimensions);
                for (number, part) in made.iter_mut().zip(direction) {
                    *number += weight * part;
                }
            }
            made
        }
        Like::Spikes => {
            let mut made = noise(0.1);
            for _ in 0..3 {
                let at = rng.random_range(0..dimensions);
                made[at] = rng.random_range(-9.0..9.0);
            }
            return made;
        }
        Like::Copies => vector(
            &mut StdRng::seed_from_u64(rng.random_range(0..3)),
            Like::Noise,
            dimensions,
        ),
        Like::Extremes => {
            return (0..dimensions)
                .map(|_| [0.0, 1.0, -1.0, 1e-30, 1e-38][rng.random_range(0..5)])
                .collect();
        }
    };
    let length = code::length(&made) as f32;
    for number in &mut made {
        *number /= length;
    }
    made
}

fn data(rng: &mut StdRng, like: Like, dimensions: usize, assets: usize) -> Data {
    fill(rng, like, Index::new(dimensions), assets)
}

/// In a basis that is learned from a few others of their kind.
fn data_learned(rng: &mut StdRng, like: Like, dimensions: usize, assets: usize) -> Data {
    let sample: Vec<Vec<f32>> = (0..assets).map(|_| vector(rng, like, dimensions)).collect();
    fill(rng, like, Index::learned(dimensions, &sample), assets)
}

fn fill(rng: &mut StdRng, like: Like, mut index: Index, assets: usize) -> Data {
    let (dimensions, mut rows) = (index.dimensions(), Vec::new());
    for _ in 0..assets {
        let asset_id = AssetId::new(at_millis(1_700_000_000_000), rng);
        let moments: Vec<(i64, Vec<f32>)> = (0..rng.random_range(1..4))
            .map(|at| (at * 1_000, vector(rng, like, dimensions)))
            .collect();
        index.put(asset_id, FACTS, moments.clone()).unwrap();
        rows.extend(moments.into_iter().map(|(moment_ms, vector)| Embedding {
            asset_id,
            moment_ms,
            vector,
        }));
    }
    Data { index, rows }
}

/// The answer through the index, with the full vectors of the candidates alone.
fn search(
    data: &Data,
    query: &[f32],
    limit: usize,
    least: f32,
    among: Option<&Selection>,
) -> Vec<Hit> {
    let candidates = data.index.candidates(query, limit, least, among).unwrap();
    let full: Vec<Embedding> = data
        .rows
        .iter()
        .filter(|row| {
            candidates
                .iter()
                .any(|found| (found.asset_id, found.moment_ms) == (row.asset_id, row.moment_ms))
        })
        .cloned()
        .collect();
    for row in &full {
        let bound = candidates
            .iter()
            .find(|found| (found.asset_id, found.moment_ms) == (row.asset_id, row.moment_ms))
            .unwrap();
        let truth = scan::score(query, &row.vector);
        assert!(
            bound.lower <= truth && truth <= bound.upper,
            "{truth} is not within {bound:?}"
        );
    }
    rank(query, &full, limit, least)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// The whole promise: the same answer as comparing everything with everything.
    #[test]
    fn nothing_is_missed(
        seed in any::<u64>(),
        like in prop::sample::select(vec![Like::Noise, Like::Clusters, Like::Flat, Like::Spikes, Like::Copies, Like::Extremes]),
        dimensions in prop::sample::select(vec![1, 3, 64, 100]),
        assets in 1..120usize,
        limit in 1..40usize,
        least in prop::sample::select(vec![f32::NEG_INFINITY, 0.0, 0.3]),
        is_filtered in any::<bool>(),
        is_learned in any::<bool>(),
    ) {
        let mut rng = StdRng::seed_from_u64(seed);
        let make = if is_learned { data_learned } else { data };
        let mut data = make(&mut rng, like, dimensions, assets);
        let removed: HashSet<AssetId> = data.rows.iter().map(|row| row.asset_id).filter(|_| rng.random_ratio(1, 5)).collect();
        for asset in &removed {
            data.index.remove(*asset);
        }
        data.rows.retain(|row| !removed.contains(&row.asset_id));
        let query = vector(&mut rng, like, dimensions);
        let among: HashSet<AssetId> = data.rows.iter().map(|row| row.asset_id).filter(|_| rng.random_ratio(1, 2)).collect();
        let selection = is_filtered.then(|| data.index.select_assets(&among));
        let allowed: Vec<Embedding> = data.rows.iter().filter(|row| !is_filtered || among.contains(&row.asset_id)).cloned().collect();
        prop_assert_eq!(
            search(&data, &query, limit, least, selection.as_ref()),
            rank(&query, &allowed, limit, least)
        );
        if !is_filtered {
            prop_assert_eq!(
                data.index.candidates(&query, limit, least, None).unwrap(),
                data.index.candidates_portably(&query, limit, least)
            );
        }
    }
}

#[test]
fn few_rows_are_left_to_compare_in_full() {
    let mut rng = StdRng::seed_from_u64(5);
    for like in [Like::Noise, Like::Clusters] {
        let data = data(&mut rng, like, 384, 3_000);
        let query = vector(&mut rng, like, 384);
        let left = data.index.candidates(&query, 10, -1.0, None).unwrap();
        assert!((10..120).contains(&left.len()), "{like:?}: {}", left.len());
    }
}

#[test]
fn facts_choose_rows_and_stay_true() {
    let mut rng = StdRng::seed_from_u64(6);
    let mut data = data(&mut rng, Like::Noise, 64, 50);
    let assets: Vec<AssetId> = data.index.assets.clone();
    for (at, asset) in assets.iter().enumerate() {
        let mut facts = FACTS;
        facts.times.taken = at as i64;
        facts.marks.is_favorite = at % 2 == 0;
        data.index.set_facts(*asset, facts);
    }
    let when = When {
        taken: 40..=i64::MAX,
        ..When::ANY
    };
    let selection = data.index.select(|marks| marks.is_favorite, &when);
    let query = vector(&mut rng, Like::Noise, 64);
    let hits = search(&data, &query, 100, f32::NEG_INFINITY, Some(&selection));
    let mut found: Vec<AssetId> = hits.iter().map(|hit| hit.asset_id).collect();
    found.sort_unstable();
    let mut wanted: Vec<AssetId> = (40..50).step_by(2).map(|at| assets[at]).collect();
    wanted.sort_unstable();
    assert_eq!(found, wanted);
}

#[test]
fn what_is_put_again_is_there_once_and_sweeping_loses_nothing() {
    let mut rng = StdRng::seed_from_u64(7);
    let mut data = data(&mut rng, Like::Clusters, 64, 40);
    let assets: Vec<AssetId> = data.index.assets.clone();
    for _ in 0..5 {
        for asset in &assets {
            let moments = [(0, vector(&mut rng, Like::Clusters, 64))];
            data.index.put(*asset, FACTS, moments.to_vec()).unwrap();
            data.rows.retain(|row| row.asset_id != *asset);
            let [(moment_ms, vector)] = moments;
            data.rows.push(Embedding {
                asset_id: *asset,
                moment_ms,
                vector,
            });
        }
    }
    assert_eq!(data.index.len(), 40);
    assert!(data.index.slots.len() < 60, "{}", data.index.slots.len());
    let query = vector(&mut rng, Like::Clusters, 64);
    assert_eq!(
        search(&data, &query, 40, -2.0, None),
        rank(&query, &data.rows, 40, -2.0)
    );
    for asset in assets {
        data.index.remove(asset);
    }
    assert!(data.index.is_empty());
    assert_eq!(search(&data, &query, 40, -2.0, None), []);
}

#[test]
fn vectors_that_cannot_be_compared_are_refused() {
    let mut index = Index::new(3);
    let asset = AssetId(uuid::Uuid::nil());
    let put =
        |index: &mut Index, vector: &[f32]| index.put(asset, FACTS, vec![(0, vector.to_vec())]);
    put(&mut index, &[1.0, 0.0, 0.0]).unwrap();
    assert_eq!(
        put(&mut index, &[1.0]),
        Err(Unusable::Length {
            wanted: 3,
            found: 1
        })
    );
    for bad in [f32::NAN, f32::INFINITY] {
        assert_eq!(put(&mut index, &[bad, 0.0, 0.0]), Err(Unusable::NotFinite));
        assert!(index.candidates(&[bad, 0.0, 0.0], 1, 0.0, None).is_err());
    }
    assert!(index.contains(asset), "what was there is left as it was");
}

#[test]
fn a_snapshot_comes_back_and_a_damaged_one_is_refused() {
    let mut rng = StdRng::seed_from_u64(8);
    for make in [data, data_learned] {
        let data = make(&mut rng, Like::Clusters, 100, 60);
        comes_back_or_is_refused(&mut rng, data);
    }
}

fn comes_back_or_is_refused(rng: &mut StdRng, mut data: Data) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("owner/index.vec");
    let gone = data.rows[0].asset_id;
    data.index.remove(gone);
    data.rows.retain(|row| row.asset_id != gone);
    let header = Header {
        model: "starter".into(),
        feed_seq: 42,
    };
    data.index.save(&path, &header).unwrap();
    let (read, said) = Index::load(&path).unwrap();
    assert_eq!((said, read.len()), (header, 59));
    data.index = read;
    let query = vector(rng, Like::Clusters, 100);
    assert_eq!(
        search(&data, &query, 10, -1.0, None),
        rank(&query, &data.rows, 10, -1.0)
    );
    let whole = std::fs::read(&path).unwrap();
    for _ in 0..300 {
        let mut bytes = whole.clone();
        if rng.random() {
            bytes.truncate(rng.random_range(0..bytes.len()));
        } else {
            let at = rng.random_range(0..bytes.len());
            bytes[at] ^= 1 << rng.random_range(0..8);
        }
        std::fs::write(&path, bytes).unwrap();
        assert!(Index::load(&path).is_err());
    }
}

#[test]
fn an_index_is_learned_once_it_is_large_enough() {
    let mut rng = StdRng::seed_from_u64(9);
    let mut data = data(&mut rng, Like::Clusters, 2, 20);
    assert!(!data.index.has_outgrown());
    for row in 0..200u128 {
        let moments = vec![(0, vector(&mut rng, Like::Clusters, 2))];
        let asset = AssetId(uuid::Uuid::from_u128(row));
        data.index.put(asset, FACTS, moments).unwrap();
    }
    assert!(data.index.has_outgrown());
    assert_eq!(Index::sample_for(2, data.index.len()), Some(16));
    let sample: Vec<Vec<f32>> = data.rows.iter().map(|row| row.vector.clone()).collect();
    let learned = Index::learned(2, &sample);
    assert!(!learned.has_outgrown());
}

#[test]
fn in_a_learned_basis_few_numbers_lead_and_few_rows_are_left() {
    let mut rng = StdRng::seed_from_u64(10);
    let data = data_learned(&mut rng, Like::Flat, 192, 600);
    assert!(data.index.basis.lead() <= 64, "{}", data.index.basis.lead());
    let query = vector(&mut rng, Like::Flat, 192);
    let left = data.index.candidates(&query, 10, -1.0, None).unwrap();
    assert!((10..120).contains(&left.len()), "{}", left.len());
    assert_eq!(
        search(&data, &query, 10, -1.0, None),
        rank(&query, &data.rows, 10, -1.0)
    );
}
