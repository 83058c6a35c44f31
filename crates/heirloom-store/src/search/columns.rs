//! What is known of one owner's assets, in memory. The database has an index for each thing that can be asked for and none
//! for all of them together; here any combination over a million assets costs one pass over 64 bytes of each.

use std::collections::{HashMap, HashSet};

use futures::TryStreamExt;
use heirloom_types::{
    ids::{AssetId, UserId},
    media_type::MediaKind,
    time::Timestamp,
};
use memchr::memmem::Finder;
use sqlx::FromRow;
use uuid::Uuid;

use super::{Filter, Span, Wanted};
use crate::{Result, Tx, assets::Visibility, db::Sql, sql};

/// City, state, country, make, model, lens.
const TEXTS: usize = 6;
/// What stands for a text that is not known.
const UNKNOWN: u32 = 0;
/// Bytes of names that nothing points to any more, from which on they are written anew.
const WASTE_MAX: usize = 1 << 20;

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

/// As it is kept.
#[derive(Clone, Copy, Debug)]
struct Row {
    /// Microseconds since 1970.
    taken: i64,
    id: Uuid,
    texts: [u32; TEXTS],
    /// Where its name lies among the names.
    name: u32,
    name_len: u16,
    rating: Option<i8>,
    kind: MediaKind,
    visibility: Visibility,
    is_favorite: bool,
    is_trashed: bool,
    is_motion: bool,
}

/// An asset that matches, and when it was taken (microseconds since 1970): what pages are ordered by.
pub type Match = (i64, AssetId);

/// One owner's assets.
#[derive(Debug, Default)]
pub struct Columns {
    /// The oldest first.
    rows: Vec<Row>,
    codes: HashMap<String, u32>,
    /// Names in lower case, one after the other.
    names: String,
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
            columns.push(known);
        }
        drop(rows);
        columns.sort();
        Ok(columns)
    }

    /// Makes what is known of these assets true again; those that are gone go.
    pub async fn refresh(&mut self, tx: &mut Tx, owner: UserId, ids: &[Uuid]) -> Result<()> {
        let changed: HashSet<Uuid> = ids.iter().copied().collect();
        self.rows.retain(|row| !changed.contains(&row.id));
        let statement = Sql::composed(selection!(" and a.id in (*)"), vec![owner.0.into()], ids);
        for known in tx.all::<Known>(statement).await? {
            self.push(known);
        }
        self.sort();
        self.tidy_names();
        Ok(())
    }

    /// The first `most` that match, in the order of time.
    pub fn first(&self, filter: &Filter, is_newest_first: bool, most: usize) -> Vec<Match> {
        let Some(pattern) = Pattern::of(self, filter) else {
            return Vec::new();
        };
        let found = |row: &&Row| pattern.matches(self, row);
        let matched = |row: &Row| (row.taken, AssetId(row.id));
        if is_newest_first {
            let rows = self.rows.iter().rev().filter(found);
            rows.take(most).map(matched).collect()
        } else {
            let rows = self.rows.iter().filter(found);
            rows.take(most).map(matched).collect()
        }
    }

    /// Bytes that they take.
    pub fn memory(&self) -> usize {
        let codes: usize = self.codes.keys().map(|text| text.len() + 64).sum();
        self.rows.capacity() * size_of::<Row>() + self.names.capacity() + codes
    }

    fn push(&mut self, known: Known) {
        let texts = [
            known.city,
            known.state,
            known.country,
            known.make,
            known.model,
            known.lens_model,
        ];
        let texts = texts.map(|text| text.map_or(UNKNOWN, |text| self.code(text)));
        let name = known.original_name.to_lowercase();
        self.rows.push(Row {
            taken: known.file_created_at.timestamp_micros(),
            id: known.id,
            texts,
            name: self.names.len() as u32,
            name_len: u16::try_from(name.len()).unwrap_or(u16::MAX),
            rating: known.rating.map(|rating| rating as i8),
            kind: known.kind,
            visibility: known.visibility,
            is_favorite: known.is_favorite,
            is_trashed: known.is_trashed,
            is_motion: known.is_motion,
        });
        self.names.push_str(&name);
    }

    /// One number for each text.
    fn code(&mut self, text: String) -> u32 {
        let next = self.codes.len() as u32 + 1;
        *self.codes.entry(text).or_insert(next)
    }

    fn sort(&mut self) {
        // Quick on what is nearly in order.
        self.rows.sort_by_key(|row| (row.taken, row.id));
    }

    fn name(&self, row: &Row) -> &[u8] {
        let start = row.name as usize;
        &self.names.as_bytes()[start..start + usize::from(row.name_len)]
    }

    fn tidy_names(&mut self) {
        let used: usize = self.rows.iter().map(|row| usize::from(row.name_len)).sum();
        if self.names.len() < 2 * used + WASTE_MAX {
            return;
        }
        let mut names = String::with_capacity(used);
        for at in 0..self.rows.len() {
            let name = String::from_utf8_lossy(self.name(&self.rows[at])).into_owned();
            self.rows[at].name = names.len() as u32;
            names.push_str(&name);
        }
        self.names = names;
    }
}

/// A filter in the terms of the columns.
struct Pattern<'f> {
    filter: &'f Filter,
    taken: std::ops::RangeInclusive<i64>,
    texts: Vec<(usize, u32)>,
    rating: Wanted<i8>,
    name: Option<Finder<'static>>,
}

impl<'f> Pattern<'f> {
    /// None where nothing can match.
    fn of(columns: &Columns, filter: &'f Filter) -> Option<Self> {
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
            Some(None) => Some(None),
            Some(Some(rating)) => Some(Some(i8::try_from(rating).ok()?)),
        };
        let name = filter.name.as_ref();
        let name = name.map(|name| Finder::new(&name.to_lowercase()).into_owned());
        Some(Self {
            filter,
            taken: micros(filter.taken),
            texts,
            rating,
            name,
        })
    }

    /// The cheapest and most selective first.
    fn matches(&self, columns: &Columns, row: &Row) -> bool {
        let filter = self.filter;
        self.texts
            .iter()
            .all(|(place, code)| row.texts[*place] == *code)
            && self.taken.contains(&row.taken)
            && filter.kind.is_none_or(|kind| row.kind == kind)
            && filter
                .is_favorite
                .is_none_or(|wanted| row.is_favorite == wanted)
            && filter
                .is_motion
                .is_none_or(|wanted| row.is_motion == wanted)
            && self.rating.is_none_or(|wanted| row.rating == wanted)
            && (filter.with_trashed || !row.is_trashed)
            && match filter.visibility {
                Some(wanted) => row.visibility == wanted,
                None => row.visibility.is_shareable(),
            }
            && self
                .name
                .as_ref()
                .is_none_or(|name| name.find(columns.name(row)).is_some())
    }
}

fn micros(span: Span) -> std::ops::RangeInclusive<i64> {
    let of = |time: Timestamp| time.timestamp_micros();
    span.after.map_or(i64::MIN, of)..=span.before.map_or(i64::MAX, of)
}

/// How many assets an owner has.
pub async fn size(tx: &mut Tx, owner: UserId) -> Result<i64> {
    tx.scalar(sql!(
        "select cast(coalesce(sum(count), 0) as bigint) from asset_counts where owner_id = $1",
        owner
    ))
    .await
}
