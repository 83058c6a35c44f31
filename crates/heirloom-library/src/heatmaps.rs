//! How much was taken or taken in on each day.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use heirloom_store::heatmaps;
pub use heirloom_store::heatmaps::Counted;
use heirloom_types::{caller::Caller, ids::UserId, permission::Permission};

use crate::{
    Error, Library, Result,
    access::{require, require_admin},
};

/// Days shown when nobody says how many.
const DAYS: u64 = 365;
/// Most days that are counted at once.
const DAYS_MAX: i64 = 3_660;

/// Counts of every day from the first to the last.
#[derive(Clone, Debug)]
pub struct Heatmap {
    pub from: NaiveDate,
    pub to: NaiveDate,
    pub days: Vec<(NaiveDate, i64)>,
}

impl Library {
    pub async fn heatmap(
        &self,
        caller: &Caller,
        what: Counted,
        from: Option<NaiveDate>,
        to: Option<NaiveDate>,
    ) -> Result<Heatmap> {
        require(caller, Permission::UserRead)?;
        self.heatmap_of(caller.user, what, from, to).await
    }

    /// Anybody's, for an administrator.
    pub async fn heatmap_of_user(
        &self,
        caller: &Caller,
        user: UserId,
        what: Counted,
        from: Option<NaiveDate>,
        to: Option<NaiveDate>,
    ) -> Result<Heatmap> {
        require_admin(caller)?;
        require(caller, Permission::UserRead)?;
        self.user(user).await?;
        self.heatmap_of(user, what, from, to).await
    }

    async fn heatmap_of(
        &self,
        user: UserId,
        what: Counted,
        from: Option<NaiveDate>,
        to: Option<NaiveDate>,
    ) -> Result<Heatmap> {
        let to = to.unwrap_or_else(|| self.now().date_naive());
        let from = from.unwrap_or_else(|| to - Days::new(DAYS));
        if from > to {
            return Err(Error::invalid("from", "from must be before to"));
        }
        if (to - from).num_days() > DAYS_MAX {
            return Err(Error::invalid(
                "from",
                format!("At most {DAYS_MAX} days can be counted at once"),
            ));
        }
        let mut tx = self.db.read().await?;
        let mut counts: BTreeMap<NaiveDate, i64> = from
            .iter_days()
            .take_while(|day| *day <= to)
            .map(|day| (day, 0))
            .collect();
        for (day, count) in heatmaps::count(&mut tx, user, what, from, to).await? {
            if let Ok(day) = day.parse::<NaiveDate>() {
                counts.insert(day, count);
            }
        }
        Ok(Heatmap {
            from,
            to,
            days: counts.into_iter().collect(),
        })
    }
}
