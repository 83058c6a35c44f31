//! Videos while they are watched: in pieces, in the size that suits the line, made when they are asked for.
//!
//! A session is where somebody watches from, and only a name: what an address asks for follows from the address, the asset
//! and the setting, so any process of a fleet can answer any request, and one that knows nothing of a session begins it
//! anew. What it keeps of a session (running programs, pieces on disk) goes when nobody asks for a while.

mod folder;
mod ledger;
mod sessions;
mod shelf;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use heirloom_media::video::{
    self,
    hls::{Plan, Variant},
};
use heirloom_store::{assets::Asset, blobs::BlobPath};
use heirloom_types::{
    caller::Caller,
    ids::{self, AssetId},
    media_type::MediaKind,
    permission::Permission,
};
use uuid::Uuid;

pub(crate) use self::sessions::Sessions;
use self::sessions::{Opened, Session};
use crate::{
    Error, Library, Result,
    access::{self, require},
    files::{NO_FILE, may_stay},
    system_config::RealtimeVideo,
};

/// Refuses sizes that the contract does not know.
pub(crate) fn check(config: &RealtimeVideo) -> Result<()> {
    let is_known = |side: &i64| [480, 720, 1080, 1440, 2160].contains(side);
    if config.resolutions.iter().all(is_known) {
        return Ok(());
    }
    Err(Error::invalid(
        "ffmpeg.realtime.resolutions",
        "ffmpeg.realtime.resolutions can be 480, 720, 1080, 1440 and 2160",
    ))
}

/// How much may be done for those who watch.
#[derive(Clone, Debug)]
pub struct HlsSettings {
    /// Programs that run at one time.
    pub runs: usize,
    /// Bytes of all pieces together.
    pub bytes: u64,
    /// A session that nobody asks for that long is over.
    pub idle: Duration,
}

impl Default for HlsSettings {
    fn default() -> Self {
        Self {
            runs: 2,
            bytes: 1 << 30,
            idle: Duration::from_mins(5),
        }
    }
}

/// How long who comes too late should wait.
const CROWDED_RETRY: Duration = Duration::from_secs(5);
const CROWDED: Error = Error::Crowded {
    message: "As many videos are being converted as this server can; try again in a moment",
    retry_after: CROWDED_RETRY,
};
const ENDED: Error = Error::Missing("This session has ended");
const NO_VARIANT: Error = Error::Missing("The video has no such variant");
const NO_PIECE: Error = Error::Missing("The video has no such segment");
const OFF: Error = Error::Missing("Real-time transcoding is turned off");

/// One address of a session.
#[derive(Clone, Copy, Debug)]
pub struct HlsPlace {
    pub asset: AssetId,
    pub session: Uuid,
    pub variant: u32,
}

/// A file of a variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HlsFile {
    /// What a player needs before all else; it will ask for that piece next, if it says so.
    Head(Option<u32>),
    Piece(u32),
}

/// The contents of a file, and whether they may stay on the device.
#[derive(Debug)]
pub struct HlsContent {
    pub bytes: Bytes,
    pub may_stay: bool,
}

/// What a video is offered in.
#[derive(Debug)]
pub struct HlsOffer {
    pub session: Uuid,
    pub plan: Plan,
    pub variants: Vec<Variant>,
}

impl Library {
    /// Begins a session.
    pub async fn begin_hls(&self, caller: &Caller, id: AssetId) -> Result<HlsOffer> {
        let asset = self.watched(caller, id).await?;
        let config = self.config().await?;
        let wanted: Vec<u32> = config
            .ffmpeg
            .realtime
            .resolutions
            .iter()
            .filter_map(|side| u32::try_from(*side).ok())
            .collect();
        let id = self.new_id(ids::new_uuid);
        let session = self.hls.session((asset.id, id), asset.blake3)?;
        let opened = self.opened(&session, &asset).await?;
        Ok(HlsOffer {
            session: id,
            plan: opened.plan.clone(),
            variants: opened.plan.variants(&wanted),
        })
    }

    /// Where a variant is cut. Who says where they will look finds the program already running.
    pub async fn hls_plan(
        &self,
        caller: &Caller,
        place: HlsPlace,
        position: Option<f64>,
    ) -> Result<Plan> {
        let (_, session, opened) = self.hls_session(caller, place).await?;
        let variant = opened.plan.variant(place.variant).ok_or(NO_VARIANT)?;
        if let Some(seconds) = position {
            let shelf = session.shelf(&self.hls, &opened, variant)?;
            let piece = opened.plan.piece_at(seconds);
            // Only a hint: who asks for the piece is told what went wrong.
            self.hls.run_towards(&session, &shelf, piece).ok();
        }
        Ok(opened.plan.clone())
    }

    /// A file of a variant, made now if need be.
    pub async fn hls_file(
        &self,
        caller: &Caller,
        place: HlsPlace,
        file: HlsFile,
    ) -> Result<HlsContent> {
        let (asset, session, opened) = self.hls_session(caller, place).await?;
        let variant = opened.plan.variant(place.variant).ok_or(NO_VARIANT)?;
        let shelf = session.shelf(&self.hls, &opened, variant)?;
        let last = opened.plan.pieces() - 1;
        let bytes = match file {
            HlsFile::Piece(piece) if piece > last => return Err(NO_PIECE),
            HlsFile::Piece(piece) => self.hls.piece(&session, &shelf, piece).await?,
            HlsFile::Head(next) => {
                let next = next.map(|next| next.min(last));
                self.hls.head(&session, &shelf, next).await?
            }
        };
        // It may have taken a while.
        session.touch();
        shelf.touch();
        Ok(HlsContent {
            bytes,
            may_stay: may_stay(asset.visibility),
        })
    }

    /// Ends a session: nothing of it is kept, and its name is not used again.
    pub async fn end_hls(&self, caller: &Caller, asset: AssetId, session: Uuid) -> Result<()> {
        self.visible_video(caller, asset).await?;
        self.hls.end((asset, session));
        Ok(())
    }

    /// Ends all sessions of this process, because it ends.
    pub fn end_all_hls(&self) {
        self.hls.end_all();
    }

    async fn hls_session(
        &self,
        caller: &Caller,
        place: HlsPlace,
    ) -> Result<(Asset, Arc<Session>, Arc<Opened>)> {
        let asset = self.watched(caller, place.asset).await?;
        let key = (place.asset, place.session);
        let session = self.hls.session(key, asset.blake3)?;
        let opened = self.opened(&session, &asset).await?;
        Ok((asset, session, opened))
    }

    /// A video that the caller may see, if videos are shown this way.
    async fn watched(&self, caller: &Caller, id: AssetId) -> Result<Asset> {
        let asset = self.visible_video(caller, id).await?;
        if self.config().await?.ffmpeg.realtime.enabled {
            Ok(asset)
        } else {
            Err(OFF)
        }
    }

    async fn visible_video(&self, caller: &Caller, id: AssetId) -> Result<Asset> {
        require(caller, Permission::AssetView)?;
        let asset = if let Some(own) = self.own_asset(caller, id).await {
            own
        } else {
            let mut tx = self.db.glance().await?;
            access::asset(&mut tx, caller, id, Permission::AssetView).await?
        };
        // What is made of it says nothing of where and with what it was taken, so that every visitor may have it.
        Some(asset)
            .filter(|asset| asset.kind == MediaKind::Video)
            .ok_or(NO_FILE)
    }

    /// The original of a session, open, and where it is cut; looked at once.
    async fn opened(&self, session: &Session, asset: &Asset) -> Result<Arc<Opened>> {
        let open = || async {
            let _turn = self.hls.looking.acquire().await;
            let path = BlobPath::parse(&asset.original_path)?;
            let file = match self.blobs.open_file(&path).await {
                Err(heirloom_store::blobs::Error::NotFound(_)) => return Err(NO_FILE),
                opened => opened?,
            };
            let probe = self.video.probe(&file).await;
            let probe = probe.map_err(|error| refusal(&error))?;
            let plan = Plan::of(&probe).ok_or_else(|| {
                Error::Conflict("The video cannot be played: its length is not known".into())
            })?;
            Ok(Arc::new(Opened { file, plan }))
        };
        session.source.opened.get_or_try_init(open).await.cloned()
    }
}

/// What a person who watches is told.
fn refusal(error: &video::Error) -> Error {
    let unavailable = |what| Error::Unavailable {
        what,
        retry_after: CROWDED_RETRY,
        source: Some(anyhow::anyhow!("{error}")),
    };
    match error {
        video::Error::Broken(reason) => {
            Error::Conflict(format!("The video cannot be played: {reason}"))
        }
        video::Error::Unavailable(program, _) => unavailable(program),
        video::Error::Slow(_) | video::Error::Killed => unavailable("what converts the video"),
        video::Error::Output(error) => Error::Internal(anyhow::anyhow!("{error}")),
    }
}
