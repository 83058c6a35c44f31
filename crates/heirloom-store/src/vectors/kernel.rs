//! The inner product of a plane of four-bit codes with whole numbers of eight bits. It is exact.

use super::rotation::BLOCK;

/// Something that computes it. Every kernel gives the same number.
pub(super) trait Kernel: Copy {
    /// `plane` holds codes from 0 to 15 as `code::pack` lays them out, `numbers` from -127 to 127, twice as many.
    fn dot(self, plane: &[u8], numbers: &[i8]) -> i32;

    /// The same for rows one after the other, each so many bytes.
    #[inline(always)]
    fn dots(self, planes: &[u8], width: usize, numbers: &[i8], products: &mut [i32]) {
        for (plane, product) in planes.chunks_exact(width).zip(products) {
            *product = self.dot(plane, numbers);
        }
    }
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
    use std::arch::x86_64::{__m128i, __m256i, _MM_HINT_T0};

    use pulp::x86::V3;

    use super::{BLOCK, Kernel};

    /// Bytes that come near together, and how long before they are read they are told to. Measured: more or less does
    /// less.
    const LINE: usize = 64;
    const AHEAD: usize = 2048;
    /// Sixteen-bit sums of products stay below 2^15 for this many blocks: 4 × 4 × 15 × 127 = 30 480.
    const BLOCKS_PER_SUM: usize = 4;

    /// For x86-64 of the third level.
    #[derive(Clone, Copy)]
    pub(in super::super) struct Avx2(pub V3);

    impl Kernel for Avx2 {
        #[inline(always)]
        fn dot(self, plane: &[u8], numbers: &[i8]) -> i32 {
            let (avx, avx2) = (self.0.avx, self.0.avx2);
            let mut total = 0;
            let blocks = plane.as_chunks::<{ BLOCK / 2 }>().0;
            let numbers = numbers.as_chunks::<BLOCK>().0;
            let runs = blocks
                .chunks(BLOCKS_PER_SUM)
                .zip(numbers.chunks(BLOCKS_PER_SUM));
            for (blocks, numbers) in runs {
                let mut sum = avx._mm256_setzero_si256();
                for (block, numbers) in blocks.iter().zip(numbers) {
                    sum = avx2._mm256_add_epi16(sum, self.block(*block, pulp::cast(*numbers)));
                }
                total += self.lanes(sum);
            }
            total
        }

        #[inline(always)]
        fn dots(self, planes: &[u8], width: usize, numbers: &[i8], products: &mut [i32]) {
            // Of few blocks the numbers stay in registers.
            match width / (BLOCK / 2) {
                1 => self.dots_of::<1>(planes, numbers, products),
                2 => self.dots_of::<2>(planes, numbers, products),
                3 => self.dots_of::<3>(planes, numbers, products),
                4 => self.dots_of::<4>(planes, numbers, products),
                _ => {
                    for (plane, product) in planes.chunks_exact(width).zip(products) {
                        self.fetch(plane);
                        *product = self.dot(plane, numbers);
                    }
                }
            }
        }
    }

    impl Avx2 {
        /// Rows of so many blocks, few enough for sixteen bits.
        #[inline(always)]
        fn dots_of<const BLOCKS: usize>(self, planes: &[u8], numbers: &[i8], products: &mut [i32]) {
            let rows = planes
                .as_chunks::<{ BLOCK / 2 }>()
                .0
                .as_chunks::<BLOCKS>()
                .0;
            let Some(numbers) = numbers.as_chunks::<BLOCK>().0.first_chunk::<BLOCKS>() else {
                return;
            };
            let numbers: [[__m256i; 2]; BLOCKS] = numbers.map(pulp::cast);
            for (row, product) in rows.iter().zip(products) {
                self.fetch(row.as_flattened());
                let mut sum = self.0.avx._mm256_setzero_si256();
                for (block, numbers) in row.iter().zip(&numbers) {
                    sum = self
                        .0
                        .avx2
                        ._mm256_add_epi16(sum, self.block(*block, *numbers));
                }
                *product = self.lanes(sum);
            }
        }

        /// The products of one block, four added up in each of sixteen lanes.
        #[inline(always)]
        fn block(self, block: [u8; BLOCK / 2], numbers: [__m256i; 2]) -> __m256i {
            let (avx, avx2) = (self.0.avx, self.0.avx2);
            let low = avx._mm256_set1_epi8(15);
            let codes: __m256i = pulp::cast(block);
            let below = avx2._mm256_and_si256(codes, low);
            let above = avx2._mm256_and_si256(avx2._mm256_srli_epi16::<4>(codes), low);
            avx2._mm256_add_epi16(
                avx2._mm256_maddubs_epi16(below, numbers[0]),
                avx2._mm256_maddubs_epi16(above, numbers[1]),
            )
        }

        /// The sum of sixteen lanes.
        #[inline(always)]
        fn lanes(self, sum: __m256i) -> i32 {
            let (sse2, avx2) = (self.0.sse2, self.0.avx2);
            let pairs = avx2._mm256_madd_epi16(sum, self.0.avx._mm256_set1_epi16(1));
            let [low, high]: [__m128i; 2] = pulp::cast(pairs);
            let four = sse2._mm_add_epi32(low, high);
            let two = sse2._mm_add_epi32(four, sse2._mm_shuffle_epi32::<0b00_00_11_10>(four));
            let one = sse2._mm_add_epi32(two, sse2._mm_shuffle_epi32::<0b00_00_00_01>(two));
            sse2._mm_cvtsi128_si32(one)
        }

        /// Has the machine bring near what lies a little behind these bytes.
        #[inline(always)]
        fn fetch(self, bytes: &[u8]) {
            for line in bytes.chunks(LINE) {
                let ahead = line.as_ptr().wrapping_add(AHEAD);
                self.0.sse._mm_prefetch::<{ _MM_HINT_T0 }>(ahead.cast());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng, rngs::StdRng};

    use super::*;

    /// Alone, and as the middle one of three rows.
    fn both_ways(kernel: impl Kernel, plane: &[u8], numbers: &[i8]) -> i32 {
        let alone = kernel.dot(plane, numbers);
        let empty = vec![0; plane.len()];
        let mut products = [1; 3];
        let planes = [&empty, plane, &empty].concat();
        kernel.dots(&planes, plane.len(), numbers, &mut products);
        assert_eq!(products, [0, alone, 0]);
        alone
    }

    #[test]
    fn every_kernel_gives_the_plain_sum() {
        let mut rng = StdRng::seed_from_u64(1);
        for blocks in [1, 2, 3, 4, 5, 8, 20] {
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
                assert_eq!(both_ways(Portable, &plane, &numbers), plain);
                #[cfg(target_arch = "x86_64")]
                if let Some(level) = pulp::x86::V3::try_new() {
                    assert_eq!(both_ways(Avx2(level), &plane, &numbers), plain);
                }
            }
        }
    }
}
