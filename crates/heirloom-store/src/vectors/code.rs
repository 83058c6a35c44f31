//! Vectors as eight bits a number, in two planes of four, and how far the truth can be from what the codes say.
//!
//! A rotated row `x` with largest magnitude `m` becomes `u = round(x / s + 127.5)` with `s = 2m / 255`. The high four bits
//! of all numbers form one plane, the low four another. With the high plane alone a number stands for
//! `16 s (high - 7.5)`, with both for `s (u - 127.5)`. What is lost either way, `|x - x̂|`, is measured when the row is
//! coded and kept beside it.
//!
//! A query `q` becomes `t a + t' b` with `a`, `b` of eight bits. For any row
//!
//! ```text
//! q·x = q̂·x̂ + (q - q̂)·x̂ + q·(x - x̂)
//! |q·x - q̂·x̂| ≤ |q - q̂| |x̂| + |q| |x - x̂|            (Cauchy–Schwarz)
//!             ≤ |q - q̂| (|x| + |x - x̂|) + |q| |x - x̂|
//! ```
//!
//! and `q̂·x̂` is computed in whole numbers, exactly. [`SLACK`] pays for the rounding of the rotation and of the few steps
//! in floating point. So each estimate comes with a bound that no row can break, whatever the data are like.

use super::rotation::BLOCK;

/// Times the lengths of both vectors: more than 32-bit floats can lose on the way (three rounds of seven steps, a sum).
const SLACK: f64 = 2e-5;

/// One row in codes.
#[derive(Debug, Default)]
pub(super) struct Coded {
    pub high: Vec<u8>,
    pub low: Vec<u8>,
    pub measure: Measure,
}

/// What belongs to one row beside its codes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Measure {
    /// One step of the eight-bit code.
    pub step: f32,
    /// What the high plane alone loses.
    pub coarse: f32,
    /// What both planes lose.
    pub fine: f32,
}

/// A finite length is what makes a vector usable.
pub(super) fn length(vector: &[f32]) -> f64 {
    vector
        .iter()
        .map(|&number| f64::from(number) * f64::from(number))
        .sum::<f64>()
        .sqrt()
}

/// Codes a rotated row.
pub(super) fn encode(row: &[f32]) -> Coded {
    let largest = row.iter().fold(0f32, |most, number| most.max(number.abs()));
    let step = (2.0 * largest / 255.0).max(f32::MIN_POSITIVE);
    let codes: Vec<u8> = row
        .iter()
        .map(|number| (number / step + 127.5).round().clamp(0.0, 255.0) as u8)
        .collect();
    let (mut coarse, mut fine) = (0f64, 0f64);
    for (&number, &code) in row.iter().zip(&codes) {
        let (number, step) = (f64::from(number), f64::from(step));
        coarse += (number - 16.0 * step * (f64::from(code >> 4) - 7.5)).powi(2);
        fine += (number - step * (f64::from(code) - 127.5)).powi(2);
    }
    Coded {
        high: pack(&codes, |code| code >> 4),
        low: pack(&codes, |code| code & 15),
        measure: Measure {
            step,
            coarse: rounded_up(coarse.sqrt()),
            fine: rounded_up(fine.sqrt()),
        },
    }
}

/// Two codes a byte: in each block of 64 numbers, byte `j` holds number `j` below and number `32 + j` above.
fn pack(codes: &[u8], part: impl Fn(u8) -> u8) -> Vec<u8> {
    let mut packed = Vec::with_capacity(codes.len() / 2);
    for block in codes.as_chunks::<BLOCK>().0 {
        let (lower, upper) = block.split_at(BLOCK / 2);
        packed.extend(
            lower
                .iter()
                .zip(upper)
                .map(|(&a, &b)| part(a) | (part(b) << 4)),
        );
    }
    packed
}

/// One part of a query: whole numbers of eight bits, times a step.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub numbers: Vec<i8>,
    pub step: f32,
    pub sum: i32,
}

impl Part {
    fn new(rest: &[f32]) -> Self {
        let largest = rest
            .iter()
            .fold(0f32, |most, number| most.max(number.abs()));
        let step = (largest / 127.0).max(f32::MIN_POSITIVE);
        let numbers: Vec<i8> = rest
            .iter()
            .map(|number| (number / step).round().clamp(-127.0, 127.0) as i8)
            .collect();
        let sum = numbers.iter().map(|&number| i32::from(number)).sum();
        Self { numbers, step, sum }
    }

    fn without(&self, rest: &[f32]) -> Vec<f32> {
        rest.iter()
            .zip(&self.numbers)
            .map(|(number, &code)| {
                (f64::from(*number) - f64::from(self.step) * f64::from(code)) as f32
            })
            .collect()
    }
}

/// How far an estimate can be from the truth: `row error × per_error + fixed`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Margin {
    pub per_error: f32,
    pub fixed: f32,
}

impl Margin {
    #[inline(always)]
    pub(super) fn of(self, error: f32) -> f32 {
        error * self.per_error + self.fixed
    }
}

/// A query in codes.
#[derive(Clone, Debug)]
pub(super) struct Query {
    pub first: Part,
    pub second: Part,
    /// With the first part alone, and with both.
    pub rough: Margin,
    pub sharp: Margin,
}

impl Query {
    /// Codes a rotated query against rows that are at most `longest` long.
    pub(super) fn new(rotated: &[f32], longest: f64) -> Self {
        let whole = length(rotated);
        let first = Part::new(rotated);
        let rest = first.without(rotated);
        let second = Part::new(&rest);
        let slack = SLACK * whole * longest;
        let margin = |lost: f64| Margin {
            per_error: rounded_up(whole + lost),
            fixed: rounded_up(lost * longest + slack),
        };
        Self {
            rough: margin(length(&rest)),
            sharp: margin(length(&second.without(&rest))),
            first,
            second,
        }
    }
}

/// As 32 bits, and certainly not less.
fn rounded_up(number: f64) -> f32 {
    (number * (1.0 + 1e-6)) as f32
}
