//! The struct every use case hangs on, and how it is built.

use std::sync::{Arc, Mutex};

use heirloom_jobs::Wake;
use heirloom_media::{decoder::Decoder, video::VideoTools};
use heirloom_oidc::RelyingParty;
use heirloom_store::{Db, blobs::Blobs};
use heirloom_types::time::{Clock, Timestamp};
use rand::{Rng, RngCore, SeedableRng, rngs::StdRng, seq::SliceRandom};

use crate::{
    albums::summaries::AlbumSummaries,
    auth::{CallerCache, LoginThrottle},
    files::{gathering::Gathering, shown::Shown},
    hls::{self, HlsSettings},
    maintenance::Mode,
    recall::{Recall, RecallSettings},
    search::columns::{ColumnCache, ColumnSettings},
    system_config::{ConfigCache, FileSettings},
    uploads::Busy,
    vision::Eyes,
};

/// The application. One per process; its methods live in the files of their nouns.
pub struct Library {
    pub(crate) db: Db,
    pub(crate) clock: Clock,
    pub(crate) wake: Wake,
    pub(crate) blobs: Blobs,
    pub(crate) decoder: Decoder,
    pub(crate) video: VideoTools,
    pub(crate) eyes: Option<Eyes>,
    pub(crate) config: ConfigCache,
    /// A second copy of the originals.
    pub(crate) copy: Option<Blobs>,
    /// Bytes a second that the scrub reads at most; 0 for as many as it can.
    pub(crate) scrub_rate: u64,
    pub(crate) callers: CallerCache,
    pub(crate) throttle: LoginThrottle,
    pub(crate) oauth: RelyingParty,
    pub(crate) busy_uploads: Busy,
    pub(crate) recall: Recall,
    pub(crate) summaries: AlbumSummaries,
    pub(crate) columns: Arc<ColumnCache>,
    pub(crate) gathering: Gathering,
    pub(crate) shown: Shown,
    pub(crate) hls: hls::Sessions,
    pub(crate) mode: Mode,
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
    pub hls: HlsSettings,
    /// The models that look at pictures, if there are any.
    pub eyes: Option<Eyes>,
    pub recall: RecallSettings,
    pub columns: ColumnSettings,
    /// Settings that come from outside the database.
    pub config: FileSettings,
    /// Another place that has the originals too: filled and read by the scrub.
    pub copy: Option<Blobs>,
    /// Bytes a second that the scrub reads at most; 0 for as many as it can.
    pub scrub_rate: u64,
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
            hls: hls::Sessions::new(parts.hls, parts.video.clone()),
            video: parts.video,
            eyes: parts.eyes,
            config: ConfigCache::new(parts.config),
            copy: parts.copy,
            scrub_rate: parts.scrub_rate,
            callers: CallerCache::default(),
            throttle: LoginThrottle::default(),
            oauth: RelyingParty::default(),
            busy_uploads: Busy::default(),
            recall: Recall::new(parts.recall),
            summaries: AlbumSummaries::default(),
            columns: Arc::new(ColumnCache::new(parts.columns)),
            gathering: Gathering::default(),
            shown: Shown::default(),
            mode: Mode::default(),
            rng: Mutex::new(parts.rng),
        })
    }

    /// Decoded pictures since the start, for metrics and for the test that each asset is decoded once.
    pub fn decodes(&self) -> u64 {
        self.decoder.decodes()
    }

    /// Whether originals are kept in a second place.
    pub fn has_second_copy(&self) -> bool {
        self.copy.is_some()
    }

    /// Whether the database answers.
    pub async fn is_ready(&self) -> bool {
        self.has_admin().await.is_ok()
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A new id of any noun: `self.new_id(AssetId::new)`.
    pub(crate) fn new_id<T>(&self, make: impl FnOnce(Timestamp, &mut StdRng) -> T) -> T {
        make(self.now(), &mut self.rng())
    }

    /// Random bytes, as many as are wanted.
    pub(crate) fn random_bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.rng().fill_bytes(&mut bytes);
        bytes
    }

    /// One of `choices`, at random.
    pub(crate) fn pick<T: Copy>(&self, choices: &[T]) -> T {
        choices[self.rng().random_range(0..choices.len())]
    }

    /// The same in another order.
    pub fn shuffle<T>(&self, things: &mut [T]) {
        things.shuffle(&mut *self.rng());
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
