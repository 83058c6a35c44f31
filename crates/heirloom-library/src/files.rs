//! The files of an asset, as a client may have them.

pub(crate) mod gathering;
pub(crate) mod shown;

use std::ops::Range;

use heirloom_store::{
    Tx,
    asset_edits::{self, AssetEdit},
    assets::{Asset, Rendition, Visibility},
    blobs::{self, Blob, BlobPath},
};
use heirloom_types::{
    caller::Caller,
    ids::AssetId,
    media_type::{self, MediaKind},
    permission::Permission,
};

use crate::{
    Error, Library, Result,
    access::{self, require},
    edits::path_of,
    files::shown::Glimpse,
};

pub(crate) const NO_FILE: Error = Error::Missing("Asset media not found");

/// Which file of an asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Original,
    Thumbnail,
    Preview,
    /// Full resolution in a format a browser shows; the original where that is one, else the preview.
    FullSize,
    /// A video that plays everywhere; the original where that is one.
    Playback,
}

impl Kind {
    /// What a preview's file is called, and how it ends.
    pub(crate) const PREVIEW: (&str, &str) = ("preview", "jpeg");
}

/// A file to be served.
#[derive(Debug)]
pub struct AssetFile {
    pub path: BlobPath,
    pub mime: &'static str,
    /// As the client should call it.
    pub name: String,
    /// Whether it may stay on the device: not what is locked.
    pub may_stay: bool,
}

impl Library {
    /// The file of that kind, if the caller may have it; as a person edited it, if wanted and they did. Visitors never see
    /// what an edit took away.
    pub async fn asset_file(
        &self,
        caller: &Caller,
        id: AssetId,
        kind: Kind,
        as_edited: bool,
    ) -> Result<AssetFile> {
        let needed = match kind {
            Kind::Original => Permission::AssetDownload,
            _ => Permission::AssetView,
        };
        require(caller, needed)?;
        if let Kind::Thumbnail | Kind::Preview = kind
            && let Some(shown) = self.just_shown(caller, id).await?
            && (!as_edited || !shown.has(Rendition::Edited))
        {
            return rendition_of(&shown, kind).ok_or(NO_FILE);
        }
        if let Some(own) = self.own_asset(caller, id).await
            && (!as_edited || !own.has(Rendition::Edited))
        {
            return file_of(&own, kind).ok_or(NO_FILE);
        }
        let mut tx = self.db.glance().await?;
        let asset = access::asset(&mut tx, caller, id, needed).await?;
        if (as_edited || !caller.is_account())
            && let Some(edited) = as_edited_by_owner(&mut tx, &asset, kind).await?
        {
            return Ok(edited);
        }
        // Our own files say nothing of where and with what they were taken.
        let is_bare = match kind {
            Kind::Thumbnail | Kind::Preview => true,
            Kind::FullSize => !caller.may(Permission::AssetDownload),
            Kind::Original => false,
            Kind::Playback => !access::sees_metadata(&mut tx, caller).await?,
        };
        let file = if is_bare { rendered } else { file_of };
        file(&asset, kind).ok_or(NO_FILE)
    }

    /// The asset, if the caller was just shown it in their timeline.
    async fn just_shown(&self, caller: &Caller, id: AssetId) -> Result<Option<Glimpse>> {
        if !caller.is_account() {
            return Ok(None);
        }
        let shown = self
            .shown
            .get(&self.db, caller.user, id, self.now())
            .await?;
        // Another session may have the PIN that this one has not.
        let is_seen =
            |shown: &Glimpse| shown.visibility != Visibility::Locked || caller.sees_locked();
        Ok(shown.filter(is_seen))
    }

    /// The caller's own asset, which is what most ask for, read together with what others ask for. None for every other
    /// asset, and when the database does not answer.
    pub(crate) async fn own_asset(&self, caller: &Caller, id: AssetId) -> Option<Asset> {
        if !caller.is_account() {
            return None;
        }
        let own = self.gathering.get(&self.db, caller.user, id).await?;
        access::certainly_sees(caller, &own).then_some(own)
    }

    /// Opens a file, or a part of it.
    pub async fn open(&self, path: &BlobPath, range: Option<Range<u64>>) -> Result<Blob> {
        match self.blobs.stream(path, range).await {
            // The disk of an external library may be away.
            Err(blobs::Error::NotFound(_)) => Err(NO_FILE),
            opened => Ok(opened?),
        }
    }
}

/// The file of that kind of an asset whose access is decided, as a person edited it, if they did.
pub(crate) async fn as_it_looks(tx: &mut Tx, asset: &Asset, kind: Kind) -> Result<AssetFile> {
    let edited = as_edited_by_owner(tx, asset, kind).await?;
    edited.or_else(|| file_of(asset, kind)).ok_or(NO_FILE)
}

async fn as_edited_by_owner(tx: &mut Tx, asset: &Asset, kind: Kind) -> Result<Option<AssetFile>> {
    if !asset.has(Rendition::Edited) {
        return Ok(None);
    }
    let edits = asset_edits::list(tx, asset.owner_id, asset.id).await?;
    Ok(edited_file(asset, &edits, kind))
}

fn edited_file(asset: &Asset, edits: &[AssetEdit], kind: Kind) -> Option<AssetFile> {
    let (name, extension, mime) = match kind {
        Kind::Thumbnail => ("thumbnail", "webp", "image/webp"),
        Kind::Preview => ("preview", "jpeg", "image/jpeg"),
        Kind::FullSize | Kind::Original => ("fullsize", "jpeg", "image/jpeg"),
        Kind::Playback => return None,
    };
    let suffix = if kind == Kind::Original {
        "edited"
    } else {
        name
    };
    Some(AssetFile {
        path: path_of(asset, edits, name)?,
        mime,
        name: format!("{}_{suffix}.{extension}", stem(&asset.original_name)),
        may_stay: may_stay(asset.visibility),
    })
}

pub(crate) fn may_stay(visibility: Visibility) -> bool {
    visibility != Visibility::Locked
}

fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// The preview or another rendition, if it was made.
fn rendition_of(asset: &Glimpse, kind: Kind) -> Option<AssetFile> {
    let (rendition, name, extension, mime) = match kind {
        Kind::Thumbnail => (Rendition::Thumbnail, "thumbnail", "webp", "image/webp"),
        Kind::Preview => {
            let (name, extension) = Kind::PREVIEW;
            (Rendition::Preview, name, extension, "image/jpeg")
        }
        Kind::FullSize => (Rendition::FullSize, "fullsize", "jpeg", "image/jpeg"),
        Kind::Playback => (Rendition::EncodedVideo, "video", "mp4", "video/mp4"),
        Kind::Original => return None,
    };
    asset.has(rendition).then(|| AssetFile {
        path: BlobPath::rendition(asset.owner_id, asset.id, name, extension),
        mime,
        name: format!("{}_{name}.{extension}", stem(&asset.original_name)),
        may_stay: may_stay(asset.visibility),
    })
}

fn is_web_safe(asset: &Asset) -> bool {
    media_type::by_name(&asset.original_name).is_some_and(|known| known.web_safe)
}

/// A file that we made.
fn rendered(asset: &Asset, kind: Kind) -> Option<AssetFile> {
    let rendition = |kind| rendition_of(&Glimpse::from(asset), kind);
    match kind {
        Kind::FullSize => rendition(kind).or_else(|| rendition(Kind::Preview)),
        _ => rendition(kind),
    }
}

fn file_of(asset: &Asset, kind: Kind) -> Option<AssetFile> {
    let original = || {
        Some(AssetFile {
            path: BlobPath::parse(&asset.original_path).ok()?,
            mime: media_type::by_name(&asset.original_name)?.mime,
            name: asset.original_name.clone(),
            may_stay: may_stay(asset.visibility),
        })
    };
    match kind {
        Kind::Original => original(),
        Kind::FullSize if is_web_safe(asset) => original(),
        Kind::Thumbnail | Kind::Preview | Kind::FullSize => rendered(asset, kind),
        Kind::Playback if asset.kind == MediaKind::Video => rendered(asset, kind).or_else(original),
        Kind::Playback => None,
    }
}
