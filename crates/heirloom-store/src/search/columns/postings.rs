//! Which rows have a text, so that looking for a rare one costs what it finds and not what there is.

/// The rows of each text of a column, in order.
#[derive(Debug)]
pub(super) struct Postings {
    /// Where the rows of each text begin, and behind the last where they end.
    starts: Vec<u32>,
    rows: Vec<u32>,
}

impl Postings {
    /// Of a column whose texts are numbers below `texts`.
    pub(super) fn of(column: &[u32], texts: usize) -> Self {
        let mut starts = vec![0; texts + 1];
        for &text in column {
            starts[text as usize + 1] += 1;
        }
        for text in 0..texts {
            starts[text + 1] += starts[text];
        }
        let mut next = starts.clone();
        let mut rows = vec![0; column.len()];
        for (row, &text) in column.iter().enumerate() {
            let place = &mut next[text as usize];
            rows[*place as usize] = row as u32;
            *place += 1;
        }
        Self { starts, rows }
    }

    pub(super) fn rows(&self, text: u32) -> &[u32] {
        let text = text as usize;
        &self.rows[self.starts[text] as usize..self.starts[text + 1] as usize]
    }
}
