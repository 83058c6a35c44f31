//! `heirloom admin restore`.

use std::{
    fs::{self, File},
    path::Path,
    time::Duration,
};

use anyhow::{Context, bail};
use heirloom_library::maintenance::settle_restored;
use heirloom_store::{
    Db,
    backup::{self, BackupError},
    blobs::{BlobPath, Blobs},
    db::beside::{self, Finished},
};
use heirloom_types::time::Clock;

use crate::{
    config::Config,
    wiring::{blob_settings, sqlite_path},
};

/// How long to wait for somebody else to let go of the database.
const LET_GO: Duration = Duration::from_secs(2);

/// Restores into the database that the configuration names.
pub(crate) async fn run(config: &Config, name: &Path, replace: bool) -> anyhow::Result<()> {
    fs::create_dir_all(&config.data)
        .with_context(|| format!("cannot make the data folder {}", config.data.display()))?;
    let file = open(config, name).await?;
    let header = backup::header(file.try_clone()?)?;
    rewind(&file)?;
    let schema = backup::schema_of(&header);
    let path = sqlite_path(config);
    let is_beside = replace && config.database.url.is_none();
    let db = match &config.database.url {
        Some(url) => Db::open_postgres_at(url, schema)
            .await
            .context("cannot open the PostgreSQL database; it must exist and be empty")?,
        None if is_beside => beside::open(&path, schema).await?,
        None => Db::open_sqlite_at(&path, schema)
            .await
            .with_context(|| format!("cannot open the database {}", path.display()))?,
    };
    let restored = load(&db, file).await;
    db.close().await;
    match restored {
        Ok(rows) => {
            if is_beside {
                put_in_place(&path).await?;
            }
            println!(
                "{rows} rows of {} are back; start the server",
                header.created_at.format("%Y-%m-%d %H:%M:%S UTC")
            );
            Ok(())
        }
        Err(BackupError::NotEmpty) if config.database.url.is_some() => bail!(
            "the database is not empty; make a new one (createdb) and name it in database.url, \
             or restore the backup in maintenance mode"
        ),
        Err(BackupError::NotEmpty) => {
            bail!("the database is not empty; stop the server and add --replace to put it aside")
        }
        Err(error) => {
            if is_beside {
                beside::discard(&path)?;
            }
            Err(error.into())
        }
    }
}

async fn load(db: &Db, file: File) -> Result<u64, BackupError> {
    let rows = backup::restore(db, file).await?;
    settle_restored(db, Clock::system().now()).await?;
    Ok(rows)
}

/// Has what was loaded take the place of the database, which is kept beside it.
async fn put_in_place(path: &Path) -> anyhow::Result<()> {
    beside::seal(path)?;
    match beside::finish(path, Clock::system().now(), LET_GO).await? {
        Finished::Done(Some(before)) => {
            println!("the database of before is {}", before.display());
            Ok(())
        }
        Finished::Done(None) | Finished::Nothing => Ok(()),
        Finished::GaveUp(why) => bail!("nothing is changed: {why}"),
    }
}

async fn open(config: &Config, name: &Path) -> anyhow::Result<File> {
    match File::open(name) {
        Ok(file) => return Ok(file),
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("cannot read {}", name.display()));
        }
        Err(_) => {}
    }
    let blobs = Blobs::open(&blob_settings(config)?).await?;
    let path = name
        .to_str()
        .and_then(BlobPath::backup)
        .with_context(|| format!("there is no file {}", name.display()))?;
    blobs
        .open_file(&path)
        .await
        .with_context(|| format!("there is neither a file nor a backup {}", name.display()))
}

fn rewind(mut file: &File) -> std::io::Result<()> {
    std::io::Seek::rewind(&mut file)
}
