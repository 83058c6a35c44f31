//! A fixed rotation that spreads what a vector says over all its numbers.
//!
//! Embeddings have a few numbers that are far larger than the rest; a code of few bits would spend its range on them. A
//! rotation keeps every inner product and makes all numbers alike in size. This one is three rounds of: change signs, a
//! Walsh–Hadamard transform of blocks of 64, shuffle. Every step is orthonormal, so the whole is.

/// Numbers of one block of the transform, and the unit to which lengths are padded.
pub(super) const BLOCK: usize = 64;
const ROUNDS: usize = 3;

/// A rotation for vectors of one length. The same on every machine, because codes are kept in files.
#[derive(Clone, Debug)]
pub(super) struct Rotation {
    /// Of each round: the sign of each number, and where it comes from afterwards.
    rounds: Vec<(Vec<f32>, Vec<u32>)>,
}

impl Rotation {
    /// The rotation for vectors of that padded length, a multiple of [`BLOCK`].
    pub(super) fn new(padded: usize) -> Self {
        let mut noise = SplitMix(0x6865_6972_6c6f_6f6d);
        let rounds = (0..ROUNDS)
            .map(|_| {
                let signs = (0..padded)
                    .map(|_| if noise.next() & 1 == 0 { 1.0 } else { -1.0 })
                    .collect();
                let mut order: Vec<u32> = (0..padded as u32).collect();
                for end in (1..padded).rev() {
                    order.swap(end, (noise.next() % (end as u64 + 1)) as usize);
                }
                (signs, order)
            })
            .collect();
        Self { rounds }
    }

    /// The vector, padded with zeros and rotated.
    pub(super) fn apply(&self, vector: &[f32]) -> Vec<f32> {
        let padded = self.rounds[0].0.len();
        let mut now = vector.to_vec();
        now.resize(padded, 0.0);
        for (signs, order) in &self.rounds {
            for (number, sign) in now.iter_mut().zip(signs) {
                *number *= sign;
            }
            now.as_chunks_mut::<BLOCK>()
                .0
                .iter_mut()
                .for_each(transform);
            now = order.iter().map(|&from| now[from as usize]).collect();
        }
        now
    }
}

/// The orthonormal Walsh–Hadamard transform.
fn transform(block: &mut [f32; BLOCK]) {
    let mut half = 1;
    while half < BLOCK {
        for pair in block.chunks_exact_mut(2 * half) {
            let (left, right) = pair.split_at_mut(half);
            for (a, b) in left.iter_mut().zip(right) {
                (*a, *b) = (*a + *b, *a - *b);
            }
        }
        half *= 2;
    }
    for number in block {
        *number *= 0.125;
    }
}

/// A small generator whose numbers never change.
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
