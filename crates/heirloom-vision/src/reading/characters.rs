//! From the recogniser's probabilities to characters, and which of them to believe.

/// A line's characters are believed from this mean probability on: below it, of 40 lines in photos hardly one was a word, and
/// scripts that the recogniser does not know come out there.
const SCORE_MIN: f32 = 0.8;
/// One or two characters are easily seen in anything: they must be surer.
const SHORT: usize = 2;
const SHORT_SCORE_MIN: f32 = 0.9;
/// More doubt for a character is that of a script which the recogniser does not know. Of 2,080 lines in such scripts 142 are
/// otherwise plausible, and 94 with this, 84 of them capitals that look Latin; of 1,328 lines that can be read it costs two.
const DOUBT_MAX: f32 = 0.28;
/// Letters of a formula; more together are a word.
const GREEK_MAX: usize = 2;
/// What a cheap look takes for text.
const LIKELY_SCORE_MIN: f32 = 0.6;
/// At least this share of what is not space are letters or digits.
const LETTERS_MIN: f32 = 0.4;

/// What a line says.
#[derive(Clone, Debug, Default)]
pub(super) struct Words {
    pub(super) text: String,
    /// The mean probability of its characters.
    pub(super) score: f32,
    /// How much all of the line, also where it reads nothing, might be something else; for each of its characters. Letters
    /// of an unknown script leave gaps that are hardly believed to be empty.
    pub(super) doubt: f32,
}

impl Words {
    /// Whether a closer look is worth its while.
    pub(super) fn are_likely(&self) -> bool {
        self.score >= LIKELY_SCORE_MIN && self.text.contains(char::is_alphanumeric)
    }

    /// Whether this is text rather than leaves, windows or a script the recogniser cannot read.
    pub(super) fn are_plausible(&self) -> bool {
        let written = self
            .text
            .chars()
            .filter(|letter| !letter.is_whitespace())
            .count();
        let letters = self
            .text
            .chars()
            .filter(|letter| letter.is_alphanumeric())
            .count();
        let least = if letters <= SHORT {
            SHORT_SCORE_MIN
        } else {
            SCORE_MIN
        };
        letters > 0
            && self.score >= least
            && self.doubt <= DOUBT_MAX
            && letters as f32 >= written as f32 * LETTERS_MIN
            && !self.text.split_whitespace().any(is_guessed)
    }
}

/// Whether a word's letters are a guess at another script: the recogniser has Greek letters for formulas, without the accents
/// that every Greek word has.
fn is_guessed(word: &str) -> bool {
    let is_greek = |letter: &char| ('\u{370}'..='\u{3ff}').contains(letter);
    let greek = word.chars().filter(is_greek).count();
    let latin = word
        .chars()
        .filter(|letter| letter.is_alphabetic() && *letter < '\u{370}')
        .count();
    greek > GREEK_MAX || (greek > 0 && latin > GREEK_MAX)
}

/// Reads `count` lines, each a row of probabilities for every step: nothing, the dictionary's characters, a space.
pub(super) fn decode(dictionary: &[String], chances: &[f32], count: usize) -> Vec<Words> {
    let classes = dictionary.len() + 2;
    let steps = chances.len() / (classes * count.max(1));
    let lines = chances.chunks_exact((classes * steps).max(1));
    lines
        .map(|line| words(dictionary, line.chunks_exact(classes)))
        .collect()
}

fn words<'a>(dictionary: &[String], steps: impl Iterator<Item = &'a [f32]>) -> Words {
    let (mut text, mut sum, mut count, mut doubt) = (String::new(), 0.0, 0u32, 0.0);
    let mut last = 0;
    for step in steps {
        let (class, chance) = likeliest(step);
        doubt += 1.0 - chance;
        if class != 0 && class != last {
            text.push_str(dictionary.get(class - 1).map_or(" ", String::as_str));
            sum += chance;
            count += 1;
        }
        last = class;
    }
    let written = text
        .chars()
        .filter(|letter| !letter.is_whitespace())
        .count();
    Words {
        text: text.trim().to_owned(),
        score: sum / count.max(1) as f32,
        doubt: doubt / written.max(1) as f32,
    }
}

fn likeliest(step: &[f32]) -> (usize, f32) {
    let best = step.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let class = step.iter().position(|chance| *chance >= best);
    (class.unwrap_or(0), best)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(classes: &[usize]) -> Words {
        let dictionary = ["a", "b", "三"].map(str::to_owned);
        let chances: Vec<f32> = classes
            .iter()
            .flat_map(|class| (0..5).map(move |index| if index == *class { 0.8 } else { 0.05 }))
            .collect();
        decode(&dictionary, &chances, 1).remove(0)
    }

    #[test]
    fn repeats_are_one_character_unless_nothing_lies_between() {
        assert_eq!(read(&[0, 1, 1, 0, 1, 2, 4, 3, 0, 4]).text, "aab 三");
        assert!((read(&[1, 0, 2]).score - 0.8).abs() < 1e-6);
        assert_eq!(read(&[0, 0]).text, "");
    }

    #[test]
    fn doubt_counts_what_was_taken_for_nothing_too() {
        let dictionary = ["a", "b", "三"].map(str::to_owned);
        let line = |gap: f32| {
            let rest = (1.0 - gap) / 4.0;
            let steps = [
                [0.0, 1.0, 0.0, 0.0, 0.0],
                [gap, rest, rest, rest, rest],
                [0.0, 0.0, 1.0, 0.0, 0.0],
            ];
            decode(&dictionary, steps.as_flattened(), 1).remove(0)
        };
        let (empty, unread) = (line(1.0), line(0.4));
        assert_eq!((&*empty.text, &*unread.text), ("ab", "ab"));
        assert!((empty.score - unread.score).abs() < 1e-6);
        assert!(empty.doubt < 1e-6 && empty.are_plausible());
        assert!((unread.doubt - 0.3).abs() < 1e-6 && !unread.are_plausible());
    }

    #[test]
    fn what_is_no_text_is_not_shown() {
        let words = |text: &str, score: f32, doubt: f32| Words {
            text: text.to_owned(),
            score,
            doubt,
        };
        let plausible = |text: &str, score: f32| words(text, score, 0.1).are_plausible();
        assert!(plausible("REMEMBER THIS:", 0.85));
        assert!(plausible("α = 3 μm", 0.9));
        assert!(plausible("キリン一番搾り", 0.9));
        assert!(plausible("A1", 0.95));
        assert!(plausible("3.50 €", 0.8));
        assert!(!plausible("REMEMBER THIS:", 0.7));
        assert!(!plausible("Σμερα ο καιρ", 0.95));
        assert!(!plausible("tunnu hηnu", 0.95));
        assert!(!plausible("A1", 0.8));
        assert!(!plausible("--..||", 0.99));
        assert!(!plausible("", 1.0));
        assert!(!plausible("||a|||", 0.99));
        assert!(!words("Ixa a Hanoi", 0.95, 0.6).are_plausible());
        let likely = |text: &str, score: f32| words(text, score, 0.6).are_likely();
        assert!(likely("A1", 0.6));
        assert!(!likely("A1", 0.4));
        assert!(!likely("--..||", 0.99));
    }
}
