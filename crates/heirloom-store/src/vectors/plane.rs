//! Bytes that every search reads from the first to the last.
//!
//! On pages of 4 KiB a machine looks up where each of them lies more slowly than it adds up what is on it, under
//! virtualisation above all: a search took 1.7 times as long. So large planes ask for large pages (`madvise(2)`,
//! `MADV_HUGEPAGE`), before anything is written to them; a system that has none ignores it.

use std::{
    io::{self, Read},
    ops::Deref,
};

use rustix::mm::{Advice, madvise};

/// Bytes from which on large pages are worth asking for.
const LARGE: usize = 4 << 20;

#[derive(Debug, Default)]
pub(super) struct Plane(Vec<u8>);

/// On large pages, too.
impl Clone for Plane {
    fn clone(&self) -> Self {
        let mut plane = Self::with_capacity(self.len());
        plane.extend(self);
        plane
    }
}

impl Plane {
    fn with_capacity(bytes: usize) -> Self {
        let plane = Self(Vec::with_capacity(bytes));
        if bytes >= LARGE {
            plane.ask_for_large_pages();
        }
        plane
    }

    /// That many bytes of the input.
    pub(super) fn read(input: &mut impl Read, bytes: usize) -> io::Result<Self> {
        let mut plane = Self::with_capacity(bytes);
        if input.take(bytes as u64).read_to_end(&mut plane.0)? < bytes {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(plane)
    }

    pub(super) fn extend(&mut self, bytes: &[u8]) {
        let needed = self.0.len() + bytes.len();
        if needed > self.0.capacity() {
            let mut larger = Self::with_capacity(needed.max(2 * self.0.capacity()));
            larger.0.extend_from_slice(&self.0);
            *self = larger;
        }
        self.0.extend_from_slice(bytes);
    }

    /// Bytes it takes.
    pub(super) fn memory(&self) -> usize {
        self.0.capacity()
    }

    #[expect(unsafe_code, reason = "the system is told of memory by its address")]
    fn ask_for_large_pages(&self) {
        let page = rustix::param::page_size();
        let start = self.0.as_ptr().align_offset(page);
        let length = self.0.capacity().saturating_sub(start) / page * page;
        let first = self.0.as_ptr().wrapping_add(start).cast_mut().cast();
        // SAFETY: the pages lie within the allocation, and the advice changes nothing of what they hold.
        let asked = unsafe { madvise(first, length, Advice::LinuxHugepage) };
        if let Err(error) = asked {
            tracing::debug!(%error, "no large pages for vectors");
        }
    }
}

impl Deref for Plane {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
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
