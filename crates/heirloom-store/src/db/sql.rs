//! A statement: text with `$1`, `$2` … and the values for them.

use std::borrow::Cow;

use sea_query::{Value, Values};
use sea_query_sqlx::SqlxValues;
use uuid::Uuid;

/// Text and values of one statement. Text comes from [`sql!`](crate::sql), where it is a literal, from the query
/// builder, or from parts that are literals in this crate; no input of a user ever becomes text.
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

    /// Text that is put together at run time; `in (*)` in it becomes the list of `ids`, after `values`.
    pub(crate) fn composed(text: &str, mut values: Vec<Value>, ids: &[Uuid]) -> Self {
        let first = values.len() + 1;
        let places: Vec<String> = (first..first + ids.len())
            .map(|place| format!("${place}"))
            .collect();
        values.extend(ids.iter().map(|&id| Value::from(id)));
        Self {
            text: Cow::Owned(text.replace("in (*)", &format!("in ({})", places.join(", ")))),
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
