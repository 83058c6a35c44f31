//! Vectors as eight bits a number, the first half of those that lead apart from everything else.
//!
//! A row `x` in its basis is `(x₁, x₂)`: the numbers that lead, and the rest, which is empty unless the basis was learned.
//! Each part with largest magnitude `m` becomes `u = round(x / s + 127.5)` with `s = 2m / 255`. The high four bits of the
//! leading numbers form one plane; their low four bits, and both halves of the rest, another. With the high plane alone a
//! leading number stands for `16 s (high - 7.5)`, with all bits a number stands for `s (u - 127.5)`. What is lost either
//! way, `|x₁ - x̂₁|` and `|x - x̂|`, is measured when the row is coded and kept beside it, and so is `|x₂|`.
//!
//! A query `q` becomes `t a + t' b` with `a`, `b` of eight bits, its two parts each with steps of their own. For any row
//!
//! ```text
//! q·x = q̂·x̂ + (q - q̂)·x̂ + q·(x - x̂)
//! |q·x - q̂·x̂| ≤ |q - q̂| |x̂| + |q| |x - x̂|            (Cauchy–Schwarz)
//!             ≤ |q - q̂| (|x| + |x - x̂|) + |q| |x - x̂|
//! |q·x - q̂₁·x̂₁| ≤ |q₁ - q̂₁| (|x₁| + |x₁ - x̂₁|) + |q₁| |x₁ - x̂₁| + |q₂| |x₂|
//! ```
//!
//! and `q̂·x̂` is computed in whole numbers, exactly. [`SLACK`] pays for the rounding of the basis and of the few steps in
//! floating point. So each estimate comes with a bound that no row can break, whatever the data are like.

use super::rotation::BLOCK;

/// Times the lengths of both vectors: more than 32-bit floats can lose on the way (a basis on either side, a sum) with
/// four thousand dimensions.
const SLACK: f64 = 2e-4;

/// One row in codes.
#[derive(Debug, Default)]
pub(super) struct Coded {
    pub high: Vec<u8>,
    /// Of the leading numbers the low bits, of the rest the high ones, then the low ones.
    pub low: Vec<u8>,
    pub measure: Measure,
    /// One step of the eight-bit code of the rest.
    pub rest_step: f32,
}

/// What belongs to one row beside its codes, and is read with its high plane.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Measure {
    /// One step of the eight-bit code of the leading numbers.
    pub step: f32,
    /// What the high plane alone loses of them.
    pub coarse: f32,
    /// How long the rest is.
    pub beyond: f32,
    /// What all bits lose of the whole row, and so of the leading numbers at most.
    pub lost: f32,
}

/// A finite length is what makes a vector usable.
pub(super) fn length(vector: &[f32]) -> f64 {
    vector
        .iter()
        .map(|&number| f64::from(number) * f64::from(number))
        .sum::<f64>()
        .sqrt()
}

/// Codes a row in its basis, of which so many numbers lead.
pub(super) fn encode(row: &[f32], lead: usize) -> Coded {
    let (first, rest) = row.split_at(lead);
    let (lead, follow) = (Codes::of(first), Codes::of(rest));
    Coded {
        high: lead.high(),
        low: [lead.low(), follow.high(), follow.low()].concat(),
        measure: Measure {
            step: lead.step,
            coarse: rounded_up(lead.coarse),
            beyond: rounded_up(length(rest)),
            lost: rounded_up(lead.fine.hypot(follow.fine)),
        },
        rest_step: follow.step,
    }
}

/// Some of a row's numbers as eight bits each.
struct Codes {
    codes: Vec<u8>,
    step: f32,
    /// What four bits lose, and what eight do.
    coarse: f64,
    fine: f64,
}

impl Codes {
    fn of(numbers: &[f32]) -> Self {
        let largest = numbers
            .iter()
            .fold(0f32, |most, number| most.max(number.abs()));
        let step = (2.0 * largest / 255.0).max(f32::MIN_POSITIVE);
        let codes: Vec<u8> = numbers
            .iter()
            .map(|number| (number / step + 127.5).round().clamp(0.0, 255.0) as u8)
            .collect();
        let (mut coarse, mut fine) = (0f64, 0f64);
        for (&number, &code) in numbers.iter().zip(&codes) {
            let (number, step) = (f64::from(number), f64::from(step));
            coarse += (number - 16.0 * step * (f64::from(code >> 4) - 7.5)).powi(2);
            fine += (number - step * (f64::from(code) - 127.5)).powi(2);
        }
        Self {
            codes,
            step,
            coarse: coarse.sqrt(),
            fine: fine.sqrt(),
        }
    }

    fn high(&self) -> Vec<u8> {
        pack(&self.codes, |code| code >> 4)
    }

    fn low(&self) -> Vec<u8> {
        pack(&self.codes, |code| code & 15)
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

/// How far an estimate can be from the truth: what the row lost and what was not looked at, each times something, and a
/// fixed part.
#[derive(Clone, Copy, Debug)]
pub(super) struct Margin {
    pub per_loss: f32,
    pub per_beyond: f32,
    pub fixed: f32,
}

impl Margin {
    #[inline(always)]
    pub(super) fn of(self, lost: f32, beyond: f32) -> f32 {
        lost * self.per_loss + beyond * self.per_beyond + self.fixed
    }
}

/// Some of a query's numbers in codes: the first part, and what that leaves.
#[derive(Clone, Debug)]
pub(super) struct Halves {
    pub first: Part,
    pub second: Part,
    /// What the first leaves, and what both do.
    lost: (f64, f64),
}

impl Halves {
    fn of(numbers: &[f32]) -> Self {
        let first = Part::new(numbers);
        let left = first.without(numbers);
        let second = Part::new(&left);
        Self {
            lost: (length(&left), length(&second.without(&left))),
            first,
            second,
        }
    }
}

/// A query in codes.
#[derive(Clone, Debug)]
pub(super) struct Query {
    pub lead: Halves,
    pub rest: Halves,
    /// With the first part of the leading numbers; with everything.
    pub rough: Margin,
    pub sharp: Margin,
}

impl Query {
    /// Codes a query in the basis of rows that are at most `longest` long, of which so many numbers lead.
    pub(super) fn new(query: &[f32], lead: usize, longest: f64) -> Self {
        let (first, rest) = query.split_at(lead);
        let (lead, follow) = (Halves::of(first), Halves::of(rest));
        let slack = SLACK * length(query) * longest;
        let margin = |whole: f64, beyond: f64, lost: f64| Margin {
            per_loss: rounded_up(whole + lost),
            per_beyond: rounded_up(beyond),
            fixed: rounded_up(lost * longest + slack),
        };
        let lost = lead.lost.1.hypot(follow.lost.1);
        Self {
            rough: margin(length(first), length(rest), lead.lost.0),
            sharp: margin(length(query), 0.0, lost),
            lead,
            rest: follow,
        }
    }
}

/// As 32 bits, and certainly not less.
fn rounded_up(number: f64) -> f32 {
    (number * (1.0 + 1e-6)) as f32
}
