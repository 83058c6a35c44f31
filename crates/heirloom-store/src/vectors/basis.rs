//! Directions to say vectors in, such that a few numbers of each say most of it.
//!
//! A basis is orthonormal: it keeps every inner product. At first it only mixes ([`Rotation`]), and all numbers count
//! alike. Of a large library it is learned: embeddings of pictures do not fill their space, a quarter of the directions
//! commonly has 95 parts in a hundred of what they vary (Karhunen–Loève, or principal components, about zero because inner
//! products are). Then the numbers along those directions lead, mixed among themselves, the rest follows, and for most
//! rows a search need not look at the rest.

use std::sync::Arc;

use nalgebra::DMatrix;
use pulp::NullaryFnOnce;

use super::rotation::{BLOCK, Rotation};

/// The part of everything that may be left to the numbers that do not lead. Measured with the starter pack at a million:
/// with less, more is read of every row; with more, more rows are looked at closer.
const LEFT_MAX: f64 = 0.05;
/// Products that are added up in 32 bits before their sum goes into one of 64: it then loses at most 17 · 2⁻²⁴ of each
/// (Higham, Accuracy and Stability of Numerical Algorithms, 3.1), in all 1e-6 · √dimensions of a vector's length.
const TERMS: usize = 16;

/// Rows of a matrix that are read together.
const ROWS: usize = 4;
/// Vectors that are said together.
const AT_ONCE: usize = 4;

/// How vectors of one length are said.
#[derive(Clone, Debug)]
pub(super) struct Basis {
    padded: usize,
    /// How many numbers lead; a multiple of [`BLOCK`].
    lead: usize,
    turn: Turn,
}

#[derive(Clone, Debug)]
enum Turn {
    Fixed(Arc<Rotation>),
    /// Of each number of a vector, what it adds to each number of the result.
    Learned(Arc<[f32]>),
}

impl Basis {
    /// One for vectors of which nothing is known; every number leads.
    pub(super) fn fixed(dimensions: usize) -> Self {
        let padded = padded(dimensions);
        Self {
            padded,
            lead: padded,
            turn: Turn::Fixed(Arc::new(Rotation::new(padded))),
        }
    }

    /// One for vectors like these, of which there should be several times as many as dimensions. It takes about
    /// `10 · dimensions³` steps.
    pub(super) fn learn(dimensions: usize, sample: &[Vec<f32>]) -> Self {
        let padded = padded(dimensions);
        let number = |row: usize, at: usize| sample[row].get(at).copied().unwrap_or(0.0);
        let rows = DMatrix::from_fn(sample.len(), padded, |row, at| f64::from(number(row, at)));
        let found = rows.tr_mul(&rows).symmetric_eigen();
        let mut order: Vec<usize> = (0..padded).collect();
        order.sort_by(|&a, &b| found.eigenvalues[b].total_cmp(&found.eigenvalues[a]));
        let weights: Vec<f64> = order.iter().map(|&at| found.eigenvalues[at]).collect();
        let lead = leading(&weights);
        let (mix_lead, mix_rest) = (Rotation::new(lead), Rotation::new(padded - lead));
        let mut turn = Vec::with_capacity(padded * padded);
        for row in found.eigenvectors.row_iter() {
            let row: Vec<f32> = order.iter().map(|&at| row[at] as f32).collect();
            let (first, rest) = row.split_at(lead);
            turn.extend(mix_lead.apply(first));
            turn.extend(mix_rest.apply(rest));
        }
        Self::learned(padded, lead, turn)
    }

    /// From its parts; the numbers of [`Basis::turn`].
    pub(super) fn learned(padded: usize, lead: usize, turn: Vec<f32>) -> Self {
        let turn = Turn::Learned(turn.into());
        Self { padded, lead, turn }
    }

    /// The numbers of a learned one, `padded × padded`; none of one that is fixed.
    pub(super) fn turn(&self) -> &[f32] {
        match &self.turn {
            Turn::Fixed(_) => &[],
            Turn::Learned(turn) => turn,
        }
    }

    pub(super) fn is_learned(&self) -> bool {
        matches!(self.turn, Turn::Learned(_))
    }

    /// How many numbers a vector has here.
    pub(super) fn padded(&self) -> usize {
        self.padded
    }

    pub(super) fn lead(&self) -> usize {
        self.lead
    }

    /// The vector as it is said here.
    pub(super) fn apply(&self, vector: &[f32]) -> Vec<f32> {
        self.apply_all(&[vector]).remove(0)
    }

    /// Vectors as they are said here. One that is learned is larger than what a core has at hand: several vectors share
    /// each reading of it.
    pub(super) fn apply_all(&self, vectors: &[&[f32]]) -> Vec<Vec<f32>> {
        let turn = match &self.turn {
            Turn::Fixed(rotation) => {
                return vectors
                    .iter()
                    .map(|vector| rotation.apply(vector))
                    .collect();
            }
            Turn::Learned(turn) => turn,
        };
        let mut said = Vec::with_capacity(vectors.len());
        for vectors in vectors.chunks(AT_ONCE) {
            said.extend(vectorized(Product {
                turn,
                vectors,
                width: self.padded,
            }));
        }
        said
    }
}

/// Compiled for the machine that it finds itself on.
fn vectorized(product: Product<'_>) -> Vec<Vec<f32>> {
    #[cfg(target_arch = "x86_64")]
    if let Some(level) = pulp::x86::V3::try_new() {
        return level.vectorize(product);
    }
    product.call()
}

pub(super) fn padded(dimensions: usize) -> usize {
    dimensions.max(1).next_multiple_of(BLOCK)
}

/// How many of the directions, by falling weight, are enough.
fn leading(weights: &[f64]) -> usize {
    let total: f64 = weights.iter().sum();
    let mut left = total;
    for (block, weights) in weights.chunks(BLOCK).enumerate() {
        left -= weights.iter().sum::<f64>();
        if left <= LEFT_MAX * total {
            return (block + 1) * BLOCK;
        }
    }
    weights.len()
}

/// A few vectors times a matrix.
struct Product<'a> {
    turn: &'a [f32],
    vectors: &'a [&'a [f32]],
    width: usize,
}

impl NullaryFnOnce for Product<'_> {
    type Output = Vec<Vec<f32>>;

    #[inline(always)]
    fn call(self) -> Vec<Vec<f32>> {
        let (width, count) = (self.width, self.vectors.len());
        let mut totals = vec![0f64; width * count];
        let mut sums = vec![0f32; width * count];
        for (block, rows) in self.turn.chunks(TERMS * width).enumerate() {
            sums.fill(0.0);
            for (at, rows) in rows.chunks_exact(ROWS * width).enumerate() {
                let first = block * TERMS + at * ROWS;
                let rows: [&[f32]; ROWS] = std::array::from_fn(|row| &rows[row * width..][..width]);
                for (vector, sums) in self.vectors.iter().zip(sums.chunks_exact_mut(width)) {
                    let numbers: [f32; ROWS] =
                        std::array::from_fn(|row| vector.get(first + row).copied().unwrap_or(0.0));
                    add(sums, rows, numbers);
                }
            }
            for (total, &sum) in totals.iter_mut().zip(&sums) {
                *total += f64::from(sum);
            }
        }
        let said = totals.chunks_exact(width);
        said.map(|totals| totals.iter().map(|&total| total as f32).collect())
            .collect()
    }
}

/// Adds a few rows, each times its number.
#[inline(always)]
fn add(sums: &mut [f32], rows: [&[f32]; ROWS], numbers: [f32; ROWS]) {
    let [a, b, c, d] = rows;
    let weights = a.iter().zip(b).zip(c.iter().zip(d));
    for (sum, ((a, b), (c, d))) in sums.iter_mut().zip(weights) {
        *sum += (numbers[0] * a + numbers[1] * b) + (numbers[2] * c + numbers[3] * d);
    }
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng, rngs::StdRng};

    use super::*;
    use crate::vectors::{code::length, scan::score};

    /// Vectors that lie near a space of so many directions.
    fn flat(rng: &mut StdRng, dimensions: usize, directions: usize, count: usize) -> Vec<Vec<f32>> {
        let mut noise = |scale: f32| -> Vec<f32> {
            (0..dimensions)
                .map(|_| rng.random_range(-scale..scale))
                .collect()
        };
        let space: Vec<Vec<f32>> = (0..directions).map(|_| noise(1.0)).collect();
        (0..count)
            .map(|_| {
                let mut made = noise(0.02);
                for (direction, weight) in space.iter().zip(noise(1.0)) {
                    for (number, part) in made.iter_mut().zip(direction) {
                        *number += part * weight;
                    }
                }
                made
            })
            .collect()
    }

    #[test]
    fn what_is_learned_keeps_inner_products_and_says_most_first() {
        let mut rng = StdRng::seed_from_u64(1);
        for dimensions in [64, 100] {
            let rows = flat(&mut rng, dimensions, 20, 300);
            let basis = Basis::learn(dimensions, &rows);
            assert_eq!((basis.lead(), basis.is_learned()), (BLOCK, true));
            let other = basis.apply(&rows[0]);
            for row in &rows {
                let said = basis.apply(row);
                assert_eq!(said.len(), basis.padded());
                let rest = length(&said[basis.lead()..]);
                assert!(rest < 0.1 * length(row), "{rest} of {}", length(row));
                let (truth, kept) = (score(row, &rows[0]), score(&said, &other));
                let most = length(row) * length(&rows[0]);
                assert!(f64::from((truth - kept).abs()) < 1e-5 * most);
            }
        }
    }

    #[test]
    fn where_no_direction_weighs_more_all_lead() {
        let mut rng = StdRng::seed_from_u64(2);
        let noise = flat(&mut rng, 128, 0, 2_000);
        assert_eq!(Basis::learn(128, &noise).lead(), 128);
        assert_eq!(Basis::learn(128, &[]).lead(), 64, "of nothing, anything");
    }
}
