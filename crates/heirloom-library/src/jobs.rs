//! Work that is asked for, to be done behind what answers people.

use chrono::TimeDelta;
use heirloom_store::{
    Tx,
    queue::{self, NewJob},
};
use heirloom_types::ids::{JobId, UserId};
use serde_json::{Value, json};

use crate::{Library, Result};

/// A job as those who want it say it. Two of one kind and subject are one.
pub(crate) struct Wanted {
    pub kind: &'static str,
    pub subject: String,
    pub payload: Value,
    /// One of `heirloom_jobs::priority`.
    pub priority: i32,
    /// How long it waits, so that what comes together is done together.
    pub after: TimeDelta,
}

impl Wanted {
    /// Work over everything that an owner has.
    pub(crate) fn over_owner(
        kind: &'static str,
        owner: UserId,
        priority: i32,
        after: TimeDelta,
    ) -> Self {
        Self {
            kind,
            subject: owner.to_string(),
            payload: json!({ "owner": owner }),
            priority,
            after,
        }
    }
}

impl Library {
    /// Asks for a job in the transaction that is the reason.
    pub(crate) async fn enqueue(&self, tx: &mut Tx, wanted: Wanted) -> Result<()> {
        let now = self.now();
        let job = NewJob {
            id: self.new_id(JobId::new),
            kind: wanted.kind,
            subject: wanted.subject,
            payload: wanted.payload,
            priority: wanted.priority,
            visible_at: now + wanted.after,
        };
        Ok(queue::enqueue(tx, job, now).await?)
    }
}
