//! Coefficients to blocks of half the size.
//!
//! A value of half the size is the mean of the four that it stands for. Along a side, the mean of two neighbours of a cosine
//! of eight values is a cosine of four values, times a number. So each of the 64 coefficients is a share of one of 4 × 4, the
//! one that it folds onto, and that share takes its quantisation in; what is left to do is the inverse transform (T.81,
//! A.3.3) of 4 × 4, for the blocks of a unit side by side.

#![expect(
    clippy::inline_always,
    reason = "run for every block of a photo; measured"
)]

use std::f64::consts::PI;

use wide::{f32x8, i32x8};

/// Blocks side by side: four of brightness, one of each colour, and two of nothing.
const LANES: usize = 8;
/// A sum is so many times the coefficient.
const ONE: f64 = 1024.0;
/// The order in which a file has the coefficients (T.81, figure A.6), as row × 8 + column.
#[rustfmt::skip]
const ZIGZAG: [usize; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
    35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55,
    62, 63,
];

/// How much a coefficient adds, and where.
#[derive(Clone, Copy, Default)]
pub(super) struct Share {
    weight: i32,
    place: u8,
}

/// Of each coefficient in the file's order; those behind the 64 are nothing.
pub(super) type Shares = [Share; 128];

/// Frequencies of eight values along a side, without the one whose share is nought.
const SIDE: usize = 7;
/// Where coefficients are put that are nothing.
const NOWHERE: usize = SIDE * SIDE;

/// For each coefficient and each lane what it adds. Those that fold onto one are apart until the whole unit is there: to read
/// what has just been written would make processors wait.
pub(super) type Sums = [[i32; LANES]; 64];

pub(super) const NOTHING: Sums = [[0; LANES]; 64];

/// What coefficients with that quantisation add.
pub(super) fn shares(quantisation: &[u16; 64]) -> Box<Shares> {
    let mut shares = Box::new([Share::default(); 128]);
    for ((share, natural), quantum) in shares.iter_mut().zip(ZIGZAG).zip(quantisation) {
        let (row, column) = (folded(natural / 8), folded(natural % 8));
        *share = Share {
            weight: (row.weight * column.weight * f64::from(*quantum) * ONE).round() as i32,
            place: match (row.place, column.place) {
                (Some(row), Some(column)) => (row * SIDE + column) as u8,
                _ => NOWHERE as u8,
            },
        };
    }
    shares
}

/// Along one side.
struct Folded {
    weight: f64,
    place: Option<usize>,
}

/// The mean of the cosines of frequency `u` at 2k and 2k + 1 of eight values is cos(uπ/16) times its cosine at k of four; and
/// those of the frequencies 5, 6 and 7 are those of 3, 2 and 1 turned round. That of 4 is nought everywhere.
fn folded(u: usize) -> Folded {
    let norm = if u == 0 { 8_f64.sqrt() } else { 2.0 };
    let (sign, place) = match u {
        0..4 => (1.0, Some(u)),
        4 => (0.0, None),
        _ => (-1.0, Some(u - 1)),
    };
    Folded {
        weight: sign * (u as f64 * PI / 16.0).cos() / norm,
        place,
    }
}

/// Forgets what was added up.
#[inline(always)]
pub(super) fn clear(sums: &mut Sums) {
    sums[..NOWHERE].fill([0; LANES]);
}

#[inline(always)]
pub(super) fn add(sums: &mut Sums, lane: usize, share: Share, value: i32) {
    sums[usize::from(share.place % 64)][lane % LANES] = value.wrapping_mul(share.weight);
}

/// The four rows of each block, their first value in the lowest byte.
#[inline(always)]
pub(super) fn values(sums: &Sums) -> [[i32; LANES]; 4] {
    let at = |row: usize, column: usize| i32x8::new(sums[row * SIDE + column]);
    let folded = |row: usize, column: usize| match column {
        0 => at(row, 0),
        _ => at(row, column) + at(row, SIDE - column),
    };
    let frequency = |row: usize, column: usize| {
        f32x8::from_i32x8(match row {
            0 => folded(0, column),
            _ => folded(row, column) + folded(SIDE - row, column),
        })
    };
    let column = |column: usize| {
        inverse([
            frequency(0, column),
            frequency(1, column),
            frequency(2, column),
            frequency(3, column),
        ])
    };
    // Written out: `map` of arrays of such is not inlined.
    let columns = [column(0), column(1), column(2), column(3)];
    let row = |y: usize| {
        let [a, b, c, d] = inverse([columns[0][y], columns[1][y], columns[2][y], columns[3][y]]);
        let low = byte(a) | (byte(b) << 8_i32);
        let high = byte(c) | (byte(d) << 8_i32);
        (low | (high << 16_i32)).to_array()
    };
    [row(0), row(1), row(2), row(3)]
}

/// Four values from four frequencies: the sum of each times cos((2k + 1)uπ/8).
#[inline(always)]
fn inverse([a, b, c, d]: [f32x8; 4]) -> [f32x8; 4] {
    const COS_1: f32 = 0.923_879_5;
    const COS_2: f32 = std::f32::consts::FRAC_1_SQRT_2;
    const COS_3: f32 = 0.382_683_43;
    let c = c * COS_2;
    let (outer, inner) = (a + c, a - c);
    let (steep, flat) = (b * COS_1 + d * COS_3, b * COS_3 - d * COS_1);
    [outer + steep, inner + flat, inner - flat, outer - steep]
}

#[inline(always)]
fn byte(value: f32x8) -> i32x8 {
    let value = value * (1.0 / ONE as f32) + 128.0;
    value
        .fast_max(f32x8::ZERO)
        .fast_min(f32x8::splat(255.0))
        .fast_round_int()
}
