//! The names of files that are taken in: what of a client's name is kept, and the reservation that stands for a file
//! until its row does.

use std::time::Duration;

use chrono::TimeDelta;
use heirloom_store::{
    assets::Asset,
    blobs::{self, BlobPath, Received, template},
    doomed_files,
    users::User,
};

use crate::{Error, Library, Result};

/// How long a file may stand without the row that names it.
const RESERVATION: TimeDelta = TimeDelta::hours(1);
/// Names that are tried before a numbered one is given up.
pub(crate) const NAMES_MAX: u32 = 100_000;
/// How long a client waits before it offers a file again that met another of the same name.
const NAME_RETRY: Duration = Duration::from_secs(1);
/// Longest name that is kept, in bytes, as file systems have it.
const NAME_BYTES_MAX: usize = 255;

impl Library {
    /// Gives the file its name, a numbered one when another file has it, and reserves the name until the row is there.
    pub(super) async fn keep(
        &self,
        user: &User,
        asset: &Asset,
        file: &mut Received,
    ) -> Result<BlobPath> {
        let label = user
            .storage_label
            .clone()
            .unwrap_or_else(|| user.id.to_string());
        let first = self.config().await?.template().path(&template::Fields {
            user: &label,
            local: asset.local_date_time.naive_utc(),
            name: &asset.original_name,
            id: asset.id,
        });
        for number in 1..NAMES_MAX {
            let path = if number == 1 {
                first.clone()
            } else {
                first.numbered(number)
            };
            if !self.reserve(&path).await? {
                continue;
            }
            match file.keep(&path).await {
                Ok(()) => return Ok(path),
                // A file that no row names: somebody put it there by hand. It is not ours to remove.
                Err(blobs::Error::Taken(_)) => self.release(&path).await?,
                Err(error) => {
                    self.release(&path).await.ok();
                    return Err(error.into());
                }
            }
        }
        Err(Error::Unavailable {
            what: "a free file name",
            retry_after: NAME_RETRY,
            source: None,
        })
    }

    pub(super) async fn keep_sidecar(
        &self,
        original: &BlobPath,
        mut sidecar: Received,
    ) -> Result<Option<String>> {
        let path = original.sidecar();
        if !self.reserve(&path).await? {
            return Ok(None);
        }
        sidecar.keep(&path).await?;
        Ok(Some(path.as_str().to_owned()))
    }

    pub(crate) async fn reserve(&self, path: &BlobPath) -> Result<bool> {
        let mut tx = self.db.write().await?;
        let reserved =
            doomed_files::reserve(&mut tx, path.as_str(), self.now() + RESERVATION).await?;
        tx.commit().await?;
        Ok(reserved)
    }

    pub(crate) async fn release(&self, path: &BlobPath) -> Result<()> {
        let mut tx = self.db.write().await?;
        doomed_files::delete(&mut tx, path.as_str()).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Has the files of an upload that came to nothing removed now instead of after their reservation.
    pub(super) async fn forget_reserved(&self, asset: &Asset) {
        let forget = async {
            let mut tx = self.db.write().await?;
            for path in std::iter::once(&asset.original_path).chain(&asset.sidecar_path) {
                doomed_files::insert(&mut tx, path, self.now()).await?;
            }
            tx.commit().await
        };
        if let Err(error) = forget.await {
            tracing::warn!(%error, "the files of a refused upload stay until their reservation ends");
        }
    }
}

/// The last part of a path, without what no file name can hold.
pub(super) fn shown_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let clean: String = last.chars().filter(|char| !char.is_control()).collect();
    if clean.len() <= NAME_BYTES_MAX {
        return clean;
    }
    let (stem, extension) = clean.rsplit_once('.').unwrap_or((&clean, ""));
    let room = NAME_BYTES_MAX.saturating_sub(extension.len() + 1);
    let end = (0..=room.min(stem.len()))
        .rev()
        .find(|&end| stem.is_char_boundary(end))
        .unwrap_or(0);
    format!("{}.{extension}", &stem[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_their_folders_and_fit() {
        assert_eq!(shown_name("../../etc/a\0b.jpg"), "ab.jpg");
        assert_eq!(shown_name(r"C:\photos\é.jpg"), "é.jpg");
        let long = shown_name(&format!("{}.jpg", "ü".repeat(300)));
        assert!(long.len() <= NAME_BYTES_MAX, "{}", long.len());
        assert_eq!(
            long.rsplit_once('.').map(|(_, extension)| extension),
            Some("jpg")
        );
    }
}
