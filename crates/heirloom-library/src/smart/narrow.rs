//! What was understood of a question, as a filter.

use chrono::{NaiveDate, NaiveTime, TimeDelta};
use heirloom_types::{media_type::MediaKind, time::Timestamp};

use crate::{
    question::{Days, Meaning},
    search::{Filter, Span},
};

/// Adds what was understood to what a client asked for; where both speak of the same, both must hold.
pub(super) fn narrow(filter: &mut Filter, meaning: &Meaning) {
    let Filter {
        city,
        state,
        country,
        make,
        model,
        ..
    } = filter;
    let (field, value) = match meaning {
        Meaning::City(value) => (city, value),
        Meaning::State(value) => (state, value),
        Meaning::Country(value) => (country, value),
        Meaning::Make(value) => (make, value),
        Meaning::Model(value) => (model, value),
        _ => return narrow_otherwise(filter, meaning),
    };
    match field {
        None => *field = Some(Some(value.clone())),
        Some(known) if known.as_ref() == Some(value) => {}
        Some(_) => filter.is_impossible = true,
    }
}

fn narrow_otherwise(filter: &mut Filter, meaning: &Meaning) {
    match meaning {
        Meaning::Person(id) => filter.people.push(*id),
        Meaning::Tag(id) => match filter.tags.get_or_insert_with(|| Some(Vec::new())) {
            Some(tags) => tags.push(*id),
            None => filter.is_impossible = true,
        },
        Meaning::Taken(days) => {
            let span = span_of(*days);
            filter.local.after = filter.local.after.max(span.after);
            filter.local.before = match (filter.local.before, span.before) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
        }
        Meaning::Video => match filter.kind {
            None | Some(MediaKind::Video) => {
                filter.kind = Some(MediaKind::Video);
            }
            Some(_) => filter.is_impossible = true,
        },
        Meaning::Motion => filter.is_motion = Some(true),
        Meaning::Favorite => filter.is_favorite = Some(true),
        Meaning::Quoted(text) => filter.words.push(text.clone()),
        Meaning::FileName(name) => filter.name = Some(name.clone()),
        Meaning::City(_)
        | Meaning::State(_)
        | Meaning::Country(_)
        | Meaning::Make(_)
        | Meaning::Model(_) => {}
    }
}

fn span_of(days: Days) -> Span {
    let start = |day: NaiveDate| -> Timestamp { day.and_time(NaiveTime::MIN).and_utc() };
    Span {
        after: days.first.map(start),
        before: days
            .last
            .and_then(|day| day.succ_opt())
            .map(|next| start(next) - TimeDelta::microseconds(1)),
    }
}
