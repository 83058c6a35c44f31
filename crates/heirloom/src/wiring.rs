//! Configuration to running parts.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use heirloom_jobs::Wake;
use heirloom_library::{
    Library,
    library::{Parts, system_rng},
};
use heirloom_media::{
    decoder::{self, Decoder},
    video::{self, VideoTools},
};
use heirloom_store::{
    Db,
    blobs::{self, Blobs, S3Settings},
};
use heirloom_types::time::Clock;

use crate::config::{Config, S3};

/// The application and what it stands on.
pub(crate) struct Wired {
    pub library: Arc<Library>,
    pub db: Db,
    pub clock: Clock,
    pub wake: Wake,
    /// Assets processed at one time.
    pub workers: usize,
}

/// Opens everything the configuration names.
pub(crate) async fn wire(config: &Config) -> anyhow::Result<Wired> {
    std::fs::create_dir_all(&config.data)
        .with_context(|| format!("cannot make the data folder {}", config.data.display()))?;
    let db = open_database(config).await?;
    let blobs = Blobs::open(&blob_settings(config)?)
        .await
        .context("cannot open the file store")?;
    let workers = config
        .media
        .workers
        .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from))
        .max(1);
    let (clock, wake) = (Clock::system(), Wake::default());
    let library = Library::new(Parts {
        db: db.clone(),
        clock: clock.clone(),
        rng: system_rng(),
        wake: wake.clone(),
        blobs,
        // One more than the workers, so that an upload's date is read while all of them are busy.
        decoder: Decoder::new(decoder_settings(config, workers + 1)?),
        video: VideoTools::new(video_settings(config)?),
        template: config
            .storage
            .template
            .parse()
            .context("storage.template")?,
        video_policy: config.media.transcode,
    });
    Ok(Wired {
        library,
        db,
        clock,
        wake,
        workers,
    })
}

async fn open_database(config: &Config) -> anyhow::Result<Db> {
    if let Some(url) = &config.database.url {
        Db::open_postgres(url)
            .await
            .context("cannot open the PostgreSQL database")
    } else {
        let path = config.data.join("heirloom.db");
        Db::open_sqlite(&path)
            .await
            .with_context(|| format!("cannot open the database {}", path.display()))
    }
}

fn blob_settings(config: &Config) -> anyhow::Result<blobs::Settings> {
    let Some(s3) = &config.storage.s3 else {
        return Ok(blobs::Settings::Local {
            root: config.data.clone(),
        });
    };
    Ok(blobs::Settings::S3(S3Settings {
        bucket: s3.bucket.clone(),
        endpoint: s3.endpoint.clone(),
        region: s3.region.clone(),
        access_key_id: s3.access_key_id.clone(),
        secret_access_key: secret(s3)?,
        prefix: s3.prefix.clone(),
        allow_http: s3.allow_http,
        staging: config.data.join("staging"),
    }))
}

fn secret(s3: &S3) -> anyhow::Result<String> {
    match &s3.secret_access_key_file {
        Some(path) => Ok(std::fs::read_to_string(path)
            .with_context(|| format!("cannot read {}", path.display()))?
            .trim()
            .to_owned()),
        None => Ok(s3.secret_access_key.clone()),
    }
}

fn decoder_settings(config: &Config, processes: usize) -> anyhow::Result<decoder::Settings> {
    Ok(decoder::Settings {
        executable: std::env::current_exe()?,
        arguments: vec!["decoder".into()],
        processes,
        memory_bytes: config.media.memory_mib << 20,
        time: Duration::from_secs(config.media.time_seconds),
        max_pixels: config.media.max_megapixels * 1_000_000,
    })
}

fn video_settings(config: &Config) -> anyhow::Result<video::Settings> {
    Ok(video::Settings {
        confine: (std::env::current_exe()?, vec!["confine".into()]),
        memory_bytes: config.media.memory_mib << 20,
        time: Duration::from_secs(config.media.time_seconds),
        transcode_time: Duration::from_secs(config.media.transcode_seconds),
    })
}
