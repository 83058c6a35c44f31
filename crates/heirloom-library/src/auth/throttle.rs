//! Slows down guessing, per account and per address. Answers come late rather than as 429, which phones do not
//! understand.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{sync::OwnedMutexGuard, time::Instant};

/// Failures that cost nothing: people mistype.
const FREE_FAILURES: u32 = 5;
const DELAY_FIRST: Duration = Duration::from_millis(500);
const DELAY_MAX: Duration = Duration::from_secs(15);
/// After this time without a failure, all is forgotten.
const FORGOTTEN_AFTER: Duration = Duration::from_mins(15);
/// Most accounts and addresses that are remembered.
const SUBJECTS_MAX: usize = 10_000;

#[derive(Clone, PartialEq, Eq, Hash)]
enum Subject {
    Account(String),
    Address(IpAddr),
}

struct Record {
    failures: u32,
    last: Instant,
    /// Attempts on one account wait for one another, so that many at once gain nothing.
    turn: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Default)]
pub(crate) struct LoginThrottle(Mutex<HashMap<Subject, Record>>);

impl LoginThrottle {
    /// Waits as long as past failures of this account or address demand. Hold the answer during the attempt.
    pub(crate) async fn wait_turn(
        &self,
        account: &str,
        address: Option<IpAddr>,
    ) -> Option<OwnedMutexGuard<()>> {
        let turn = self
            .records()
            .get(&Subject::Account(account.to_owned()))
            .map(|record| Arc::clone(&record.turn));
        let guard = match turn {
            Some(turn) => Some(turn.lock_owned().await),
            None => None,
        };
        let delay = subjects(account, address)
            .map(|subject| self.delay(&subject))
            .max()
            .unwrap_or_default();
        tokio::time::sleep(delay).await;
        guard
    }

    pub(crate) fn failed(&self, account: &str, address: Option<IpAddr>) {
        let mut records = self.records();
        let now = Instant::now();
        records.retain(|_, record| now.duration_since(record.last) < FORGOTTEN_AFTER);
        for subject in subjects(account, address) {
            if records.len() < SUBJECTS_MAX || records.contains_key(&subject) {
                let record = records.entry(subject).or_insert_with(|| Record {
                    failures: 0,
                    last: now,
                    turn: Arc::default(),
                });
                record.failures += 1;
                record.last = now;
            }
        }
    }

    pub(crate) fn succeeded(&self, account: &str, address: Option<IpAddr>) {
        let mut records = self.records();
        for subject in subjects(account, address) {
            records.remove(&subject);
        }
    }

    fn delay(&self, subject: &Subject) -> Duration {
        let failures = self
            .records()
            .get(subject)
            .map_or(0, |record| record.failures);
        match failures.checked_sub(FREE_FAILURES) {
            None | Some(0) => Duration::ZERO,
            Some(beyond) => (DELAY_FIRST * 2_u32.pow(beyond.min(10) - 1)).min(DELAY_MAX),
        }
    }

    fn records(&self) -> std::sync::MutexGuard<'_, HashMap<Subject, Record>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn subjects(account: &str, address: Option<IpAddr>) -> impl Iterator<Item = Subject> {
    std::iter::once(Subject::Account(account.to_owned())).chain(address.map(Subject::Address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn guessing_grows_slower_and_success_forgives() {
        let throttle = LoginThrottle::default();
        for _ in 0..FREE_FAILURES {
            throttle.failed("ada@example.com", None);
        }
        let waited = async || {
            let start = Instant::now();
            throttle.wait_turn("ada@example.com", None).await;
            start.elapsed()
        };
        assert_eq!(waited().await, Duration::ZERO);
        throttle.failed("ada@example.com", None);
        throttle.failed("ada@example.com", None);
        assert!(waited().await >= DELAY_FIRST * 2);
        for _ in 0..100 {
            throttle.failed("ada@example.com", None);
        }
        assert!(waited().await >= DELAY_MAX);
        throttle.succeeded("ada@example.com", None);
        assert_eq!(waited().await, Duration::ZERO);
    }
}
