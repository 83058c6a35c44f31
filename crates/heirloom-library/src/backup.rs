//! Backups of the database, in the file store beside the originals: made on a schedule, kept as long as the settings say.

use std::sync::Arc;

use async_trait::async_trait;
use futures::TryStreamExt;
use heirloom_jobs::{Claim, Failure, Handler};
use heirloom_store::{
    backup::{self, BackupError},
    blobs::{Blob, BlobPath, Entry, Incoming, Received},
};
use heirloom_types::{caller::Caller, permission::Permission};

use crate::{
    Error, Library, Result,
    access::{require, require_admin},
};

/// Kind of the job.
pub const KIND: &str = "backup_database";
/// Where backups lie in the file store.
const FOLDER: &str = "backups";
/// How the names of backups begin that are forgotten in time; what a person uploads stays.
const OURS: &str = "heirloom-";

/// The handler of [`KIND`].
pub struct BackUp(pub Arc<Library>);

/// A backup that was made.
#[derive(Clone, Debug)]
pub struct Made {
    pub name: String,
    pub rows: u64,
    pub bytes: u64,
}

#[async_trait]
impl Handler for BackUp {
    fn kind(&self) -> &'static str {
        KIND
    }

    async fn run(&self, claim: &Claim) -> Result<(), Failure> {
        let made = self.0.back_up().await?;
        tracing::info!(
            made.name,
            made.rows,
            made.bytes,
            "the database was backed up"
        );
        let mut tx = self.0.db.write().await?;
        claim.finish(&mut tx).await?;
        tx.commit().await?;
        Ok(())
    }
}

impl Library {
    /// Backs the database up now, and forgets backups beyond the number that the settings keep.
    pub async fn back_up(&self) -> Result<Made> {
        let name = format!(
            "{OURS}{}-v{}.jsonl.gz",
            self.now().format("%Y%m%dT%H%M%S%3fZ"),
            env!("CARGO_PKG_VERSION")
        );
        let path = path_of(&name)?;
        let mut incoming = self.blobs.receive().await?;
        let rows = self.dump(&mut incoming).await?;
        let mut received = incoming.seal().await?;
        received.keep(&path).await?;
        self.forget_old_backups().await?;
        Ok(Made {
            name,
            rows,
            bytes: received.len(),
        })
    }

    /// A backup as a file on its way in, for whoever has the machine.
    pub async fn back_up_apart(&self) -> Result<Received> {
        let mut incoming = self.blobs.receive().await?;
        self.dump(&mut incoming).await?;
        Ok(incoming.seal().await?)
    }

    async fn dump(&self, out: &mut Incoming) -> Result<u64> {
        backup::dump(&self.db, env!("CARGO_PKG_VERSION"), self.now(), out)
            .await
            .map_err(of_backup)
    }

    /// Has a backup made soon.
    pub async fn request_backup(&self, caller: &Caller) -> Result<()> {
        require_admin(caller)?;
        require(caller, Permission::JobCreate)?;
        let mut tx = self.db.write().await?;
        self.ask(&mut tx, KIND, "database".into()).await?;
        tx.commit().await?;
        self.wake.wake();
        Ok(())
    }

    /// All backups, the newest first.
    pub async fn backups(&self, caller: &Caller) -> Result<Vec<(String, Entry)>> {
        require_admin(caller)?;
        require(caller, Permission::Maintenance)?;
        self.list_backups().await
    }

    pub async fn open_backup(&self, caller: &Caller, name: &str) -> Result<Blob> {
        require_admin(caller)?;
        require(caller, Permission::BackupDownload)?;
        match self.blobs.stream(&path_of(name)?, None).await {
            Err(heirloom_store::blobs::Error::NotFound(_)) => {
                Err(Error::Missing("Backup not found"))
            }
            other => Ok(other?),
        }
    }

    /// Begins to receive a backup that was made elsewhere.
    pub async fn receive_backup(&self, caller: &Caller) -> Result<Incoming> {
        require_admin(caller)?;
        require(caller, Permission::BackupUpload)?;
        Ok(self.blobs.receive().await?)
    }

    /// Keeps an uploaded backup, if it is one.
    pub async fn keep_backup(&self, caller: &Caller, name: &str, mut file: Received) -> Result<()> {
        require_admin(caller)?;
        require(caller, Permission::BackupUpload)?;
        let path = path_of(name)?;
        backup::header(file.file()?).map_err(of_backup)?;
        match file.keep(&path).await {
            Err(heirloom_store::blobs::Error::Taken(_)) => Err(Error::Conflict(format!(
                "There is a backup {name} already; give the file another name"
            ))),
            other => Ok(other?),
        }
    }

    pub async fn delete_backups(&self, caller: &Caller, names: &[String]) -> Result<()> {
        require_admin(caller)?;
        require(caller, Permission::BackupDelete)?;
        let paths = names
            .iter()
            .map(|name| path_of(name))
            .collect::<Result<Vec<_>>>()?;
        for path in paths {
            self.blobs.delete(&path).await?;
        }
        Ok(())
    }

    async fn list_backups(&self) -> Result<Vec<(String, Entry)>> {
        let entries: Vec<Entry> = self.blobs.list(FOLDER).try_collect().await?;
        let mut found: Vec<(String, Entry)> = entries
            .into_iter()
            .filter_map(|entry| {
                let (_, name) = entry.path.as_str().split_once('/')?;
                Some((name.to_owned(), entry))
            })
            .collect();
        // The names of ours begin with the time.
        found.sort_by(|a, b| (b.1.modified, &b.0).cmp(&(a.1.modified, &a.0)));
        Ok(found)
    }

    async fn forget_old_backups(&self) -> Result<()> {
        let keep = self.config().await?.backup.database.keep_last_amount;
        let mut ours = self.list_backups().await?;
        ours.retain(|(name, _)| name.starts_with(OURS));
        for (_, entry) in ours
            .into_iter()
            .skip(usize::try_from(keep).unwrap_or(usize::MAX))
        {
            self.blobs.delete(&entry.path).await?;
        }
        Ok(())
    }
}

pub(crate) fn path_of(name: &str) -> Result<BlobPath> {
    BlobPath::backup(name).ok_or_else(|| {
        Error::invalid(
            "filename",
            "a backup's name holds letters, digits, dots, dashes and underscores only",
        )
    })
}

pub(crate) fn of_backup(error: BackupError) -> Error {
    match error {
        BackupError::Store(error) => error.into(),
        BackupError::Blobs(error) => error.into(),
        other => Error::invalid("file", other.to_string()),
    }
}
