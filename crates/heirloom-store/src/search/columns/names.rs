//! Names, and where in them a part may be found.

use std::ops::Range;

use memchr::memmem::Finder;

use super::set;

/// Bytes of names that nothing points to any more, from which on they are written anew.
const WASTE_MAX: usize = 1 << 20;
/// Bytes of text that share a signature.
const PART: usize = 1 << 10;
/// Letters (bytes) that are looked up together.
const GRAM: usize = 4;

/// Names in lower case.
#[derive(Debug)]
pub(super) struct Names {
    /// Where each begins, and how long it is.
    places: Vec<(u32, u16)>,
    /// One after the other, in the order in which they came.
    text: String,
    /// Of each part of the text.
    signatures: Vec<Signature>,
    /// Whether the text has them in the order of their rows, whatever lies between them.
    is_in_order: bool,
}

/// Which runs of letters the names that begin in a part have, as a Bloom filter with one hash function (Bloom 1970): what
/// it has not is not there. It takes an eighth of the text.
#[derive(Clone, Debug, Default)]
struct Signature([u64; PART / u64::BITS as usize]);

impl Signature {
    fn add(&mut self, name: &[u8]) {
        for (word, bit) in bits(name) {
            self.0[word] |= bit;
        }
    }

    fn has(&self, bits: &[(usize, u64)]) -> bool {
        bits.iter().all(|(word, bit)| self.0[*word] & bit != 0)
    }
}

/// The bit of each run of letters: its word, and its mask.
fn bits(text: &[u8]) -> impl Iterator<Item = (usize, u64)> {
    text.array_windows::<GRAM>().map(|gram| {
        // Fibonacci hashing (Knuth, The Art of Computer Programming 3, 6.4).
        let hash = u32::from_le_bytes(*gram).wrapping_mul(0x9E37_79B9) >> (32 - PART.ilog2());
        (hash as usize / 64, 1 << (hash % 64))
    })
}

impl Default for Names {
    fn default() -> Self {
        Self {
            places: Vec::new(),
            text: String::new(),
            signatures: Vec::new(),
            is_in_order: true,
        }
    }
}

impl Names {
    /// In the place of a row, else behind all.
    pub(super) fn put(&mut self, row: Option<usize>, name: &str) {
        if let Some(row) = row {
            if self.of(row) == name.as_bytes() {
                return;
            }
            self.is_in_order = false;
        }
        let length = u16::try_from(name.len()).unwrap_or(u16::MAX);
        let start = self.text.len();
        set(&mut self.places, row, (start as u32, length));
        self.text.push_str(name);
        self.signatures
            .resize_with(start / PART + 1, Signature::default);
        self.signatures[start / PART].add(name.as_bytes());
    }

    /// Keeps the names of these rows alone, in this order.
    pub(super) fn pick(&mut self, rows: &[u32]) {
        super::pick(&mut self.places, rows);
        self.is_in_order = self.is_in_order && rows.is_sorted();
    }

    pub(super) fn of(&self, row: usize) -> &[u8] {
        let (start, length) = self.places[row];
        &self.text.as_bytes()[start as usize..][..usize::from(length)]
    }

    /// In which part of the text a row's name begins.
    fn part_of(&self, row: usize) -> usize {
        self.places[row].0 as usize / PART
    }

    pub(super) fn tidy(&mut self) {
        let lengths = self.places.iter().map(|(_, length)| usize::from(*length));
        if self.text.len() > 2 * lengths.sum::<usize>() + WASTE_MAX {
            self.write_anew();
        }
    }

    /// In the order of their rows, without what nothing points to any more.
    pub(super) fn write_anew(&mut self) {
        let mut names = Self::default();
        for row in 0..self.places.len() {
            names.put(None, &String::from_utf8_lossy(self.of(row)));
        }
        *self = names;
    }

    pub(super) fn memory(&self) -> usize {
        self.places.capacity() * size_of::<(u32, u16)>()
            + self.text.capacity()
            + self.signatures.capacity() * size_of::<Signature>()
    }
}

/// Looks for a part of a name.
pub(super) struct Search {
    finder: Finder<'static>,
    /// Which parts of the text may hold it.
    parts: Vec<bool>,
}

impl Search {
    pub(super) fn new(names: &Names, wanted: &str) -> Self {
        let wanted = wanted.to_lowercase();
        let bits: Vec<_> = bits(wanted.as_bytes()).collect();
        let signatures = names.signatures.iter();
        Self {
            parts: signatures.map(|signature| signature.has(&bits)).collect(),
            finder: Finder::new(&wanted).into_owned(),
        }
    }

    /// Whether a row's name has it.
    pub(super) fn is_in(&self, names: &Names, row: usize) -> bool {
        self.parts[names.part_of(row)] && self.finder.find(names.of(row)).is_some()
    }

    /// Whether one of the names of these rows may have it; there is at least one.
    pub(super) fn may_be_in(&self, names: &Names, rows: Range<usize>) -> bool {
        if !names.is_in_order {
            return true;
        }
        let last = rows.end - 1;
        let parts = names.part_of(rows.start)..=names.part_of(last);
        let (start, (last, length)) = (names.places[rows.start].0, names.places[last]);
        let text = &names.text.as_bytes()[start as usize..]
            [..(last - start) as usize + usize::from(length)];
        self.parts[parts].contains(&true) && self.finder.find(text).is_some()
    }
}
