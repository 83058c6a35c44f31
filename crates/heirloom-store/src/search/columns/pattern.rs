//! Which rows match: column by column, a block of rows at a time.

use std::ops::Range;

use heirloom_types::media_type::MediaKind;

use super::{Columns, UNKNOWN, UNRATED, mark, names::Search};
use crate::{assets::Visibility, bits, search::Filter};

/// Rows of one step.
pub(super) const BLOCK: usize = 64;

/// A filter in the terms of the columns, but for time, by which they are ordered.
pub(super) struct Pattern {
    /// Which of the marks count, and what they must be.
    marks: (u8, u8),
    texts: Vec<(usize, u32)>,
    rating: Option<i8>,
    name: Option<Search>,
}

impl Pattern {
    /// None where nothing can match.
    pub(super) fn of(columns: &Columns, filter: &Filter) -> Option<Self> {
        let wanted = [
            &filter.city,
            &filter.state,
            &filter.country,
            &filter.make,
            &filter.model,
            &filter.lens_model,
        ];
        let mut texts = Vec::new();
        for (place, wanted) in wanted.into_iter().enumerate() {
            match wanted {
                None => {}
                Some(None) => texts.push((place, UNKNOWN)),
                Some(Some(text)) => texts.push((place, *columns.codes.get(text)?)),
            }
        }
        let rating = match filter.rating {
            None => None,
            Some(None) => Some(UNRATED),
            Some(Some(rating)) => Some(i8::try_from(rating).ok()?),
        };
        let name = filter.name.as_ref();
        let name = name.map(|name| Search::new(&columns.names, name));
        Some(Self {
            marks: marks(filter),
            texts,
            rating,
            name,
        })
    }

    /// Which texts are asked for: the column, and the text's number.
    pub(super) fn texts(&self) -> &[(usize, u32)] {
        &self.texts
    }

    pub(super) fn matches_row(&self, columns: &Columns, row: usize) -> bool {
        let (mask, wanted) = self.marks;
        let has_text = |(place, code): &(usize, u32)| columns.texts[*place][row] == *code;
        columns.marks[row] & mask == wanted
            && self.texts.iter().all(has_text)
            && self
                .rating
                .is_none_or(|rating| columns.ratings[row] == rating)
            && self.is_named(columns, row)
    }

    fn is_named(&self, columns: &Columns, row: usize) -> bool {
        let name = self.name.as_ref();
        name.is_none_or(|name| name.is_in(&columns.names, row))
    }

    /// The rows of a block that match.
    pub(super) fn matches<'c>(
        &'c self,
        columns: &'c Columns,
        block: Range<usize>,
    ) -> impl Iterator<Item = usize> + 'c {
        let first = block.start;
        let rows = bits::ones(self.may_match(columns, block));
        rows.map(move |at| first + at)
            .filter(|row| self.is_named(columns, *row))
    }

    /// Which of a block's rows are as they must be, but for their own names; what is cheap and rules out most comes first.
    fn may_match(&self, columns: &Columns, block: Range<usize>) -> u64 {
        let (mask, wanted) = self.marks;
        let mut left = where_so(&columns.marks[block.clone()], |marks| {
            marks & mask == wanted
        });
        for (place, code) in &self.texts {
            if left == 0 {
                return 0;
            }
            left &= where_so(&columns.texts[*place][block.clone()], |text| text == *code);
        }
        if let Some(rating) = self.rating {
            left &= where_so(&columns.ratings[block.clone()], |known| known == rating);
        }
        let name = self.name.as_ref();
        let may_be_named = || name.is_none_or(|name| name.may_be_in(&columns.names, block));
        if left == 0 || may_be_named() { left } else { 0 }
    }
}

/// Of which of at most 64 values that is so.
fn where_so<T: Copy>(column: &[T], is_so: impl Fn(T) -> bool) -> u64 {
    let mut are = [false; BLOCK];
    for (is, value) in are.iter_mut().zip(column) {
        *is = is_so(*value);
    }
    bits::word(are)
}

fn marks(filter: &Filter) -> (u8, u8) {
    let (mut mask, mut wanted) = (0, 0);
    let mut want = |mark: u8, is_so: Option<bool>| {
        if let Some(is_so) = is_so {
            mask |= mark;
            wanted |= if is_so { mark } else { 0 };
        }
    };
    want(
        mark::VIDEO,
        filter.kind.map(|kind| kind == MediaKind::Video),
    );
    want(mark::FAVORITE, filter.is_favorite);
    want(mark::MOTION, filter.is_motion);
    want(mark::TRASHED, (!filter.with_trashed).then_some(false));
    match filter.visibility {
        Some(visibility) => want(mark::of(visibility), Some(true)),
        None => {
            for other in Visibility::EVERY {
                want(mark::of(*other), (!other.is_shareable()).then_some(false));
            }
        }
    }
    (mask, wanted)
}
