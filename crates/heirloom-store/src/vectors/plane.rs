//! Bytes that every search reads from the first to the last.
//!
//! On pages of 4 KiB a machine looks up where each of them lies more slowly than it adds up what is on it, under
//! virtualisation above all: a search took 1.7 times as long. So large planes ask for large pages (`madvise(2)`,
//! `MADV_HUGEPAGE`), before anything is written to them; a system that has none ignores it. And what is mapped goes back
//! to the system as soon as it is let go of: planes of many owners come and go, and from the heap they left holes.

use std::{
    io::{self, Read},
    ops::Deref,
};

use memmap2::{Advice, MmapMut};

/// Bytes from which on a plane is mapped, and from which on large pages are worth asking for.
const MAPPED: usize = 256 << 10;
const LARGE: usize = 4 << 20;

#[derive(Debug)]
pub(super) struct Plane {
    room: Room,
    length: usize,
}

#[derive(Debug)]
enum Room {
    Heap(Box<[u8]>),
    Map(MmapMut),
}

impl Room {
    fn of(bytes: usize) -> Self {
        if bytes < MAPPED {
            return Self::Heap(vec![0; bytes].into());
        }
        match MmapMut::map_anon(bytes) {
            Ok(map) => {
                if bytes >= LARGE
                    && let Err(error) = map.advise(Advice::HugePage)
                {
                    tracing::debug!(%error, "no large pages for vectors");
                }
                Self::Map(map)
            }
            Err(error) => {
                tracing::debug!(%error, "vectors are kept on the heap");
                Self::Heap(vec![0; bytes].into())
            }
        }
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Self::Heap(bytes) => bytes,
            Self::Map(map) => map,
        }
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        match self {
            Self::Heap(bytes) => bytes,
            Self::Map(map) => map,
        }
    }
}

impl Default for Plane {
    fn default() -> Self {
        Self::with_capacity(0)
    }
}

/// In room of its own kind.
impl Clone for Plane {
    fn clone(&self) -> Self {
        let mut plane = Self::with_capacity(self.length);
        plane.extend(self);
        plane
    }
}

impl Plane {
    fn with_capacity(bytes: usize) -> Self {
        Self {
            room: Room::of(bytes),
            length: 0,
        }
    }

    /// That many bytes of the input.
    pub(super) fn read(input: &mut impl Read, bytes: usize) -> io::Result<Self> {
        let mut plane = Self::with_capacity(bytes);
        input.read_exact(&mut plane.room.bytes_mut()[..bytes])?;
        plane.length = bytes;
        Ok(plane)
    }

    pub(super) fn extend(&mut self, bytes: &[u8]) {
        let needed = self.length + bytes.len();
        if needed > self.memory() {
            let mut larger = Self::with_capacity(needed.max(2 * self.memory()));
            larger.extend(self);
            *self = larger;
        }
        self.room.bytes_mut()[self.length..needed].copy_from_slice(bytes);
        self.length = needed;
    }

    /// Bytes it takes.
    pub(super) fn memory(&self) -> usize {
        self.room.bytes().len()
    }
}

impl Deref for Plane {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.room.bytes()[..self.length]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_what_was_put_in_whatever_its_size() {
        let row: Vec<u8> = (0..=255).collect();
        let rows = 2 * LARGE / row.len();
        let mut plane = Plane::default();
        for _ in 0..rows {
            plane.extend(&row);
        }
        assert_eq!(plane.len(), rows * row.len());
        assert!(plane.chunks(row.len()).all(|found| found == row));
        assert!(plane.memory() >= plane.len());
        let again = Plane::read(&mut &*plane, plane.len()).unwrap();
        assert_eq!(*again, *plane);
        assert!(Plane::read(&mut &plane[1..], plane.len()).is_err());
    }
}
