//! A running server of one test, and a client that holds every answer against the contract.

use std::{
    io::{BufRead, BufReader},
    ops::Range,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use reqwest::{
    Client, Method, StatusCode,
    multipart::{Form, Part},
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::contract;

/// Longest that processing a handful of files may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);

pub(crate) struct Server {
    /// None for a second client of the same server.
    process: Option<Child>,
    pub(crate) address: String,
    pub(crate) data: Arc<TempDir>,
    pub(crate) database: Option<String>,
    environment: Vec<(String, String)>,
    pub(crate) client: Client,
    pub(crate) key: String,
    /// Instead of the key.
    pub(crate) token: Option<String>,
}

/// A server on every database there is, with an administrator and a key for everything.
pub(crate) async fn servers() -> Vec<Server> {
    start_all(&[]).await
}

/// As [`servers`], with models that look at pictures; none where there are no models.
#[expect(
    clippy::print_stdout,
    reason = "who runs the tests must see what was not tested"
)]
pub(crate) async fn seeing_servers() -> Vec<Server> {
    if std::env::var_os("HEIRLOOM__INFERENCE__MODELS").is_none() {
        println!("skipped: HEIRLOOM__INFERENCE__MODELS names no models; `cargo xtask test` does");
        return Vec::new();
    }
    start_all(&[("HEIRLOOM__VISION__ENABLED", "true")]).await
}

/// As [`servers`], with further environment; those of the databases in that range.
pub(crate) async fn servers_with(
    environment: &[(&str, &str)],
    databases: Range<usize>,
) -> Vec<Server> {
    let mut all = Vec::new();
    if databases.contains(&0) {
        all.push(Server::start_with(None, environment).await);
    }
    if databases.contains(&1)
        && let Ok(url) = std::env::var("HEIRLOOM_TEST_POSTGRES_URL")
    {
        let database = heirloom_store::testing::postgres_url(&url).await;
        all.push(Server::start_with(Some(database), environment).await);
    }
    all
}

async fn start_all(environment: &[(&str, &str)]) -> Vec<Server> {
    servers_with(environment, 0..usize::MAX).await
}

impl Server {
    pub(crate) async fn start(database: Option<String>) -> Self {
        Self::start_with(database, &[]).await
    }

    /// With further environment.
    pub(crate) async fn start_with(database: Option<String>, environment: &[(&str, &str)]) -> Self {
        let data = Arc::new(tempfile::tempdir().unwrap());
        Self::start_in(data, database, environment).await
    }

    /// As [`Self::start_with`], in a folder of the test's own.
    pub(crate) async fn start_in(
        data: Arc<TempDir>,
        database: Option<String>,
        environment: &[(&str, &str)],
    ) -> Self {
        let mut server = Self::start_on(data, database, environment);
        server.sign_up().await;
        server
    }

    /// A server that nobody has set up.
    pub(crate) fn fresh() -> Self {
        Self::start_on(Arc::new(tempfile::tempdir().unwrap()), None, &[])
    }

    /// On data that exists, without an account or key of its own.
    pub(crate) fn start_on(
        data: Arc<TempDir>,
        database: Option<String>,
        environment: &[(&str, &str)],
    ) -> Self {
        let environment: Vec<(String, String)> = environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let (process, address) = spawn(data.path(), database.as_deref(), &environment);
        Self {
            process: Some(process),
            address,
            data,
            database,
            environment,
            client: Client::new(),
            key: String::new(),
            token: None,
        }
    }

    /// A `heirloom admin` command on the server's data; gives whether it succeeded, and what it said.
    pub(crate) fn admin(&self, arguments: &[&str]) -> (bool, String) {
        admin(self.data.path(), self.database.as_deref(), arguments)
    }

    /// As [`Self::admin`], with further environment.
    pub(crate) fn admin_with(
        &self,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> (bool, String) {
        admin_with(
            self.data.path(),
            self.database.as_deref(),
            arguments,
            environment,
        )
    }

    /// Another process on the same database and the same files, as in a fleet; acts as the same person.
    pub(crate) fn another(&self) -> Self {
        self.another_in(self.data.clone())
    }

    /// As [`Self::another`], on another machine: only the database and the bucket are the same.
    pub(crate) fn another_in(&self, data: Arc<TempDir>) -> Self {
        let (process, address) = spawn(data.path(), self.database.as_deref(), &self.environment);
        Self {
            process: Some(process),
            address,
            data,
            database: self.database.clone(),
            environment: self.environment.clone(),
            client: self.client.clone(),
            key: self.key.clone(),
            token: None,
        }
    }

    /// Kills the process as a power cut would, and starts another on the same data.
    pub(crate) fn kill_and_restart(&mut self) {
        self.kill();
        self.restart();
    }

    /// Starts again what was killed, on the same data.
    pub(crate) fn restart(&mut self) {
        let (process, address) = spawn(
            self.data.path(),
            self.database.as_deref(),
            &self.environment,
        );
        (self.process, self.address) = (Some(process), address);
    }

    /// Changes rows behind the server's back, as the passing of time would; gives how many.
    pub(crate) async fn write(&self, statement: &'static str, value: &str) -> u64 {
        if let Some(url) = &self.database {
            let pool = sqlx::PgPool::connect(url).await.unwrap();
            let done = sqlx::query(statement).bind(value).execute(&pool).await;
            return done.unwrap().rows_affected();
        }
        let file = self.data.path().join("heirloom.db");
        let url = format!("sqlite://{}", file.display());
        let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
        let done = sqlx::query(statement).bind(value).execute(&pool).await;
        done.unwrap().rows_affected()
    }

    pub(crate) fn is_on_sqlite(&self) -> bool {
        self.database.is_none()
    }

    pub(crate) fn process_id(&self) -> u32 {
        self.process.as_ref().unwrap().id()
    }

    pub(crate) fn kill(&mut self) {
        let process = self.process.as_mut().unwrap();
        process.kill().unwrap();
        process.wait().unwrap();
    }

    /// A client of the same server without an account; it keeps cookies.
    pub(crate) fn without_credentials(&self) -> Self {
        let mut visitor = self.acting_as("");
        visitor.client = Client::builder().cookie_store(true).build().unwrap();
        visitor.token = None;
        visitor
    }

    pub(crate) async fn post_for_bytes(&self, path: &str, body: &Value) -> (StatusCode, Vec<u8>) {
        let request = self
            .client
            .post(format!("{}/api{path}", self.address))
            .header("x-api-key", &self.key);
        let response = request.json(body).send().await.unwrap();
        (response.status(), response.bytes().await.unwrap().to_vec())
    }

    /// A client of the same server that acts as the session with that token.
    pub(crate) fn acting_as(&self, token: &str) -> Self {
        Self {
            process: None,
            address: self.address.clone(),
            data: self.data.clone(),
            database: None,
            environment: Vec::new(),
            client: self.client.clone(),
            key: String::new(),
            token: Some(token.to_owned()),
        }
    }

    pub(crate) async fn sign_up(&mut self) {
        let person =
            json!({"email": "ada@example.org", "name": "Ada", "password": "correct horse"});
        let (status, _) = self
            .call(Method::POST, "/auth/admin-sign-up", Some(person.clone()))
            .await;
        assert_eq!(status, StatusCode::CREATED);
        let (status, session) = self.call(Method::POST, "/auth/login", Some(person)).await;
        assert_eq!(status, StatusCode::CREATED);
        let token = session["accessToken"].as_str().unwrap();
        let response = self
            .client
            .post(format!("{}/api/api-keys", self.address))
            .bearer_auth(token)
            .json(&json!({"name": "test", "permissions": ["all"]}))
            .send()
            .await
            .unwrap();
        let made: Value = response.json().await.unwrap();
        made["secret"].as_str().unwrap().clone_into(&mut self.key);
    }

    /// Calls an operation; an answer that does not fit the contract fails the test.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> (StatusCode, Value) {
        let mut request = self
            .client
            .request(method.clone(), format!("{}/api{path}", self.address));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        } else if !self.key.is_empty() {
            request = request.header("x-api-key", &self.key);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        assert!(response.headers().contains_key("x-correlation-id"));
        let status = response.status();
        let text = response.text().await.unwrap();
        let answer: Value = if text.is_empty() {
            Value::Null
        } else {
            serde_json::from_str(&text).unwrap()
        };
        contract::check(&method, path, status, &answer);
        (status, answer)
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let (status, answer) = self.call(Method::GET, path, None).await;
        assert_eq!(status, StatusCode::OK, "{path}: {answer}");
        answer
    }

    pub(crate) async fn bytes(&self, path: &str) -> (StatusCode, Vec<u8>) {
        let request = self.client.get(format!("{}/api{path}", self.address));
        let request = match &self.token {
            Some(token) => request.bearer_auth(token),
            None if self.key.is_empty() => request,
            None => request.header("x-api-key", &self.key),
        };
        let response = request.send().await.unwrap();
        (response.status(), response.bytes().await.unwrap().to_vec())
    }

    /// Uploads a file as a phone does. An error of the connection is the caller's to judge.
    pub(crate) async fn try_upload(
        &self,
        name: &str,
        bytes: Vec<u8>,
    ) -> reqwest::Result<(StatusCode, Value)> {
        let form = Form::new()
            .part("assetData", Part::bytes(bytes).file_name(name.to_owned()))
            .text("fileCreatedAt", "2020-01-02T03:04:05.000Z")
            .text("fileModifiedAt", "2020-01-02T03:04:05.000Z");
        let request = self
            .client
            .post(format!("{}/api/assets", self.address))
            .header("x-api-key", &self.key);
        let response = request.multipart(form).send().await?;
        let status = response.status();
        let answer = response.json().await?;
        contract::check(&Method::POST, "/assets", status, &answer);
        Ok((status, answer))
    }

    /// Uploads a new file and gives its id.
    pub(crate) async fn upload(&self, name: &str, bytes: Vec<u8>) -> String {
        let (status, answer) = self.try_upload(name, bytes).await.unwrap();
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        answer["id"].as_str().unwrap().to_owned()
    }

    /// Waits as clients do: until no queue says that something is left.
    pub(crate) async fn settle(&self) {
        let start = Instant::now();
        loop {
            let queues = self.get("/jobs").await;
            let left: i64 = queues
                .as_object()
                .unwrap()
                .values()
                .map(|queue| {
                    queue["jobCounts"]["active"].as_i64().unwrap()
                        + queue["jobCounts"]["waiting"].as_i64().unwrap()
                })
                .sum();
            if left == 0 {
                return;
            }
            assert!(start.elapsed() < PATIENCE, "still {left} to do: {queues}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Every file below a folder of the data.
    pub(crate) fn files(&self, folder: &str) -> Vec<PathBuf> {
        files_below(&self.data.path().join(folder))
    }
}

/// Every file in a folder and in those within it.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            found.extend(files_below(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            process.kill().ok();
            process.wait().ok();
        }
    }
}

/// Starts the binary on a free port; the first line it prints says where it is.
fn spawn(data: &Path, database: Option<&str>, environment: &[(String, String)]) -> (Child, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heirloom"));
    command
        .args(["serve", "--data"])
        .arg(data)
        .env("HEIRLOOM__LISTEN", "127.0.0.1:0")
        .env("HEIRLOOM__LOG__LEVEL", "error")
        // Models take their time: the tests that want them say so.
        .env("HEIRLOOM__VISION__ENABLED", "false")
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .stdout(Stdio::piped());
    if let Some(url) = database {
        command.env("HEIRLOOM__DATABASE__URL", url);
    }
    let mut process = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(process.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let address = line
        .trim()
        .strip_prefix("Heirloom is at ")
        .expect("the server says where it is")
        .to_owned();
    (process, address)
}

/// Runs `heirloom admin`.
pub(crate) fn admin(data: &Path, database: Option<&str>, arguments: &[&str]) -> (bool, String) {
    admin_with(data, database, arguments, &[])
}

fn admin_with(
    data: &Path,
    database: Option<&str>,
    arguments: &[&str],
    environment: &[(&str, &str)],
) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heirloom"));
    command.arg("admin").arg("--data").arg(data).args(arguments);
    command.envs(environment.iter().copied());
    if let Some(url) = database {
        command.env("HEIRLOOM__DATABASE__URL", url);
    }
    let output = command.output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}
