//! The struct every use case hangs on, and how it is built.

use std::sync::{Arc, Mutex};

use heirloom_jobs::Wake;
use heirloom_media::{decoder::Decoder, video::VideoTools};
use heirloom_store::{
    Db,
    blobs::{Blobs, Template},
};
use heirloom_types::time::{Clock, Timestamp};
use rand::{Rng, RngCore, SeedableRng, rngs::StdRng};

use crate::{
    auth::{CallerCache, LoginThrottle},
    uploads::Busy,
};

/// The application. One per process; its methods live in the files of their nouns.
pub struct Library {
    pub(crate) db: Db,
    pub(crate) clock: Clock,
    pub(crate) wake: Wake,
    pub(crate) blobs: Blobs,
    pub(crate) decoder: Decoder,
    pub(crate) video: VideoTools,
    pub(crate) template: Template,
    pub(crate) video_policy: VideoPolicy,
    pub(crate) callers: CallerCache,
    pub(crate) throttle: LoginThrottle,
    pub(crate) busy_uploads: Busy,
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
    pub blobs: Blobs,
    pub decoder: Decoder,
    pub video: VideoTools,
    /// Where originals go.
    pub template: Template,
    pub video_policy: VideoPolicy,
}

/// Which videos get a rendition that every client plays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VideoPolicy {
    /// Those that some client cannot play as they are.
    #[default]
    Required,
    Never,
}

impl Library {
    pub fn new(parts: Parts) -> Arc<Self> {
        Arc::new(Self {
            db: parts.db,
            clock: parts.clock,
            wake: parts.wake,
            blobs: parts.blobs,
            decoder: parts.decoder,
            video: parts.video,
            template: parts.template,
            video_policy: parts.video_policy,
            callers: CallerCache::default(),
            throttle: LoginThrottle::default(),
            busy_uploads: Busy::default(),
            rng: Mutex::new(parts.rng),
        })
    }

    /// Decoded pictures since the start, for metrics and for the test that each asset is decoded once.
    pub fn decodes(&self) -> u64 {
        self.decoder.decodes()
    }

    /// Whether the database answers.
    pub async fn is_ready(&self) -> bool {
        self.has_admin().await.is_ok()
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
