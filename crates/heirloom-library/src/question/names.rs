//! Names of several words, found in a question.

use std::collections::HashMap;

use super::{Vocabulary, words, words::Word};

/// Names by their first word.
#[derive(Debug, Default)]
pub(super) struct Names(HashMap<String, Vec<(Vec<String>, usize)>>);

/// Of everything that a vocabulary has.
#[derive(Debug)]
pub(super) struct AllNames {
    pub people: Names,
    pub cities: Names,
    pub states: Names,
    pub countries: Names,
    pub makes: Names,
    pub models: Names,
}

impl AllNames {
    pub(super) fn of(known: &Vocabulary) -> Self {
        Self {
            people: Names::new(known.people.iter().map(|(_, name)| name)),
            cities: Names::new(&known.cities),
            states: Names::new(&known.states),
            countries: Names::new(&known.countries),
            makes: Names::new(&known.makes),
            models: Names::new(&known.models),
        }
    }
}

impl Names {
    fn new<'a>(names: impl IntoIterator<Item = &'a String>) -> Self {
        let mut all = Self::default();
        for (which, name) in names.into_iter().enumerate() {
            let words: Vec<String> = words::split(name)
                .into_iter()
                .map(|word| word.folded)
                .collect();
            if let Some(first) = words.first() {
                all.0.entry(first.clone()).or_default().push((words, which));
            }
        }
        all
    }

    /// The longest name that begins at that word: how many words, and which.
    pub(super) fn longest(&self, question: &[Word], at: usize) -> Option<(usize, usize)> {
        let here = &question[at..];
        let first = here.first()?;
        [first.folded.as_str(), first.possessed()]
            .into_iter()
            .filter_map(|first| self.0.get(first))
            .flatten()
            .filter(|(name, _)| is_said(name, here))
            .map(|(name, which)| (name.len(), *which))
            .max_by_key(|(used, which)| (*used, std::cmp::Reverse(*which)))
    }

    /// The one name that begins with that word, if there is but one.
    pub(super) fn only_beginning(&self, first: &str) -> Option<usize> {
        match self.0.get(first)?.as_slice() {
            [(_, which)] if first.chars().count() > 1 => Some(*which),
            _ => None,
        }
    }
}

fn is_said(name: &[String], here: &[Word]) -> bool {
    let last = name.len().saturating_sub(1);
    name.len() <= here.len()
        && name.iter().zip(here).enumerate().all(|(at, (said, word))| {
            *said == word.folded || at == last && said == word.possessed()
        })
}
