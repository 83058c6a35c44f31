//! `heirloom admin restore`.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use heirloom_store::{
    Db,
    backup::{self, BackupError},
    blobs::{BlobPath, Blobs},
};
use heirloom_types::time::Clock;

use crate::{
    config::Config,
    wiring::{blob_settings, sqlite_path},
};

/// Restores into the database that the configuration names.
pub(crate) async fn run(config: &Config, name: &Path, replace: bool) -> anyhow::Result<()> {
    fs::create_dir_all(&config.data)
        .with_context(|| format!("cannot make the data folder {}", config.data.display()))?;
    let file = open(config, name).await?;
    let header = backup::header(file.try_clone()?)?;
    rewind(&file)?;
    let schema = backup::schema_of(&header);
    let db = if let Some(url) = &config.database.url {
        Db::open_postgres_at(url, schema)
            .await
            .context("cannot open the PostgreSQL database; it must exist and be empty")?
    } else {
        let path = sqlite_path(config);
        if replace {
            put_aside(&path)?;
        }
        Db::open_sqlite_at(&path, schema)
            .await
            .with_context(|| format!("cannot open the database {}", path.display()))?
    };
    let restored = backup::restore(&db, file).await;
    db.close().await;
    match restored {
        Ok(rows) => {
            println!(
                "{rows} rows of {} are back; start the server",
                header.created_at.format("%Y-%m-%d %H:%M:%S UTC")
            );
            Ok(())
        }
        Err(BackupError::NotEmpty) if config.database.url.is_some() => bail!(
            "the database is not empty; make a new one (createdb) and name it in database.url"
        ),
        Err(BackupError::NotEmpty) => {
            bail!("the database is not empty; stop the server and add --replace to put it aside")
        }
        Err(error) => Err(error.into()),
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

/// Gives a database another name, with the files that belong to it.
fn put_aside(path: &Path) -> anyhow::Result<()> {
    let time = Clock::system().now().format("%Y%m%dT%H%M%SZ");
    for suffix in ["", "-wal", "-shm"] {
        let from = PathBuf::from(format!("{}{suffix}", path.display()));
        let to = PathBuf::from(format!("{}.before-{time}{suffix}", path.display()));
        match fs::rename(&from, &to) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("cannot rename {}", from.display()));
            }
            Ok(()) if suffix.is_empty() => println!("the database of before is {}", to.display()),
            _ => {}
        }
    }
    Ok(())
}
