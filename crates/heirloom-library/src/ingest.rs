//! Taking files in. Nothing is acknowledged before its bytes are durable and its row, its pending work and its change are
//! committed together.

pub(crate) mod names;

use chrono::TimeDelta;
use heirloom_jobs::priority;
use heirloom_media::facts::Facts;
use heirloom_store::{
    Tx, asset_metadata,
    assets::{self, Asset, Visibility},
    blobs::{Incoming, Received},
    changes::{ChangeKind, Entry},
    doomed_files, exif,
    stages::{self, Stage},
    timeline, users,
    users::User,
    workflows::Trigger,
};
use heirloom_types::{
    caller::{Caller, Credential},
    checksum::{Blake3, Sha1},
    ids::{AssetId, SharedLinkId, UserId},
    media_type::{self, MediaKind},
    permission::Permission,
    time::Timestamp,
};
use serde_json::{Value, json};

use self::names::shown_name;
use crate::{
    Error, Library, Result,
    access::require,
    capture::{self, Taken},
    feed,
    jobs::Wanted,
    process,
};

/// What a client says of a file it sends.
#[derive(Clone, Debug)]
pub struct NewAsset {
    pub name: String,
    pub file_created_at: Timestamp,
    pub file_modified_at: Timestamp,
    pub is_favorite: bool,
    pub visibility: Visibility,
    /// The moving part of a live photo, sent before.
    pub live_video_id: Option<AssetId>,
    pub duration_ms: Option<i64>,
    /// Facts of the client's own, by key.
    pub metadata: Vec<(String, Value)>,
    /// What the bytes must hash to.
    pub announced: Option<Sha1>,
}

/// What the bytes of a file are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Content {
    pub len: u64,
    pub sha1: Sha1,
    pub blake3: Blake3,
}

impl Content {
    fn of(file: &Received) -> Self {
        Self {
            len: file.len(),
            sha1: file.sha1(),
            blake3: file.blake3(),
        }
    }
}

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ingested {
    Created(AssetId),
    /// The owner has this content already.
    Duplicate(AssetId),
}

/// Answer to a client that asks before sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checked {
    pub id: AssetId,
    pub is_trashed: bool,
}

impl Library {
    /// Begins to receive a file. What is not taken in goes away by itself.
    pub async fn receive(&self, caller: &Caller) -> Result<Incoming> {
        require(caller, Permission::AssetUpload)?;
        Ok(self.blobs.receive().await?)
    }

    /// The asset with that content, if the caller has it.
    pub async fn known(&self, caller: &Caller, sha1: Sha1) -> Result<Option<Checked>> {
        Ok(self.known_all(caller, &[sha1]).await?.pop().flatten())
    }

    /// For each content the asset that has it, in the order asked.
    pub async fn known_all(&self, caller: &Caller, sha1s: &[Sha1]) -> Result<Vec<Option<Checked>>> {
        require(caller, Permission::AssetUpload)?;
        let known = assets::list_known(&mut self.db.read().await?, caller.user, sha1s).await?;
        let by_content: std::collections::HashMap<_, _> = known
            .into_iter()
            .map(|known| {
                (
                    known.sha1,
                    Checked {
                        id: known.id,
                        is_trashed: known.is_trashed,
                    },
                )
            })
            .collect();
        Ok(sha1s
            .iter()
            .map(|sha1| by_content.get(sha1).copied())
            .collect())
    }

    /// Refuses what can be refused before its bytes are there.
    pub fn check_name(&self, name: &str) -> Result<MediaKind> {
        match media_type::by_name(name) {
            Some(known) => Ok(known.kind),
            None => Err(Error::invalid(
                "assetData",
                format!("Unsupported file type {name}"),
            )),
        }
    }

    /// Takes a received file in.
    pub async fn ingest(
        &self,
        caller: &Caller,
        new: NewAsset,
        file: Received,
        sidecar: Option<Received>,
    ) -> Result<Ingested> {
        require(caller, Permission::AssetUpload)?;
        if let Credential::SharedLink(link) = caller.credential {
            return self.ingest_visited(caller, link, new, file).await;
        }
        if let Some(video) = new.live_video_id {
            self.check_live_video(&mut self.db.read().await?, caller, video)
                .await?;
        }
        self.ingest_for(caller.user, new, file, sidecar).await
    }

    /// As [`Self::ingest`], from a visitor, who decides of nothing but the picture; it goes into the link's album.
    async fn ingest_visited(
        &self,
        caller: &Caller,
        link: SharedLinkId,
        new: NewAsset,
        file: Received,
    ) -> Result<Ingested> {
        let new = NewAsset {
            is_favorite: false,
            visibility: Visibility::Timeline,
            live_video_id: None,
            metadata: Vec::new(),
            ..new
        };
        let ingested = self.ingest_for(caller.user, new, file, None).await?;
        let (Ingested::Created(id) | Ingested::Duplicate(id)) = ingested;
        self.add_visited(caller, link, id).await?;
        Ok(ingested)
    }

    /// As [`Self::ingest`], on the owner's behalf.
    pub(crate) async fn ingest_for(
        &self,
        owner: UserId,
        new: NewAsset,
        mut file: Received,
        sidecar: Option<Received>,
    ) -> Result<Ingested> {
        let kind = self.check_name(&new.name)?;
        check_content(&new, &file)?;
        if let Some(known) =
            assets::get_by_sha1(&mut self.db.read().await?, owner, file.sha1()).await?
        {
            return Ok(Ingested::Duplicate(known.id));
        }
        let user = self.user(owner).await?;
        check_quota(&user, file.len())?;
        let facts = capture::placed(self.facts_of(kind, &new.name, &file).await);
        let taken = capture::taken(&facts, new.file_created_at);
        let asset = self.asset_from(owner, &new, kind, taken, Content::of(&file));
        let path = self.keep(&user, &asset, &mut file).await?;
        let sidecar_path = match sidecar {
            Some(sidecar) => self.keep_sidecar(&path, sidecar).await?,
            None => None,
        };
        let asset = Asset {
            original_path: path.as_str().to_owned(),
            sidecar_path,
            ..asset
        };
        let outcome = self.commit(&asset, &new).await;
        if !matches!(outcome, Ok(Ingested::Created(_))) {
            self.forget_reserved(&asset).await;
        }
        outcome
    }

    /// The file's own words, for the date that names its folder; a file that cannot be read has none.
    async fn facts_of(&self, kind: MediaKind, name: &str, file: &Received) -> Facts {
        let Ok(file) = file.file() else {
            return Facts::default();
        };
        match kind {
            MediaKind::Image => self.decoder.facts(file, name).await.unwrap_or_default(),
            MediaKind::Video => self
                .video
                .probe(&file)
                .await
                .map(|probe| probe.facts)
                .unwrap_or_default(),
        }
    }

    /// The row of a file that is new, without its place.
    pub(crate) fn asset_from(
        &self,
        owner: UserId,
        new: &NewAsset,
        kind: MediaKind,
        taken: Taken,
        content: Content,
    ) -> Asset {
        let now = self.now();
        Asset {
            owner_id: owner,
            id: self.new_id(AssetId::new),
            kind,
            visibility: new.visibility,
            original_name: shown_name(&new.name),
            original_path: String::new(),
            sidecar_path: None,
            size_bytes: content.len as i64,
            sha1: content.sha1,
            blake3: content.blake3,
            created_at: now,
            updated_at: now,
            file_created_at: taken.instant,
            file_modified_at: new.file_modified_at,
            local_date_time: taken.local,
            local_month: timeline::month_of(taken.local),
            is_favorite: new.is_favorite,
            is_offline: false,
            is_edited: false,
            is_collapsed: false,
            deleted_at: None,
            duration_ms: new.duration_ms.filter(|_| kind == MediaKind::Video),
            width: None,
            height: None,
            thumbhash: None,
            renditions: 0,
            live_video_id: new.live_video_id,
            stack_id: None,
            library_id: None,
            duplicate_id: None,
        }
    }

    /// The one transaction: row, pending work, usage, change.
    async fn commit(&self, asset: &Asset, new: &NewAsset) -> Result<Ingested> {
        let mut tx = self.db.write().await?;
        if let Some(known) = assets::get_by_sha1(&mut tx, asset.owner_id, asset.sha1).await? {
            return Ok(Ingested::Duplicate(known.id));
        }
        match assets::insert(&mut tx, asset).await {
            Ok(()) => {}
            Err(heirloom_store::Error::Conflict { .. }) => {
                drop(tx);
                let known =
                    assets::get_by_sha1(&mut self.db.read().await?, asset.owner_id, asset.sha1)
                        .await?;
                return known
                    .map(|known| Ingested::Duplicate(known.id))
                    .ok_or_else(|| Error::Conflict("the asset could not be stored".into()));
            }
            Err(error) => return Err(error.into()),
        }
        exif::upsert(&mut tx, &exif::Exif::empty(asset.owner_id, asset.id)).await?;
        for (key, value) in &new.metadata {
            asset_metadata::upsert(&mut tx, asset.owner_id, asset.id, key, value, self.now())
                .await?;
        }
        let mut stages = stages_of(asset);
        stages.extend(self.sight_of(asset));
        self.want(&mut tx, asset, &stages, priority::NEW).await?;
        if !users::add_usage(&mut tx, asset.owner_id, asset.size_bytes).await? {
            return Err(Error::QuotaExceeded);
        }
        for path in std::iter::once(&asset.original_path).chain(&asset.sidecar_path) {
            if !doomed_files::delete(&mut tx, path).await? {
                return Err(Error::Internal(anyhow::anyhow!(
                    "{path} lost its reservation"
                )));
            }
        }
        let mut entries = vec![
            Entry::upsert(ChangeKind::Asset, asset.id),
            // The account shows how much of its quota is used.
            Entry::upsert(ChangeKind::User, asset.owner_id),
        ];
        entries.extend(new.metadata.iter().map(|(key, _)| {
            Entry::upsert(ChangeKind::AssetMetadata, asset.id).detail(key.as_str())
        }));
        if let Some(video) = new.live_video_id {
            self.hide_live_video(&mut tx, asset.owner_id, video).await?;
            entries.push(Entry::upsert(ChangeKind::Asset, video));
        }
        feed::record(&mut tx, asset.owner_id, self.now(), entries).await?;
        self.set_off(&mut tx, asset, Trigger::AssetCreate).await?;
        tx.commit().await?;
        self.wake.wake();
        Ok(Ingested::Created(asset.id))
    }

    /// Wants stages of an asset, and asks for the job that will do them.
    pub(crate) async fn want(
        &self,
        tx: &mut Tx,
        asset: &Asset,
        wanted: &[Stage],
        priority: i32,
    ) -> Result<()> {
        for stage in wanted {
            stages::want(tx, asset.owner_id, asset.id, *stage).await?;
        }
        let wanted = Wanted {
            kind: process::KIND,
            subject: asset.id.to_string(),
            payload: json!({ "owner": asset.owner_id }),
            priority,
            after: TimeDelta::zero(),
        };
        self.enqueue(tx, wanted).await
    }
}

fn check_content(new: &NewAsset, file: &Received) -> Result<()> {
    if file.is_empty() {
        return Err(Error::invalid("assetData", "The file is empty"));
    }
    match new.announced {
        Some(announced) if announced != file.sha1() => Err(Error::invalid(
            "x-immich-checksum",
            "The bytes that arrived do not have the announced checksum; send the file again",
        )),
        _ => Ok(()),
    }
}

pub(crate) fn check_quota(user: &User, size: u64) -> Result<()> {
    let used = user.usage_bytes.saturating_add_unsigned(size);
    match user.quota_bytes {
        Some(quota) if used > quota => Err(Error::QuotaExceeded),
        _ => Ok(()),
    }
}

/// What a new asset needs.
pub(crate) fn stages_of(asset: &Asset) -> Vec<Stage> {
    match asset.kind {
        MediaKind::Image => vec![Stage::Metadata, Stage::Render],
        MediaKind::Video => vec![Stage::Metadata, Stage::Render, Stage::Transcode],
    }
}
