//! The struct every use case hangs on, and how it is built.

use std::sync::{Arc, Mutex};

use heirloom_jobs::Wake;
use heirloom_store::Db;
use heirloom_types::time::{Clock, Timestamp};
use rand::{Rng, RngCore, SeedableRng, rngs::StdRng};

use crate::auth::{CallerCache, LoginThrottle};

/// The application. One per process; its methods live in the files of their nouns.
pub struct Library {
    pub(crate) db: Db,
    pub(crate) clock: Clock,
    pub(crate) wake: Wake,
    pub(crate) callers: CallerCache,
    pub(crate) throttle: LoginThrottle,
    rng: Mutex<StdRng>,
}

/// What a library is made of.
pub struct Parts {
    pub db: Db,
    pub clock: Clock,
    /// Randomness for ids and tokens: from the system, or from a seed in tests.
    pub rng: StdRng,
    /// Wakes the runner of this process, if it has one.
    pub wake: Wake,
}

impl Library {
    pub fn new(parts: Parts) -> Arc<Self> {
        Arc::new(Self {
            db: parts.db,
            clock: parts.clock,
            wake: parts.wake,
            callers: CallerCache::default(),
            throttle: LoginThrottle::default(),
            rng: Mutex::new(parts.rng),
        })
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A new id of any noun: `self.new_id(AssetId::new)`.
    pub(crate) fn new_id<T>(&self, make: impl FnOnce(Timestamp, &mut StdRng) -> T) -> T {
        make(self.now(), &mut self.rng())
    }

    /// Thirty-two random bytes, for tokens.
    pub(crate) fn random_bytes(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        self.rng().fill_bytes(&mut bytes);
        bytes
    }

    /// One of `choices`, at random.
    pub(crate) fn pick<T: Copy>(&self, choices: &[T]) -> T {
        choices[self.rng().random_range(0..choices.len())]
    }

    fn rng(&self) -> std::sync::MutexGuard<'_, StdRng> {
        self.rng
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Randomness from the operating system.
pub fn system_rng() -> StdRng {
    StdRng::from_os_rng()
}
