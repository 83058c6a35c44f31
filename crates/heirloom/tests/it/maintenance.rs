//! Maintenance: nobody is answered but whoever administers the server, and a backup takes the place of the database, whole
//! or not at all. `HEIRLOOM_TEST_KILLS` says how often a restore is killed.

mod restores;

use std::{
    collections::BTreeSet,
    path::PathBuf,
    time::{Duration, Instant},
};

use reqwest::{
    Client, Method, StatusCode,
    header::{COOKIE, SET_COOKIE},
};
use serde_json::{Value, json};

use crate::{
    backup, contract,
    library::second,
    media,
    server::{Server, servers},
};

const COOKIE_NAME: &str = "heirloom_maintenance_token";
/// Longest that maintenance may take to come or go, and a small backup to be restored, on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);
/// What changes without anybody's doing.
const RESTLESS: &[&str] = &["jobs", "sessions", "api_keys"];
/// When a server that starts looks at its libraries.
const SCANNED: &[&str] = &["refreshed_at=", "scan_asked_at="];

/// What is answered, and the pass that comes with it. A process that begins anew may close a connection before it has read
/// anything of it; clients send again.
async fn ask(
    server: &Server,
    method: Method,
    path: &str,
    body: Option<&Value>,
    pass: &str,
) -> (StatusCode, Value, Option<String>) {
    let start = Instant::now();
    let response = loop {
        let mut request =
            Client::new().request(method.clone(), format!("{}/api{path}", server.address));
        if !pass.is_empty() {
            request = request.header(COOKIE, format!("{COOKIE_NAME}={pass}"));
        } else if !server.key.is_empty() {
            request = request.header("x-api-key", &server.key);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        match request.send().await {
            Ok(response) => break response,
            Err(error) => assert!(start.elapsed() < PATIENCE, "{path}: {error}"),
        }
    };
    let status = response.status();
    let given = response
        .headers()
        .get_all(SET_COOKIE)
        .iter()
        .find_map(|cookie| {
            let rest = cookie.to_str().ok()?.strip_prefix(COOKIE_NAME)?;
            assert!(rest.contains("HttpOnly"), "{rest}");
            Some(rest.split(';').next()?.trim_start_matches('=').to_owned())
        });
    let text = response.text().await.unwrap();
    let answer = serde_json::from_str(&text).unwrap_or_default();
    contract::check(&method, path, status, &answer);
    (status, answer, given)
}

/// Begins maintenance and gives the pass.
async fn begin(server: &Server, body: Value) -> String {
    let (status, answer, pass) =
        ask(server, Method::POST, "/admin/maintenance", Some(&body), "").await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    pass.unwrap()
}

async fn change(server: &Server, body: Value, pass: &str) -> StatusCode {
    ask(
        server,
        Method::POST,
        "/admin/maintenance",
        Some(&body),
        pass,
    )
    .await
    .0
}

async fn status_of(server: &Server, pass: &str) -> Value {
    let asked = ask(server, Method::GET, "/admin/maintenance/status", None, pass).await;
    assert_eq!(asked.0, StatusCode::OK);
    asked.1
}

async fn is_in_maintenance(server: &Server) -> bool {
    let (status, config, _) = ask(server, Method::GET, "/server/config", None, "").await;
    assert_eq!(status, StatusCode::OK);
    config["maintenanceMode"].as_bool().unwrap()
}

async fn wait_until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    while !is_so().await {
        assert!(start.elapsed() < PATIENCE, "{what} does not come");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn end(server: &Server, pass: &str) {
    let status = change(server, json!({"action": "end"}), pass).await;
    assert_eq!(status, StatusCode::CREATED);
    out_of_maintenance(server).await;
}

async fn out_of_maintenance(server: &Server) {
    wait_until("the end of maintenance", async || {
        !is_in_maintenance(server).await
    })
    .await;
}

/// How a restore ended: nothing if it took the place of the database, else what went wrong.
async fn outcome(server: &Server, pass: &str) -> Option<String> {
    let mut error = None;
    wait_until("the end of the restore", async || {
        let status = status_of(server, pass).await;
        error = status["error"].as_str().map(str::to_owned);
        error.is_some() || status["active"] == false
    })
    .await;
    if error.is_none() {
        out_of_maintenance(server).await;
    }
    error
}

/// Every row that only changes when somebody changes it.
fn state(server: &Server) -> BTreeSet<String> {
    let is_at_rest = |row: &String| !RESTLESS.contains(&row.split(':').next().unwrap());
    let without_scans = |row: String| {
        let words = row.split(' ');
        let kept = words.filter(|word| !SCANNED.iter().any(|column| word.starts_with(column)));
        kept.collect::<Vec<_>>().join(" ")
    };
    let kept = backup::state(server).into_iter().filter(is_at_rest);
    kept.map(without_scans).collect()
}

#[track_caller]
fn same(left: &BTreeSet<String>, right: &BTreeSet<String>) {
    let differs: Vec<_> = left.symmetric_difference(right).collect();
    assert!(differs.is_empty(), "{differs:#?}");
}

/// Makes a backup that the server lists, and gives its name.
async fn back_up(server: &Server) -> String {
    let (done, said) = server.admin(&["backup"]);
    assert!(done, "{said}");
    let listed = server.get("/admin/database-backups").await;
    listed["backups"][0]["filename"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// Does what the backup does not know.
async fn go_on(server: &Server) {
    server.upload("later.jpg", media::jpeg(70, 50, 77)).await;
    let albums = server.get("/albums").await;
    let path = format!("/albums/{}", albums[0]["id"].as_str().unwrap());
    server.call(Method::DELETE, &path, None).await;
    server.settle().await;
}

/// Databases of before that are kept beside the one in use.
async fn kept_databases(server: &Server) -> usize {
    let Some(url) = &server.database else {
        let is_kept = |path: &PathBuf| path.to_string_lossy().contains("heirloom.db.before-");
        return server.files("").iter().filter(|path| is_kept(path)).count();
    };
    let pool = sqlx::PgPool::connect(url).await.unwrap();
    let text = "select count(*) from pg_namespace where nspname like 'public_before_%'";
    let count: i64 = sqlx::query_scalar(text).fetch_one(&pool).await.unwrap();
    count.try_into().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_answered_in_maintenance_but_what_administers_it() {
    for server in servers().await {
        let mut server = server;
        let id = server.upload("a.jpg", media::jpeg(60, 40, 1)).await;
        server.settle().await;
        assert_eq!(
            status_of(&server, "").await,
            json!({"active": false, "action": "end"})
        );
        let pass = begin(&server, json!({"action": "start"})).await;
        // It survives the end of the process, whenever that comes.
        server.kill_and_restart();
        assert!(is_in_maintenance(&server).await);
        for path in [
            "/assets/statistics",
            "/users/me",
            "/timeline/buckets",
            "/jobs",
        ] {
            let (status, answer, _) = ask(&server, Method::GET, path, None, "").await;
            assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
            let said = answer["message"].as_str().unwrap();
            assert!(said.contains("maintenance"), "{said}");
        }
        for path in ["/server/ping", "/server/version", "/server/features"] {
            let (status, ..) = ask(&server, Method::GET, path, None, "").await;
            assert_eq!(status, StatusCode::OK, "{path}");
        }
        for path in ["/healthz", "/readyz", "/", "/maintenance"] {
            let page = Client::new().get(format!("{}{path}", server.address));
            assert_eq!(
                page.send().await.unwrap().status(),
                StatusCode::OK,
                "{path}"
            );
        }
        let visitor = server.without_credentials();
        let active = json!({"active": true, "action": "start"});
        assert_eq!(status_of(&visitor, "").await, active);
        logs_in_with_pass(&visitor, &pass).await;
        let refused = change(&visitor, json!({"action": "end"}), "").await;
        assert_eq!(refused, StatusCode::UNAUTHORIZED);
        let refused = change(&visitor, json!({"action": "end"}), "wrong").await;
        assert_eq!(refused, StatusCode::UNAUTHORIZED);
        end(&visitor, &pass).await;
        let (status, _) = server.bytes(&format!("/assets/{id}/thumbnail")).await;
        assert_eq!(status, StatusCode::OK);
        server.upload("b.jpg", media::jpeg(60, 40, 2)).await;
        server.settle().await;
        let login = json!({ "token": pass });
        let path = "/admin/maintenance/login";
        let (status, ..) = ask(&visitor, Method::POST, path, Some(&login), "").await;
        assert_eq!(
            status,
            StatusCode::UNAUTHORIZED,
            "a pass is good until the end"
        );
    }
}

async fn logs_in_with_pass(visitor: &Server, pass: &str) {
    let path = "/admin/maintenance/login";
    for (body, cookie) in [(json!({ "token": pass }), ""), (json!({}), pass)] {
        let (status, answer, given) = ask(visitor, Method::POST, path, Some(&body), cookie).await;
        assert_eq!(
            (status, answer),
            (StatusCode::CREATED, json!({"username": "Ada"}))
        );
        assert_eq!(given.as_deref(), Some(pass));
    }
    for body in [json!({}), json!({"token": "wrong"})] {
        let (status, ..) = ask(visitor, Method::POST, path, Some(&body), "").await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_administrators_begin_maintenance() {
    for server in servers().await {
        let (_, other) = second(&server).await;
        let start = json!({"action": "start"});
        let (status, _) = other
            .call(Method::POST, "/admin/maintenance", Some(start.clone()))
            .await;
        assert_eq!(status, StatusCode::FORBIDDEN);
        let reader = crate::access::key_for(&server, &["asset.read"]).await;
        let (status, _) = reader
            .call(Method::POST, "/admin/maintenance", Some(start))
            .await;
        assert_eq!(status, StatusCode::FORBIDDEN);
        assert!(!is_in_maintenance(&server).await);
        // A pass of nobody's opens nothing while there is no maintenance.
        let (status, ..) = ask(&server, Method::GET, "/users", None, "nothing").await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_the_machine_begins_and_ends_it() {
    for server in servers().await {
        let (done, said) = server.admin(&["maintenance", "on"]);
        assert!(done, "{said}");
        let (_, pass) = said.trim().rsplit_once("/maintenance?token=").unwrap();
        wait_until("maintenance", async || is_in_maintenance(&server).await).await;
        let login = json!({ "token": pass });
        let path = "/admin/maintenance/login";
        let (status, answer, _) = ask(&server, Method::POST, path, Some(&login), "").await;
        assert_eq!(
            (status, answer),
            (StatusCode::CREATED, json!({"username": "heirloom admin"}))
        );
        let (done, said) = server.admin(&["maintenance", "off"]);
        assert!(done, "{said}");
        out_of_maintenance(&server).await;
        server.upload("a.jpg", media::jpeg(60, 40, 1)).await;
        server.settle().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lies_in_the_file_store_is_counted() {
    let server = Server::start(None).await;
    server.upload("a.jpg", media::jpeg(60, 40, 1)).await;
    server.upload("b.jpg", media::jpeg(60, 40, 2)).await;
    server.settle().await;
    back_up(&server).await;
    let found = server.get("/admin/maintenance/detect-install").await;
    let folders = found["storage"].as_array().unwrap();
    let of = |name: &str| {
        folders
            .iter()
            .find(|found| found["folder"] == name)
            .unwrap()
    };
    for (name, files) in [
        ("library", server.files("originals").len()),
        ("thumbs", server.files("renditions").len()),
        ("backups", 1),
        ("profile", 0),
        ("upload", 0),
        ("encoded-video", 0),
    ] {
        let expected = json!({"folder": name, "files": files, "readable": true, "writable": true});
        assert_eq!(of(name), &expected);
    }
    assert_eq!(of("library")["files"], 2);
    assert_eq!(folders.len(), 6);
}
