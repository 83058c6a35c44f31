//! Looking at files: all originals in the order of their ids, and everything that lies among them.

use std::time::Instant;

use chrono::TimeDelta;
use futures::StreamExt;
use heirloom_store::{
    blobs::{self, BlobPath},
    integrity::{self, Report, ReportKind, Verification},
    settings,
    system::{self, OriginalRecord},
};
use heirloom_types::{ids::AssetId, time::Timestamp};
use uuid::Uuid;

use super::{Round, TURN};
use crate::{Library, Result};

/// Where the scrub goes on the next time: it walks around, and begins again at the end.
const CURSOR: &str = "scrub.after";
const PAGE: i64 = 200;
/// What a disk says of a sector that it cannot read, the same on every system that this runs on.
const EIO: i32 = 5;
/// A file that has just appeared may be on its way in.
const UNTRACKED_AGE: TimeDelta = TimeDelta::hours(2);

/// What became of one original.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Good,
    Missing,
    Damaged,
    /// It cannot be said: its folder is away, or the file store does not answer.
    Unknown(String),
}

impl Library {
    /// Reads and compares originals for one turn; gives where to go on, unless the round's limits are reached.
    pub(super) async fn scrub(&self, mut round: Round) -> Result<Option<Round>> {
        let limits = self.config().await?.integrity_checks.checksum_files.clone();
        let deadline = round.started_at + TimeDelta::milliseconds(limits.time_limit);
        let total = integrity::health(&mut self.db.read().await?)
            .await?
            .originals;
        let most = (total as f64 * limits.percentage_limit).ceil() as i64;
        let mut after = match round.after {
            Some(after) => after,
            None => self.scrub_cursor().await?,
        };
        let turn = Instant::now();
        loop {
            let page = system::list_originals(&mut self.db.read().await?, after, PAGE).await?;
            if page.is_empty() {
                // The end: the next round begins with the first.
                self.set_scrub_cursor(AssetId(Uuid::nil())).await?;
                if round.checked == 0 && after != AssetId(Uuid::nil()) {
                    after = AssetId(Uuid::nil());
                    continue;
                }
                return Ok(None);
            }
            for record in page {
                if round.checked >= most || self.now() >= deadline {
                    self.set_scrub_cursor(after).await?;
                    return Ok(None);
                }
                self.scrub_one(&record).await?;
                after = record.id;
                round.checked += 1;
                if turn.elapsed() >= TURN {
                    self.set_scrub_cursor(after).await?;
                    round.after = Some(after);
                    return Ok(Some(round));
                }
            }
        }
    }

    async fn scrub_cursor(&self) -> Result<AssetId> {
        let stored = settings::get_system(&mut self.db.read().await?, CURSOR).await?;
        let id = stored.and_then(|value| value.as_str()?.parse().ok());
        Ok(id.unwrap_or(AssetId(Uuid::nil())))
    }

    async fn set_scrub_cursor(&self, after: AssetId) -> Result<()> {
        let mut tx = self.db.write().await?;
        settings::set_system(&mut tx, CURSOR, after.to_string().into()).await?;
        Ok(tx.commit().await?)
    }

    /// Compares one original, repairs it if it can be, notes what was found; answers what is wrong now.
    pub(crate) async fn scrub_one(&self, record: &OriginalRecord) -> Result<Outcome> {
        let started = Instant::now();
        let mut outcome = self.compare(record).await;
        let mut was_repaired = false;
        match outcome {
            Outcome::Good => self.copy_if_absent(record).await,
            Outcome::Missing | Outcome::Damaged => {
                was_repaired = self.repair(record).await;
                if was_repaired {
                    outcome = self.compare(record).await;
                }
            }
            Outcome::Unknown(_) => {}
        }
        self.note(record, &outcome, was_repaired).await?;
        self.pace(record.size_bytes, started).await;
        Ok(outcome)
    }

    /// Whether the bytes are those that were taken in.
    pub(crate) async fn compare(&self, record: &OriginalRecord) -> Outcome {
        let file = match BlobPath::parse(&record.original_path) {
            Ok(path) => self.blobs.open_file(&path).await,
            Err(error) => Err(error),
        };
        let file = match file {
            Ok(file) => file,
            // The scan of its library says what became of a file that is only read here.
            Err(error) if record.is_external() => return Outcome::Unknown(error.to_string()),
            Err(blobs::Error::NotFound(_)) => return self.missing(record).await,
            Err(error) => return Outcome::Unknown(error.to_string()),
        };
        let hashed = tokio::task::spawn_blocking(move || blobs::incoming::hash(file)).await;
        match hashed {
            Ok(Ok((_, found, _))) if found == record.blake3 => Outcome::Good,
            Ok(Ok(_)) if record.is_external() => {
                Outcome::Unknown("it was changed where it lies; the next scan takes it in".into())
            }
            Ok(Ok(_)) => Outcome::Damaged,
            // A sector that cannot be read is damage; a store that does not answer is not.
            Ok(Err(error)) if error.raw_os_error() == Some(EIO) => Outcome::Damaged,
            Ok(Err(error)) => Outcome::Unknown(error.to_string()),
            Err(error) => Outcome::Unknown(error.to_string()),
        }
    }

    /// An original that is not where its asset said a moment ago may have moved.
    async fn missing(&self, record: &OriginalRecord) -> Outcome {
        let still = async {
            let mut tx = self.db.read().await?;
            system::is_original(&mut tx, record.owner_id, record.id, &record.original_path).await
        };
        match still.await {
            Ok(true) => Outcome::Missing,
            Ok(false) => Outcome::Unknown("it has moved; the next round finds it".into()),
            Err(error) => Outcome::Unknown(error.to_string()),
        }
    }

    async fn note(
        &self,
        record: &OriginalRecord,
        outcome: &Outcome,
        was_repaired: bool,
    ) -> Result<()> {
        let (kind, damage) = match outcome {
            Outcome::Good => (None, None),
            Outcome::Missing => (Some(ReportKind::MissingFile), Some("the file is not there")),
            Outcome::Damaged => (
                Some(ReportKind::ChecksumMismatch),
                Some("its bytes are not those that were taken in"),
            ),
            Outcome::Unknown(reason) => {
                tracing::warn!(asset = %record.id, reason, "an original could not be checked");
                return Ok(());
            }
        };
        if let Some(reason) = damage {
            tracing::error!(asset = %record.id, reason, "an original is damaged");
        }
        let now = self.now();
        let mut tx = self.db.write().await?;
        let found = Verification {
            owner: record.owner_id,
            asset: record.id,
            damage: damage.map(str::to_owned),
            was_repaired,
        };
        integrity::note(&mut tx, &found, now).await?;
        for other in [ReportKind::MissingFile, ReportKind::ChecksumMismatch] {
            if kind != Some(other) {
                integrity::clear(&mut tx, other, &record.original_path).await?;
            }
        }
        if let Some(kind) = kind {
            integrity::report(&mut tx, &self.line(kind, record)).await?;
        }
        Ok(tx.commit().await?)
    }

    fn line(&self, kind: ReportKind, record: &OriginalRecord) -> Report {
        Report {
            id: self.new_id(AssetId::new).0,
            kind,
            path: record.original_path.clone(),
            owner_id: Some(record.owner_id),
            asset_id: Some(record.id),
            found_at: self.now(),
        }
    }

    /// Rests so long that reading stays below the rate that the configuration allows.
    async fn pace(&self, bytes: i64, started: Instant) {
        if self.scrub_rate == 0 {
            return;
        }
        let due = std::time::Duration::from_secs_f64(bytes as f64 / self.scrub_rate as f64);
        tokio::time::sleep(due.saturating_sub(started.elapsed())).await;
    }

    /// Looks, without reading it, whether every original is there; for one turn.
    pub(super) async fn find_missing(&self, mut round: Round) -> Result<Option<Round>> {
        let turn = Instant::now();
        let mut after = round.after.unwrap_or(AssetId(Uuid::nil()));
        loop {
            let page = system::list_originals(&mut self.db.read().await?, after, PAGE).await?;
            let Some(last) = page.last() else {
                return Ok(None);
            };
            after = last.id;
            for record in page.iter().filter(|record| !record.is_external()) {
                match self
                    .blobs
                    .head(&BlobPath::parse(&record.original_path)?)
                    .await
                {
                    Ok(_) => {
                        // Only a line that stands there has to go.
                        round.checked += 1;
                        self.clear_missing(record).await?;
                    }
                    Err(blobs::Error::NotFound(_)) => {
                        self.scrub_one(record).await?;
                    }
                    // What does not answer may answer later; the job is tried again.
                    Err(error) => return Err(error.into()),
                }
            }
            if turn.elapsed() >= TURN {
                round.after = Some(after);
                return Ok(Some(round));
            }
        }
    }

    async fn clear_missing(&self, record: &OriginalRecord) -> Result<()> {
        let kind = ReportKind::MissingFile;
        let path = &record.original_path;
        if !integrity::has(&mut self.db.read().await?, kind, path).await? {
            return Ok(());
        }
        let mut tx = self.db.write().await?;
        integrity::clear(&mut tx, kind, path).await?;
        Ok(tx.commit().await?)
    }

    /// Finds files among the originals that no row names and that are not on their way.
    pub(super) async fn find_untracked(&self, started_at: Timestamp) -> Result<()> {
        let old = self.now() - UNTRACKED_AGE;
        let mut listing = self.blobs.list("originals").chunks(PAGE as usize);
        while let Some(chunk) = listing.next().await {
            let mut untracked = Vec::new();
            let mut tx = self.db.read().await?;
            for entry in chunk {
                let entry = entry?;
                let path = entry.path.as_str();
                if entry.modified < old && !system::knows_file(&mut tx, path).await? {
                    untracked.push(path.to_owned());
                }
            }
            drop(tx);
            if untracked.is_empty() {
                continue;
            }
            let mut tx = self.db.write().await?;
            for path in untracked {
                // Found again: it stands in the report as of now.
                integrity::clear(&mut tx, ReportKind::UntrackedFile, &path).await?;
                let line = Report {
                    id: self.new_id(AssetId::new).0,
                    kind: ReportKind::UntrackedFile,
                    path,
                    owner_id: None,
                    asset_id: None,
                    found_at: self.now(),
                };
                integrity::report(&mut tx, &line).await?;
            }
            tx.commit().await?;
        }
        let mut tx = self.db.write().await?;
        integrity::clear_before(&mut tx, ReportKind::UntrackedFile, started_at).await?;
        Ok(tx.commit().await?)
    }

    /// Reads every original and compares it with what was taken in; calls `checked` after each with what is wrong.
    pub async fn verify(
        &self,
        mut checked: impl FnMut(Option<(OriginalRecord, String)>),
    ) -> Result<()> {
        let mut after = AssetId(Uuid::nil());
        loop {
            let page = system::list_originals(&mut self.db.read().await?, after, PAGE).await?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = last.id;
            for record in page {
                let reason = match self.scrub_one(&record).await? {
                    Outcome::Good => None,
                    Outcome::Missing => Some("the file is not there".to_owned()),
                    Outcome::Damaged => {
                        Some("its bytes are not those that were taken in".to_owned())
                    }
                    Outcome::Unknown(reason) => Some(reason),
                };
                checked(reason.map(|reason| (record, reason)));
            }
        }
    }
}
