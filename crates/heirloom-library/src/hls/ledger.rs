//! How much lies on disk: when it is too much, what was made first goes first.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError, Weak},
};

use super::shelf::Shelf;

#[derive(Debug)]
pub(super) struct Ledger {
    bytes_max: u64,
    lines: Mutex<VecDeque<Line>>,
}

#[derive(Debug)]
struct Line {
    shelf: Weak<Shelf>,
    piece: u32,
    bytes: u64,
}

impl Ledger {
    pub(super) fn new(bytes_max: u64) -> Self {
        Self {
            bytes_max,
            lines: Mutex::default(),
        }
    }

    /// Notes a piece that is about to be kept, and makes room for it.
    pub(super) fn add(&self, shelf: Weak<Shelf>, piece: u32, bytes: u64) {
        for line in self.note(Line {
            shelf,
            piece,
            bytes,
        }) {
            if let Some(shelf) = line.shelf.upgrade() {
                shelf.remove(line.piece);
            }
        }
    }

    /// Gives what has to go.
    fn note(&self, line: Line) -> Vec<Line> {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        // What belonged to a session that is over went with it.
        lines.retain(|line| line.shelf.strong_count() > 0);
        let mut bytes = lines.iter().map(|line| line.bytes).sum::<u64>() + line.bytes;
        let mut gone = Vec::new();
        while bytes > self.bytes_max
            && let Some(first) = lines.pop_front()
        {
            bytes -= first.bytes;
            gone.push(first);
        }
        lines.push_back(line);
        gone
    }
}
