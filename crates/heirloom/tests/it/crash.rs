//! `kill -9` at any moment loses nothing that was acknowledged. `HEIRLOOM_TEST_KILLS` says how often the server is killed;
//! 84 times are a thousand uploads.

use std::{collections::HashMap, sync::Arc, time::Duration};

use rand::Rng;
use reqwest::StatusCode;
use tokio::task::JoinSet;

use crate::{
    media,
    server::{Server, servers},
};

/// Rounds of uploading and killing.
const ROUNDS: usize = 3;
/// Uploads of one round.
const UPLOADS: usize = 12;

#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_photos_survive_kill_9() {
    let rounds = std::env::var("HEIRLOOM_TEST_KILLS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(ROUNDS);
    for server in servers().await {
        let mut server = server;
        let mut acknowledged = HashMap::new();
        for round in 0..rounds {
            let (mut killed, kept) = upload_until_killed(server, round).await;
            acknowledged.extend(kept);
            killed.kill_and_restart();
            server = killed;
        }
        server.settle().await;
        for (id, bytes) in &acknowledged {
            let (status, found) = server.bytes(&format!("/assets/{id}/original")).await;
            assert_eq!(status, StatusCode::OK);
            assert!(found == *bytes, "{id} is not what was sent");
            let (status, _) = server.bytes(&format!("/assets/{id}/thumbnail")).await;
            assert_eq!(status, StatusCode::OK, "{id} is not processed");
        }
        let total = server.get("/assets/statistics").await["total"]
            .as_u64()
            .unwrap();
        assert!(
            total >= acknowledged.len() as u64,
            "{total} < {}",
            acknowledged.len()
        );
        let (done, said) = server.admin(&["verify"]);
        assert!(
            done && said.contains(&format!("{total} originals read, 0 damaged")),
            "{said}"
        );
        let summary = server.get("/admin/integrity/summary").await;
        assert_eq!(summary["untracked_file"], 0, "nobody's files are left");
    }
}

/// Kills the server while uploads run; gives those it acknowledged.
async fn upload_until_killed(server: Server, round: usize) -> (Server, HashMap<String, Vec<u8>>) {
    let server = Arc::new(tokio::sync::RwLock::new(server));
    let mut uploads = JoinSet::new();
    for number in 0..UPLOADS {
        let server = server.clone();
        uploads.spawn(async move {
            tokio::time::sleep(Duration::from_millis(number as u64 * 25)).await;
            let bytes = media::jpeg(200 + round, 150 + number, number as u8);
            let guard = server.read().await;
            let (client, address, key) = (
                guard.client.clone(),
                guard.address.clone(),
                guard.key.clone(),
            );
            drop(guard);
            let form = reqwest::multipart::Form::new()
                .part(
                    "assetData",
                    reqwest::multipart::Part::bytes(bytes.clone())
                        .file_name(format!("{round}-{number}.jpg")),
                )
                .text("fileCreatedAt", "2020-01-01T00:00:00Z")
                .text("fileModifiedAt", "2020-01-01T00:00:00Z");
            let sent = client
                .post(format!("{address}/api/assets"))
                .header("x-api-key", key)
                .multipart(form)
                .send()
                .await;
            let answer: serde_json::Value = sent.ok()?.json().await.ok()?;
            Some((answer["id"].as_str()?.to_owned(), bytes))
        });
    }
    let moment = rand::rng().random_range(40..400);
    tokio::time::sleep(Duration::from_millis(moment)).await;
    server.write().await.kill();
    let kept = uploads.join_all().await.into_iter().flatten().collect();
    let server = Arc::into_inner(server)
        .expect("every upload is over")
        .into_inner();
    (server, kept)
}
