//! Configuration: defaults, then a TOML file, then the environment, then the command line.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::Context;
use heirloom_library::library::VideoPolicy;
use serde::Deserialize;

use crate::cli::CommonOptions;

/// Before the name of every key in the environment; levels are joined by two underscores.
const ENVIRONMENT: &str = "HEIRLOOM__";

/// Everything that can be set. Every field has a key of its name and a twin in the environment.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    /// Folder for originals, renditions, the database and files on their way.
    pub data: PathBuf,
    pub listen: SocketAddr,
    pub database: Database,
    pub storage: Storage,
    pub media: Media,
    pub log: Log,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Database {
    /// `postgres://…`; without it the embedded database in the data folder is used.
    pub url: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Storage {
    /// Where originals go below `originals/`.
    pub template: String,
    /// An S3-compatible store instead of local folders.
    pub s3: Option<S3>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct S3 {
    pub bucket: String,
    pub endpoint: Option<String>,
    #[serde(default = "default_region")]
    pub region: String,
    pub access_key_id: String,
    /// Or a file that holds it.
    #[serde(default)]
    pub secret_access_key: String,
    pub secret_access_key_file: Option<PathBuf>,
    #[serde(default)]
    pub prefix: String,
    /// For a store on the same machine without TLS.
    #[serde(default)]
    pub allow_http: bool,
}

fn default_region() -> String {
    "us-east-1".into()
}

#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Media {
    /// Assets that are processed at one time; by default as many as there are processors.
    pub workers: Option<usize>,
    /// Memory of one process that reads a file, in MiB.
    pub memory_mib: u64,
    /// How long reading one picture may take, in seconds.
    pub time_seconds: u64,
    /// How long making the rendition of one video may take, in seconds.
    pub transcode_seconds: u64,
    /// Megapixels of the largest picture that is decoded.
    pub max_megapixels: u64,
    /// Which videos get a rendition that every client plays: `required` or `never`.
    pub transcode: VideoPolicy,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Log {
    /// As in `info,heirloom_library=debug`.
    pub level: String,
    /// One JSON object a line instead of text.
    pub json: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: "./heirloom-data".into(),
            listen: ([0, 0, 0, 0], 2283).into(),
            database: Database::default(),
            storage: Storage::default(),
            media: Media::default(),
            log: Log::default(),
        }
    }
}

impl Default for Storage {
    fn default() -> Self {
        Self {
            template: heirloom_store::blobs::template::DEFAULT.into(),
            s3: None,
        }
    }
}

impl Default for Media {
    fn default() -> Self {
        Self {
            workers: None,
            memory_mib: 3072,
            time_seconds: 60,
            transcode_seconds: 3 * 60 * 60,
            max_megapixels: 500,
            transcode: VideoPolicy::default(),
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self {
            level: "info".into(),
            json: false,
        }
    }
}

impl Config {
    /// Reads what the options and the environment name.
    pub(crate) fn load(options: &CommonOptions) -> anyhow::Result<Self> {
        let mut table = match &options.config {
            Some(path) => read(path)?,
            None => toml::Table::new(),
        };
        for (name, value) in std::env::vars() {
            if let Some(key) = name.strip_prefix(ENVIRONMENT) {
                set(&mut table, &key.to_lowercase(), &value);
            }
        }
        let mut config: Self = table.try_into().context("the configuration is not valid")?;
        if let Some(data) = &options.data {
            config.data.clone_from(data);
        }
        Ok(config)
    }
}

fn read(path: &Path) -> anyhow::Result<toml::Table> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    text.parse()
        .with_context(|| format!("{} is not valid TOML", path.display()))
}

/// `storage__s3__bucket` is `[storage.s3] bucket`. Numbers and truth values are read as such.
fn set(table: &mut toml::Table, key: &str, value: &str) {
    if let Some((section, rest)) = key.split_once("__") {
        let inner = table
            .entry(section)
            .or_insert_with(|| toml::Table::new().into());
        if let toml::Value::Table(inner) = inner {
            set(inner, rest, value);
        }
    } else {
        let value = match (value.parse::<i64>(), value.parse::<bool>()) {
            (Ok(number), _) => number.into(),
            (_, Ok(truth)) => truth.into(),
            _ => value.into(),
        };
        table.insert(key.to_owned(), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_reaches_every_level() {
        let mut table = toml::Table::new();
        set(&mut table, "listen", "127.0.0.1:1");
        set(&mut table, "media__workers", "3");
        set(&mut table, "log__json", "true");
        let config: Config = table.try_into().unwrap();
        assert_eq!(config.listen.port(), 1);
        assert_eq!(config.media.workers, Some(3));
        assert!(config.log.json);
    }

    #[test]
    fn an_unknown_key_is_refused() {
        let table: toml::Table = "lisen = 1".parse().unwrap();
        assert!(table.try_into::<Config>().is_err());
    }
}
