//! The few things the two databases say differently. Nothing outside this file may ask which one runs.

use uuid::Uuid;

use super::Tx;
use crate::{Result, sql};

macro_rules! claim_jobs {
    ($lock:literal) => {
        concat!(
            "update jobs set worker_id = $1, visible_at = $2, attempts = attempts + 1, again_at = null
             where id in (select id from jobs where priority = $3 and visible_at <= $4
                          order by visible_at limit $5 ",
            $lock,
            ") returning id, kind, subject, payload, priority, attempts"
        )
    };
}

impl Tx {
    /// What makes a selection keep its rows from other writers until the commit; SQLite has one writer.
    pub(crate) fn for_update(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "",
            Self::Postgres(_) => " for update",
        }
    }

    /// The condition that something is among these ids, and the one value for it, at that place.
    pub(super) fn among(&self, place: usize, ids: &[Uuid]) -> (String, String) {
        let listed = |quote: &str| {
            let ids: Vec<String> = ids
                .iter()
                .map(|id| format!("{quote}{}{quote}", id.simple()))
                .collect();
            ids.join(",")
        };
        match self {
            Self::Sqlite(_) => (
                format!("in (select unhex(value) from json_each(${place}))"),
                format!("[{}]", listed("\"")),
            ),
            Self::Postgres(_) => (
                // As a subselect it is read once; a cast by itself is read anew for every row that it is held against.
                format!("= any((select cast(${place} as uuid[]))::uuid[])"),
                format!("{{{}}}", listed("")),
            ),
        }
    }

    /// The day in UTC of a column with a time, as in `2024-05-06`.
    pub(crate) fn day_of(&self, column: &'static str) -> String {
        match self {
            Self::Sqlite(_) => format!("substr({column}, 1, 10)"),
            Self::Postgres(_) => format!("to_char({column} at time zone 'UTC', 'YYYY-MM-DD')"),
        }
    }

    /// Takes visible jobs: `$1` worker, `$2` end of the lease, `$3` priority, `$4` now, `$5` limit. Workers of one
    /// PostgreSQL step over rows that others are taking; SQLite has one writer and needs no such clause.
    pub(crate) fn claim_jobs(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => claim_jobs!(""),
            Self::Postgres(_) => claim_jobs!("for update skip locked"),
        }
    }

    /// Every table of ours with its columns and their types, without what triggers fill: table, column, type in lower
    /// case, in the order of the columns.
    pub(crate) async fn columns(&mut self) -> Result<Vec<(String, String, String)>> {
        let text = match self {
            Self::Sqlite(_) => {
                "select t.name, c.name, lower(c.type) from pragma_table_list t join pragma_table_info(t.name) c
                 where t.schema = 'main' and t.type = 'table' and t.name not glob 'sqlite_*'
                     and t.name not in ('_sqlx_migrations', 'asset_counts')
                 order by t.name, c.cid"
            }
            Self::Postgres(_) => {
                "select cast(c.table_name as text), cast(c.column_name as text), cast(c.data_type as text)
                 from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
                 where c.table_schema = current_schema() and t.table_type = 'BASE TABLE' and c.is_generated = 'NEVER'
                     and c.table_name not in ('_sqlx_migrations', 'asset_counts')
                 order by c.table_name, c.ordinal_position"
            }
        };
        self.all(sql!(text)).await
    }

    /// A column as a backup holds it, the same for both databases: bytes and ids in hexadecimal, truth as 0 and 1, times
    /// as SQLite keeps them, fractions as text that gives the same number back.
    pub(crate) fn exported(&self, column: &str, kind: &str) -> String {
        match (self, kind) {
            (Self::Sqlite(_), "blob") => {
                format!("iif({column} is null, null, lower(hex({column})))")
            }
            (Self::Sqlite(_), "real") => {
                format!("iif({column} is null, null, printf('%!.17g', {column}))")
            }
            (Self::Postgres(_), "uuid") => format!("encode(uuid_send({column}), 'hex')"),
            (Self::Postgres(_), "bytea") => format!("encode({column}, 'hex')"),
            (Self::Postgres(_), "boolean") => format!("cast({column} as integer)"),
            (Self::Postgres(_), "jsonb" | "json" | "double precision" | "real") => {
                format!("cast({column} as text)")
            }
            (Self::Postgres(_), kind) if kind.starts_with("timestamp") => {
                let utc = format!("({column} at time zone 'utc')");
                let micros = format!("(extract(microseconds from {utc})::bigint % 1000000)");
                format!(
                    "case when extract(year from {utc}) < 0 then '0000' else to_char({utc}, 'YYYY') end
                     || to_char({utc}, '-MM-DD\"T\"HH24:MI:SS') || case when {micros} = 0 then ''
                     when {micros} % 1000 = 0 then to_char({utc}, '.MS') else to_char({utc}, '.US') end || '+00:00'"
                )
            }
            _ => column.to_owned(),
        }
    }

    /// The row that a backup holds, as one JSON array.
    pub(crate) fn exported_row(&self, columns: &[String]) -> String {
        match self {
            Self::Sqlite(_) => format!("json_array({})", columns.join(", ")),
            Self::Postgres(_) => format!("cast(json_build_array({}) as text)", columns.join(", ")),
        }
    }

    /// The value at `index` of a row of a backup, for a column of that type.
    pub(crate) fn imported(&self, index: usize, kind: &str) -> String {
        let value = match self {
            Self::Sqlite(_) => format!("json_extract(r.value, '$[{index}]')"),
            Self::Postgres(_) => format!("(r.value ->> {index})"),
        };
        match (self, kind) {
            (Self::Sqlite(_), "blob") => format!("unhex({value})"),
            (Self::Sqlite(_), "real") => format!("cast({value} as real)"),
            (Self::Sqlite(_), _) | (Self::Postgres(_), "text") => value,
            (Self::Postgres(_), "bytea") => format!("decode({value}, 'hex')"),
            (Self::Postgres(_), "boolean") => format!("cast(cast({value} as integer) as boolean)"),
            (Self::Postgres(_), kind) if kind.starts_with("timestamp") => format!(
                "cast(case when {value} like '0000-%' then '0001' || substr({value}, 5) || ' BC'
                 else ltrim({value}, '+') end as timestamptz)"
            ),
            (Self::Postgres(_), kind) => format!("cast({value} as {kind})"),
        }
    }

    /// Rows of a backup, given as one JSON array of arrays, as a table `r` with a column `value`.
    pub(crate) fn imported_rows(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "json_each($1) r",
            Self::Postgres(_) => "json_array_elements(cast($1 as json)) r (value)",
        }
    }

    /// Lets rows come in any order and any number until the transaction ends: what has to be said at its end to have
    /// foreign keys checked again.
    pub(crate) async fn suspend_foreign_keys(&mut self) -> Result<Vec<String>> {
        match self {
            Self::Sqlite(_) => {
                self.execute(sql!("pragma defer_foreign_keys = on")).await?;
                // A million assets in one transaction would go to the disk and back many times.
                self.execute(sql!("pragma cache_size = -524288")).await?;
                Ok(Vec::new())
            }
            Self::Postgres(_) => {
                let keys: Vec<(String, String, String)> = self
                    .all(sql!(
                        "select cast(conrelid::regclass as text), cast(quote_ident(conname) as text),
                             pg_get_constraintdef(oid) from pg_constraint
                         where contype = 'f' and connamespace = current_schema()::regnamespace"
                    ))
                    .await?;
                let mut again = Vec::with_capacity(keys.len());
                for (table, name, definition) in keys {
                    let drop = format!("alter table {table} drop constraint {name}");
                    self.execute(super::Sql::composed(&drop, Vec::new(), &[]))
                        .await?;
                    again.push(format!(
                        "alter table {table} add constraint {name} {definition}"
                    ));
                }
                Ok(again)
            }
        }
    }
}
