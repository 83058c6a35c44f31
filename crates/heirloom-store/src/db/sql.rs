//! A statement: text with `$1`, `$2` … and the values for them.

use std::borrow::Cow;

use sea_query::{Value, Values};
use sea_query_sqlx::SqlxValues;
use uuid::Uuid;

/// What stands for ids in a text.
const IDS: &str = "in (*)";

/// Text and values of one statement. Text comes from [`sql!`](crate::sql), where it is a literal, from the query
/// builder, or from parts that are literals in this crate; no input of a user ever becomes text.
#[derive(Clone, Debug)]
pub struct Sql {
    text: Cow<'static, str>,
    values: SqlxValues,
    /// What `in (*)` stands for.
    ids: Vec<Uuid>,
}

impl Sql {
    #[doc(hidden)]
    pub fn literal(text: &'static str, values: Vec<Value>) -> Self {
        Self {
            text: Cow::Borrowed(text),
            values: SqlxValues(Values(values)),
            ids: Vec::new(),
        }
    }

    /// Text that is put together at run time; `in (*)` in it means `ids`.
    pub(crate) fn composed(text: &str, values: Vec<Value>, ids: &[Uuid]) -> Self {
        Self {
            text: Cow::Owned(text.to_owned()),
            values: SqlxValues(Values(values)),
            ids: ids.to_vec(),
        }
    }

    pub(super) fn built(text: String, values: SqlxValues) -> Self {
        Self {
            text: Cow::Owned(text),
            values,
            ids: Vec::new(),
        }
    }

    /// Text and values. Ids are one value, so that a statement about any number of them is one statement, which the
    /// connection has prepared; `list` says how, given the place of that value.
    pub(super) fn into_parts(
        mut self,
        list: impl FnOnce(usize, &[Uuid]) -> (String, String),
    ) -> (Cow<'static, str>, SqlxValues) {
        if self.text.contains(IDS) {
            let values = &mut self.values.0.0;
            let (among, value) = list(values.len() + 1, &self.ids);
            values.push(value.into());
            self.text = Cow::Owned(self.text.replace(IDS, &among));
        }
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
