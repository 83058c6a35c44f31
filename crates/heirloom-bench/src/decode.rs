//! The scaled decoding alone: what no way of making renditions can do without.

use std::io::{BufRead, stdin};

use heirloom_media::{
    decode::{Limits, Target, decode},
    facts::Facts,
    renditions::{PREVIEW_SIDE, reduced},
};

const LIMITS: Limits = Limits {
    max_pixels: 500_000_000,
    max_bytes: 3 << 30,
};

/// Reads lines of paths with spaces between them, and says `done` after each line.
pub(crate) fn run() -> anyhow::Result<()> {
    for line in stdin().lock().lines() {
        for path in line?.split_whitespace() {
            let file = std::fs::read(path)?;
            let target = Target::ShorterSide(PREVIEW_SIDE);
            let picture = decode(&file, path, &Facts::default(), target, LIMITS)?;
            std::hint::black_box(reduced(&picture.frame)?);
        }
        println!("done");
    }
    Ok(())
}
