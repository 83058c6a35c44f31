//! Understanding what a person types: "Anna at the beach last summer" is somebody, something seen, and a time.
//!
//! Pure: a text, the day it is, and the names that the library knows go in; what was understood and the words that are
//! left come out. What is left is looked for by meaning and in what can be read. Everything understood is returned with
//! its place in the text, and can be switched off, so that a client shows and undoes it.

mod dates;
mod names;
mod words;

use chrono::NaiveDate;
use heirloom_types::ids::{PersonId, TagId};

pub use dates::Days;
use names::AllNames;
use words::Word;

/// Longer questions are cut: no sentence is.
pub const LETTERS_MAX: usize = 1_000;

/// What a library knows by name.
#[derive(Clone, Debug, Default)]
pub struct Vocabulary {
    pub people: Vec<(PersonId, String)>,
    pub tags: Vec<(TagId, String)>,
    pub cities: Vec<String>,
    pub states: Vec<String>,
    pub countries: Vec<String>,
    pub makes: Vec<String>,
    pub models: Vec<String>,
}

/// When and where somebody asks.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    pub today: NaiveDate,
    /// Where summer is in December.
    pub is_southern: bool,
}

/// What something understood asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    Person(PersonId),
    Tag(TagId),
    City(String),
    State(String),
    Country(String),
    Make(String),
    Model(String),
    /// Taken on one of these days, by the clock on the wall.
    Taken(Days),
    Video,
    Motion,
    Favorite,
    /// Words that must stand in the picture, its name or its description.
    Quoted(String),
    /// A part of the file's name.
    FileName(String),
}

impl Meaning {
    /// The name of its kind, by which it can be switched off.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Person(_) => "person",
            Self::Tag(_) => "tag",
            Self::City(_) | Self::State(_) | Self::Country(_) => "place",
            Self::Make(_) | Self::Model(_) => "camera",
            Self::Taken(_) => "date",
            Self::Video | Self::Motion => "type",
            Self::Favorite => "favorite",
            Self::Quoted(_) => "text",
            Self::FileName(_) => "fileName",
        }
    }

    /// Whether one of those says the like and there can be only one: no picture is of two cities.
    fn is_said_already(&self, parts: &[Part]) -> bool {
        let is_shared = matches!(self, Self::Person(_) | Self::Tag(_) | Self::Quoted(_));
        let same =
            |part: &Part| std::mem::discriminant(&part.meaning) == std::mem::discriminant(self);
        !is_shared && parts.iter().any(same)
    }
}

/// Something understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub meaning: Meaning,
    /// As it was typed.
    pub text: String,
    /// What it was taken for, to be shown: a full name, a range of days.
    pub value: String,
    /// Where it stands in the question, in UTF-16 units as browsers count.
    pub start: usize,
    pub end: usize,
}

/// A question, understood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Question {
    pub parts: Vec<Part>,
    /// What is left to look for by meaning; empty when everything was understood, or all is asked for.
    pub rest: String,
}

/// Whether a question names a season: when it is depends on where.
pub fn names_a_season(text: &str) -> bool {
    let text: String = text.chars().take(LETTERS_MAX).collect();
    let mut words = words::split(&text).into_iter();
    words.any(|word| dates::season_number(&word.folded).is_some())
}

/// Reads a question. `ignored` names kinds, or texts as they were typed, that are not to be understood.
pub fn read(text: &str, vocabulary: &Vocabulary, setting: Setting, ignored: &[String]) -> Question {
    let text: String = text.chars().take(LETTERS_MAX).collect();
    let words = words::split(&text);
    let reader = Reader {
        text: &text,
        words: &words,
        vocabulary,
        names: AllNames::of(vocabulary),
        setting,
        ignored,
    };
    let mut parts: Vec<Part> = Vec::new();
    let mut taken = vec![false; words.len()];
    let mut at = 0;
    while at < words.len() {
        match reader.part_at(at) {
            Some((used, part)) if !part.meaning.is_said_already(&parts) => {
                taken[at..at + used].fill(true);
                parts.push(part);
                at += used;
            }
            _ => at += 1,
        }
    }
    let mut rest = rest(&text, &words, &taken);
    let is_of_all = words.iter().any(|word| words::is_picture(&word.folded));
    if rest.is_empty() && parts.is_empty() && !is_of_all {
        // Nothing but small words: they are all that there is to look for.
        text.trim().clone_into(&mut rest);
    }
    Question { parts, rest }
}

struct Reader<'a> {
    text: &'a str,
    words: &'a [Word],
    vocabulary: &'a Vocabulary,
    names: AllNames,
    setting: Setting,
    ignored: &'a [String],
}

/// Makes a place of its name.
type Place = fn(String) -> Meaning;

/// Something recognised: how many words it takes, what it means, what to show.
type Found = (usize, Meaning, String);

impl Reader<'_> {
    /// What begins at that word, the surest first.
    fn part_at(&self, at: usize) -> Option<(usize, Part)> {
        let readers: [fn(&Self, usize) -> Option<Found>; 7] = [
            Self::marked,
            Self::person,
            Self::date,
            Self::place,
            Self::camera,
            Self::sort,
            Self::file_name,
        ];
        readers.iter().find_map(|reader| {
            let (used, meaning, value) = reader(self, at)?;
            let (from, to) = (self.words[at].from, self.words[at + used - 1].to);
            let text = &self.text[from..to];
            let units = |until: usize| self.text[..until].encode_utf16().count();
            let is_ignored = self.ignored.iter().any(|ignored| {
                ignored == meaning.kind() || words::fold(ignored) == words::fold(text)
            });
            let part = Part {
                meaning,
                text: text.to_owned(),
                value,
                start: units(from),
                end: units(to),
            };
            (!is_ignored).then_some((used, part))
        })
    }

    /// `"words"` and `#tag`.
    fn marked(&self, at: usize) -> Option<Found> {
        let word = &self.words[at];
        if let Some(quoted) = &word.quoted {
            return Some((1, Meaning::Quoted(quoted.clone()), quoted.clone()));
        }
        let name = word.folded.strip_prefix('#')?;
        let (id, value) = self.vocabulary.tags.iter().find(|(_, value)| {
            let value = words::fold(value);
            value == name || value.rsplit('/').next() == Some(name)
        })?;
        Some((1, Meaning::Tag(*id), value.clone()))
    }

    /// A full name, or a first name that only one person has.
    fn person(&self, at: usize) -> Option<Found> {
        let people = &self.vocabulary.people;
        if let Some((used, which)) = self.names.people.longest(self.words, at) {
            let (id, name) = &people[which];
            return Some((used, Meaning::Person(*id), name.clone()));
        }
        let first = self.words[at].possessed();
        let which = self.names.people.only_beginning(first)?;
        let (id, name) = &people[which];
        Some((1, Meaning::Person(*id), name.clone()))
    }

    fn date(&self, at: usize) -> Option<Found> {
        let (used, days) = dates::read(self.words, at, self.setting)?;
        Some((used, Meaning::Taken(days), days.shown()))
    }

    fn place(&self, at: usize) -> Option<Found> {
        let known = self.vocabulary;
        let kinds: [(_, _, Place); 3] = [
            (&known.cities, &self.names.cities, Meaning::City),
            (&known.states, &self.names.states, Meaning::State),
            (&known.countries, &self.names.countries, Meaning::Country),
        ];
        let mut best: Option<Found> = None;
        for (values, names, make) in kinds {
            if let Some((used, which)) = names.longest(self.words, at)
                && best.as_ref().is_none_or(|(most, ..)| used > *most)
            {
                let name = &values[which];
                best = Some((used, make(name.clone()), name.clone()));
            }
        }
        best
    }

    /// A model anywhere; a make only where a camera is spoken of, because some are fruit.
    fn camera(&self, at: usize) -> Option<Found> {
        let known = self.vocabulary;
        let is_spoken_of = at > 0
            && matches!(
                self.words[at - 1].folded.as_str(),
                "with" | "on" | "by" | "using"
            );
        if let Some((used, which)) = self.names.models.longest(self.words, at) {
            let model = &known.models[which];
            if is_spoken_of || used > 1 || model.chars().any(char::is_numeric) {
                return Some((used, Meaning::Model(model.clone()), model.clone()));
            }
        }
        let (used, which) = self.names.makes.longest(self.words, at)?;
        let make = &known.makes[which];
        is_spoken_of.then(|| (used, Meaning::Make(make.clone()), make.clone()))
    }

    fn sort(&self, at: usize) -> Option<Found> {
        let word = self.words[at].folded.as_str();
        let next = self.words.get(at + 1).map(|word| word.folded.as_str());
        let is_pictures = next.is_some_and(words::is_picture);
        match word {
            "video" | "videos" | "clips" | "movies" => Some((1, Meaning::Video, "video".into())),
            "live" | "motion" if is_pictures => Some((2, Meaning::Motion, "motion".into())),
            "favorite" | "favourite" if is_pictures || next.is_none() => Some((
                1 + usize::from(is_pictures),
                Meaning::Favorite,
                "favorite".into(),
            )),
            "favorites" | "favourites" => Some((1, Meaning::Favorite, "favorite".into())),
            _ => None,
        }
    }

    /// `img_1234.jpg`.
    fn file_name(&self, at: usize) -> Option<Found> {
        let word = &self.words[at];
        let name = &self.text[word.from..word.to];
        let (stem, _) = name.rsplit_once('.')?;
        let is_file = !stem.is_empty() && heirloom_types::media_type::by_name(name).is_some();
        is_file.then(|| (1, Meaning::FileName(name.to_owned()), name.to_owned()))
    }
}

/// The words that nothing took, without what only held the others together.
fn rest(text: &str, words: &[Word], taken: &[bool]) -> String {
    let mut left: Vec<usize> = Vec::new();
    for at in 0..words.len() {
        let joins_nothing = words[at].is_joint()
            && (taken.get(at + 1).copied().unwrap_or(true)
                || at > 0 && taken[at - 1] && left.is_empty());
        if !taken[at] && !joins_nothing {
            left.push(at);
        }
    }
    let is_filler = |at: &usize| words[*at].is_joint() || words[*at].is_filler();
    let start = left.iter().position(|at| !is_filler(at));
    let Some(start) = start else {
        return String::new();
    };
    let end = left
        .iter()
        .rposition(|at| !words[*at].is_joint())
        .unwrap_or(start);
    left[start..=end]
        .iter()
        .map(|at| &text[words[*at].from..words[*at].to])
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests;
