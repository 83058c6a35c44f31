//! Callers that were just authenticated, so that a page of thumbnails costs one look-up and not a thousand.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use chrono::TimeDelta;
use heirloom_types::{caller::Caller, time::Timestamp};

/// How long an answer is believed. Another process's log-out takes effect within this time.
const BELIEVED_FOR: TimeDelta = TimeDelta::seconds(5);
/// Most answers kept.
const CALLERS_MAX: usize = 10_000;

type Entries = HashMap<[u8; 32], (Caller, Timestamp)>;

#[derive(Debug, Default)]
pub(crate) struct CallerCache(Mutex<Entries>);

impl CallerCache {
    pub(crate) fn get(&self, token_hash: &[u8; 32], now: Timestamp) -> Option<Caller> {
        let entries = self.entries();
        let (caller, until) = entries.get(token_hash)?;
        (*until > now).then(|| caller.clone())
    }

    pub(crate) fn put(&self, token_hash: [u8; 32], caller: Caller, now: Timestamp) {
        let mut entries = self.entries();
        if entries.len() >= CALLERS_MAX {
            entries.retain(|_, (_, until)| *until > now);
        }
        if entries.len() < CALLERS_MAX {
            entries.insert(token_hash, (caller, now + BELIEVED_FOR));
        }
    }

    /// Forgets everything, after any change of accounts, sessions or keys.
    pub(crate) fn clear(&self) {
        self.entries().clear();
    }

    fn entries(&self) -> std::sync::MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
