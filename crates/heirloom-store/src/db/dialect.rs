//! The few things the two databases say differently. Nothing outside this file may ask which one runs.

use super::Tx;

macro_rules! claim_jobs {
    ($lock:literal) => {
        concat!(
            "update jobs set worker_id = $1, visible_at = $2, attempts = attempts + 1, is_requested_again = false
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

    /// Takes visible jobs: `$1` worker, `$2` end of the lease, `$3` priority, `$4` now, `$5` limit. Workers of one
    /// PostgreSQL step over rows that others are taking; SQLite has one writer and needs no such clause.
    pub(crate) fn claim_jobs(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => claim_jobs!(""),
            Self::Postgres(_) => claim_jobs!("for update skip locked"),
        }
    }
}
