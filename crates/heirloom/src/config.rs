//! Configuration: defaults, then a TOML file, then the environment, then the command line.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::Context;
use heirloom_library::library::VideoPolicy;
use heirloom_server::tiles::{self, TileServer};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::cli::CommonOptions;

/// Before the name of every key in the environment; levels are joined by two underscores.
pub(crate) const ENVIRONMENT: &str = "HEIRLOOM__";

/// Everything that can be set. Every field has a key of its name and a twin in the environment.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    /// Folder for originals, renditions, the embedded database and files on their way.
    pub data: PathBuf,
    /// Address and port.
    pub listen: SocketAddr,
    pub tls: Tls,
    pub database: Database,
    pub storage: Storage,
    pub media: Media,
    pub inference: Inference,
    pub vision: Vision,
    pub search: Search,
    pub map: Map,
    pub log: Log,
    /// Settings that administrators change in the web page otherwise, in the words of `GET /api/system-config`:
    /// `[settings.trash] days = 10`. What is set here cannot be changed there.
    #[schemars(with = "BTreeMap<String, serde_json::Value>")]
    pub settings: toml::Table,
}

/// HTTPS without a proxy in front; plain HTTP where nothing is named.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Tls {
    /// A file with the certificate, followed by those that vouch for it, in PEM; read again when it changes.
    pub certificate: Option<PathBuf>,
    /// A file with the private key of the certificate, in PEM.
    pub key: Option<PathBuf>,
    pub acme: Acme,
}

/// A certificate that an authority gives to whoever answers at a name.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Acme {
    /// Names this server is reached by, separated by commas. The authority must reach it there at port 443.
    #[serde(deserialize_with = "words")]
    pub domains: Vec<String>,
    /// An e-mail address that the authority may write to.
    pub contact: Option<String>,
    /// The authority.
    pub directory: String,
    /// A file with the certificate, in PEM, by which an authority of your own is known.
    pub authority: Option<PathBuf>,
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Database {
    /// `postgres://…`; without it the embedded database in the data folder is used.
    pub url: Option<String>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Storage {
    /// Where originals go below `originals/`, as in `{user}/{year}/{year-month-day}/{name}`; also `{month}`, `{day}`,
    /// `{hour}`, `{minute}`, `{second}`, `{year-month}`, `{stem}`, `{extension}`, `{id}`. Without it, administrators
    /// choose.
    pub template: Option<String>,
    /// An S3-compatible store instead of local folders.
    pub s3: Option<S3>,
    /// A second copy of the originals, which the scrub fills and repairs damage from.
    pub copy: Copy,
    /// How much the scrub reads in a second at most, in MiB; 0 for as much as it can.
    pub scrub_mib_per_second: u64,
    /// Folders below which external libraries may lie, separated by commas.
    #[serde(deserialize_with = "words")]
    pub external: Vec<String>,
}

/// Where a second copy of the originals is: in a folder, or in a bucket.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Copy {
    /// A folder, best on another disk; or name a bucket.
    pub folder: Option<PathBuf>,
    pub s3: Option<S3>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct S3 {
    /// An S3-compatible store instead of folders: name of the bucket.
    pub bucket: String,
    /// Address of the store; Amazon's by default.
    pub endpoint: Option<String>,
    /// Region of the bucket.
    #[serde(default = "default_region")]
    pub region: String,
    /// Name of the key that may read and write the bucket.
    pub access_key_id: String,
    /// Its secret; or name a file that holds it.
    #[serde(default)]
    pub secret_access_key: String,
    /// A file that holds the secret.
    pub secret_access_key_file: Option<PathBuf>,
    /// Before the name of every object.
    #[serde(default)]
    pub prefix: String,
    /// For a store on the same machine without TLS.
    #[serde(default)]
    pub allow_http: bool,
}

fn default_region() -> String {
    "us-east-1".into()
}

#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
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
    /// Videos that are converted at one time for people who watch; by default one a processor, two at least.
    pub streams: Option<usize>,
    /// Megapixels of the largest picture that is decoded.
    pub max_megapixels: u64,
    /// Which videos get a rendition that every client plays: `required` or `never`; without it, administrators choose.
    #[schemars(with = "Option<String>")]
    pub transcode: Option<VideoPolicy>,
}

/// What runs models, and where they are.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Inference {
    /// Machines that run the models, as in `http://gpu:8000`, separated by commas; without them this one does.
    #[serde(deserialize_with = "words")]
    pub nodes: Vec<String>,
    /// A request that a person waits for is asked of a second node after so many milliseconds.
    pub hedge_ms: u64,
    /// ONNX Runtime's library (`libonnxruntime.so`, 1.23 or newer); without it `ORT_DYLIB_PATH`, the folder of the
    /// program and the system's folders are searched.
    pub runtime: Option<PathBuf>,
    /// A pack of models, or a model repository in Triton's layout; `models/starter` or `models` in the data folder by default.
    pub models: Option<PathBuf>,
    /// Where `heirloom models pull` finds repositories of models: the address of Hugging Face or of a mirror;
    /// `HF_ENDPOINT` by default.
    pub models_endpoint: Option<String>,
    /// What computes, tried in this order: `cpu`, `cuda`, `tensorrt`; separated by commas; `cpu` by default.
    #[serde(deserialize_with = "words")]
    pub providers: Vec<String>,
    /// Number of the graphics card.
    pub device: i32,
    /// Processors that work nobody waits for may use; by default all.
    pub threads: Option<usize>,
    /// Memory of all loaded models together, in MiB; who was not used for longest makes room.
    pub memory_mib: u64,
    /// A model that was not asked for so long is unloaded.
    pub idle_seconds: u64,
    /// Most items of one batch; 1 keeps requests apart.
    pub max_batch: usize,
    /// How long a request waits for others to share its batch, when others are about, in milliseconds.
    pub batch_delay_ms: u64,
    /// Most requests of one priority that may wait for one model.
    pub queue: usize,
    /// How far work that nobody waits for steps back behind other programs, 0 to 19.
    pub niceness: u8,
    /// What single models do otherwise, by name.
    pub model: BTreeMap<String, InferenceModel>,
}

/// One model.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct InferenceModel {
    /// Most items of one batch.
    pub max_batch: Option<usize>,
    /// How long a request waits for others, in milliseconds.
    pub batch_delay_ms: Option<u64>,
    /// Sessions side by side.
    pub instances: Option<usize>,
    /// Threads of one session.
    pub threads: Option<usize>,
}

/// A list, or one line of words with commas between them: the environment has only lines.
fn words<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + From<String>,
{
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Words<T> {
        List(Vec<T>),
        Line(String),
    }
    Ok(match Words::deserialize(deserializer)? {
        Words::List(words) => words,
        Words::Line(line) => line
            .split(',')
            .map(str::trim)
            .filter(|word| !word.is_empty())
            .map(|word| word.to_owned().into())
            .collect(),
    })
}

/// What models are asked about pictures.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Vision {
    /// Whether pictures are looked at at all.
    pub enabled: bool,
    /// What a picture shows, to search by; labels; copies of one picture.
    pub search: bool,
    /// Who is in it.
    pub faces: bool,
    /// What stands written in it.
    pub text: bool,
    /// Which everyday objects are in it: weaker than `search`, and slow.
    pub objects: bool,
}

/// Search.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Search {
    /// Memory that the indexes of all owners may take together, in MiB; one that is larger is held alone.
    pub memory_mib: usize,
    /// Memory for what is known of assets (place, camera, time …), in MiB: 80 for a million. It is loaded when somebody
    /// searches.
    pub columns_mib: usize,
    /// Assets below which the database alone answers what is known of them.
    pub columns_from: usize,
}

/// What the map of the web page lies on; without tiles, on outlines that are part of the program.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Map {
    /// Where a tile server has its pictures, as in `https://tiles.example.org/{z}/{x}/{y}.png`. This server fetches and
    /// keeps them, so that no browser asks anybody else.
    pub tiles: Option<String>,
    /// The same for a dark page; by default `map.tiles`.
    pub dark_tiles: Option<String>,
    /// Whose map it is, in the words that they ask for.
    pub attribution: String,
    /// The closest that tiles go, 0 to 22.
    pub max_zoom: u8,
    /// Memory for tiles, in MiB.
    pub tiles_mib: u64,
}

impl Map {
    /// The server of tiles, if there is one.
    ///
    /// # Errors
    /// If an address cannot be one.
    pub(crate) fn tile_server(&self) -> anyhow::Result<Option<TileServer>> {
        let Some(light) = &self.tiles else {
            return Ok(None);
        };
        let made = TileServer::new(tiles::Settings {
            light: light.clone(),
            dark: self.dark_tiles.clone().unwrap_or_else(|| light.clone()),
            attribution: self.attribution.clone(),
            max_zoom: self.max_zoom,
            memory: self.tiles_mib << 20,
        });
        made.map(Some).context("map.tiles")
    }
}

#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
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
            tls: Tls::default(),
            database: Database::default(),
            storage: Storage::default(),
            media: Media::default(),
            inference: Inference::default(),
            vision: Vision::default(),
            search: Search::default(),
            map: Map::default(),
            log: Log::default(),
            settings: toml::Table::new(),
        }
    }
}

impl Default for Acme {
    fn default() -> Self {
        Self {
            domains: Vec::new(),
            contact: None,
            directory: rustls_acme::acme::LETS_ENCRYPT_PRODUCTION_DIRECTORY.into(),
            authority: None,
        }
    }
}

impl Default for Search {
    fn default() -> Self {
        Self {
            memory_mib: 1024,
            columns_mib: 256,
            columns_from: 10_000,
        }
    }
}

impl Default for Map {
    fn default() -> Self {
        Self {
            tiles: None,
            dark_tiles: None,
            attribution: String::new(),
            max_zoom: 19,
            tiles_mib: 64,
        }
    }
}

impl Default for Storage {
    fn default() -> Self {
        Self {
            template: None,
            s3: None,
            copy: Copy::default(),
            scrub_mib_per_second: 50,
            external: ["/mnt", "/media", "/srv"].map(String::from).into(),
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
            streams: None,
            max_megapixels: 500,
            transcode: None,
        }
    }
}

impl Default for Inference {
    fn default() -> Self {
        Self {
            nodes: Vec::new(),
            hedge_ms: 250,
            runtime: None,
            models: None,
            models_endpoint: None,
            providers: Vec::new(),
            device: 0,
            threads: None,
            memory_mib: 2048,
            idle_seconds: 300,
            max_batch: 8,
            batch_delay_ms: 3,
            queue: 512,
            niceness: 10,
            model: BTreeMap::new(),
        }
    }
}

impl Default for Vision {
    fn default() -> Self {
        Self {
            enabled: true,
            search: true,
            faces: true,
            text: true,
            objects: false,
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
        set(&mut table, "inference__providers", "cuda, cpu");
        set(&mut table, "storage__external", "/a, /b");
        set(&mut table, "inference__model__ocr_det__threads", "1");
        let config: Config = table.try_into().unwrap();
        assert_eq!(config.listen.port(), 1);
        assert_eq!(config.media.workers, Some(3));
        assert!(config.log.json);
        assert_eq!(config.inference.providers, ["cuda", "cpu"]);
        assert_eq!(config.storage.external, ["/a", "/b"].map(PathBuf::from));
        assert_eq!(config.inference.model["ocr_det"].threads, Some(1));
    }

    #[test]
    fn an_unknown_key_is_refused() {
        let table: toml::Table = "lisen = 1".parse().unwrap();
        assert!(table.try_into::<Config>().is_err());
    }
}
