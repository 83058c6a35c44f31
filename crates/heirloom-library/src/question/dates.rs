//! Days, months, seasons, years and feasts as people say them.

use chrono::{Datelike, Days as Count, Months, NaiveDate};

use super::{Setting, words::Word};

/// Whole days from the first to the last; either may be open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    pub first: Option<NaiveDate>,
    pub last: Option<NaiveDate>,
}

impl Days {
    /// As in `2024-06-01/2024-08-31`.
    pub fn shown(&self) -> String {
        let side =
            |day: Option<NaiveDate>| day.map_or_else(|| "..".to_owned(), |day| day.to_string());
        format!("{}/{}", side(self.first), side(self.last))
    }
}

type Span = (NaiveDate, NaiveDate);
/// Reads the days that begin at a word: how many words, and which days.
type Reader = fn(&[Word], usize, Setting) -> Option<(usize, Span)>;

/// The days that begin at that word, and how many words they take.
pub(super) fn read(words: &[Word], at: usize, setting: Setting) -> Option<(usize, Days)> {
    let word = |at: usize| words.get(at).map(|word| word.folded.as_str());
    let open = |used, first, last| Some((used, Days { first, last }));
    match word(at)? {
        "since" => {
            let (used, (first, _)) = span(words, at + 1, setting, true)?;
            open(used + 1, Some(first), None)
        }
        "after" => {
            let (used, (_, last)) = span(words, at + 1, setting, true)?;
            open(used + 1, last.succ_opt(), None)
        }
        "before" | "until" => {
            let (used, (first, last)) = span(words, at + 1, setting, true)?;
            let end = if word(at)? == "before" {
                first.pred_opt()
            } else {
                Some(last)
            };
            open(used + 1, None, end)
        }
        from @ ("between" | "from") => {
            let joint = if from == "between" { "and" } else { "to" };
            let (used, (first, _)) = span(words, at + 1, setting, true)?;
            if word(at + 1 + used) != Some(joint) {
                return None;
            }
            let (more, (_, last)) = span(words, at + 2 + used, setting, true)?;
            open(used + more + 2, Some(first), Some(last))
        }
        // "in june", "during 2019": here a month alone is a month.
        "in" | "during" | "on" => {
            let skip = 1 + usize::from(word(at + 1) == Some("the"));
            let (used, (first, last)) = span(words, at + skip, setting, true)?;
            open(used + skip, Some(first), Some(last))
        }
        _ => {
            let (used, (first, last)) = span(words, at, setting, false)?;
            open(used, Some(first), Some(last))
        }
    }
}

/// `is_surely` says that a date is expected, so that "may" is the month.
fn span(words: &[Word], at: usize, setting: Setting, is_surely: bool) -> Option<(usize, Span)> {
    let readers: [Reader; 5] = [relative, numbers, named_day, seasons, feasts];
    readers
        .iter()
        .find_map(|reader| reader(words, at, setting))
        .or_else(|| months(words, at, setting, is_surely))
}

/// "yesterday", "last week", "two years ago", "this year".
fn relative(words: &[Word], at: usize, setting: Setting) -> Option<(usize, Span)> {
    let today = setting.today;
    let word = |at: usize| words.get(at).map(|word| word.folded.as_str());
    let first = word(at)?;
    match first {
        "today" => return Some((1, (today, today))),
        "yesterday" => {
            let day = today.pred_opt()?;
            return Some((1, (day, day)));
        }
        _ => {}
    }
    if matches!(first, "last" | "this") {
        let back = u32::from(first == "last");
        return Some((2, unit(word(at + 1)?, back, today)?));
    }
    let count = number_word(first)?;
    let next = word(at + 1)?;
    if word(at + 2) != Some("ago") {
        return None;
    }
    let singular = next.strip_suffix('s').unwrap_or(next);
    if singular == "day" {
        let day = today.checked_sub_days(Count::new(u64::from(count)))?;
        return Some((3, (day, day)));
    }
    Some((3, unit(singular, count, today)?))
}

/// The week, weekend, month or year that many before the one of today.
fn unit(name: &str, back: u32, today: NaiveDate) -> Option<Span> {
    let monday = today.checked_sub_days(Count::new(u64::from(
        today.weekday().num_days_from_monday(),
    )))?;
    let week = monday.checked_sub_days(Count::new(7 * u64::from(back)))?;
    match name {
        "week" => Some((week, week.checked_add_days(Count::new(6))?)),
        "weekend" => Some((
            week.checked_add_days(Count::new(5))?,
            week.checked_add_days(Count::new(6))?,
        )),
        "month" => {
            let day = today.with_day(1)?.checked_sub_months(Months::new(back))?;
            month(day.year(), day.month())
        }
        "year" => year(today.year() - i32::try_from(back).ok()?),
        _ => None,
    }
}

fn number_word(word: &str) -> Option<u32> {
    const NUMBERS: [&str; 13] = [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
        "eleven", "twelve",
    ];
    match word {
        "a" | "an" => Some(1),
        _ => NUMBERS
            .iter()
            .position(|known| *known == word)
            .map(|number| number as u32)
            .or_else(|| {
                word.parse()
                    .ok()
                    .filter(|number| (1..1_000).contains(number))
            }),
    }
}

/// `2019`, `2019-06`, `2019-06-07`, `1990s`.
fn numbers(words: &[Word], at: usize, _: Setting) -> Option<(usize, Span)> {
    let text = words.get(at)?.folded.as_str();
    if let Some(decade) = text
        .strip_suffix('s')
        .and_then(year_number)
        .filter(|year| year % 10 == 0)
    {
        return Some((1, (year(decade)?.0, year(decade + 9)?.1)));
    }
    let parts: Vec<&str> = text.split(['-', '/']).collect();
    let two = |text: &str| text.parse::<u32>().ok().filter(|_| text.len() <= 2);
    let found = match parts.as_slice() {
        [only] => year(year_number(only)?),
        [first, second] => month(year_number(first)?, two(second)?),
        [first, second, third] => {
            let day = NaiveDate::from_ymd_opt(year_number(first)?, two(second)?, two(third)?)?;
            Some((day, day))
        }
        _ => None,
    };
    Some((1, found?))
}

/// A year in which there may be photographs.
fn year_number(text: &str) -> Option<i32> {
    let number = text.parse().ok().filter(|_| text.len() == 4)?;
    (1826..2200).contains(&number).then_some(number)
}

fn year(number: i32) -> Option<Span> {
    Some((
        NaiveDate::from_ymd_opt(number, 1, 1)?,
        NaiveDate::from_ymd_opt(number, 12, 31)?,
    ))
}

fn month(year: i32, month: u32) -> Option<Span> {
    let first = NaiveDate::from_ymd_opt(year, month, 1)?;
    Some((first, first.checked_add_months(Months::new(1))?.pred_opt()?))
}

/// "may 3 2020", "3rd of may", "3 may".
fn named_day(words: &[Word], at: usize, setting: Setting) -> Option<(usize, Span)> {
    let word = |at: usize| words.get(at).map(|word| word.folded.as_str());
    let day_of = |text: &str| -> Option<u32> {
        let digits = text.trim_end_matches(|letter: char| letter.is_ascii_lowercase());
        let ending = &text[digits.len()..];
        let day = digits.parse().ok()?;
        (matches!(ending, "" | "st" | "nd" | "rd" | "th") && (1..=31).contains(&day)).then_some(day)
    };
    let (used, month, day) = if let Some(month) = month_number(word(at)?) {
        (2, month, day_of(word(at + 1)?)?)
    } else {
        let day = day_of(word(at)?)?;
        let skip = usize::from(word(at + 1) == Some("of"));
        (2 + skip, month_number(word(at + 1 + skip)?)?, day)
    };
    let said = word(at + used).and_then(year_number);
    let date = |year| NaiveDate::from_ymd_opt(year, month, day);
    let found = match said {
        Some(year) => date(year)?,
        None => latest(setting.today, |year| Some((date(year)?, date(year)?)))?.0,
    };
    Some((used + usize::from(said.is_some()), (found, found)))
}

fn month_number(word: &str) -> Option<u32> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let at = MONTHS.iter().position(|name| {
        *name == word
            || word.len() == 3 && name.starts_with(word)
            || word == "sept" && *name == "september"
    })?;
    Some(at as u32 + 1)
}

/// "june 2019", "last june", "june" where a date is expected.
fn months(words: &[Word], at: usize, setting: Setting, is_surely: bool) -> Option<(usize, Span)> {
    with_year(words, at, setting, is_surely, |word, year| {
        month(year, month_number(word)?)
    })
}

/// "summer 2019", "last summer", "this winter".
fn seasons(words: &[Word], at: usize, setting: Setting) -> Option<(usize, Span)> {
    with_year(words, at, setting, false, |word, year| {
        let season = season_number(word)?;
        // In the south, the seasons that begin half a year later.
        let start = 3 * season + 3 + 6 * u32::from(setting.is_southern);
        let first = NaiveDate::from_ymd_opt(year, 1, 1)?
            .checked_add_months(Months::new((start - 1) % 12))?;
        Some((first, first.checked_add_months(Months::new(3))?.pred_opt()?))
    })
}

/// Spring is the first, 0.
pub(super) fn season_number(word: &str) -> Option<u32> {
    match word {
        "spring" => Some(0),
        "summer" => Some(1),
        "autumn" | "fall" => Some(2),
        "winter" => Some(3),
        _ => None,
    }
}

/// "christmas 2020", "last halloween", "new year's eve".
fn feasts(words: &[Word], at: usize, setting: Setting) -> Option<(usize, Span)> {
    let word = |at: usize| words.get(at).map(|word| word.folded.as_str());
    let start = at + usize::from(matches!(word(at), Some("last" | "this")));
    if matches!(word(start), Some("new"))
        && matches!(word(start + 1), Some("year's" | "years" | "year’s"))
        && word(start + 2) == Some("eve")
    {
        let said = word(start + 3).and_then(year_number);
        let day = |year| NaiveDate::from_ymd_opt(year, 12, 31);
        let found = match said {
            Some(year) => day(year)?,
            None => latest(setting.today, |year| Some((day(year)?, day(year)?)))?.0,
        };
        return Some((start - at + 3 + usize::from(said.is_some()), (found, found)));
    }
    with_year(words, at, setting, false, |word, year| {
        let (from, to) = match word {
            "christmas" | "xmas" => ((12, 24), (12, 26)),
            "halloween" => ((10, 31), (10, 31)),
            _ => return None,
        };
        Some((
            NaiveDate::from_ymd_opt(year, from.0, from.1)?,
            NaiveDate::from_ymd_opt(year, to.0, to.1)?,
        ))
    })
}

/// A name that comes back every year: with a year, with "last" or "this", or alone where a date is expected.
fn with_year(
    words: &[Word],
    at: usize,
    setting: Setting,
    is_surely: bool,
    days: impl Fn(&str, i32) -> Option<Span>,
) -> Option<(usize, Span)> {
    let word = |at: usize| words.get(at).map(|word| word.folded.as_str());
    let today = setting.today;
    if let Some(which @ ("last" | "this")) = word(at) {
        let name = word(at + 1)?;
        let found = if which == "last" {
            // The last one that is over.
            (0..3)
                .find_map(|back| days(name, today.year() - back).filter(|(_, end)| *end < today))?
        } else {
            (0..2)
                .find_map(|back| {
                    days(name, today.year() - back)
                        .filter(|(start, end)| (*start..=*end).contains(&today))
                })
                .or_else(|| days(name, today.year()))?
        };
        return Some((2, found));
    }
    let name = word(at)?;
    days(name, today.year())?;
    let skip = usize::from(word(at + 1) == Some("of"));
    if let Some(said) = word(at + 1 + skip).and_then(year_number) {
        return Some((2 + skip, days(name, said)?));
    }
    is_surely
        .then(|| latest(today, |year| days(name, year)))
        .flatten()
        .map(|found| (1, found))
}

/// The last one that has begun.
fn latest(today: NaiveDate, days: impl Fn(i32) -> Option<Span>) -> Option<Span> {
    // Four years back, for the 29th of February.
    (0..=8).find_map(|back| days(today.year() - back).filter(|(start, _)| *start <= today))
}
