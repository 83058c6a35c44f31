//! Limits of the runner, in one place.

use chrono::TimeDelta;
use std::time::Duration;

/// How long a worker may be silent before its jobs are another's.
pub(crate) const LEASE: TimeDelta = TimeDelta::seconds(60);
/// How often a running job's lease is renewed.
pub(crate) const HEARTBEAT: Duration = Duration::from_secs(20);
/// How often to look for jobs when nothing wakes the runner: other processes and leases that ran out.
pub(crate) const POLL: Duration = Duration::from_secs(2);
/// The pause after the database did not answer.
pub(crate) const DATABASE_PAUSE: Duration = Duration::from_secs(2);
/// First back-off after a failure; it doubles with each further one.
pub(crate) const BACK_OFF_FIRST: TimeDelta = TimeDelta::seconds(2);
/// Longest back-off.
pub(crate) const BACK_OFF_MAX: TimeDelta = TimeDelta::minutes(10);
