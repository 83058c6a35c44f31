//! A server inside the test's own process, its files in memory: thousands of histories need no process, no disk and no
//! passwords of their own.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use heirloom_inference::registry::Registry;
use heirloom_jobs::{Runner, Settings, Wake};
use heirloom_library::{
    Library,
    hls::HlsSettings,
    library::{Parts, system_rng},
    process::ProcessAsset,
    recall::RecallSettings,
    search::ColumnSettings,
    system_config::FileSettings,
};
use heirloom_media::{
    decoder::{self, Decoder},
    video::{self, VideoTools},
};
use heirloom_server::{App, ModelPacks, Services, listen, live::Live};
use heirloom_store::{
    Db,
    blobs::{self, Blobs},
    testing,
};
use heirloom_types::time::Clock;
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinHandle;

use crate::{
    history::{VIDEO, form},
    phone::plain_client,
};

const PASSWORD: &str = "correct horse";
/// Sessions of one person: their own, and those of their phones.
pub(crate) const SESSIONS: usize = 5;

/// What everybody's locked folder is opened with.
pub(crate) const PIN: &str = "123456";

/// What is kept of videos that are watched, and for how long nobody needs to ask for it.
pub(crate) const STREAM_BYTES: u64 = 2_000_000;
pub(crate) const STREAM_IDLE: Duration = Duration::from_secs(3);

/// Somebody with an account, an API key, and an id and a token for each of their sessions.
#[derive(Clone)]
pub(crate) struct Somebody {
    pub id: String,
    pub key: String,
    pub sessions: Vec<String>,
    pub tokens: Vec<String>,
    /// The one they have: reading it takes longer than a history.
    pub video: String,
}

/// A database with accounts and sessions, made once: hashing a password takes longer than a history.
pub(crate) struct Template {
    kind: TemplateKind,
    pub people: Vec<Somebody>,
}

enum TemplateKind {
    Sqlite(TempDir),
    Postgres { server: String, name: String },
}

impl Template {
    /// With that many people; on PostgreSQL if a server is named.
    pub(crate) async fn make(postgres: Option<&str>, people: usize) -> Self {
        let folder = in_memory();
        let url = match postgres {
            Some(server) => Some(testing::postgres_url(server).await),
            None => None,
        };
        let db = match &url {
            Some(url) => Db::open_postgres(url).await.unwrap(),
            None => Db::open_sqlite(&folder.path().join("heirloom.db"))
                .await
                .unwrap(),
        };
        let server = Inside::begin(db, &Decoder::new(decoder_settings())).await;
        let people = server.sign_up(people).await;
        server.work().await;
        server.end().await;
        let kind = match (postgres, url) {
            (Some(server), Some(url)) => TemplateKind::Postgres {
                server: server.to_owned(),
                name: url.rsplit('/').next().unwrap().to_owned(),
            },
            _ => TemplateKind::Sqlite(folder),
        };
        Self { kind, people }
    }

    /// A server on a copy.
    pub(crate) async fn start(&self, decoder: &Decoder) -> Inside {
        match &self.kind {
            TemplateKind::Sqlite(template) => {
                let folder = in_memory();
                let path = folder.path().join("heirloom.db");
                std::fs::copy(template.path().join("heirloom.db"), &path).unwrap();
                let db = Db::open_sqlite(&path).await.unwrap();
                Inside::begin_in(folder, db, decoder).await
            }
            TemplateKind::Postgres { server, name } => {
                let url = testing::postgres_copy(server, name).await;
                Inside::begin(Db::open_postgres(&url).await.unwrap(), decoder).await
            }
        }
    }
}

/// The server.
pub(crate) struct Inside {
    pub address: String,
    db: Db,
    runner: Runner,
    serving: JoinHandle<()>,
    data: TempDir,
}

impl Inside {
    async fn begin(db: Db, decoder: &Decoder) -> Self {
        Self::begin_in(in_memory(), db, decoder).await
    }

    async fn begin_in(data: TempDir, db: Db, decoder: &Decoder) -> Self {
        let root = data.path().to_owned();
        let packs = ModelPacks {
            used: root.join("models"),
            further: Registry::new(root.join("models")),
        };
        let (clock, wake) = (Clock::system(), Wake::default());
        let library = Library::new(Parts {
            db: db.clone(),
            clock: clock.clone(),
            rng: system_rng(),
            wake: wake.clone(),
            blobs: Blobs::open(&blobs::Settings::Local { root }).await.unwrap(),
            decoder: decoder.clone(),
            video: VideoTools::new(video_settings()),
            hls: HlsSettings {
                runs: 1,
                bytes: STREAM_BYTES,
                idle: STREAM_IDLE,
            },
            eyes: None,
            recall: RecallSettings::default(),
            columns: ColumnSettings::default(),
            config: FileSettings::default(),
            copy: None,
            scrub_rate: 0,
        });
        let listener = listen(([127, 0, 0, 1], 0).into()).await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let app = App::new(Services {
            library: library.clone(),
            engine: None,
            packs: Arc::new(packs),
            tiles: None,
        });
        let app = heirloom_server::router(app, &Live::new(library.clone()))
            .into_make_service_with_connect_info::<SocketAddr>();
        let serving = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        let handlers: Vec<Arc<dyn heirloom_jobs::Handler>> = vec![Arc::new(ProcessAsset(library))];
        let runner = Runner::new(db.clone(), clock, wake, Settings { slots: 1 }, handlers);
        Self {
            address,
            db,
            runner,
            serving,
            data,
        }
    }

    /// Processes what is to be processed now.
    pub(crate) async fn work(&self) {
        self.runner.run_until_idle().await.unwrap();
    }

    pub(crate) fn db(&self) -> &Db {
        &self.db
    }

    /// Its files whose names end so.
    pub(crate) fn files(&self, ending: &str) -> Vec<PathBuf> {
        crate::server::files_below(self.data.path())
            .into_iter()
            .filter(|path| path.to_string_lossy().ends_with(ending))
            .collect()
    }

    pub(crate) async fn end(self) {
        self.serving.abort();
        self.serving.await.ok();
        self.db.close().await;
    }

    async fn sign_up(&self, count: usize) -> Vec<Somebody> {
        let mut admin = String::new();
        let mut people = Vec::new();
        for number in 0..count {
            let email = format!("person{number}@example.org");
            let account = json!({"email": email, "name": email, "password": PASSWORD});
            let path = match number {
                0 => "/auth/admin-sign-up",
                _ => "/admin/users",
            };
            self.post(path, &admin, &account).await;
            let session = self.post("/auth/login", "", &account).await;
            let token = session["accessToken"].as_str().unwrap().to_owned();
            if number == 0 {
                admin.clone_from(&token);
            }
            people.push(self.settle_in(&session, token).await);
        }
        people
    }

    /// A PIN, a key and devices for whoever just logged in.
    async fn settle_in(&self, session: &Value, token: String) -> Somebody {
        self.post("/auth/pin-code", &token, &json!({ "pinCode": PIN }))
            .await;
        let key = json!({"name": "key", "permissions": ["all"]});
        let key = self.post("/api-keys", &token, &key).await;
        let mut somebody = Somebody {
            id: session["userId"].as_str().unwrap().to_owned(),
            key: key["secret"].as_str().unwrap().to_owned(),
            sessions: vec![String::new()],
            tokens: vec![token.clone()],
            video: self.add_video(&token).await,
        };
        while somebody.tokens.len() < SESSIONS {
            let child = self.post("/sessions", &token, &json!({})).await;
            let text = |name: &str| child[name].as_str().unwrap().to_owned();
            somebody.sessions.push(text("id"));
            somebody.tokens.push(text("token"));
        }
        somebody
    }

    async fn add_video(&self, token: &str) -> String {
        let form = form(VIDEO.clone(), "a.mp4");
        let answer = self.send("/assets", token, |request| request.multipart(form));
        answer.await["id"].as_str().unwrap().to_owned()
    }

    async fn post(&self, path: &str, token: &str, body: &Value) -> Value {
        self.send(path, token, |request| request.json(body)).await
    }

    async fn send(
        &self,
        path: &str,
        token: &str,
        with: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Value {
        let request = plain_client().post(format!("{}/api{path}", self.address));
        let request = with(request.bearer_auth(token));
        let response = request.send().await.unwrap();
        let status = response.status();
        let answer = response.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {answer}");
        serde_json::from_str(&answer).unwrap_or_default()
    }
}

/// What reads pictures for any number of servers.
pub(crate) fn decoder_settings() -> decoder::Settings {
    decoder::Settings {
        executable: executable(),
        arguments: vec!["decoder".into()],
        processes: 2,
        memory_bytes: 1 << 30,
        time: Duration::from_secs(30),
        max_pixels: 1_000_000,
    }
}

fn video_settings() -> video::Settings {
    video::Settings {
        confine: (executable(), vec!["confine".into()]),
        memory_bytes: 1 << 30,
        time: Duration::from_secs(30),
        transcode_time: Duration::from_secs(30),
    }
}

fn executable() -> PathBuf {
    env!("CARGO_BIN_EXE_heirloom").into()
}

/// A folder in memory where there is one: syncing thousands of files to a disk is not what is tested.
fn in_memory() -> TempDir {
    match tempfile::tempdir_in("/dev/shm") {
        Ok(folder) => folder,
        Err(_) => tempfile::tempdir().unwrap(),
    }
}
