//! A statement: text with `$1`, `$2` … and the values for them.

use std::borrow::Cow;

use sea_query::{Value, Values};
use sea_query_sqlx::SqlxValues;

/// Text and values of one statement. Text comes from [`sql!`](crate::sql), where it is a literal, or from the query
/// builder; nothing else can make one, so no input of a user ever becomes text.
#[derive(Clone, Debug)]
pub struct Sql {
    text: Cow<'static, str>,
    values: SqlxValues,
}

impl Sql {
    #[doc(hidden)]
    pub fn literal(text: &'static str, values: Vec<Value>) -> Self {
        Self {
            text: Cow::Borrowed(text),
            values: SqlxValues(Values(values)),
        }
    }

    pub(super) fn built(text: String, values: SqlxValues) -> Self {
        Self {
            text: Cow::Owned(text),
            values,
        }
    }

    pub(super) fn into_parts(self) -> (Cow<'static, str>, SqlxValues) {
        (self.text, self.values)
    }
}

/// A statement of fixed shape: a literal, then the values of its placeholders.
#[macro_export]
macro_rules! sql {
    ($text:expr $(, $value:expr)* $(,)?) => {
        $crate::db::Sql::literal($text, vec![$($crate::db::Bind::bind($value)),*])
    };
}
