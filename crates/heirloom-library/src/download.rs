//! Originals to be taken away in archives.

use std::collections::HashSet;

use heirloom_store::{
    albums::{self, AlbumRole},
    assets::{self, Asset, Visibility},
    blobs::{Blob, BlobPath},
    search::{Arrange, Filter},
};
use heirloom_types::{
    caller::{Caller, Scope},
    ids::{AlbumId, AssetId, UserId},
    permission::Permission,
    time::Timestamp,
};

use crate::{
    Error, Library, Result,
    access::{self, require},
};

/// Bytes of one archive when nobody says how many.
pub const ARCHIVE_BYTES: i64 = 4 << 30;
/// Assets of a library that are listed at a time.
const BATCH: u64 = 10_000;

/// Whose originals.
#[derive(Clone, Debug)]
pub enum Wanted {
    Assets(Vec<AssetId>),
    Album(AlbumId),
    /// A person's whole library, without what is locked.
    User(UserId),
}

/// One archive to be asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Archive {
    pub assets: Vec<AssetId>,
    /// Bytes.
    pub size: i64,
}

/// One file of an archive.
#[derive(Clone, Debug)]
pub struct ArchiveFile {
    /// As it is called in the archive; no two are called the same.
    pub name: String,
    pub path: BlobPath,
    pub modified: Timestamp,
}

impl Library {
    /// Divides originals into archives of at most `archive_bytes`, unless one file alone is larger. The moving parts of
    /// live photos go with their stills.
    pub async fn plan_download(
        &self,
        caller: &Caller,
        wanted: Wanted,
        archive_bytes: i64,
    ) -> Result<Vec<Archive>> {
        require(caller, Permission::AssetDownload)?;
        let mut archives = vec![Archive::default()];
        for asset in self.originals(caller, wanted).await? {
            let fits = |archive: &Archive| {
                archive.assets.is_empty() || archive.size + asset.size_bytes <= archive_bytes
            };
            if !archives.last().is_some_and(fits) {
                archives.push(Archive::default());
            }
            if let Some(archive) = archives.last_mut() {
                archive.assets.push(asset.id);
                archive.size += asset.size_bytes;
            }
        }
        archives.retain(|archive| !archive.assets.is_empty());
        Ok(archives)
    }

    /// The files of one archive, in the order of `ids`.
    pub async fn archive_files(
        &self,
        caller: &Caller,
        ids: &[AssetId],
    ) -> Result<Vec<ArchiveFile>> {
        require(caller, Permission::AssetDownload)?;
        let mut tx = self.db.read().await?;
        let mut names = Names::default();
        let mut files = Vec::with_capacity(ids.len());
        for id in ids {
            let asset = access::asset(&mut tx, caller, *id, Permission::AssetDownload).await?;
            files.push(ArchiveFile {
                name: names.take(&asset.original_name),
                path: BlobPath::parse(&asset.original_path)?,
                modified: asset.local_date_time,
            });
        }
        Ok(files)
    }

    /// Opens one file of an archive.
    pub async fn open_archive_file(&self, file: &ArchiveFile) -> Result<Blob> {
        self.open(&file.path, None).await
    }

    async fn originals(&self, caller: &Caller, wanted: Wanted) -> Result<Vec<Asset>> {
        let needed = Permission::AssetDownload;
        let mut tx = self.db.read().await?;
        let ids = match wanted {
            Wanted::Assets(ids) => ids,
            Wanted::Album(album) => {
                access::album(&mut tx, caller, album, AlbumRole::Viewer, needed).await?;
                albums::list_shown(&mut tx, album).await?
            }
            Wanted::User(user) if user == caller.user && caller.is_account() => {
                drop(tx);
                return self.whole_library(user).await;
            }
            Wanted::User(user) => return Err(Error::not_found("user", user, needed)),
        };
        let mut found = Vec::with_capacity(ids.len());
        let mut seen = HashSet::new();
        for id in ids {
            let asset = access::asset(&mut tx, caller, id, needed).await?;
            let video = match asset.live_video_id {
                Some(video) => assets::get(&mut tx, Scope::of_owner(asset.owner_id), video).await?,
                None => None,
            };
            let new = [Some(asset), video].into_iter().flatten();
            found.extend(new.filter(|asset| seen.insert(asset.id)));
        }
        Ok(found)
    }

    async fn whole_library(&self, user: UserId) -> Result<Vec<Asset>> {
        let mut tx = self.db.read().await?;
        let mut all = Vec::new();
        for visibility in [None, Some(Visibility::Hidden)] {
            let filter = Filter {
                owners: vec![user],
                visibility,
                ..Filter::default()
            };
            let mut offset = 0;
            loop {
                let arrange = Arrange::OldestFirst;
                let page =
                    heirloom_store::search::page(&mut tx, &filter, arrange, offset, BATCH).await?;
                offset += BATCH;
                let is_last = (page.len() as u64) < BATCH;
                all.extend(page);
                if is_last {
                    break;
                }
            }
        }
        Ok(all)
    }
}

/// Names given so far: the second `a.jpg` is called `a+1.jpg`.
#[derive(Default)]
struct Names(HashSet<String>);

impl Names {
    fn take(&mut self, wanted: &str) -> String {
        // A name never leads out of the folder it is unpacked in.
        let wanted: String = wanted
            .chars()
            .map(|letter| {
                if matches!(letter, '/' | '\\' | '\0') {
                    '_'
                } else {
                    letter
                }
            })
            .collect();
        let (stem, extension) = match wanted.rsplit_once('.') {
            Some((stem, extension)) => (stem, format!(".{extension}")),
            None => (wanted.as_str(), String::new()),
        };
        let mut name = wanted.clone();
        let mut copy = 0;
        while !self.0.insert(name.to_lowercase()) {
            copy += 1;
            name = format!("{stem}+{copy}{extension}");
        }
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_files_have_one_name_and_none_leads_away() {
        let mut names = Names::default();
        let given: Vec<String> = ["a.jpg", "A.jpg", "a.jpg", "../b", "b"]
            .map(|name| names.take(name))
            .into();
        assert_eq!(given, ["a.jpg", "A+1.jpg", "a+2.jpg", ".._b", "b"]);
    }
}
