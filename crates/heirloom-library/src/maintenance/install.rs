//! What lies in the file store, for somebody who wonders whether the right folder is mounted.

use futures::TryStreamExt;
use heirloom_store::blobs::{BlobPath, Entry};
use heirloom_types::{caller::Caller, permission::Permission};

use crate::{
    Library, Result,
    access::{require, require_admin},
};

/// Endings of renditions that are pictures; all others are of videos.
const PICTURES: &[&str] = &["jpeg", "jpg", "webp", "avif", "png"];

/// Files of one sort.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundFolder {
    /// As the contract names it.
    pub name: &'static str,
    pub files: u64,
    pub is_readable: bool,
    pub is_writable: bool,
}

/// What a folder of ours holds of the sort that the contract means.
struct Place {
    name: &'static str,
    folders: &'static [&'static str],
    counts: fn(&BlobPath) -> bool,
}

const PLACES: &[Place] = &[
    Place {
        name: "encoded-video",
        folders: &["renditions"],
        counts: |path| !is_picture(path),
    },
    Place {
        name: "library",
        folders: &["originals", "sidecars"],
        counts: |_| true,
    },
    Place {
        name: "profile",
        folders: &["profiles"],
        counts: |_| true,
    },
    Place {
        name: "thumbs",
        folders: &["renditions"],
        counts: is_picture,
    },
    Place {
        name: "backups",
        folders: &["backups"],
        counts: |_| true,
    },
];

impl Library {
    /// How many files of each sort there are, and whether they can be read and written.
    pub async fn stored_folders(&self, caller: &Caller) -> Result<Vec<FoundFolder>> {
        require_admin(caller)?;
        require(caller, Permission::Maintenance)?;
        let mut found = Vec::with_capacity(PLACES.len() + 1);
        for place in PLACES {
            found.push(self.look_at(place).await);
        }
        // Uploads on their way in.
        let incoming = self.blobs.count_incoming().await;
        found.push(FoundFolder {
            name: "upload",
            files: incoming.as_ref().copied().unwrap_or_default(),
            is_readable: incoming.is_ok(),
            is_writable: self.blobs.receive().await.is_ok(),
        });
        Ok(found)
    }

    async fn look_at(&self, place: &Place) -> FoundFolder {
        let (mut files, mut is_readable) = (0, true);
        for folder in place.folders {
            let counted = self.blobs.list(folder).try_fold(0, |count, entry: Entry| {
                let counts = (place.counts)(&entry.path);
                std::future::ready(Ok(count + u64::from(counts)))
            });
            match counted.await {
                Ok(count) => files += count,
                Err(error) => {
                    tracing::warn!(folder, %error, "a folder of the file store cannot be read");
                    is_readable = false;
                }
            }
        }
        FoundFolder {
            name: place.name,
            files,
            is_readable,
            is_writable: self.blobs.can_write(place.folders[0]).await,
        }
    }
}

fn is_picture(path: &BlobPath) -> bool {
    let ending = path.as_str().rsplit_once('.').map(|(_, ending)| ending);
    ending.is_some_and(|ending| PICTURES.contains(&ending))
}
