//! The inner product of a plane of four-bit codes with whole numbers of eight bits. It is exact.

use super::rotation::BLOCK;

/// Something that computes it. Every kernel gives the same number.
pub(super) trait Kernel: Copy {
    /// `plane` holds codes from 0 to 15 as `code::pack` lays them out, `numbers` from -127 to 127, twice as many.
    fn dot(self, plane: &[u8], numbers: &[i8]) -> i32;

    /// Has the machine bring bytes near that will be read soon, where it can be told to.
    #[inline(always)]
    fn fetch(self, _bytes: &[u8]) {}
}

/// For every machine.
#[derive(Clone, Copy)]
pub(super) struct Portable;

impl Kernel for Portable {
    #[inline(always)]
    fn dot(self, plane: &[u8], numbers: &[i8]) -> i32 {
        let blocks = plane.as_chunks::<{ BLOCK / 2 }>().0;
        let mut total = 0;
        for (codes, numbers) in blocks.iter().zip(numbers.as_chunks::<BLOCK>().0) {
            let (lower, upper) = numbers.split_at(BLOCK / 2);
            for ((&code, &low), &high) in codes.iter().zip(lower).zip(upper) {
                total += i32::from(i16::from(code & 15) * i16::from(low));
                total += i32::from(i16::from(code >> 4) * i16::from(high));
            }
        }
        total
    }
}

#[cfg(target_arch = "x86_64")]
pub(super) use avx2::Avx2;

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::{__m256i, _MM_HINT_T0};

    use pulp::x86::V3;

    use super::{BLOCK, Kernel};

    /// Bytes that come near together.
    const LINE: usize = 64;
    /// Sixteen-bit sums of products stay below 2^15 for this many blocks: 4 × 4 × 15 × 127 = 30 480.
    const BLOCKS_PER_SUM: usize = 4;

    /// For x86-64 of the third level.
    #[derive(Clone, Copy)]
    pub(in super::super) struct Avx2(pub V3);

    impl Kernel for Avx2 {
        #[inline(always)]
        fn dot(self, plane: &[u8], numbers: &[i8]) -> i32 {
            let (avx, avx2) = (self.0.avx, self.0.avx2);
            let (low, ones) = (avx._mm256_set1_epi8(15), avx._mm256_set1_epi16(1));
            let zero = avx._mm256_setzero_si256();
            let mut total = zero;
            let blocks = plane.as_chunks::<{ BLOCK / 2 }>().0;
            let numbers = numbers.as_chunks::<{ BLOCK / 2 }>().0;
            let runs = blocks
                .chunks(BLOCKS_PER_SUM)
                .zip(numbers.chunks(2 * BLOCKS_PER_SUM));
            for (blocks, numbers) in runs {
                let mut sum = zero;
                for (block, numbers) in blocks.iter().zip(numbers.as_chunks::<2>().0) {
                    let codes: __m256i = pulp::cast(*block);
                    let below = avx2._mm256_and_si256(codes, low);
                    let above = avx2._mm256_and_si256(avx2._mm256_srli_epi16::<4>(codes), low);
                    let below = avx2._mm256_maddubs_epi16(below, pulp::cast(numbers[0]));
                    let above = avx2._mm256_maddubs_epi16(above, pulp::cast(numbers[1]));
                    sum = avx2._mm256_add_epi16(sum, avx2._mm256_add_epi16(below, above));
                }
                total = avx2._mm256_add_epi32(total, avx2._mm256_madd_epi16(sum, ones));
            }
            let lanes: [i32; 8] = pulp::cast(total);
            lanes.iter().sum()
        }

        #[inline(always)]
        fn fetch(self, bytes: &[u8]) {
            for line in bytes.chunks(LINE) {
                let address = line.as_ptr().cast();
                self.0.sse._mm_prefetch::<{ _MM_HINT_T0 }>(address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng, rngs::StdRng};

    use super::*;

    #[test]
    fn every_kernel_gives_the_plain_sum() {
        let mut rng = StdRng::seed_from_u64(1);
        for blocks in [1, 2, 4, 5, 8, 20] {
            for extreme in [false, true] {
                let plane: Vec<u8> = (0..blocks * BLOCK / 2)
                    .map(|_| if extreme { 255 } else { rng.random() })
                    .collect();
                let numbers: Vec<i8> = (0..blocks * BLOCK)
                    .map(|_| {
                        if extreme {
                            -127
                        } else {
                            rng.random_range(-127..=127)
                        }
                    })
                    .collect();
                let plain: i32 = (0..blocks * BLOCK)
                    .map(|at| {
                        let byte = plane[at / BLOCK * (BLOCK / 2) + at % (BLOCK / 2)];
                        let code = if at % BLOCK < BLOCK / 2 {
                            byte & 15
                        } else {
                            byte >> 4
                        };
                        i32::from(code) * i32::from(numbers[at])
                    })
                    .sum();
                assert_eq!(Portable.dot(&plane, &numbers), plain);
                #[cfg(target_arch = "x86_64")]
                if let Some(level) = pulp::x86::V3::try_new() {
                    assert_eq!(Avx2(level).dot(&plane, &numbers), plain);
                }
            }
        }
    }
}
