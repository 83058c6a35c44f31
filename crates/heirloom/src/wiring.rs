//! Configuration to running parts.

use std::{path::PathBuf, sync::Arc, time::Duration};

use anyhow::{Context, bail};
use heirloom_inference::{Engine, registry::Registry};
use heirloom_jobs::Wake;
use heirloom_library::{
    Library,
    hls::HlsSettings,
    library::{Parts, system_rng},
    recall::RecallSettings,
    search::ColumnSettings,
    vision::{Eyes, Tasks, Vision},
};
use heirloom_media::{
    decoder::{self, Decoder},
    video::{self, VideoTools},
};
use heirloom_store::{
    Db,
    blobs::{self, Blobs, S3Settings},
    db::beside::{self, Finished},
};
use heirloom_types::time::Clock;

use crate::{
    config::{Config, S3},
    engine, settings,
};

/// How long other processes may take to let go of a database that is replaced; longer than their requests may take.
const LET_GO: Duration = Duration::from_mins(1);

/// The application and what it stands on.
pub(crate) struct Wired {
    pub library: Arc<Library>,
    /// None where no model can run.
    pub engine: Option<Arc<dyn Engine>>,
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
        .context("cannot open the file store")?
        .with_external(config.storage.external.iter().map(PathBuf::from).collect());
    let workers = config.media.workers.unwrap_or_else(processors).max(1);
    let (clock, wake) = (Clock::system(), Wake::default());
    let engine = engine::open(config)?;
    let eyes = engine.clone().and_then(|engine| open_eyes(config, engine));
    let pack = eyes.as_ref().map(|eyes| eyes.pack_name().to_owned());
    let library = Library::new(Parts {
        db: db.clone(),
        clock: clock.clone(),
        rng: system_rng(),
        wake: wake.clone(),
        blobs,
        // One more than the workers, so that an upload's date is read while all of them are busy.
        decoder: Decoder::new(decoder_settings(config, workers + 1)?),
        video: VideoTools::new(video_settings(config)?),
        hls: hls_settings(config),
        eyes,
        recall: RecallSettings {
            budget_bytes: config.search.memory_mib << 20,
            folder: Some(config.data.join("indexes")),
        },
        columns: ColumnSettings {
            budget_bytes: config.search.columns_mib << 20,
            least: config.search.columns_from,
        },
        config: settings::of_file(config, workers, pack.as_deref())?,
        copy: open_copy(config).await?,
        scrub_rate: config.storage.scrub_mib_per_second << 20,
    });
    Ok(Wired {
        library,
        engine,
        db,
        clock,
        wake,
        workers,
    })
}

/// The models that look at pictures. Without them the rest of the library works; the log says what is missing.
fn open_eyes(config: &Config, engine: Arc<dyn Engine>) -> Option<Eyes> {
    let tasks = &config.vision;
    if !tasks.enabled {
        return None;
    }
    let tasks = Tasks {
        search: tasks.search,
        faces: tasks.faces,
        text: tasks.text,
        objects: tasks.objects,
    };
    let further = Arc::clone(&engine);
    let packs = Registry::new(engine::packs(config));
    let open_pack = move |name: &str| {
        packs.manifest(name)?;
        let prefix = format!("{name}.");
        Ok(Vision::open_further(
            further.clone(),
            &packs.path(name),
            &prefix,
        )?)
    };
    match Vision::open(engine, &engine::models(config)) {
        Ok(vision) => Some(Eyes::new(vision, tasks, Box::new(open_pack))),
        Err(error) => {
            tracing::warn!(%error, "pictures are not looked at");
            None
        }
    }
}

/// Puts a restored database in its place that waits for it; gives why it could not be.
pub(crate) async fn finish_restore(config: &Config) -> anyhow::Result<Option<String>> {
    if config.database.url.is_some() {
        return Ok(None);
    }
    let path = sqlite_path(config);
    let finished = beside::finish(&path, Clock::system().now(), LET_GO)
        .await
        .with_context(|| format!("cannot finish restoring {}", path.display()))?;
    Ok(match finished {
        Finished::Nothing => None,
        Finished::Done(before) => {
            let before = before.map(|path| path.display().to_string());
            tracing::info!(
                before,
                "a backup is restored; the database of before is kept"
            );
            None
        }
        Finished::GaveUp(why) => {
            tracing::warn!(why, "a backup was not restored");
            Some(why)
        }
    })
}

pub(crate) async fn open_database(config: &Config) -> anyhow::Result<Db> {
    if let Some(url) = &config.database.url {
        Db::open_postgres(url)
            .await
            .context("cannot open the PostgreSQL database")
    } else {
        let path = sqlite_path(config);
        if beside::is_waiting(&path)? {
            bail!(
                "a backup is about to be restored; start the server, which does it, and try again"
            );
        }
        Db::open_sqlite(&path)
            .await
            .with_context(|| format!("cannot open the database {}", path.display()))
    }
}

/// The second copy of the originals, if there is to be one.
async fn open_copy(config: &Config) -> anyhow::Result<Option<Blobs>> {
    let settings = match (&config.storage.copy.folder, &config.storage.copy.s3) {
        (None, None) => return Ok(None),
        (Some(root), None) => blobs::Settings::Local { root: root.clone() },
        (None, Some(s3)) => s3_settings(s3, config.data.join("staging-copy"))?,
        (Some(_), Some(_)) => bail!("storage.copy: name a folder or a bucket, not both"),
    };
    let copy = Blobs::open(&settings)
        .await
        .context("cannot open the second copy (storage.copy)")?;
    Ok(Some(copy))
}

/// Where the embedded database lies.
pub(crate) fn sqlite_path(config: &Config) -> PathBuf {
    config.data.join("heirloom.db")
}

pub(crate) fn blob_settings(config: &Config) -> anyhow::Result<blobs::Settings> {
    let Some(s3) = &config.storage.s3 else {
        return Ok(blobs::Settings::Local {
            root: config.data.clone(),
        });
    };
    s3_settings(s3, config.data.join("staging"))
}

fn s3_settings(s3: &S3, staging: PathBuf) -> anyhow::Result<blobs::Settings> {
    Ok(blobs::Settings::S3(S3Settings {
        bucket: s3.bucket.clone(),
        endpoint: s3.endpoint.clone(),
        region: s3.region.clone(),
        access_key_id: s3.access_key_id.clone(),
        secret_access_key: secret(s3)?,
        prefix: s3.prefix.clone(),
        allow_http: s3.allow_http,
        staging,
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

pub(crate) fn decoder_settings(
    config: &Config,
    processes: usize,
) -> anyhow::Result<decoder::Settings> {
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

/// A program whose pieces wait to be fetched does nothing, so there may be two on one processor.
fn hls_settings(config: &Config) -> HlsSettings {
    let runs = config.media.streams.unwrap_or_else(|| processors().max(2));
    HlsSettings {
        runs,
        ..HlsSettings::default()
    }
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
