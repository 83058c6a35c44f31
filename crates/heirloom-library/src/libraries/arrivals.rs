//! Files that were found: which asset each of them is, or becomes.

use futures::{StreamExt, stream};
use heirloom_jobs::priority;
use heirloom_store::{
    Tx,
    assets::{self, Asset, Rendition, Visibility},
    blobs::external::FoundFile,
    changes::{ChangeKind, Entry, Feeds, moment},
    exif, integrity, libraries,
    library_files::{self, LibraryFile},
    stages::{self, Stage},
    timeline,
    workflows::Trigger,
};
use heirloom_types::{
    caller::Scope,
    ids::{AssetId, LibraryId, UserId},
};

use super::{ExternalLibrary, reason_of};
use crate::{
    Library, Result,
    capture::Taken,
    feed,
    ingest::{Content, NewAsset, stages_of},
};

/// Files that are read at one time.
const READ_AT_ONCE: usize = 4;

/// A file that is new or has changed.
struct Arrival {
    file: FoundFile,
    /// Its bytes; none when they are those that are known.
    content: Option<Content>,
}

/// What reading a file gave.
enum Read {
    Arrival(Arrival),
    /// Somebody is writing it.
    Busy(String),
    Unreadable,
}

/// What the owner is told of, gathered until the end of the transaction.
#[derive(Default)]
struct Told {
    feeds: Feeds,
    entries: Vec<Entry>,
}

/// What a file needs.
enum Need {
    Nothing,
    /// Its bytes are known; something else about it is new.
    Note,
    Read,
}

impl Library {
    /// Takes in what is new among files that were found, or has changed.
    pub(super) async fn take_found(
        &self,
        library: &ExternalLibrary,
        files: Vec<FoundFile>,
    ) -> Result<()> {
        let mut needed = Vec::new();
        let mut tx = self.db.read().await?;
        for file in files {
            let known = library_files::get(&mut tx, library.id, &file.path).await?;
            match need_of(&file, known.as_ref()) {
                Need::Nothing => {}
                Need::Note => needed.push((file, false)),
                Need::Read => needed.push((file, true)),
            }
        }
        drop(tx);
        let mut reading = stream::iter(needed)
            .map(|(file, is_read)| self.read_arrival(file, is_read))
            .buffered(READ_AT_ONCE);
        let (mut arrivals, mut busy) = (Vec::new(), Vec::new());
        while let Some(read) = reading.next().await {
            match read {
                Read::Arrival(arrival) => arrivals.push(arrival),
                Read::Busy(path) => busy.push(path),
                Read::Unreadable => {}
            }
        }
        self.look_again(library.id, busy).await?;
        self.take_arrivals(library.id, arrivals).await
    }

    /// The file with its checksums, if they are needed.
    async fn read_arrival(&self, file: FoundFile, is_read: bool) -> Read {
        if !is_read {
            return Read::Arrival(Arrival {
                file,
                content: None,
            });
        }
        match self.blobs.hash_external(&file).await {
            Ok(Some((sha1, blake3))) => {
                let len = file.len;
                let content = Some(Content { len, sha1, blake3 });
                Read::Arrival(Arrival { file, content })
            }
            Ok(None) => Read::Busy(file.path),
            // The next scan tries again.
            Err(error) => {
                let reason = reason_of(&error);
                tracing::warn!(
                    path = file.path,
                    reason,
                    "a file of a library cannot be read"
                );
                Read::Unreadable
            }
        }
    }

    async fn take_arrivals(&self, id: LibraryId, arrivals: Vec<Arrival>) -> Result<()> {
        if arrivals.is_empty() {
            return Ok(());
        }
        let mut tx = self.db.write().await?;
        let library = libraries::get(&mut tx, id).await?;
        let Some(library) = library.filter(|library| library.deleted_at.is_none()) else {
            return Ok(());
        };
        let mut told = Told::default();
        for arrival in arrivals {
            self.place_arrival(&mut tx, &mut told, &library, arrival)
                .await?;
        }
        let Told { mut feeds, entries } = told;
        feed::gather(&mut tx, &mut feeds, library.owner_id, entries).await?;
        feeds.record(&mut tx, self.now()).await?;
        tx.commit().await?;
        self.wake.wake();
        Ok(())
    }

    /// Gives a file its asset: the one that has its content, the one it was before with new content, or a new one.
    async fn place_arrival(
        &self,
        tx: &mut Tx,
        told: &mut Told,
        library: &ExternalLibrary,
        arrival: Arrival,
    ) -> Result<()> {
        let owner = library.owner_id;
        let known = library_files::get(tx, library.id, &arrival.file.path).await?;
        let before = known.as_ref().and_then(|known| known.asset_id);
        let mut row = row_of(library, &arrival.file);
        let Some(content) = arrival.content else {
            // Only what is known already can be noted.
            row.asset_id = before;
            if known.is_some() {
                library_files::upsert(tx, &row).await?;
            }
            if let Some(asset) = before {
                self.note_sidecar(tx, told, owner, asset, &row).await?;
            }
            return Ok(());
        };
        let same = assets::get_in_library(tx, owner, library.id, content.sha1).await?;
        let asset = match (same, before) {
            (Some(same), _) => same.id,
            (None, Some(before)) if is_only_file(tx, owner, before, &row.path).await? => {
                self.change_content(tx, told, owner, before, &row, content)
                    .await?;
                before
            }
            (None, _) => self.import(tx, told, library, &row, content).await?,
        };
        row.asset_id = Some(asset);
        library_files::upsert(tx, &row).await?;
        self.bring_back(tx, told, owner, asset, &row).await?;
        self.note_sidecar(tx, told, owner, asset, &row).await?;
        if let Some(before) = before.filter(|before| *before != asset) {
            told.entries
                .extend(self.settle_place(tx, owner, before).await?);
        }
        Ok(())
    }

    async fn import(
        &self,
        tx: &mut Tx,
        told: &mut Told,
        library: &ExternalLibrary,
        row: &LibraryFile,
        content: Content,
    ) -> Result<AssetId> {
        let name = name_of(&row.path);
        let new = NewAsset {
            name: name.to_owned(),
            file_created_at: row.modified_at,
            file_modified_at: row.modified_at,
            is_favorite: false,
            visibility: Visibility::Timeline,
            live_video_id: None,
            duration_ms: None,
            metadata: Vec::new(),
            announced: None,
        };
        // When it was taken is said by its metadata, which is read with the picture.
        let taken = Taken {
            instant: row.modified_at,
            local: row.modified_at,
        };
        let kind = self.check_name(name)?;
        let asset = Asset {
            original_path: row.path.clone(),
            sidecar_path: row.sidecar_path.clone(),
            library_id: Some(library.id.0),
            ..self.asset_from(library.owner_id, &new, kind, taken, content)
        };
        assets::insert(tx, &asset).await?;
        exif::upsert(tx, &exif::Exif::empty(asset.owner_id, asset.id)).await?;
        self.want_all(tx, &asset).await?;
        self.set_off(tx, &asset, Trigger::AssetCreate).await?;
        told.entries
            .push(Entry::upsert(ChangeKind::Asset, asset.id));
        Ok(asset.id)
    }

    /// The file was written again: everything that was made of it is made anew; what people said of it stays.
    async fn change_content(
        &self,
        tx: &mut Tx,
        told: &mut Told,
        owner: UserId,
        id: AssetId,
        row: &LibraryFile,
        content: Content,
    ) -> Result<()> {
        let Some(mut asset) = locked(tx, owner, id).await? else {
            return Ok(());
        };
        let video = asset.live_video_id.take();
        asset.size_bytes = content.len as i64;
        (asset.sha1, asset.blake3) = (content.sha1, content.blake3);
        asset.file_modified_at = row.modified_at;
        (asset.file_created_at, asset.local_date_time) = (row.modified_at, row.modified_at);
        asset.local_month = timeline::month_of(row.modified_at);
        asset.renditions &= !(Rendition::EncodedVideo as i32);
        asset.duplicate_id = None;
        asset.updated_at = self.now();
        assets::update(tx, &asset).await?;
        assets::set_original(tx, &asset).await?;
        integrity::forget(tx, owner, id).await?;
        if let Some(video) = video {
            self.part_from(tx, told, owner, video).await?;
        }
        self.want_all(tx, &asset).await?;
        told.entries.push(Entry::upsert(ChangeKind::Asset, id));
        Ok(())
    }

    /// The moving part of a still that is another picture now: one that was cut out of it goes, a file shows again.
    async fn part_from(
        &self,
        tx: &mut Tx,
        told: &mut Told,
        owner: UserId,
        video: AssetId,
    ) -> Result<()> {
        let Some(mut video) = locked(tx, owner, video).await? else {
            return Ok(());
        };
        if assets::is_live_video(tx, owner, video.id).await? {
            return Ok(());
        }
        if video.library_id.is_none() {
            return self.remove(tx, &mut told.feeds, owner, vec![video]).await;
        }
        video.visibility = Visibility::Timeline;
        video.updated_at = self.now();
        assets::update(tx, &video).await?;
        told.entries
            .push(Entry::upsert(ChangeKind::Asset, video.id));
        Ok(())
    }

    /// An asset whose file was away shows again, unless its owner had put it into the trash before.
    async fn bring_back(
        &self,
        tx: &mut Tx,
        told: &mut Told,
        owner: UserId,
        id: AssetId,
        row: &LibraryFile,
    ) -> Result<()> {
        let Some(mut asset) = locked(tx, owner, id)
            .await?
            .filter(|asset| asset.is_offline)
        else {
            return Ok(());
        };
        let since = library_files::take_offline(tx, owner, id).await?;
        asset.is_offline = false;
        if asset.deleted_at == since {
            asset.deleted_at = None;
        }
        self.move_to(tx, &mut asset, row).await?;
        for stage in stages::list(tx, owner, id).await? {
            stages::raise(tx, owner, id, stage.stage).await?;
        }
        self.want(tx, &asset, &[], priority::BACKFILL).await?;
        told.entries
            .push(Entry::upsert(ChangeKind::Asset, id).detail(moment::RESTORED));
        Ok(())
    }

    /// What the sidecar beside the asset's file says is read again when it is another one.
    async fn note_sidecar(
        &self,
        tx: &mut Tx,
        told: &mut Told,
        owner: UserId,
        id: AssetId,
        row: &LibraryFile,
    ) -> Result<()> {
        let Some(mut asset) = locked(tx, owner, id).await? else {
            return Ok(());
        };
        if asset.original_path != row.path {
            return Ok(());
        }
        if asset.sidecar_path != row.sidecar_path {
            asset.sidecar_path.clone_from(&row.sidecar_path);
            asset.updated_at = self.now();
            assets::update(tx, &asset).await?;
            told.entries.push(Entry::upsert(ChangeKind::Asset, id));
        }
        self.want(tx, &asset, &[Stage::Metadata], priority::BACKFILL)
            .await
    }

    async fn want_all(&self, tx: &mut Tx, asset: &Asset) -> Result<()> {
        let mut wanted = stages_of(asset);
        wanted.extend(self.sight_of(asset));
        if asset.is_edited {
            wanted.push(Stage::Edit);
        }
        self.want(tx, asset, &wanted, priority::BACKFILL).await
    }
}

/// Whether an asset lies at no other path.
async fn is_only_file(tx: &mut Tx, owner: UserId, asset: AssetId, path: &str) -> Result<bool> {
    let files = library_files::list_of_asset(tx, owner, asset).await?;
    Ok(files.iter().all(|file| file.path == path))
}

fn need_of(file: &FoundFile, known: Option<&LibraryFile>) -> Need {
    // Nobody has finished writing an empty file; when they have, it is another one.
    if file.len == 0 {
        return Need::Nothing;
    }
    let Some(known) = known else {
        return Need::Read;
    };
    if (known.size_bytes, known.modified_at) != (file.len as i64, file.modified) {
        return Need::Read;
    }
    let sidecar = file
        .sidecar
        .as_ref()
        .map(|sidecar| (&sidecar.path, sidecar.modified));
    let known_sidecar = known.sidecar_path.as_ref().zip(known.sidecar_modified_at);
    if known.asset_id.is_none()
        || sidecar == known_sidecar && known.is_below_mount == file.is_below_mount
    {
        Need::Nothing
    } else {
        Need::Note
    }
}

fn row_of(library: &ExternalLibrary, file: &FoundFile) -> LibraryFile {
    let sidecar = file.sidecar.as_ref();
    LibraryFile {
        library_id: library.id,
        path: file.path.clone(),
        owner_id: library.owner_id,
        asset_id: None,
        size_bytes: file.len as i64,
        modified_at: file.modified,
        sidecar_path: sidecar.map(|sidecar| sidecar.path.clone()),
        sidecar_modified_at: sidecar.map(|sidecar| sidecar.modified),
        is_below_mount: file.is_below_mount,
    }
}

/// The last part of a path.
pub(super) fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// An asset that is about to be written.
async fn locked(tx: &mut Tx, owner: UserId, id: AssetId) -> Result<Option<Asset>> {
    assets::lock(tx, owner, &[id]).await?;
    Ok(assets::get(tx, Scope::of_owner(owner), id).await?)
}
