//! `data/places.bin`, read in place. After eight magic bytes and five counts (all numbers are little-endian `u32`s unless
//! said otherwise) follow
//!
//! - countries: ISO code (2 bytes, 2 of padding), name;
//! - states: country (`u16`, 2 bytes of padding), name, which may be empty;
//! - towns, by cell: latitude and longitude (`i32`, 1/100,000 degree), name, state (`u16`), weight (`u16`, the logarithm of
//!   the population, times 3,000);
//! - for each cell of a degree by a degree, from the south-west, its first town, and at the end the number of towns;
//! - names to search by, folded and sorted: name, town;
//! - texts, each a byte for its length and UTF-8; a name is an offset in here.

use std::sync::LazyLock;

#[cfg(test)]
use super::radius;
use crate::facts::Position;

static DATA: &[u8] = include_bytes!("../../data/places.bin");
static ATLAS: LazyLock<Atlas> = LazyLock::new(|| Atlas::new(DATA));

const MAGIC: &[u8] = b"HLPLACE1";
const ROWS: usize = 180;
const COLUMNS: usize = 360;
const COUNTRY_BYTES: usize = 8;
const STATE_BYTES: usize = 8;
const TOWN_BYTES: usize = 16;
const NAME_BYTES: usize = 8;
const WEIGHTS_PER_E: f64 = 3000.0;

/// The parts of the file.
pub(super) struct Atlas {
    countries: &'static [u8],
    states: &'static [u8],
    towns: &'static [u8],
    cells: &'static [u8],
    names: &'static [u8],
    texts: &'static [u8],
}

/// One town.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub index: usize,
    /// Offset of its name.
    pub name: u32,
    /// Grows with the population.
    pub weight: u16,
    state: u16,
    latitude: i32,
    longitude: i32,
}

impl Entry {
    pub(super) fn position(&self) -> Position {
        Position {
            latitude: f64::from(self.latitude) / 1e5,
            longitude: f64::from(self.longitude) / 1e5,
        }
    }

    pub(super) fn population(&self) -> f64 {
        (f64::from(self.weight) / WEIGHTS_PER_E).exp() - 1.0
    }
}

impl Atlas {
    pub(super) fn get() -> &'static Self {
        &ATLAS
    }

    fn new(file: &'static [u8]) -> Self {
        let (head, rest) = file.split_at(MAGIC.len() + 20);
        assert!(head.starts_with(MAGIC), "places.bin is of another layout");
        let count = |index: usize| u32_at(&head[MAGIC.len()..], index * 4) as usize;
        let mut rest = rest;
        let mut part = |length: usize| {
            let (part, others) = rest.split_at(length);
            rest = others;
            part
        };
        Self {
            countries: part(count(0) * COUNTRY_BYTES),
            states: part(count(1) * STATE_BYTES),
            towns: part(count(2) * TOWN_BYTES),
            cells: part((ROWS * COLUMNS + 1) * 4),
            names: part(count(3) * NAME_BYTES),
            texts: part(count(4)),
        }
    }

    pub(super) fn text(&self, offset: u32) -> &'static str {
        let (length, text) = self.texts[offset as usize..]
            .split_first()
            .expect("a text has a length");
        std::str::from_utf8(&text[..usize::from(*length)]).expect("texts are UTF-8")
    }

    fn town(&self, index: usize) -> Entry {
        let row = &self.towns[index * TOWN_BYTES..][..TOWN_BYTES];
        Entry {
            index,
            latitude: u32_at(row, 0).cast_signed(),
            longitude: u32_at(row, 4).cast_signed(),
            name: u32_at(row, 8),
            state: u16_at(row, 12),
            weight: u16_at(row, 14),
        }
    }

    pub(super) fn state(&self, town: &Entry) -> Option<&'static str> {
        let name = self.text(u32_at(self.state_row(town), 4));
        Some(name).filter(|name| !name.is_empty())
    }

    pub(super) fn country(&self, town: &Entry) -> &'static str {
        self.text(u32_at(self.country_row(town), 4))
    }

    /// ISO 3166-1 alpha-2.
    pub(super) fn country_code(&self, town: &Entry) -> &'static str {
        code(self.country_row(town))
    }

    pub(super) fn country_of_code(&self, wanted: &str) -> Option<&'static str> {
        let mut rows = self.countries.chunks_exact(COUNTRY_BYTES);
        let row = rows.find(|row| code(row) == wanted)?;
        Some(self.text(u32_at(row, 4)))
    }

    fn state_row(&self, town: &Entry) -> &'static [u8] {
        &self.states[usize::from(town.state) * STATE_BYTES..][..STATE_BYTES]
    }

    fn country_row(&self, town: &Entry) -> &'static [u8] {
        let country = usize::from(u16_at(self.state_row(town), 0));
        &self.countries[country * COUNTRY_BYTES..][..COUNTRY_BYTES]
    }

    /// Of the largest town there is, in kilometres.
    #[expect(clippy::unused_self, reason = "it is a fact of the data")]
    pub(super) const fn largest_radius(&self) -> f64 {
        // Twenty-five million people.
        45.0
    }

    /// Towns of every cell that comes within so many kilometres of a point; some of them are further away.
    pub(super) fn around(&self, centre: Position, km: f64) -> impl Iterator<Item = Entry> {
        let north = km / super::KM_PER_DEGREE;
        let edge = (centre.latitude.abs() + north).min(89.9);
        let east = (north / edge.to_radians().cos()).min(180.0);
        let row = |latitude: f64| (latitude + 90.0).floor().clamp(0.0, 179.0) as usize;
        let first = (centre.longitude - east + 180.0).floor() as i64;
        let last = ((centre.longitude + east + 180.0).floor() as i64).min(first + 359);
        let rows = row(centre.latitude - north)..=row(centre.latitude + north);
        rows.flat_map(move |row| {
            (first..=last).flat_map(move |column| {
                let cell = row * COLUMNS + column.rem_euclid(COLUMNS as i64) as usize;
                u32_at(self.cells, cell * 4) as usize..u32_at(self.cells, cell * 4 + 4) as usize
            })
        })
        .map(|index| self.town(index))
    }

    /// Folded names that begin so, with their towns.
    pub(super) fn named(&self, start: &str) -> impl Iterator<Item = (&'static str, Entry)> {
        let count = self.names.len() / NAME_BYTES;
        let key = |index: usize| self.text(u32_at(self.names, index * NAME_BYTES));
        let (mut low, mut high) = (0, count);
        while low < high {
            let middle = low.midpoint(high);
            if key(middle) < start {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        (low..count)
            .map(move |index| (index, key(index)))
            .take_while(move |(_, key)| key.starts_with(start))
            .map(|(index, key)| {
                let town = u32_at(self.names, index * NAME_BYTES + 4) as usize;
                (key, self.town(town))
            })
    }

    #[cfg(test)]
    pub(super) fn every_town(&self) -> impl Iterator<Item = Entry> {
        (0..self.towns.len() / TOWN_BYTES).map(|index| self.town(index))
    }

    #[cfg(test)]
    pub(super) fn reach_of_every_town(&self) -> f64 {
        let radii = self.every_town().map(|town| radius(town.population()));
        radii.fold(0.0, f64::max)
    }
}

fn code(country: &'static [u8]) -> &'static str {
    std::str::from_utf8(&country[..2]).expect("codes are ASCII")
}

fn u32_at(bytes: &[u8], offset: usize) -> u32 {
    let bytes: [u8; 4] = bytes[offset..][..4].try_into().expect("four bytes");
    u32::from_le_bytes(bytes)
}

fn u16_at(bytes: &[u8], offset: usize) -> u16 {
    let bytes: [u8; 2] = bytes[offset..][..2].try_into().expect("two bytes");
    u16::from_le_bytes(bytes)
}
