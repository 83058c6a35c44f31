//! The storage template: how the folders of originals are called.

use std::str::FromStr;

use chrono::NaiveDateTime;
use heirloom_types::ids::AssetId;

use super::{BlobPath, path::split_extension};

/// The template of a new installation.
pub const DEFAULT: &str = "{user}/{year}/{year-month-day}/{name}";

/// Templates to choose from.
pub const PRESETS: &[&str] = &[
    DEFAULT,
    "{user}/{year}/{month}/{name}",
    "{user}/{year}/{year-month}/{name}",
    "{user}/{year}/{name}",
    "{user}/{year}/{year-month-day}/{hour}{minute}{second}-{name}",
    "{year}/{month}/{day}/{user}/{name}",
];

/// Words a template may hold, in braces.
const TOKENS: &[(&str, Token)] = &[
    ("user", Token::User),
    ("year", Token::Date("%Y")),
    ("month", Token::Date("%m")),
    ("day", Token::Date("%d")),
    ("hour", Token::Date("%H")),
    ("minute", Token::Date("%M")),
    ("second", Token::Date("%S")),
    ("year-month", Token::Date("%Y-%m")),
    ("year-month-day", Token::Date("%Y-%m-%d")),
    ("name", Token::Name),
    ("stem", Token::Stem),
    ("extension", Token::Extension),
    ("id", Token::Id),
];

/// A template that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    text: String,
    parts: Vec<Vec<Piece>>,
}

/// What a template is filled with.
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    /// The owner's storage label, or id.
    pub user: &'a str,
    /// The clock on the wall where the picture was taken.
    pub local: NaiveDateTime,
    /// As the client named the file.
    pub name: &'a str,
    pub id: AssetId,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Token(Token),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    User,
    /// In the notation of strftime.
    Date(&'static str),
    Name,
    Stem,
    Extension,
    Id,
}

/// Why a template cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTemplate {
    #[error("{{{0}}} is unknown; a template may hold {known}", known = known_tokens())]
    UnknownToken(String),
    #[error("a brace is not closed")]
    OpenBrace,
    #[error("a template needs {{name}}, or {{stem}}.{{extension}}, so that files keep their names")]
    Nameless,
    #[error(
        "a template is folders and a name, divided by single slashes, without one at either end"
    )]
    Slashes,
}

impl Template {
    /// Where an original with these fields goes, if the name is free.
    pub fn path(&self, fields: &Fields<'_>) -> BlobPath {
        BlobPath::original(self.parts.iter().map(|pieces| {
            pieces
                .iter()
                .map(|piece| piece.fill(fields))
                .collect::<String>()
        }))
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl Default for Template {
    fn default() -> Self {
        DEFAULT.parse().expect("the default template is valid")
    }
}

impl FromStr for Template {
    type Err = InvalidTemplate;

    fn from_str(text: &str) -> Result<Self, InvalidTemplate> {
        if text.split('/').any(str::is_empty) {
            return Err(InvalidTemplate::Slashes);
        }
        let parts = text
            .split('/')
            .map(parse_part)
            .collect::<Result<Vec<_>, _>>()?;
        let has = |token| {
            parts
                .iter()
                .flatten()
                .any(|piece| *piece == Piece::Token(token))
        };
        if !(has(Token::Name) || has(Token::Stem) && has(Token::Extension)) {
            return Err(InvalidTemplate::Nameless);
        }
        Ok(Self {
            text: text.to_owned(),
            parts,
        })
    }
}

impl Piece {
    fn fill(&self, fields: &Fields<'_>) -> String {
        let (stem, extension) = split_extension(fields.name);
        match self {
            Self::Literal(text) => text.clone(),
            Self::Token(Token::User) => fields.user.to_owned(),
            Self::Token(Token::Date(format)) => fields.local.format(format).to_string(),
            Self::Token(Token::Name) => fields.name.to_owned(),
            Self::Token(Token::Stem) => stem.to_owned(),
            Self::Token(Token::Extension) => extension.to_owned(),
            Self::Token(Token::Id) => fields.id.to_string(),
        }
    }
}

fn parse_part(mut rest: &str) -> Result<Vec<Piece>, InvalidTemplate> {
    let mut pieces = Vec::new();
    while let Some((literal, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').ok_or(InvalidTemplate::OpenBrace)?;
        let token = TOKENS
            .iter()
            .find(|(known, _)| *known == name)
            .ok_or_else(|| InvalidTemplate::UnknownToken(name.to_owned()))?;
        pieces.push(Piece::Literal(literal.to_owned()));
        pieces.push(Piece::Token(token.1));
        rest = after;
    }
    pieces.push(Piece::Literal(rest.to_owned()));
    Ok(pieces)
}

fn known_tokens() -> String {
    let names: Vec<_> = TOKENS
        .iter()
        .map(|(name, _)| format!("{{{name}}}"))
        .collect();
    names.join(" ")
}

#[cfg(test)]
mod tests {
    use heirloom_types::time::at_millis;

    use super::*;

    fn filled(template: &str, name: &str) -> String {
        let fields = Fields {
            user: "ada",
            local: at_millis(1_700_000_000_000).naive_utc(),
            name,
            id: AssetId(uuid::Uuid::nil()),
        };
        let path = template.parse::<Template>().unwrap().path(&fields);
        path.as_str().strip_prefix("originals/").unwrap().to_owned()
    }

    #[test]
    fn tokens_are_filled() {
        assert_eq!(filled(DEFAULT, "a.jpg"), "ada/2023/2023-11-14/a.jpg");
        assert_eq!(
            filled("x{user}/{hour}{minute}-{stem}.{extension}", "a.b.jpg"),
            "xada/2213-a.b.jpg"
        );
        assert_eq!(filled("{name}", "../up.jpg"), "_.._up.jpg");
    }

    #[test]
    fn every_preset_is_a_template() {
        for preset in PRESETS {
            assert!(preset.parse::<Template>().is_ok(), "{preset}");
        }
    }

    #[test]
    fn a_template_that_cannot_work_says_why() {
        for (text, error) in [
            ("{name", InvalidTemplate::OpenBrace),
            ("{who}/{name}", InvalidTemplate::UnknownToken("who".into())),
            ("{year}", InvalidTemplate::Nameless),
            ("/{name}", InvalidTemplate::Slashes),
            ("", InvalidTemplate::Slashes),
        ] {
            assert_eq!(text.parse::<Template>(), Err(error), "{text}");
        }
    }
}
