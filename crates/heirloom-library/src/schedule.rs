//! What happens by itself at certain times: backups, checks, scans. The times are settings; the work is done by jobs.

use std::str::FromStr;

use chrono::{Local, TimeDelta};
use croner::Cron;
use heirloom_jobs::priority;
use heirloom_store::{Tx, settings};
use heirloom_types::time::Timestamp;
use serde_json::Value;

use crate::{
    Error, Library, Result, backup,
    integrity::{self, ReportKind},
    jobs::Wanted,
    system_config::SystemConfig,
};

/// Something that happens at certain times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    Backup,
    Check(ReportKind),
    ScanLibraries,
}

impl Task {
    const EVERY: &[Self] = &[
        Self::Backup,
        Self::Check(ReportKind::ChecksumMismatch),
        Self::Check(ReportKind::MissingFile),
        Self::Check(ReportKind::UntrackedFile),
        Self::ScanLibraries,
    ];

    /// Under which its last time is remembered.
    fn key(self) -> &'static str {
        match self {
            Self::Backup => "schedule.backup",
            Self::Check(ReportKind::ChecksumMismatch) => "schedule.checksum-mismatch",
            Self::Check(ReportKind::MissingFile) => "schedule.missing-file",
            Self::Check(ReportKind::UntrackedFile) => "schedule.untracked-file",
            Self::ScanLibraries => "schedule.libraries",
        }
    }

    /// When it happens; none while it is turned off.
    fn cron(self, config: &SystemConfig) -> Option<&str> {
        let (is_enabled, cron) = match self {
            Self::Backup => {
                let backup = &config.backup.database;
                (backup.enabled, &backup.cron_expression)
            }
            Self::Check(ReportKind::ChecksumMismatch) => {
                let check = &config.integrity_checks.checksum_files;
                (check.enabled, &check.cron_expression)
            }
            Self::ScanLibraries => {
                let scan = &config.library.scan;
                (scan.enabled, &scan.cron_expression)
            }
            Self::Check(kind) => {
                let check = match kind {
                    ReportKind::MissingFile => &config.integrity_checks.missing_files,
                    _ => &config.integrity_checks.untracked_files,
                };
                (check.enabled, &check.cron_expression)
            }
        };
        is_enabled.then_some(cron.as_str())
    }
}

impl Library {
    /// Asks for the jobs whose time has come since they were asked for last; safe in several processes at once.
    pub async fn run_schedule(&self) -> Result<()> {
        let config = self.config().await?;
        for &task in Task::EVERY {
            let Some(cron) = task.cron(&config) else {
                continue;
            };
            let last = settings::get_system(&mut self.db.read().await?, task.key()).await?;
            if !is_due(cron, time_of(last.as_ref()), self.now()) {
                continue;
            }
            let mut tx = self.db.write().await?;
            let last = time_of(settings::get_system(&mut tx, task.key()).await?.as_ref());
            // Another process may have been faster.
            if is_due(cron, last, self.now()) {
                settings::set_system(&mut tx, task.key(), self.now().to_rfc3339().into()).await?;
                // What has never been seen begins to count now.
                if last.is_some() {
                    self.ask_for(&mut tx, task).await?;
                }
                tx.commit().await?;
                self.wake.wake();
            }
        }
        Ok(())
    }

    async fn ask_for(&self, tx: &mut Tx, task: Task) -> Result<()> {
        match task {
            Task::Backup => self.ask(tx, backup::KIND, "database".into()).await,
            Task::Check(kind) => self.ask(tx, integrity::KIND, kind.as_str().into()).await,
            Task::ScanLibraries => self.scan_libraries(tx).await,
        }
    }

    /// Asks for a job of housekeeping.
    pub(crate) async fn ask(&self, tx: &mut Tx, kind: &'static str, subject: String) -> Result<()> {
        self.ask_with(tx, kind, subject, Value::Null).await
    }

    /// As [`Self::ask`], with where to go on.
    pub(crate) async fn ask_with(
        &self,
        tx: &mut Tx,
        kind: &'static str,
        subject: String,
        payload: Value,
    ) -> Result<()> {
        let wanted = Wanted {
            kind,
            subject,
            payload,
            priority: priority::UPKEEP,
            after: TimeDelta::zero(),
        };
        self.enqueue(tx, wanted).await
    }
}

fn time_of(stored: Option<&Value>) -> Option<Timestamp> {
    stored?.as_str()?.parse().ok()
}

/// Whether there is a time of the schedule after `last` that has come; times are those of the clock on the wall.
fn is_due(cron: &str, last: Option<Timestamp>, now: Timestamp) -> bool {
    let Some(last) = last else { return true };
    Cron::from_str(cron)
        .ok()
        .and_then(|cron| {
            cron.find_next_occurrence(&last.with_timezone(&Local), false)
                .ok()
        })
        .is_some_and(|next| next <= now)
}

/// Refuses what is not a schedule.
pub(crate) fn check_cron(field: &'static str, text: &str) -> Result<()> {
    match Cron::from_str(text) {
        Ok(_) => Ok(()),
        Err(error) => Err(Error::invalid(
            field,
            format!("{field} is not a schedule of five fields, as in `0 2 * * *`: {error}"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use heirloom_types::time::at_millis;

    use super::*;

    #[test]
    fn a_time_that_passed_is_due_once() {
        let start = at_millis(1_700_000_000_000);
        let hourly = "0 * * * *";
        assert!(is_due(hourly, None, start));
        assert!(!is_due(hourly, Some(start), start + TimeDelta::seconds(1)));
        assert!(is_due(hourly, Some(start), start + TimeDelta::hours(1)));
        // A machine that slept does it once, not once for every time.
        let late = start + TimeDelta::days(3);
        assert!(is_due(hourly, Some(start), late));
        assert!(!is_due(hourly, Some(late), late + TimeDelta::seconds(1)));
    }

    #[test]
    fn what_is_not_a_schedule_is_refused() {
        assert!(check_cron("x", "0 2 * * *").is_ok());
        for text in ["", "often", "99 * * * *", "* * *"] {
            assert!(check_cron("x", text).is_err(), "{text}");
        }
    }
}
