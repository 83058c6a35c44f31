//! Backups that take the place of the database.

use std::{sync::Arc, time::Duration};

use rand::Rng;
use reqwest::{
    Client, Method, StatusCode,
    header::COOKIE,
    multipart::{Form, Part},
};
use serde_json::{Value, json};

use super::{
    COOKIE_NAME, ask, back_up, begin, change, end, go_on, is_in_maintenance, kept_databases,
    outcome, same, state, status_of, wait_until,
};
use crate::{
    backup::{fill, seen},
    media,
    server::{Server, servers},
};

/// How often a restore is killed.
const KILLS: usize = 2;

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_takes_the_place_of_the_database() {
    for server in servers().await {
        fill(&server).await;
        let name = back_up(&server).await;
        let (before, then) = (state(&server), seen(&server).await);
        go_on(&server).await;
        assert_ne!(seen(&server).await, then);
        let pass = begin(&server, restore_of(&name)).await;
        assert_eq!(outcome(&server, &pass).await, None);
        same(&before, &state(&server));
        assert_eq!(seen(&server).await, then);
        assert_eq!(kept_databases(&server).await, 1);
        // The server works on: the photo that the restored database does not know can come again.
        server.upload("later.jpg", media::jpeg(70, 50, 77)).await;
        server.settle().await;
        let (done, said) = server.admin(&["verify"]);
        assert!(done, "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_cannot_be_restored_changes_nothing() {
    for server in servers().await {
        fill(&server).await;
        let name = back_up(&server).await;
        go_on(&server).await;
        let before = state(&server);
        let pass = begin(&server, json!({"action": "select_database_restore"})).await;
        let backups = server.data.path().join("backups");
        let whole = std::fs::read(backups.join(&name)).unwrap();
        for (bytes, part) in [
            (&whole[..whole.len() / 2], "cut or damaged"),
            (&whole[..whole.len() - 9], "cut or damaged"),
            (&b"select 1;"[..], "not a backup"),
        ] {
            std::fs::write(backups.join("bad.gz"), bytes).unwrap();
            let restore = restore_of("bad.gz");
            assert_eq!(change(&server, restore, &pass).await, StatusCode::CREATED);
            let error = outcome(&server, &pass).await.unwrap();
            assert!(error.contains(part), "{error}");
            let status = status_of(&server.without_credentials(), "").await;
            assert_eq!(
                status,
                json!({"active": true, "action": "restore_database"})
            );
        }
        for body in [
            json!({"action": "restore_database"}),
            restore_of("nothing.gz"),
            restore_of("../heirloom.db"),
            json!({"action": "dance"}),
        ] {
            assert_eq!(change(&server, body, &pass).await, StatusCode::BAD_REQUEST);
        }
        end(&server, &pass).await;
        same(&before, &state(&server));
        assert_eq!(kept_databases(&server).await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_that_is_killed_leaves_one_of_the_two_databases_whole() {
    let kills = std::env::var("HEIRLOOM_TEST_KILLS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(KILLS);
    for server in servers().await {
        let mut server = server;
        fill(&server).await;
        let name = back_up(&server).await;
        let old = state(&server);
        for _ in 0..kills {
            go_on(&server).await;
            let new = state(&server);
            let pass = begin(&server, restore_of(&name)).await;
            let moment = rand::rng().random_range(0..2_500);
            tokio::time::sleep(Duration::from_millis(moment)).await;
            server.kill_and_restart();
            let error = outcome(&server, &pass).await;
            if error.is_some() {
                end(&server, &pass).await;
            }
            server.settle().await;
            let found = state(&server);
            same(&found, if error.is_some() { &new } else { &old });
            if error.is_some() {
                let pass = begin(&server, restore_of(&name)).await;
                assert_eq!(outcome(&server, &pass).await, None, "after {moment} ms");
                same(&old, &state(&server));
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_process_of_a_fleet_follows() {
    for server in servers().await {
        let other = server.another();
        fill(&server).await;
        let name = back_up(&server).await;
        let then = seen(&server).await;
        go_on(&server).await;
        assert_eq!(seen(&other).await, seen(&server).await);
        let pass = begin(&server, json!({"action": "start"})).await;
        wait_until("maintenance", async || is_in_maintenance(&other).await).await;
        let restore = restore_of(&name);
        assert_eq!(change(&other, restore, &pass).await, StatusCode::CREATED);
        for process in [&other, &server] {
            assert_eq!(outcome(process, &pass).await, None);
        }
        for process in [&server, &other] {
            assert_eq!(seen(process).await, then);
        }
        server.upload("later.jpg", media::jpeg(70, 50, 77)).await;
        server.settle().await;
        assert_eq!(seen(&other).await, seen(&server).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_with_a_backup_restores_it_into_a_new_server() {
    for server in servers().await {
        fill(&server).await;
        let name = back_up(&server).await;
        let then = server.get("/albums").await;
        let backup = std::fs::read(server.data.path().join("backups").join(&name)).unwrap();
        let database = match &server.database {
            Some(_) => Some(heirloom_store::testing::postgres_url(&postgres()).await),
            None => None,
        };
        let mut new = Server::start_on(Arc::new(tempfile::tempdir().unwrap()), database, &[]);
        let path = "/admin/database-backups/start-restore";
        let (status, _, pass) = ask(&new, Method::POST, path, None, "").await;
        assert_eq!(status, StatusCode::CREATED);
        let pass = pass.unwrap();
        assert_eq!(
            status_of(&new, "").await,
            json!({"active": true, "action": "select_database_restore"})
        );
        let (status, found, _) =
            ask(&new, Method::GET, "/admin/database-backups", None, &pass).await;
        assert_eq!((status, found), (StatusCode::OK, json!({"backups": []})));
        send_backup(&new, &pass, &name, backup).await;
        let restore = restore_of(&name);
        assert_eq!(change(&new, restore, "").await, StatusCode::UNAUTHORIZED);
        assert_eq!(
            change(&new, restore_of(&name), &pass).await,
            StatusCode::CREATED
        );
        assert_eq!(outcome(&new, &pass).await, None);
        new.key.clone_from(&server.key);
        assert_eq!(new.get("/albums").await, then);
        // Nobody gets in that way where there are accounts.
        let (status, ..) = ask(&new, Method::POST, path, None, "").await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(!is_in_maintenance(&new).await);
    }
}

fn restore_of(name: &str) -> Value {
    json!({"action": "restore_database", "restoreBackupFilename": name})
}

fn postgres() -> String {
    std::env::var("HEIRLOOM_TEST_POSTGRES_URL").unwrap()
}

async fn send_backup(server: &Server, pass: &str, name: &str, bytes: Vec<u8>) {
    // The process may still be beginning anew, which a form cannot be sent twice for.
    wait_until("an answer", async || {
        let form = Form::new().part(
            "file",
            Part::bytes(bytes.clone()).file_name(name.to_owned()),
        );
        let sent = Client::new()
            .post(format!(
                "{}/api/admin/database-backups/upload",
                server.address
            ))
            .header(COOKIE, format!("{COOKIE_NAME}={pass}"))
            .multipart(form)
            .send()
            .await;
        sent.is_ok_and(|response| response.status() == StatusCode::CREATED)
    })
    .await;
}

/// What a device is told now.
async fn told(server: &Server, token: &str) -> Vec<Value> {
    let request = Client::new()
        .post(format!("{}/api/sync/stream", server.address))
        .bearer_auth(token)
        .json(&json!({"types": ["UsersV1", "AssetsV2"]}));
    let lines = request.send().await.unwrap().text().await.unwrap();
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// What they hold may be of a time that the restored database does not know.
#[tokio::test(flavor = "multi_thread")]
async fn devices_begin_anew_after_a_restore() {
    for server in servers().await {
        server.upload("a.jpg", media::jpeg(60, 40, 1)).await;
        server.settle().await;
        let login = json!({"email": "ada@example.org", "password": "correct horse"});
        let (_, login) = server.call(Method::POST, "/auth/login", Some(login)).await;
        let token = login["accessToken"].as_str().unwrap();
        let device = server.acting_as(token);
        let acks: Vec<Value> = told(&server, token)
            .await
            .iter()
            .map(|line| line["ack"].clone())
            .collect();
        let body = json!({ "acks": acks });
        let (status, _) = device.call(Method::POST, "/sync/ack", Some(body)).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
        let name = back_up(&server).await;
        let pass = begin(&server, restore_of(&name)).await;
        assert_eq!(outcome(&server, &pass).await, None);
        let first = &told(&server, token).await[0];
        assert_eq!(first["type"], "SyncResetV1");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_a_server_uses_is_not_replaced_behind_its_back() {
    let server = Server::start(None).await;
    fill(&server).await;
    let name = back_up(&server).await;
    let before = state(&server);
    let (done, said) = server.admin(&["restore", "--replace", &name]);
    assert!(!done && said.contains("another process"), "{said}");
    assert_eq!(kept_databases(&server).await, 0);
    same(&before, &state(&server));
    server.upload("later.jpg", media::jpeg(70, 50, 77)).await;
    server.settle().await;
}
