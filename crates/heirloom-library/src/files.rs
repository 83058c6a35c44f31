//! The files of an asset, as a client may have them.

use std::ops::Range;

use heirloom_store::{
    assets::{Asset, Rendition},
    blobs::{Blob, BlobPath},
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
};

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

/// A file to be served.
#[derive(Debug)]
pub struct AssetFile {
    pub path: BlobPath,
    pub mime: &'static str,
    /// As the client should call it.
    pub name: String,
}

impl Library {
    /// The file of that kind, if the caller may have it.
    pub async fn asset_file(&self, caller: &Caller, id: AssetId, kind: Kind) -> Result<AssetFile> {
        let needed = match kind {
            Kind::Original => Permission::AssetDownload,
            _ => Permission::AssetView,
        };
        require(caller, needed)?;
        let asset = access::asset(&mut self.db.read().await?, caller, id, needed).await?;
        file_of(&asset, kind).ok_or(Error::Missing("Asset media not found"))
    }

    /// Opens a file, or a part of it.
    pub async fn open(&self, path: &BlobPath, range: Option<Range<u64>>) -> Result<Blob> {
        Ok(self.blobs.stream(path, range).await?)
    }
}

fn file_of(asset: &Asset, kind: Kind) -> Option<AssetFile> {
    let stem = asset
        .original_name
        .rsplit_once('.')
        .map_or(asset.original_name.as_str(), |(stem, _)| stem);
    let rendition = |rendition, kind: &str, extension: &str, mime| {
        asset.has(rendition).then(|| AssetFile {
            path: BlobPath::rendition(asset.owner_id, asset.id, kind, extension),
            mime,
            name: format!("{stem}_{kind}.{extension}"),
        })
    };
    let original = || {
        Some(AssetFile {
            path: BlobPath::parse(&asset.original_path).ok()?,
            mime: media_type::by_name(&asset.original_name)?.mime,
            name: asset.original_name.clone(),
        })
    };
    let preview = || rendition(Rendition::Preview, "preview", "jpeg", "image/jpeg");
    match kind {
        Kind::Original => original(),
        Kind::Thumbnail => rendition(Rendition::Thumbnail, "thumbnail", "webp", "image/webp"),
        Kind::Preview => preview(),
        Kind::FullSize => {
            let is_web_safe =
                media_type::by_name(&asset.original_name).is_some_and(|known| known.web_safe);
            if is_web_safe {
                return original();
            }
            rendition(Rendition::FullSize, "fullsize", "jpeg", "image/jpeg").or_else(preview)
        }
        Kind::Playback if asset.kind == MediaKind::Video => {
            rendition(Rendition::EncodedVideo, "video", "mp4", "video/mp4").or_else(original)
        }
        Kind::Playback => None,
    }
}
