//! Counts of assets by day.

use chrono::{Days, NaiveDate, NaiveTime};
use heirloom_types::ids::UserId;

use crate::{Result, Tx, db::Sql};

/// By which of their times assets are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// When they were taken in.
    Uploaded,
    /// When the picture was taken.
    Taken,
}

/// How many assets an owner has of each day (in UTC) from the first to the last: `2024-05-06` and a count.
pub async fn count(
    tx: &mut Tx,
    owner: UserId,
    what: Counted,
    from: NaiveDate,
    to: NaiveDate,
) -> Result<Vec<(String, i64)>> {
    let column = match what {
        Counted::Uploaded => "created_at",
        Counted::Taken => "file_created_at",
    };
    let day = tx.day_of(column);
    let text = format!(
        "select {day}, count(*) from assets
         where owner_id = $1 and {column} >= $2 and {column} < $3
           and visibility in ('timeline', 'archive') and deleted_at is null group by 1"
    );
    let start = from.and_time(NaiveTime::MIN).and_utc();
    let end = (to + Days::new(1)).and_time(NaiveTime::MIN).and_utc();
    let values = vec![owner.0.into(), start.into(), end.into()];
    tx.all(Sql::composed(&text, values, &[])).await
}
