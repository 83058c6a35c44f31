//! The text form of protocol buffers, as far as Triton's `config.pbtxt` needs it.

use std::{iter::Peekable, str::Chars};

/// Deepest nesting that is read.
const DEPTH_MAX: usize = 32;

/// Fields in the order of the file; a repeated one stands there several times.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Message(Vec<(String, Value)>);

#[derive(Clone, Debug, PartialEq)]
enum Value {
    /// A number, a truth value, a name or a string.
    Text(String),
    Message(Message),
}

impl Message {
    pub(super) fn text(&self, field: &str) -> Option<&str> {
        self.all(field).find_map(|value| match value {
            Value::Text(text) => Some(text.as_str()),
            Value::Message(_) => None,
        })
    }

    pub(super) fn message(&self, field: &str) -> Option<&Self> {
        self.all(field).find_map(|value| match value {
            Value::Message(message) => Some(message),
            Value::Text(_) => None,
        })
    }

    pub(super) fn numbers(&self, field: &str) -> impl Iterator<Item = u64> {
        self.all(field).filter_map(|value| match value {
            Value::Text(text) => text.parse().ok(),
            Value::Message(_) => None,
        })
    }

    fn all(&self, field: &str) -> impl Iterator<Item = &Value> {
        self.0
            .iter()
            .filter(move |(name, _)| name == field)
            .map(|(_, value)| value)
    }
}

/// Reads a whole file.
pub(super) fn parse(text: &str) -> Result<Message, String> {
    let mut reader = Reader {
        text: text.chars().peekable(),
        line: 1,
    };
    reader.message(None, 0)
}

struct Reader<'a> {
    text: Peekable<Chars<'a>>,
    line: usize,
}

impl Reader<'_> {
    fn message(&mut self, end: Option<char>, depth: usize) -> Result<Message, String> {
        if depth > DEPTH_MAX {
            return Err(self.wrong("it is nested too deeply"));
        }
        let mut message = Message::default();
        loop {
            match self.peek() {
                None if end.is_none() => return Ok(message),
                None => return Err(self.wrong("a bracket is not closed")),
                found if found == end => {
                    self.text.next();
                    return Ok(message);
                }
                Some(',' | ';') => {
                    self.text.next();
                }
                Some(_) => self.field(&mut message, depth)?,
            }
        }
    }

    fn field(&mut self, message: &mut Message, depth: usize) -> Result<(), String> {
        let name = self.word()?;
        if self.peek() == Some(':') {
            self.text.next();
        }
        if self.peek() != Some('[') {
            let value = self.value(depth)?;
            message.0.push((name, value));
            return Ok(());
        }
        self.text.next();
        loop {
            match self.peek() {
                Some(']') => {
                    self.text.next();
                    return Ok(());
                }
                Some(',') => {
                    self.text.next();
                }
                _ => {
                    let value = self.value(depth)?;
                    message.0.push((name.clone(), value));
                }
            }
        }
    }

    fn value(&mut self, depth: usize) -> Result<Value, String> {
        match self.peek() {
            Some('{') => {
                self.text.next();
                self.message(Some('}'), depth + 1).map(Value::Message)
            }
            Some('<') => {
                self.text.next();
                self.message(Some('>'), depth + 1).map(Value::Message)
            }
            Some(quote @ ('"' | '\'')) => self.string(quote).map(Value::Text),
            _ => self.word().map(Value::Text),
        }
    }

    fn string(&mut self, quote: char) -> Result<String, String> {
        self.text.next();
        let mut string = String::new();
        while let Some(letter) = self.text.next() {
            match letter {
                letter if letter == quote => return Ok(string),
                '\\' => match self.text.next() {
                    Some('n') => string.push('\n'),
                    Some(other) => string.push(other),
                    None => break,
                },
                other => string.push(other),
            }
        }
        Err(self.wrong("a string is not closed"))
    }

    fn word(&mut self) -> Result<String, String> {
        self.peek();
        let mut word = String::new();
        while let Some(letter) = self
            .text
            .next_if(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '.' | '-' | '+'))
        {
            word.push(letter);
        }
        if word.is_empty() {
            return Err(self.wrong("a name or a value is missing"));
        }
        Ok(word)
    }

    /// The next letter that means something.
    fn peek(&mut self) -> Option<char> {
        loop {
            match self.text.peek()? {
                '\n' => {
                    self.line += 1;
                    self.text.next();
                }
                '#' => while self.text.next_if(|letter| *letter != '\n').is_some() {},
                letter if letter.is_whitespace() => {
                    self.text.next();
                }
                letter => return Some(*letter),
            }
        }
    }

    fn wrong(&self, what: &str) -> String {
        format!("line {}: {what}", self.line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_closed_is_an_error() {
        for text in [
            "a {",
            "a: [1, 2",
            "a: \"x",
            "a: }",
            "[",
            "a",
            &"a {".repeat(100),
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert_eq!(parse(" # nothing\n").unwrap(), Message::default());
    }
}
