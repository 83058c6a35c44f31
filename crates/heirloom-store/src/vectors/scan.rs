//! The search itself: every row that may be found, the best certainly among what is given.

use std::{cmp::Reverse, collections::BinaryHeap, collections::HashMap};

use heirloom_types::ids::AssetId;
use pulp::NullaryFnOnce;

use super::{
    Index, NOBODY, Selection, Unusable,
    code::{Part, Query},
    kernel::{Kernel, Portable},
};
use crate::{bits, embeddings::Embedding};

/// Rows that are looked at together: those of one word of a selection.
const ROWS_AT_ONCE: usize = 64;
/// Rows of them that are looked at one by one.
const FEW: u32 = 16;

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
        let query = self.code(query);
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

    fn code(&self, query: &[f32]) -> Query {
        let said = self.basis.apply(query);
        Query::new(&said, self.basis.lead(), self.longest)
    }

    /// As [`Index::candidates`], on any machine; the same answer, slower.
    #[cfg(test)]
    pub(super) fn candidates_portably(
        &self,
        query: &[f32],
        limit: usize,
        least: f32,
    ) -> Vec<Candidate> {
        let query = self.code(query);
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
        let index = self.index;
        let width = index.high_bytes();
        let mut products = [0; ROWS_AT_ONCE];
        for (block, planes) in index.high.chunks(ROWS_AT_ONCE * width).enumerate() {
            let wanted = self.selection.map_or(u64::MAX, |rows| rows.0[block]);
            if wanted == 0 {
                continue;
            }
            let products = &mut products[..planes.len() / width];
            let numbers = &self.query.lead.first.numbers;
            if wanted.count_ones() > FEW {
                kernel.dots(planes, width, numbers, products);
            } else {
                for at in bits::ones(wanted) {
                    products[at] = kernel.dot(&planes[at * width..][..width], numbers);
                }
            }
            let first = block * ROWS_AT_ONCE;
            for at in bits::ones(self.may_be_best(first, products) & wanted) {
                self.look_closer(kernel, first + at, products[at]);
            }
        }
        self.best.end_asset();
        self.finish()
    }

    /// Of rows from this one on, by the products of their high planes with the query's: which may be among the best.
    #[inline(always)]
    fn may_be_best(&self, first: usize, products: &[i32]) -> u64 {
        let Part { step, sum, .. } = self.query.lead.first;
        // A high plane stands for 16 · step · (high - 7.5): 8 · step · (2 high - 15).
        let (unit, middle) = (8.0 * step, 15 * sum);
        let (margin, bar) = (self.query.rough, self.best.bar());
        let mut may_be = [false; ROWS_AT_ONCE];
        let measures = &self.index.measures[first..first + products.len()];
        for ((may_be, &product), measure) in may_be.iter_mut().zip(products).zip(measures) {
            let estimate = (2 * product - middle) as f32 * (unit * measure.step);
            *may_be = estimate + margin.of(measure.coarse, measure.beyond) >= bar;
        }
        bits::word(may_be)
    }

    /// Reads all bits of the leading numbers, and if that is not enough, everything.
    #[inline(always)]
    fn look_closer<K: Kernel>(&mut self, kernel: K, row: usize, high: i32) {
        let (index, query, bar) = (self.index, self.query, self.best.bar());
        let measure = index.measures[row];
        let row_bits = Bits::of(index, row);
        let first = row_bits.lead(kernel, high, &query.lead.first);
        if first + query.rough.of(measure.lost, measure.beyond) < bar {
            return;
        }
        let second = &query.lead.second;
        let estimate = first
            + row_bits.lead(kernel, kernel.dot(row_bits.high, &second.numbers), second)
            + row_bits.rest(kernel, &query.rest.first)
            + row_bits.rest(kernel, &query.rest.second);
        let margin = query.sharp.of(measure.lost, 0.0);
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

/// All that is kept of one row's numbers.
struct Bits<'a> {
    step: f32,
    rest_step: f32,
    high: &'a [u8],
    low: &'a [u8],
    rest_high: &'a [u8],
    rest_low: &'a [u8],
}

impl<'a> Bits<'a> {
    #[inline(always)]
    fn of(index: &'a Index, row: usize) -> Self {
        let (width, others) = (index.high_bytes(), index.low_bytes());
        let low = &index.low[row * others..(row + 1) * others];
        let (low, rest) = low.split_at(width);
        let (rest_high, rest_low) = rest.split_at(rest.len() / 2);
        Self {
            step: index.measures[row].step,
            rest_step: index.rest_steps[row],
            high: &index.high[row * width..(row + 1) * width],
            low,
            rest_high,
            rest_low,
        }
    }

    /// What the leading numbers add, of whose high bits the product is known.
    #[inline(always)]
    fn lead<K: Kernel>(&self, kernel: K, high: i32, part: &Part) -> f32 {
        whole(part, self.step, high, kernel.dot(self.low, &part.numbers))
    }

    /// What the rest adds.
    #[inline(always)]
    fn rest<K: Kernel>(&self, kernel: K, part: &Part) -> f32 {
        let high = kernel.dot(self.rest_high, &part.numbers);
        let low = kernel.dot(self.rest_low, &part.numbers);
        whole(part, self.rest_step, high, low)
    }
}

/// `step · (u - 127.5)` for all numbers times the query's, from the products of both halves of the codes.
#[inline(always)]
fn whole(part: &Part, step: f32, high: i32, low: i32) -> f32 {
    (2 * (16 * high + low) - 255 * part.sum) as f32 * (0.5 * part.step * step)
}
