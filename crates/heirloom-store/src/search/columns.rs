//! What is known of one owner's assets, in memory. The database has an index for each thing that can be asked for and none
//! for all of them together; here any combination over a million assets costs one pass over the few bytes that were asked
//! for of each: every kind of thing lies in a column of its own, all of them in the order of time.

mod names;
mod pattern;
mod postings;

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
};

use futures::TryStreamExt;
use heirloom_types::{
    ids::{AssetId, UserId},
    media_type::MediaKind,
    time::Timestamp,
};
use sqlx::FromRow;
use uuid::Uuid;

use self::{names::Names, pattern::Pattern, postings::Postings};
use super::{Filter, Span};
use crate::{Result, Tx, assets::Visibility, db::Sql, sql};

/// City, state, country, make, model, lens.
const TEXTS: usize = 6;
/// What stands for a text that is not known, and for a rating that there is none.
const UNKNOWN: u32 = 0;
const UNRATED: i8 = i8::MIN;
/// How many rows can be looked at one after the other while one is looked at by itself.
const ROWS_AT_ONCE: usize = 32;

macro_rules! selection {
    ($condition:literal) => {
        concat!(
            "select a.id, a.kind, a.visibility, a.original_name, a.file_created_at, a.is_favorite, \
             a.deleted_at is not null as is_trashed, a.live_video_id is not null as is_motion, \
             e.city, e.state, e.country, e.make, e.model, e.lens_model, e.rating \
             from assets a join exif e on e.owner_id = a.owner_id and e.asset_id = a.id where a.owner_id = $1",
            $condition
        )
    };
}

/// As the database has it.
#[derive(FromRow)]
struct Known {
    id: Uuid,
    kind: MediaKind,
    visibility: Visibility,
    original_name: String,
    file_created_at: Timestamp,
    is_favorite: bool,
    is_trashed: bool,
    is_motion: bool,
    city: Option<String>,
    state: Option<String>,
    country: Option<String>,
    make: Option<String>,
    model: Option<String>,
    lens_model: Option<String>,
    rating: Option<i32>,
}

/// What is so or not, as bits.
mod mark {
    use crate::assets::Visibility;

    pub(super) const VIDEO: u8 = 1;
    pub(super) const FAVORITE: u8 = 2;
    pub(super) const TRASHED: u8 = 4;
    pub(super) const MOTION: u8 = 8;

    pub(super) const fn of(visibility: Visibility) -> u8 {
        match visibility {
            Visibility::Timeline => 16,
            Visibility::Archive => 32,
            Visibility::Hidden => 64,
            Visibility::Locked => 128,
        }
    }
}

impl Known {
    fn taken(&self) -> i64 {
        self.file_created_at.timestamp_micros()
    }

    fn marks(&self) -> u8 {
        let if_so = |is_so: bool, mark: u8| if is_so { mark } else { 0 };
        mark::of(self.visibility)
            | if_so(self.kind == MediaKind::Video, mark::VIDEO)
            | if_so(self.is_favorite, mark::FAVORITE)
            | if_so(self.is_trashed, mark::TRASHED)
            | if_so(self.is_motion, mark::MOTION)
    }
}

/// An asset that matches, and when it was taken (microseconds since 1970): what pages are ordered by.
pub type Match = (i64, AssetId);

/// One owner's assets.
#[derive(Debug, Default)]
pub struct Columns {
    /// Microseconds since 1970, the oldest first.
    taken: Vec<i64>,
    ids: Vec<Uuid>,
    texts: [Vec<u32>; TEXTS],
    /// Of the columns of texts that were asked for since rows last changed.
    postings: [Option<Postings>; TEXTS],
    ratings: Vec<i8>,
    marks: Vec<u8>,
    names: Names,
    codes: HashMap<String, u32>,
}

impl Columns {
    /// Whether they know everything that the filter asks for.
    pub fn cover(filter: &Filter) -> bool {
        let rest = Filter {
            reader: None,
            owners: Vec::new(),
            kind: None,
            visibility: None,
            is_favorite: None,
            is_motion: None,
            with_trashed: false,
            taken: Span::default(),
            name: None,
            city: None,
            state: None,
            country: None,
            make: None,
            model: None,
            lens_model: None,
            rating: None,
            ..filter.clone()
        };
        !filter.owners.is_empty() && rest == Filter::default()
    }

    /// Everything of that owner.
    pub async fn load(tx: &mut Tx, owner: UserId) -> Result<Self> {
        let mut columns = Self::default();
        let mut rows = tx.stream::<Known>(sql!(selection!(""), owner));
        while let Some(known) = rows.try_next().await? {
            columns.put(None, known);
        }
        drop(rows);
        let order = (0..columns.ids.len() as u32).collect();
        columns.arrange(order);
        columns.names.write_anew();
        Ok(columns)
    }

    /// Makes what is known of these assets true again; those that are gone go.
    pub async fn refresh(&mut self, tx: &mut Tx, owner: UserId, ids: &[Uuid]) -> Result<()> {
        let changed: HashSet<Uuid> = ids.iter().copied().collect();
        let rows = self.ids.iter().enumerate();
        let mut stale: HashMap<Uuid, usize> = rows
            .filter(|(_, id)| changed.contains(id))
            .map(|(row, id)| (*id, row))
            .collect();
        let before = self.ids.len();
        let statement = Sql::composed(selection!(" and a.id in (*)"), vec![owner.0.into()], ids);
        for known in tx.all::<Known>(statement).await? {
            let stays = stale
                .get(&known.id)
                .copied()
                .filter(|row| self.taken[*row] == known.taken());
            if stays.is_some() {
                stale.remove(&known.id);
            }
            self.put(stays, known);
        }
        if !stale.is_empty() || before < self.ids.len() {
            let gone: HashSet<usize> = stale.into_values().collect();
            let rows = 0..self.ids.len();
            let order = rows.filter(|row| !gone.contains(row));
            self.arrange(order.map(|row| row as u32).collect());
        }
        self.names.tidy();
        Ok(())
    }

    /// The first `most` that match, in the order of time.
    pub fn first(&mut self, filter: &Filter, is_newest_first: bool, most: usize) -> Vec<Match> {
        let Some(pattern) = Pattern::of(self, filter) else {
            return Vec::new();
        };
        let span = self.within(filter.taken);
        self.post(&pattern);
        let rows = match self.rarest(&pattern, &span) {
            Some(rows) => self.among(rows, &pattern, is_newest_first, most),
            None => self.all_along(span, &pattern, is_newest_first, most),
        };
        let matched = |row: usize| (self.taken[row], AssetId(self.ids[row]));
        rows.into_iter().map(matched).collect()
    }

    /// Finds out which rows have which of the texts that are asked for.
    fn post(&mut self, pattern: &Pattern) {
        let texts = self.codes.len() + 1;
        for (place, _) in pattern.texts() {
            let column = &self.texts[*place];
            self.postings[*place].get_or_insert_with(|| Postings::of(column, texts));
        }
    }

    /// The rows in a span that have the rarest of the texts asked for, if it is so rare that they are best looked at one by
    /// one.
    fn rarest(&self, pattern: &Pattern, span: &Range<usize>) -> Option<&[u32]> {
        let rows_of = |(place, code): &(usize, u32)| {
            let rows = self.postings[*place].as_ref()?.rows(*code);
            let place_of = |end: usize| rows.partition_point(|&row| (row as usize) < end);
            Some(&rows[place_of(span.start)..place_of(span.end)])
        };
        let rows = pattern.texts().iter().filter_map(rows_of);
        let rarest = rows.min_by_key(|rows| rows.len())?;
        (rarest.len() < span.len() / ROWS_AT_ONCE).then_some(rarest)
    }

    fn among(
        &self,
        rows: &[u32],
        pattern: &Pattern,
        is_newest_first: bool,
        most: usize,
    ) -> Vec<usize> {
        let matching = |row: &usize| pattern.matches_row(self, *row);
        let rows = rows.iter().map(|&row| row as usize);
        if is_newest_first {
            rows.rev().filter(matching).take(most).collect()
        } else {
            rows.filter(matching).take(most).collect()
        }
    }

    /// A block after the other.
    fn all_along(
        &self,
        mut left: Range<usize>,
        pattern: &Pattern,
        is_newest_first: bool,
        most: usize,
    ) -> Vec<usize> {
        let mut rows = Vec::new();
        while !left.is_empty() && rows.len() < most {
            let block = if is_newest_first {
                let start = left.end.saturating_sub(pattern::BLOCK).max(left.start);
                start..std::mem::replace(&mut left.end, start)
            } else {
                let end = (left.start + pattern::BLOCK).min(left.end);
                std::mem::replace(&mut left.start, end)..end
            };
            let found = rows.len();
            rows.extend(pattern.matches(self, block));
            if is_newest_first {
                rows[found..].reverse();
            }
        }
        rows.truncate(most);
        rows
    }

    /// Bytes that they take at most: as if every text had been asked for.
    pub fn memory(&self) -> usize {
        let codes: usize = self.codes.keys().map(|text| text.len() + 64).sum();
        let texts: usize = self.texts.iter().map(Vec::capacity).sum();
        self.taken.capacity() * size_of::<i64>()
            + self.ids.capacity() * size_of::<Uuid>()
            + texts * 2 * size_of::<u32>()
            + self.ratings.capacity()
            + self.marks.capacity()
            + self.names.memory()
            + codes
    }

    /// The rows of that time.
    fn within(&self, span: Span) -> Range<usize> {
        let of = |time: Timestamp| time.timestamp_micros();
        let (first, last) = (
            span.after.map_or(i64::MIN, of),
            span.before.map_or(i64::MAX, of),
        );
        let start = self.taken.partition_point(|&taken| taken < first);
        let end = self.taken.partition_point(|&taken| taken <= last);
        start..end.max(start)
    }

    /// In the place of a row, else behind all.
    fn put(&mut self, row: Option<usize>, known: Known) {
        set(&mut self.taken, row, known.taken());
        set(&mut self.ids, row, known.id);
        set(&mut self.marks, row, known.marks());
        let rating = known.rating.map_or(UNRATED, |rating| rating as i8);
        set(&mut self.ratings, row, rating);
        self.names.put(row, &known.original_name.to_lowercase());
        let texts = [
            known.city,
            known.state,
            known.country,
            known.make,
            known.model,
            known.lens_model,
        ];
        for (place, text) in texts.into_iter().enumerate() {
            let code = text.map_or(UNKNOWN, |text| self.code(text));
            if row.is_none_or(|row| self.texts[place][row] != code) {
                self.postings[place] = None;
            }
            set(&mut self.texts[place], row, code);
        }
    }

    /// One number for each text.
    fn code(&mut self, text: String) -> u32 {
        let next = self.codes.len() as u32 + 1;
        *self.codes.entry(text).or_insert(next)
    }

    /// Keeps these rows alone, in the order of time.
    fn arrange(&mut self, mut order: Vec<u32>) {
        // Quick on what is nearly in order.
        order.sort_by_key(|&row| (self.taken[row as usize], self.ids[row as usize]));
        pick(&mut self.taken, &order);
        pick(&mut self.ids, &order);
        pick(&mut self.ratings, &order);
        pick(&mut self.marks, &order);
        self.names.pick(&order);
        for texts in &mut self.texts {
            pick(texts, &order);
        }
        self.postings = Default::default();
    }
}

fn set<T>(column: &mut Vec<T>, row: Option<usize>, value: T) {
    match row {
        Some(row) => column[row] = value,
        None => column.push(value),
    }
}

fn pick<T: Copy>(column: &mut Vec<T>, rows: &[u32]) {
    *column = rows.iter().map(|&row| column[row as usize]).collect();
}

/// How many assets an owner has.
pub async fn size(tx: &mut Tx, owner: UserId) -> Result<i64> {
    tx.scalar(sql!(
        "select cast(coalesce(sum(count), 0) as bigint) from asset_counts where owner_id = $1",
        owner
    ))
    .await
}
