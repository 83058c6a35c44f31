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
    ) -> OwnedMutexGuard<()> {
        let guard = self.turn(account).lock_owned().await;
        let delay = subjects(account, address)
            .map(|subject| self.delay(&subject))
            .max()
            .unwrap_or_default();
        tokio::time::sleep(delay).await;
        guard
    }

    /// What attempts on an account wait for, also the first of them.
    fn turn(&self, account: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut records = self.records();
        let record = record(&mut records, Subject::Account(account.to_owned()));
        Arc::clone(&record.turn)
    }

    pub(crate) fn failed(&self, account: &str, address: Option<IpAddr>) {
        let mut records = self.records();
        for subject in subjects(account, address) {
            let record = record(&mut records, subject);
            record.failures += 1;
            record.last = Instant::now();
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
            .filter(|record| record.last.elapsed() < FORGOTTEN_AFTER)
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

/// The record of a subject. When there are too many, those that are over go, else the one that was quiet for longest:
/// whoever fills the memory must not be forgotten first.
fn record(records: &mut HashMap<Subject, Record>, subject: Subject) -> &mut Record {
    let now = Instant::now();
    if records.len() >= SUBJECTS_MAX && !records.contains_key(&subject) {
        records.retain(|_, record| now.duration_since(record.last) < FORGOTTEN_AFTER);
        let oldest = records.iter().min_by_key(|(_, record)| record.last);
        let oldest = oldest.map(|(subject, _)| subject.clone());
        if let Some(oldest) = oldest.filter(|_| records.len() >= SUBJECTS_MAX) {
            records.remove(&oldest);
        }
    }
    let record = records.entry(subject).or_insert_with(|| Record {
        failures: 0,
        last: now,
        turn: Arc::default(),
    });
    if now.duration_since(record.last) >= FORGOTTEN_AFTER {
        record.failures = 0;
    }
    record
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

    #[tokio::test(start_paused = true)]
    async fn attempts_at_once_wait_for_one_another_from_the_first() {
        let throttle = LoginThrottle::default();
        let attempt = async || {
            let start = Instant::now();
            let _turn = throttle.wait_turn("ada@example.com", None).await;
            tokio::time::sleep(Duration::from_secs(1)).await;
            throttle.failed("ada@example.com", None);
            start.elapsed()
        };
        let (first, second, third) = tokio::join!(attempt(), attempt(), attempt());
        let mut all = [first, second, third];
        all.sort();
        assert_eq!(all, [1, 2, 3].map(Duration::from_secs));
    }

    #[tokio::test(start_paused = true)]
    async fn time_forgives_and_memory_is_bounded() {
        let throttle = LoginThrottle::default();
        let address: IpAddr = [10, 0, 0, 1].into();
        for number in 0..SUBJECTS_MAX + 100 {
            throttle.failed(&format!("{number}@example.com"), Some(address));
            tokio::time::advance(Duration::from_millis(1)).await;
        }
        assert!(throttle.records().len() <= SUBJECTS_MAX);
        assert_eq!(throttle.delay(&Subject::Address(address)), DELAY_MAX);
        tokio::time::advance(FORGOTTEN_AFTER).await;
        assert_eq!(throttle.delay(&Subject::Address(address)), Duration::ZERO);
    }
}
