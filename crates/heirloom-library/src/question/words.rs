//! The words of a question and where they stand.

pub(super) use heirloom_store::words::fold;

/// One word, or something in quotation marks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// Where it stands, in bytes.
    pub from: usize,
    pub to: usize,
    /// As it is compared.
    pub folded: String,
    /// What stands between quotation marks.
    pub quoted: Option<String>,
}

impl Word {
    /// Without the ending that says whose something is.
    pub(super) fn possessed(&self) -> &str {
        self.folded
            .strip_suffix("'s")
            .or_else(|| self.folded.strip_suffix("’s"))
            .unwrap_or(&self.folded)
    }

    /// Whether it only joins others.
    pub(super) fn is_joint(&self) -> bool {
        matches!(
            self.folded.as_str(),
            "a" | "an"
                | "and"
                | "at"
                | "by"
                | "during"
                | "for"
                | "from"
                | "in"
                | "my"
                | "near"
                | "of"
                | "on"
                | "our"
                | "shot"
                | "taken"
                | "the"
                | "to"
                | "using"
                | "with"
                | "'s"
                | "while"
        )
    }

    /// Whether it says nothing in a search: "show me pictures of".
    pub(super) fn is_filler(&self) -> bool {
        matches!(
            self.folded.as_str(),
            "show" | "find" | "me" | "all" | "search" | "please"
        ) || is_picture(&self.folded)
    }
}

/// Whether it names what is searched.
pub(super) fn is_picture(word: &str) -> bool {
    matches!(
        word,
        "photo"
            | "photos"
            | "picture"
            | "pictures"
            | "pic"
            | "pics"
            | "image"
            | "images"
            | "photograph"
            | "photographs"
    )
}

/// Cuts at spaces; punctuation at the edges of a word does not belong to it.
pub(super) fn split(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(letter) = text[at..].chars().next() {
        let after = at + letter.len_utf8();
        if letter.is_whitespace() {
            at = after;
        } else if let Some(closing) = closing(letter)
            && let Some(length) = text[after..].find(closing)
        {
            let (from, to) = (at, after + length + closing.len_utf8());
            let quoted = text[after..after + length].trim().to_owned();
            let folded = fold(&quoted);
            at = to;
            words.push(Word {
                from,
                to,
                folded,
                quoted: Some(quoted).filter(|quoted| !quoted.is_empty()),
            });
        } else {
            let end = text[at..]
                .find(|letter: char| {
                    letter.is_whitespace() || closing(letter).is_some() && letter != '\''
                })
                .map_or(text.len(), |length| at + length)
                .max(after);
            words.extend(word(text, at, end));
            at = end;
        }
    }
    words
}

fn word(text: &str, from: usize, to: usize) -> Option<Word> {
    let edge = |letter: char| matches!(letter, ',' | '.' | ';' | ':' | '!' | '?' | '(' | ')' | '"');
    let whole = &text[from..to];
    let trimmed = whole.trim_start_matches(edge);
    let from = to - trimmed.len();
    let trimmed = trimmed.trim_end_matches(edge);
    (!trimmed.is_empty()).then(|| Word {
        from,
        to: from + trimmed.len(),
        folded: fold(trimmed),
        quoted: None,
    })
}

fn closing(opening: char) -> Option<char> {
    match opening {
        '"' => Some('"'),
        '“' | '„' => Some('”'),
        '«' => Some('»'),
        '「' => Some('」'),
        _ => None,
    }
}
