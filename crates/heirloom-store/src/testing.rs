//! Databases for tests: always SQLite, and PostgreSQL as well when `HEIRLOOM_TEST_POSTGRES_URL` names a server.
#![expect(clippy::print_stdout, reason = "a test says what it could not try")]

use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tempfile::TempDir;

use crate::Db;

/// A fresh database, gone with its directory.
#[derive(Debug)]
pub struct TestDb {
    pub db: Db,
    pub name: &'static str,
    _directory: Option<TempDir>,
}

/// One fresh database of every kind that can be had here.
pub async fn databases() -> Vec<TestDb> {
    let mut databases = vec![sqlite().await];
    match std::env::var("HEIRLOOM_TEST_POSTGRES_URL") {
        Ok(url) => databases.push(postgres(&url).await),
        Err(_) => println!(
            "skipped on PostgreSQL: HEIRLOOM_TEST_POSTGRES_URL is not set (cargo xtask test sets it)"
        ),
    }
    databases
}

/// A fresh embedded database.
pub async fn sqlite() -> TestDb {
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    let db = Db::open_sqlite(&directory.path().join("heirloom.db"))
        .await
        .expect("a fresh database opens");
    TestDb {
        db,
        name: "sqlite",
        _directory: Some(directory),
    }
}

/// A fresh database on that server.
pub async fn postgres(server_url: &str) -> TestDb {
    let db = Db::open_postgres(&postgres_url(server_url).await)
        .await
        .expect("a fresh database opens");
    TestDb {
        db,
        name: "postgres",
        _directory: None,
    }
}

/// Makes a fresh, empty database on that server and says its address.
pub async fn postgres_url(server_url: &str) -> String {
    make_postgres(server_url, "template1").await
}

/// As [`postgres_url`], with what is in that other database of the server, which nobody uses meanwhile.
pub async fn postgres_copy(server_url: &str, template: &str) -> String {
    make_postgres(server_url, template).await
}

async fn make_postgres(server_url: &str, template: &str) -> String {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    let name = format!(
        "test_{}_{}",
        std::process::id(),
        COUNTER.fetch_add(1, Ordering::Relaxed)
    );
    let mut connection = PgConnection::connect(server_url)
        .await
        .expect("the test server answers");
    for statement in [
        format!("drop database if exists {name}"),
        format!("create database {name} template {template}"),
    ] {
        sqlx::query(AssertSqlSafe(statement))
            .execute(&mut connection)
            .await
            .expect("the test user may make databases");
    }
    let (server, _) = server_url
        .rsplit_once('/')
        .expect("the address ends in a database's name");
    format!("{server}/{name}")
}
