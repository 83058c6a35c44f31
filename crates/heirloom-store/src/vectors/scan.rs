//! The search itself: every row that may be found, the best certainly among what is given.

use std::{cmp::Reverse, collections::BinaryHeap, collections::HashMap};

use heirloom_types::ids::AssetId;
use pulp::NullaryFnOnce;

use super::{
    Index, NOBODY, Selection, Unusable,
    code::{Measure, Query},
    kernel::{Kernel, Portable},
};
use crate::embeddings::Embedding;

/// So many rows before it is read, a row is fetched. Measured: more or fewer do less.
const ROWS_AHEAD: usize = 8;

/// A row that may be among the best, and between what its inner product with the query lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    pub asset_id: AssetId,
    pub moment_ms: i64,
    pub lower: f32,
    pub upper: f32,
}

/// An asset that was found, by its best moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    pub asset_id: AssetId,
    pub moment_ms: i64,
    /// The inner product with the query.
    pub score: f32,
}

impl Index {
    /// Rows among which are the best moments of the `limit` best assets whose inner product with the query is at least
    /// `least`. Give their full vectors to [`rank`].
    pub fn candidates(
        &self,
        query: &[f32],
        limit: usize,
        least: f32,
        selection: Option<&Selection>,
    ) -> Result<Vec<Candidate>, Unusable> {
        self.check(query)?;
        if limit == 0 {
            return Ok(Vec::new());
        }
        let query = Query::new(&self.rotation.apply(query), self.longest);
        let alive = match selection {
            None if self.dead > 0 => Some(self.select_rows(|_| true)),
            _ => None,
        };
        let scan = |best| Scan {
            index: self,
            query: &query,
            selection: selection.or(alive.as_ref()),
            best,
        };
        let best = Best::new(limit, least);
        #[cfg(target_arch = "x86_64")]
        if let Some(level) = pulp::x86::V3::try_new() {
            return Ok(level.vectorize(With(scan(best), super::kernel::Avx2(level))));
        }
        Ok(scan(best).run(Portable))
    }

    /// As [`Index::candidates`], on any machine; the same answer, slower.
    #[cfg(test)]
    pub(super) fn candidates_portably(
        &self,
        query: &[f32],
        limit: usize,
        least: f32,
    ) -> Vec<Candidate> {
        let query = Query::new(&self.rotation.apply(query), self.longest);
        let alive = self.select_rows(|_| true);
        Scan {
            index: self,
            query: &query,
            selection: Some(&alive),
            best: Best::new(limit, least),
        }
        .run(Portable)
    }
}

/// The `limit` best assets by their full vectors, best first, at equal scores the newer id first.
pub fn rank(query: &[f32], found: &[Embedding], limit: usize, least: f32) -> Vec<Hit> {
    let mut best: HashMap<AssetId, Hit> = HashMap::new();
    for embedding in found {
        let hit = Hit {
            asset_id: embedding.asset_id,
            moment_ms: embedding.moment_ms,
            score: score(query, &embedding.vector),
        };
        let known = best.entry(hit.asset_id).or_insert(hit);
        if (hit.score, Reverse(hit.moment_ms)) > (known.score, Reverse(known.moment_ms)) {
            *known = hit;
        }
    }
    let mut hits: Vec<Hit> = best
        .into_values()
        .filter(|hit| hit.score >= least)
        .collect();
    hits.sort_by(|a, b| {
        b.score
            .total_cmp(&a.score)
            .then(b.asset_id.cmp(&a.asset_id))
    });
    hits.truncate(limit);
    hits
}

/// The inner product, as well as 32 bits can say it.
pub(super) fn score(a: &[f32], b: &[f32]) -> f32 {
    a.iter()
        .zip(b)
        .map(|(&a, &b)| f64::from(a) * f64::from(b))
        .sum::<f64>() as f32
}

/// What is known of the best so far.
struct Best {
    limit: usize,
    least: f32,
    /// The best lower bounds, one an asset.
    lowers: BinaryHeap<Reverse<Ordered>>,
    /// The asset whose rows are being read, and its best lower bound.
    current: (u32, f32),
    found: Vec<(u32, f32, f32)>,
}

impl Best {
    fn new(limit: usize, least: f32) -> Self {
        Self {
            limit,
            least,
            lowers: BinaryHeap::new(),
            current: (NOBODY, f32::NEG_INFINITY),
            found: Vec::new(),
        }
    }

    /// What a row must be able to reach.
    fn bar(&self) -> f32 {
        match self.lowers.peek() {
            Some(Reverse(worst)) if self.lowers.len() == self.limit => worst.0.max(self.least),
            _ => self.least,
        }
    }

    fn add(&mut self, row: u32, slot: u32, lower: f32, upper: f32) {
        self.found.push((row, lower, upper));
        if self.current.0 == slot {
            self.current.1 = self.current.1.max(lower);
        } else {
            self.end_asset();
            self.current = (slot, lower);
        }
    }

    fn end_asset(&mut self) {
        let (slot, lower) = std::mem::replace(&mut self.current, (NOBODY, f32::NEG_INFINITY));
        if slot == NOBODY {
            return;
        }
        if self.lowers.len() < self.limit {
            self.lowers.push(Reverse(Ordered(lower)));
        } else if lower > self.bar() {
            self.lowers.pop();
            self.lowers.push(Reverse(Ordered(lower)));
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
struct Ordered(f32);

impl Eq for Ordered {}

impl PartialOrd for Ordered {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ordered {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

struct Scan<'a> {
    index: &'a Index,
    query: &'a Query,
    selection: Option<&'a Selection>,
    best: Best,
}

/// A search with its kernel, compiled for the machine it finds itself on.
struct With<'a, K>(Scan<'a>, K);

impl<K: Kernel> NullaryFnOnce for With<'_, K> {
    type Output = Vec<Candidate>;

    #[inline(always)]
    fn call(self) -> Self::Output {
        self.0.run(self.1)
    }
}

impl Scan<'_> {
    #[inline(always)]
    fn run<K: Kernel>(mut self, kernel: K) -> Vec<Candidate> {
        let half = self.index.row_bytes();
        let first = &self.query.first;
        // A high plane stands for 16 · step · (high - 7.5): 8 · step · (2 high - 15).
        let unit = 8.0 * first.step;
        let middle = 15 * first.sum;
        let mut bar = self.best.bar();
        let rows = self
            .index
            .high
            .chunks_exact(half)
            .zip(&self.index.measures)
            .enumerate();
        let mut word = u64::MAX;
        for (row, (plane, measure)) in rows {
            self.fetch(kernel, row + ROWS_AHEAD);
            if let Some(selection) = self.selection {
                if row % 64 == 0 {
                    word = selection.0[row / 64];
                }
                if word & (1 << (row % 64)) == 0 {
                    continue;
                }
            }
            let high = kernel.dot(plane, &first.numbers);
            let estimate = (2 * high - middle) as f32 * (unit * measure.step);
            if estimate + self.query.rough.of(measure.coarse) >= bar {
                self.look_closer(kernel, row, high, *measure, bar);
                bar = self.best.bar();
            }
        }
        self.best.end_asset();
        self.finish()
    }

    /// Brings a row near that will be read, if there is one.
    #[inline(always)]
    fn fetch<K: Kernel>(&self, kernel: K, row: usize) {
        let half = self.index.row_bytes();
        let is_wanted = self.selection.is_none_or(|selection| selection.holds(row));
        if is_wanted && let Some(plane) = self.index.high.get(row * half..(row + 1) * half) {
            kernel.fetch(plane);
        }
    }

    /// Reads the low plane as well, and if that is not enough, takes the query as it is.
    #[inline(always)]
    fn look_closer<K: Kernel>(
        &mut self,
        kernel: K,
        row: usize,
        high: i32,
        measure: Measure,
        bar: f32,
    ) {
        let half = self.index.row_bytes();
        let (index, query) = (self.index, self.query);
        let low = &index.low[row * half..(row + 1) * half];
        let with_low =
            2 * (16 * high + kernel.dot(low, &query.first.numbers)) - 255 * query.first.sum;
        let first = with_low as f32 * (0.5 * query.first.step * measure.step);
        if first + query.rough.of(measure.fine) < bar {
            return;
        }
        let plane = &index.high[row * half..(row + 1) * half];
        let second = 2
            * (16 * kernel.dot(plane, &query.second.numbers)
                + kernel.dot(low, &query.second.numbers))
            - 255 * query.second.sum;
        let estimate = first + second as f32 * (0.5 * query.second.step * measure.step);
        let margin = query.sharp.of(measure.fine);
        if estimate + margin >= bar {
            let slot = index.slots[row];
            self.best
                .add(row as u32, slot, estimate - margin, estimate + margin);
        }
    }

    fn finish(self) -> Vec<Candidate> {
        let bar = self.best.bar();
        self.best
            .found
            .iter()
            .filter(|(_, _, upper)| *upper >= bar)
            .map(|&(row, lower, upper)| Candidate {
                asset_id: self.index.assets[self.index.slots[row as usize] as usize],
                moment_ms: self.index.moments[row as usize],
                lower,
                upper,
            })
            .collect()
    }
}
