//! Exact search among the vectors of one owner, in memory.
//!
//! An [`Index`] holds eight bits a number, the first four of the numbers that lead apart from the others (`code`). In a
//! large library the leading numbers are few, because the directions to say vectors in are learned from it (`basis`). A
//! search reads the leading numbers of every row that may be found, computes an estimate and a bound that the truth cannot
//! break, and looks closer only where the bound allows one of the best: first at all bits, then with the query's second
//! part. What is left is a handful of [`Candidate`]s among which the best certainly are; [`rank`] orders them by the full vectors, which stay in the database.
//! So the answer is that of comparing everything with everything, whatever the data are like.
//!
//! An index is a cache: it can be thrown away at any time. It is made from the table `embeddings`, keeps what is asked of
//! assets most often beside the codes ([`Facts`]) so that those filters cost no query, and can be kept in a file
//! (`snapshot`).

#[expect(
    clippy::inline_always,
    reason = "only what is inlined is compiled for the machine that the search finds itself on"
)]
mod basis;
#[expect(
    clippy::inline_always,
    reason = "only what is inlined is compiled for the machine that the search finds itself on"
)]
mod code;
mod facts;
#[expect(
    clippy::inline_always,
    reason = "only what is inlined is compiled for the machine that the search finds itself on"
)]
mod kernel;
mod plane;
mod rotation;
#[expect(
    clippy::inline_always,
    reason = "only what is inlined is compiled for the machine that the search finds itself on"
)]
mod scan;
mod snapshot;

use std::collections::{HashMap, HashSet};

use heirloom_types::ids::AssetId;

pub use facts::{Facts, Marks, Times, When, list_facts};
pub use scan::{Candidate, Hit, rank};
pub use snapshot::Header;

use basis::Basis;
use code::Measure;
use plane::Plane;

/// Rows that are gone are swept out when they are more than this part of all.
const DEAD_SHARE_MAX: usize = 4;
/// Rows for each dimension from which on it is worth learning a basis: it then is a sixteenth of the codes.
const LEARN_FROM: usize = 64;
/// Rows for each dimension to learn from.
const LEARN_WITH: usize = 8;
/// Assets whose vectors are coded together.
const PUT_AT_ONCE: usize = 64;
/// The slot of a row that is gone.
const NOBODY: u32 = u32::MAX;

/// Why a vector cannot be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    #[error("a vector of {found} numbers does not belong among vectors of {wanted}")]
    Length { wanted: usize, found: usize },
    #[error("a vector has numbers that are not finite")]
    NotFinite,
}

/// The vectors that one model made of one owner's assets.
#[derive(Clone, Debug)]
pub struct Index {
    dimensions: usize,
    basis: Basis,
    high: Plane,
    low: Plane,
    measures: Vec<Measure>,
    rest_steps: Vec<f32>,
    moments: Vec<i64>,
    /// Of each row, its asset's place in `assets`; the rows of an asset are together.
    slots: Vec<u32>,
    assets: Vec<AssetId>,
    /// Of each asset.
    marks: Vec<u8>,
    times: Vec<Times>,
    places: HashMap<AssetId, Place>,
    dead: usize,
    longest: f64,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    slot: u32,
    row: u32,
    rows: u32,
}

/// An asset for an index: what is true of it, and its moments.
pub type Entry = (AssetId, Facts, Vec<(i64, Vec<f32>)>);

/// Rows that may be found.
#[derive(Clone, Debug)]
pub struct Selection(Vec<u64>);

impl Index {
    /// An empty index of vectors of that length.
    pub fn new(dimensions: usize) -> Self {
        Self::with(dimensions, Basis::fixed(dimensions))
    }

    /// An empty index that is quicker to search when it is large, for vectors like these. Takes a second of one core with
    /// 512 dimensions.
    pub fn learned(dimensions: usize, sample: &[Vec<f32>]) -> Self {
        Self::with(dimensions, Basis::learn(dimensions, sample))
    }

    /// How many vectors to learn from, if an index of so many rows should be [`learned`](Self::learned).
    pub fn sample_for(dimensions: usize, rows: usize) -> Option<usize> {
        (rows >= LEARN_FROM * dimensions).then_some(LEARN_WITH * dimensions)
    }

    /// Whether it has grown so large that it should be made anew, as one that is learned.
    pub fn has_outgrown(&self) -> bool {
        !self.basis.is_learned() && Self::sample_for(self.dimensions, self.slots.len()).is_some()
    }

    fn with(dimensions: usize, basis: Basis) -> Self {
        Self {
            dimensions,
            basis,
            high: Plane::default(),
            low: Plane::default(),
            measures: Vec::new(),
            rest_steps: Vec::new(),
            moments: Vec::new(),
            slots: Vec::new(),
            assets: Vec::new(),
            marks: Vec::new(),
            times: Vec::new(),
            places: HashMap::new(),
            dead: 0,
            longest: 0.0,
        }
    }

    /// How many numbers a vector has.
    pub fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// How many assets there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    pub fn contains(&self, asset: AssetId) -> bool {
        self.places.contains_key(&asset)
    }

    /// Bytes it takes.
    pub fn memory(&self) -> usize {
        /// Of one entry of the map, with its share of empty ones.
        const PLACE: usize = (size_of::<(AssetId, Place)>() + 1) * 8 / 7;
        self.high.memory()
            + self.low.memory()
            + size_of_val(self.basis.turn())
            + self.measures.capacity() * size_of::<Measure>()
            + self.rest_steps.capacity() * size_of::<f32>()
            + self.moments.capacity() * size_of::<i64>()
            + self.slots.capacity() * size_of::<u32>()
            + self.assets.capacity() * size_of::<AssetId>()
            + self.marks.capacity()
            + self.times.capacity() * size_of::<Times>()
            + self.places.capacity() * PLACE
    }

    /// Puts these moments in the place of all that is known of the asset; with none it is removed.
    pub fn put(
        &mut self,
        asset: AssetId,
        facts: Facts,
        moments: Vec<(i64, Vec<f32>)>,
    ) -> Result<(), Unusable> {
        let refused = self.put_all(&[(asset, facts, moments)]);
        refused
            .into_iter()
            .next()
            .map_or(Ok(()), |(_, why)| Err(why))
    }

    /// As [`Index::put`] for many, which is quicker than one after the other; gives those that cannot be kept, of which
    /// everything stays as it was.
    pub fn put_all(&mut self, entries: &[Entry]) -> Vec<(AssetId, Unusable)> {
        let mut refused = Vec::new();
        for entries in entries.chunks(PUT_AT_ONCE) {
            let (mut usable, mut vectors) = (Vec::new(), Vec::new());
            for entry in entries {
                let of_entry = || entry.2.iter().map(|(_, vector)| vector.as_slice());
                match of_entry().try_for_each(|vector| self.check(vector)) {
                    Ok(()) => {
                        usable.push(entry);
                        vectors.extend(of_entry());
                    }
                    Err(why) => refused.push((entry.0, why)),
                }
            }
            let mut said = self.basis.apply_all(&vectors).into_iter();
            for (asset, facts, moments) in usable {
                self.remove(*asset);
                self.push(*asset, *facts, moments, &mut said);
            }
        }
        refused
    }

    /// Takes in an asset that is not here, with its vectors in the basis.
    fn push(
        &mut self,
        asset: AssetId,
        facts: Facts,
        moments: &[(i64, Vec<f32>)],
        said: &mut impl Iterator<Item = Vec<f32>>,
    ) {
        if moments.is_empty() {
            return;
        }
        let slot = self.assets.len() as u32;
        self.places.insert(
            asset,
            Place {
                slot,
                row: self.slots.len() as u32,
                rows: moments.len() as u32,
            },
        );
        self.assets.push(asset);
        self.marks.push(facts.marks.bits());
        self.times.push(facts.times);
        for ((moment, vector), said) in moments.iter().zip(said) {
            self.longest = self.longest.max(code::length(vector));
            let coded = code::encode(&said, self.basis.lead());
            self.high.extend(&coded.high);
            self.low.extend(&coded.low);
            self.measures.push(coded.measure);
            self.rest_steps.push(coded.rest_step);
            self.moments.push(*moment);
            self.slots.push(slot);
        }
    }

    /// What is now true of an asset, if it is here.
    pub fn set_facts(&mut self, asset: AssetId, facts: Facts) {
        if let Some(place) = self.places.get(&asset) {
            self.marks[place.slot as usize] = facts.marks.bits();
            self.times[place.slot as usize] = facts.times;
        }
    }

    /// Forgets an asset.
    pub fn remove(&mut self, asset: AssetId) {
        let Some(place) = self.places.remove(&asset) else {
            return;
        };
        let rows = place.row as usize..(place.row + place.rows) as usize;
        self.dead += rows.len();
        self.slots[rows].fill(NOBODY);
        if self.dead * DEAD_SHARE_MAX > self.slots.len() {
            self.sweep();
        }
    }

    /// Whether the vector could be compared with those here.
    pub fn check(&self, vector: &[f32]) -> Result<(), Unusable> {
        if vector.len() != self.dimensions {
            return Err(Unusable::Length {
                wanted: self.dimensions,
                found: vector.len(),
            });
        }
        if code::length(vector).is_finite() {
            Ok(())
        } else {
            Err(Unusable::NotFinite)
        }
    }

    /// The rows of assets of which this is true, and that were taken then.
    pub fn select(&self, is_wanted: impl Fn(Marks) -> bool, when: &When) -> Selection {
        let wanted: Vec<bool> = (0..=u8::MAX)
            .map(|bits| Marks::of(bits).is_some_and(&is_wanted))
            .collect();
        let has_marks = |slot: u32| wanted[usize::from(self.marks[slot as usize])];
        if *when == When::ANY {
            return self.select_rows(has_marks);
        }
        self.select_rows(|slot| has_marks(slot) && when.holds(self.times[slot as usize]))
    }

    /// The rows of these assets.
    pub fn select_assets(&self, assets: &HashSet<AssetId>) -> Selection {
        let mut rows = vec![0u64; self.slots.len().div_ceil(64)];
        for place in assets.iter().filter_map(|asset| self.places.get(asset)) {
            for row in place.row..place.row + place.rows {
                rows[row as usize / 64] |= 1 << (row % 64);
            }
        }
        Selection(rows)
    }

    fn select_rows(&self, is_wanted: impl Fn(u32) -> bool) -> Selection {
        Selection(
            self.slots
                .chunks(64)
                .map(|slots| {
                    slots.iter().enumerate().fold(0, |word, (at, &slot)| {
                        word | (u64::from(slot != NOBODY && is_wanted(slot)) << at)
                    })
                })
                .collect(),
        )
    }

    /// Writes the rows that live together, without those that are gone.
    fn sweep(&mut self) {
        let (high, low) = (self.high_bytes(), self.low_bytes());
        let empty = Self::with(self.dimensions, self.basis.clone());
        let old = std::mem::replace(self, empty);
        self.longest = old.longest;
        let mut row = 0;
        while row < old.slots.len() {
            let slot = old.slots[row];
            if slot == NOBODY {
                row += 1;
                continue;
            }
            let asset = old.assets[slot as usize];
            let rows = row..row + old.places[&asset].rows as usize;
            let place = Place {
                slot: self.assets.len() as u32,
                row: self.slots.len() as u32,
                rows: rows.len() as u32,
            };
            self.places.insert(asset, place);
            self.assets.push(asset);
            self.marks.push(old.marks[slot as usize]);
            self.times.push(old.times[slot as usize]);
            self.high
                .extend(&old.high[rows.start * high..rows.end * high]);
            self.low.extend(&old.low[rows.start * low..rows.end * low]);
            self.measures.extend_from_slice(&old.measures[rows.clone()]);
            self.rest_steps
                .extend_from_slice(&old.rest_steps[rows.clone()]);
            self.moments.extend_from_slice(&old.moments[rows.clone()]);
            self.slots
                .extend(std::iter::repeat_n(place.slot, rows.len()));
            row = rows.end;
        }
    }

    /// Bytes of the high plane of one row, and of the low one.
    fn high_bytes(&self) -> usize {
        self.basis.lead() / 2
    }

    fn low_bytes(&self) -> usize {
        self.basis.padded() - self.high_bytes()
    }
}

impl Selection {
    /// What is in both.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word &= other;
        }
        self
    }

    /// How many rows.
    pub fn count(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }
}

#[cfg(test)]
mod tests;
