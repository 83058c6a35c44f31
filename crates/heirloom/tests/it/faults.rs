//! The failure model: a full disk, a database or a bucket that goes away, a process of a fleet that dies. Nothing that was
//! acknowledged is lost, reading goes on where it can, and work goes on by itself when the cause is gone.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use heirloom_testkit::{disk::Disk, proxy::Proxy, s3};
use rand::{RngCore, SeedableRng, rngs::StdRng};
use reqwest::{Method, StatusCode};
use tempfile::TempDir;

use crate::{
    bucket::{borrowed, bucket_at},
    media,
    server::Server,
};

/// Longest that anything here may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(3);
/// Longest that a refusal may take: a person waits.
const PROMPT: Duration = Duration::from_secs(30);

/// A photo of about a mebibyte, unlike any other.
fn large(seed: u8) -> Vec<u8> {
    let mut bytes = media::jpeg(60, 40, seed);
    let mut noise = vec![0; 1 << 20];
    StdRng::seed_from_u64(seed.into()).fill_bytes(&mut noise);
    // What follows the end of the picture is nobody's business.
    bytes.extend(noise);
    bytes
}

/// What the server acknowledged, with what it was sent.
#[derive(Default)]
struct Acknowledged(Vec<(String, Vec<u8>)>);

impl Acknowledged {
    /// Sends a photo; gives the refusal, if it was refused.
    async fn send(&mut self, server: &Server, seed: u8) -> Option<(StatusCode, String)> {
        let bytes = large(seed);
        let name = format!("{seed}.jpg");
        let (status, answer) = server.try_upload(&name, bytes.clone()).await.unwrap();
        if status == StatusCode::CREATED {
            let id = answer["id"].as_str().unwrap().to_owned();
            self.0.push((id, bytes));
            return None;
        }
        Some((status, answer["message"].as_str().unwrap().to_owned()))
    }

    async fn assert_whole(&self, server: &Server) {
        for (id, bytes) in &self.0 {
            let (status, found) = server.bytes(&format!("/assets/{id}/original")).await;
            assert_eq!(status, StatusCode::OK, "{id}");
            assert!(found == *bytes, "{id} is not what was sent");
        }
        let total = server.get("/assets/statistics").await["total"].clone();
        assert_eq!(total, self.0.len());
    }

    async fn assert_shown(&self, server: &Server) {
        for (id, _) in &self.0 {
            let (status, _) = server.bytes(&format!("/assets/{id}/thumbnail")).await;
            assert_eq!(status, StatusCode::OK, "{id} has no thumbnail");
        }
    }
}

/// Tries again until it holds.
async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    while !holds().await {
        assert!(start.elapsed() < PATIENCE, "{what}: not in {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

async fn postgres() -> Option<String> {
    let url = std::env::var("HEIRLOOM_TEST_POSTGRES_URL").ok()?;
    Some(heirloom_store::testing::postgres_url(&url).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_takes_nothing_and_loses_nothing() {
    let mut databases = vec![None];
    databases.extend(postgres().await.map(Some));
    for database in databases {
        let Some(disk) = Disk::mount(24) else {
            println!("skipped: only root can mount a small disk");
            return;
        };
        let mut server = Server::start_in(disk.folder(), database, &[]).await;
        let mut acknowledged = Acknowledged::default();
        let mut refusals = Vec::new();
        for seed in 0..40 {
            refusals.extend(acknowledged.send(&server, seed).await);
        }
        assert!(acknowledged.0.len() > 5, "{}", acknowledged.0.len());
        for (status, message) in &refusals {
            assert_eq!(*status, StatusCode::INSUFFICIENT_STORAGE, "{message}");
            assert!(message.contains("full"), "{message}");
        }
        assert!(refusals.len() > 5, "{}", refusals.len());
        acknowledged.assert_whole(&server).await;
        server.get("/timeline/buckets").await;
        assert_eq!(server.files("incoming").len(), 0);
        // A power cut in the middle of it.
        server.kill();
        disk.resize(200);
        server.restart();
        acknowledged.assert_whole(&server).await;
        assert!(acknowledged.send(&server, 100).await.is_none());
        until("everything is processed", async || {
            let (id, _) = acknowledged.0.last().unwrap();
            let (status, _) = server.bytes(&format!("/assets/{id}/thumbnail")).await;
            status == StatusCode::OK
        })
        .await;
        server.settle().await;
        acknowledged.assert_shown(&server).await;
        assert_eq!(server.files("originals").len(), acknowledged.0.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_outlives_its_full_disk() {
    let Some(disk) = Disk::mount(16) else {
        return;
    };
    let server = Server::start_in(disk.folder(), None, &[]).await;
    let mut acknowledged = Acknowledged::default();
    let mut seed = 0;
    while acknowledged.send(&server, seed).await.is_none() {
        seed += 1;
    }
    disk.resize(200);
    until("an upload is taken again", async || {
        seed += 1;
        acknowledged.send(&server, seed).await.is_none()
    })
    .await;
    server.settle().await;
    acknowledged.assert_whole(&server).await;
    acknowledged.assert_shown(&server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_goes_away_comes_back() {
    let Some(url) = postgres().await else { return };
    let mut through = reqwest::Url::parse(&url).unwrap();
    let direct = (through.host_str().unwrap(), through.port().unwrap_or(5432));
    let address = tokio::net::lookup_host(direct)
        .await
        .unwrap()
        .next()
        .unwrap();
    let proxy = Proxy::to(address).await;
    through.set_ip_host(proxy.address().ip()).unwrap();
    through.set_port(Some(proxy.address().port())).unwrap();
    let server = Server::start_with(Some(through.to_string()), &[]).await;
    let mut acknowledged = Acknowledged::default();
    for seed in 0..4 {
        assert!(acknowledged.send(&server, seed).await.is_none());
    }
    proxy.cut();
    let start = Instant::now();
    let (status, answer) = server.call(Method::GET, "/timeline/buckets", None).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer["message"].as_str().unwrap().contains("database"));
    let refusal = acknowledged.send(&server, 5).await.unwrap();
    assert_eq!(refusal.0, StatusCode::SERVICE_UNAVAILABLE, "{}", refusal.1);
    assert!(start.elapsed() < PROMPT, "{:?}", start.elapsed());
    proxy.mend();
    until("an upload is taken again", async || {
        acknowledged.send(&server, 6).await.is_none()
    })
    .await;
    server.settle().await;
    acknowledged.assert_whole(&server).await;
    acknowledged.assert_shown(&server).await;
    assert_eq!(server.files("originals").len(), acknowledged.0.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_goes_away_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let proxy = Proxy::to(s3::serve(folder.path()).await).await;
    let environment = bucket_at(proxy.address());
    let server = Server::start_with(None, &borrowed(&environment)).await;
    let mut acknowledged = Acknowledged::default();
    for seed in 0..3 {
        assert!(acknowledged.send(&server, seed).await.is_none());
    }
    // Now and then the photos are taken in and not yet processed.
    proxy.cut();
    let refusal = acknowledged.send(&server, 5).await.unwrap();
    assert_eq!(refusal.0, StatusCode::SERVICE_UNAVAILABLE, "{}", refusal.1);
    server.get("/timeline/buckets").await;
    proxy.mend();
    until("an upload is taken again", async || {
        acknowledged.send(&server, 6).await.is_none()
    })
    .await;
    server.settle().await;
    acknowledged.assert_whole(&server).await;
    acknowledged.assert_shown(&server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_share_the_work_and_one_dies() {
    let Some(url) = postgres().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let environment = bucket_at(s3::serve(folder.path()).await);
    let environment = borrowed(&environment);
    let mut first = Server::start_with(Some(url), &environment).await;
    let second = first.another_in(Arc::new(TempDir::new().unwrap()));
    let mut acknowledged = Acknowledged::default();
    for seed in 0..24 {
        let server = if seed % 2 == 0 { &first } else { &second };
        assert!(acknowledged.send(server, seed).await.is_none());
    }
    first.kill();
    second.settle().await;
    acknowledged.assert_whole(&second).await;
    acknowledged.assert_shown(&second).await;
}
