//! The bits of a scan (ITU-T T.81, F.2.2.5), in a word that is filled eight bytes at a time.

#![expect(
    clippy::inline_always,
    reason = "run for every code of a photo; measured"
)]

use super::huffman::{Coefficient, Table, number};

#[derive(Clone, Copy)]
pub(super) struct Bits<'f> {
    file: &'f [u8],
    /// Of the first byte that is not in the word.
    at: usize,
    /// The next bits, from the highest. Below those that count may be more of what comes next.
    word: u64,
    count: u32,
    /// How many of the word are made up, because the file or this part of it has ended.
    made_up: u32,
}

impl<'f> Bits<'f> {
    pub(super) fn new(file: &'f [u8], at: usize) -> Self {
        Self {
            file,
            at,
            word: 0,
            count: 0,
            made_up: 0,
        }
    }

    /// Has at least 56 bits ready.
    #[inline(always)]
    pub(super) fn fill(&mut self) {
        let rest = self.file.get(self.at..).and_then(|rest| rest.first_chunk());
        let next = rest.map_or(u64::MAX, |rest| u64::from_be_bytes(*rest));
        if has_marker(next) {
            *self = self.filled_with_care();
            return;
        }
        self.word |= next >> self.count;
        self.at += ((63 - self.count) / 8) as usize;
        // As many bytes more as there is room for.
        self.count |= 0b11_1000;
    }

    /// Byte by byte: after 0xff comes what is no data.
    #[cold]
    #[inline(never)]
    fn filled_with_care(mut self) -> Self {
        while self.count <= 56 {
            let byte = match self.file.get(self.at..) {
                Some([0xff, 0, ..]) => {
                    self.at += 2;
                    0xff
                }
                Some([byte, ..]) if *byte != 0xff => {
                    self.at += 1;
                    *byte
                }
                _ => {
                    self.made_up += 8;
                    0
                }
            };
            self.word |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
        self
    }

    /// The next bits, from the highest.
    pub(super) fn next(&self) -> u64 {
        self.word
    }

    pub(super) fn take(&mut self, length: u32) {
        self.word <<= length;
        self.count = self.count.wrapping_sub(length);
    }

    /// One coefficient, which takes at most 31 bits.
    #[inline(always)]
    pub(super) fn one(&mut self, table: &Table) -> Option<Coefficient> {
        let mut found = table.look(self.word);
        if found.length() == 0 {
            found = table.search(self.word)?;
        }
        self.take(found.length_alone());
        if found.is_whole() {
            return Some(found.coefficient());
        }
        let size = found.size();
        let value = number((self.word >> (64 - size)) as u32, size);
        self.take(size);
        Some(Coefficient {
            steps: found.steps(),
            value,
        })
    }

    /// Whether bits were taken that the file does not have.
    pub(super) fn are_made_up(&self) -> bool {
        self.count < self.made_up
    }

    /// Goes on after the marker RST of that number, which must come next.
    pub(super) fn restart(&mut self, number: u8) -> Option<()> {
        // The last byte is filled up with ones.
        if self.count.checked_sub(self.made_up)? >= 8 {
            return None;
        }
        let marker = self.file.get(self.at..self.at + 2)?;
        (marker == [0xff, 0xd0 + number]).then(|| *self = Self::new(self.file, self.at + 2))
    }
}

/// Whether one of the bytes is 0xff.
fn has_marker(bytes: u64) -> bool {
    const LOW: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    (!bytes).wrapping_sub(LOW) & bytes & HIGH != 0
}
