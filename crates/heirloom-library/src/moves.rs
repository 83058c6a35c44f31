//! Originals move to the path that the storage template gives them now.
//!
//! The new path is reserved, the file gets it as a second name (or is copied and compared), and one transaction makes the
//! asset name it and dooms the old one. Killed anywhere, the asset names a whole file, and what is too much is collected.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use chrono::TimeDelta;
use heirloom_jobs::{Claim, Failure, Handler};
use heirloom_store::{
    Tx,
    assets::{self, Asset},
    blobs::{self, BlobPath, Placed, Template, template},
    changes::{ChangeKind, Entry},
    doomed_files,
    integrity::{self, ReportKind},
    moves, system, users,
};
use heirloom_types::{
    caller::Scope,
    checksum::Blake3,
    ids::{AssetId, UserId},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Library, Result, feed, ingest::names::NAMES_MAX};

/// Kind of the job.
pub const KIND: &str = "move_originals";
/// There is one.
const SUBJECT: &str = "all";
/// How long one job works before others have their turn.
const TURN: Duration = Duration::from_secs(5);
/// Assets looked at together.
const PAGE: i64 = 200;
/// How long a new path may stand without the row that names it; far longer than copying the largest file takes.
const RESERVATION: TimeDelta = TimeDelta::hours(24);
/// How long the old name stays: somebody may have been told it a moment ago.
const OLD_NAME_KEPT: Duration = Duration::from_secs(10);

/// The handler of [`KIND`].
pub struct MoveOriginals(pub Arc<Library>);

/// Where the round stands between two turns.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum Round {
    After(AssetId),
    /// All have moved; the old names are left to be collected.
    Sweeping,
}

/// What became of one original.
enum Moved {
    /// It lies where it should.
    Stayed,
    Done,
    /// It changed meanwhile, or is not there.
    Left,
}

#[async_trait]
impl Handler for MoveOriginals {
    fn kind(&self) -> &'static str {
        KIND
    }

    async fn run(&self, claim: &Claim) -> Result<(), Failure> {
        let library = &self.0;
        let stored: Option<Round> = serde_json::from_value(claim.job.payload.0.clone())?;
        let next = match stored.unwrap_or(Round::After(AssetId(Uuid::nil()))) {
            Round::After(after) => Some(library.move_some(after).await?),
            Round::Sweeping => {
                tokio::time::sleep(OLD_NAME_KEPT).await;
                library.remove_doomed().await?;
                None
            }
        };
        let mut tx = library.db.write().await?;
        if let Some(next) = next {
            library.ask_to_move_on(&mut tx, next).await?;
        }
        claim.finish(&mut tx).await?;
        tx.commit().await?;
        Ok(())
    }
}

impl Library {
    /// Has all originals moved to where the template wants them.
    pub(crate) async fn ask_to_move(&self, tx: &mut Tx) -> Result<()> {
        self.ask(tx, KIND, SUBJECT.into()).await
    }

    async fn ask_to_move_on(&self, tx: &mut Tx, round: Round) -> Result<()> {
        let payload = serde_json::to_value(round).map_err(anyhow::Error::from)?;
        self.ask_with(tx, KIND, SUBJECT.into(), payload).await
    }

    /// Moves originals for one turn; gives where to go on.
    async fn move_some(&self, mut after: AssetId) -> Result<Round> {
        let template = self.config().await?.template();
        let end = Instant::now() + TURN;
        loop {
            let mut tx = self.db.read().await?;
            let page = system::list_stored_originals(&mut tx, after, PAGE).await?;
            drop(tx);
            if page.is_empty() {
                return Ok(Round::Sweeping);
            }
            for (owner, id) in page {
                match self.move_one(&template, owner, id).await? {
                    Moved::Done => tracing::debug!(asset = %id, "an original has moved"),
                    Moved::Left => tracing::warn!(asset = %id, "an original was not moved"),
                    Moved::Stayed => {}
                }
                after = id;
                if Instant::now() >= end {
                    return Ok(Round::After(after));
                }
            }
        }
    }

    async fn move_one(&self, template: &Template, owner: UserId, id: AssetId) -> Result<Moved> {
        let mut tx = self.db.read().await?;
        let Some(asset) = assets::get(&mut tx, Scope::of_owner(owner), id).await? else {
            return Ok(Moved::Stayed);
        };
        let wanted = wanted_path(&mut tx, template, &asset).await?;
        let begun = moves::get(&mut tx, owner, id).await?;
        drop(tx);
        let old = BlobPath::parse(&asset.original_path)?;
        if let Some(begun) = begun {
            return self.go_on(&asset, &old, &BlobPath::parse(&begun)?).await;
        }
        if old == wanted || old.is_numbered(&wanted) {
            return Ok(Moved::Stayed);
        }
        for number in 1..NAMES_MAX {
            let new = if number == 1 {
                wanted.clone()
            } else {
                wanted.numbered(number)
            };
            if new == old {
                return Ok(Moved::Stayed);
            }
            if !self.reserve_move(&asset, &new).await? {
                continue;
            }
            match self.bring(&asset, &old, &new, false).await {
                Ok(()) => return self.settle_move(&asset, &new).await,
                // Somebody put a file there by hand: it is not ours to replace.
                Err(blobs::Error::Taken(path)) => {
                    self.release_move(&asset, &new, placed_before(&path, &old, &new))
                        .await?;
                }
                Err(blobs::Error::NotFound(path)) => {
                    self.release_move(&asset, &new, placed_before(&path, &old, &new))
                        .await?;
                    return Ok(Moved::Left);
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Moved::Left)
    }

    /// A move that was cut off: the path is its own, and a file there is too, if it has the right bytes.
    async fn go_on(&self, asset: &Asset, old: &BlobPath, new: &BlobPath) -> Result<Moved> {
        if !self.renew_reservation(asset, new).await? {
            self.release_move(asset, new, 0).await?;
            return Ok(Moved::Left);
        }
        match self.bring(asset, old, new, true).await {
            Ok(()) => self.settle_move(asset, new).await,
            Err(blobs::Error::Taken(path) | blobs::Error::NotFound(path)) => {
                self.release_move(asset, new, placed_before(&path, old, new))
                    .await?;
                Ok(Moved::Left)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Has the files of an asset under their new names as well.
    async fn bring(
        &self,
        asset: &Asset,
        old: &BlobPath,
        new: &BlobPath,
        is_begun: bool,
    ) -> blobs::Result<()> {
        self.bring_file(old, new, Some(asset.blake3), is_begun)
            .await?;
        match &asset.sidecar_path {
            Some(sidecar) => {
                let sidecar = BlobPath::parse(sidecar)?;
                self.bring_file(&sidecar, &new.sidecar(), None, is_begun)
                    .await
            }
            None => Ok(()),
        }
    }

    /// As [`Self::bring`], of one file; without `expected` it must be what lies under the old name.
    async fn bring_file(
        &self,
        old: &BlobPath,
        new: &BlobPath,
        expected: Option<Blake3>,
        is_begun: bool,
    ) -> blobs::Result<()> {
        let placed = self.blobs.place_also(old, new).await;
        let may_be_good = match &placed {
            Ok(Placed::Linked) => return Ok(()),
            Ok(Placed::Copied) => true,
            Err(blobs::Error::Taken(_)) => is_begun,
            Err(_) => false,
        };
        if may_be_good && self.is_same(old, new, expected).await? {
            return Ok(());
        }
        if placed? == Placed::Copied {
            self.blobs.delete(new).await?;
        }
        let reason = anyhow::anyhow!("the copy of {old} is not what was copied");
        Err(blobs::Error::Unavailable(reason))
    }

    async fn is_same(
        &self,
        old: &BlobPath,
        new: &BlobPath,
        expected: Option<Blake3>,
    ) -> blobs::Result<bool> {
        let expected = match expected {
            Some(expected) => expected,
            None => self.blobs.hash(old).await?,
        };
        Ok(self.blobs.hash(new).await? == expected)
    }

    /// The one transaction: the asset names the new path, the old one is doomed.
    async fn settle_move(&self, asset: &Asset, new: &BlobPath) -> Result<Moved> {
        let now = self.now();
        let (owner, id) = (asset.owner_id, asset.id);
        let mut tx = self.db.write().await?;
        assets::lock(&mut tx, owner, &[id]).await?;
        let current = assets::get(&mut tx, Scope::of_owner(owner), id).await?;
        let is_as_before = current.is_some_and(|current| {
            (current.original_path, current.sidecar_path)
                == (asset.original_path.clone(), asset.sidecar_path.clone())
        });
        let mut is_reserved = true;
        for path in paths_of(asset, new) {
            is_reserved &= doomed_files::delete(&mut tx, path.as_str()).await?;
        }
        if !is_as_before || !is_reserved {
            drop(tx);
            self.release_move(asset, new, 2).await?;
            return Ok(Moved::Left);
        }
        let sidecar = asset.sidecar_path.as_ref().map(|_| new.sidecar());
        let sidecar = sidecar.as_ref().map(BlobPath::as_str);
        assets::set_place(&mut tx, owner, id, new.as_str(), sidecar, now).await?;
        for old in std::iter::once(&asset.original_path).chain(&asset.sidecar_path) {
            doomed_files::insert(&mut tx, old, now + OLD_NAME_KEPT).await?;
        }
        for kind in [ReportKind::MissingFile, ReportKind::ChecksumMismatch] {
            integrity::clear(&mut tx, kind, &asset.original_path).await?;
        }
        moves::delete(&mut tx, owner, id).await?;
        let told = vec![Entry::upsert(ChangeKind::Asset, id)];
        feed::record(&mut tx, owner, now, told).await?;
        tx.commit().await?;
        self.move_copy(&asset.original_path, new).await;
        Ok(Moved::Done)
    }

    /// The second copy follows; what it does not, the scrub copies again.
    async fn move_copy(&self, old: &str, new: &BlobPath) {
        let (Some(copy), Ok(old)) = (&self.copy, BlobPath::parse(old)) else {
            return;
        };
        let moved = async {
            copy.place_also(&old, new).await?;
            copy.delete(&old).await
        };
        match moved.await {
            Ok(()) | Err(blobs::Error::NotFound(_)) => {}
            Err(error) => {
                tracing::warn!(%error, path = %old, "the second copy of an original did not move with it");
            }
        }
    }

    async fn reserve_move(&self, asset: &Asset, new: &BlobPath) -> Result<bool> {
        let until = self.now() + RESERVATION;
        let mut tx = self.db.write().await?;
        for path in paths_of(asset, new) {
            if !doomed_files::reserve(&mut tx, path.as_str(), until).await? {
                return Ok(false);
            }
        }
        moves::insert(&mut tx, asset.owner_id, asset.id, new.as_str()).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Whether the new path is still free for the asset; then it is for a while longer.
    async fn renew_reservation(&self, asset: &Asset, new: &BlobPath) -> Result<bool> {
        let until = self.now() + RESERVATION;
        let mut tx = self.db.write().await?;
        for path in paths_of(asset, new) {
            if system::names_file(&mut tx, path.as_str()).await? {
                return Ok(false);
            }
            doomed_files::insert(&mut tx, path.as_str(), until).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Gives reserved paths up. The first `placed` of them are names that were given; they are removed, unless an asset
    /// names them after all. What others put at the rest stays.
    async fn release_move(&self, asset: &Asset, new: &BlobPath, placed: usize) -> Result<()> {
        let mut tx = self.db.write().await?;
        for (index, path) in paths_of(asset, new).iter().enumerate() {
            if index < placed {
                doomed_files::insert(&mut tx, path.as_str(), self.now()).await?;
            } else {
                doomed_files::delete(&mut tx, path.as_str()).await?;
            }
        }
        moves::delete(&mut tx, asset.owner_id, asset.id).await?;
        Ok(tx.commit().await?)
    }
}

/// How many new names were given before the file at that path was in the way, or was not there: the original's is first.
fn placed_before(path: &BlobPath, old: &BlobPath, new: &BlobPath) -> usize {
    usize::from(path != old && path != new)
}

/// The new names of an asset's files.
fn paths_of(asset: &Asset, new: &BlobPath) -> Vec<BlobPath> {
    let sidecar = asset.sidecar_path.as_ref().map(|_| new.sidecar());
    std::iter::once(new.clone()).chain(sidecar).collect()
}

/// Where the template wants an original; the moving part of a live photo lies beside its still.
async fn wanted_path(tx: &mut Tx, template: &Template, asset: &Asset) -> Result<BlobPath> {
    let stills = assets::list_stills_of(tx, asset.owner_id, asset.id).await?;
    let still = match stills.first() {
        Some(still) => assets::get(tx, Scope::of_owner(asset.owner_id), *still).await?,
        None => None,
    };
    let still = still.filter(|still| still.library_id.is_none());
    let label = users::get_any(tx, asset.owner_id)
        .await?
        .and_then(|user| user.storage_label)
        .unwrap_or_else(|| asset.owner_id.to_string());
    Ok(template.path(&template::Fields {
        user: &label,
        local: still.as_ref().unwrap_or(asset).local_date_time.naive_utc(),
        name: &asset.original_name,
        id: asset.id,
    }))
}
