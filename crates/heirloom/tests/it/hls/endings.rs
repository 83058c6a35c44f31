//! How sessions end, and what is left of them.

use std::{path::Path, time::Duration};

use heirloom_media::decoder::Decoder;
use heirloom_testkit::s3;
use reqwest::{
    Client, StatusCode,
    multipart::{Form, Part},
};
use serde_json::Value;
use tempfile::TempDir;

use super::player::{Player, film, packets_of, watching};
use crate::{
    bucket::{borrowed, bucket_at},
    inside::{self, Inside, Somebody, Template},
    server::{Server, files_below},
};

/// Waits until something is so.
async fn until(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..300 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{what}");
}

/// Processes of that server that convert videos.
fn converting(server: &Server) -> Vec<i32> {
    let parent = server.process_id().to_string();
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let is_its = |number: &i32| {
        let said = std::fs::read_to_string(format!("/proc/{number}/stat")).unwrap_or_default();
        let Some((name, rest)) = said.rsplit_once(')') else {
            return false;
        };
        let mut fields = rest.split_whitespace();
        let state = fields.next();
        name.ends_with("(ffmpeg") && state != Some("Z") && fields.next() == Some(&parent)
    };
    numbers.filter(is_its).collect()
}

struct Watched {
    server: Server,
    player: Player,
    temporary: TempDir,
}

impl Watched {
    /// A server with one video of so many seconds; nothing else is at work.
    async fn begin(seconds: u32, environment: &[(&str, &str)]) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let place = ("TMPDIR", temporary.path().to_str().unwrap());
        let server = watching(&[&[place], environment].concat()).await;
        let video = film("a.mp4", seconds, "640x480", "25", &[]);
        let player = Player::new(&server, &server.upload("a.mp4", video).await);
        server.settle().await;
        Self {
            server,
            player,
            temporary,
        }
    }

    fn pieces(&self) -> usize {
        pieces_in(self.temporary.path())
    }
}

fn pieces_in(folder: &Path) -> usize {
    let files = files_below(folder).into_iter();
    let is_piece = |path: &std::path::PathBuf| path.extension().is_some_and(|end| end == "m4s");
    files.filter(is_piece).count()
}

#[tokio::test]
async fn a_program_runs_only_a_little_ahead_and_ends_with_its_session() {
    let watched = Watched::begin(60, &[]).await;
    let Watched { server, player, .. } = &watched;
    let line = player.main().await.variants().remove(0);
    let mut variant = player.variant(&line.address);
    variant.piece(0).await;
    until("it runs ahead", || watched.pieces() >= 6).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(watched.pieces(), 6, "and stops there");
    assert_eq!(converting(server).len(), 1);
    // Far away: the same program does not go on, another begins.
    variant.piece(20).await;
    assert_eq!(converting(server).len(), 1);

    assert_eq!(player.end(line.session()).await, StatusCode::NO_CONTENT);
    until("nothing is left", || {
        converting(server).is_empty() && watched.pieces() == 0
    })
    .await;
    for path in [line.address.clone(), variant.name("seg_0.m4s")] {
        let (status, _, said) = player.get(&path, &[]).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        assert!(String::from_utf8(said).unwrap().contains("has ended"));
    }
    assert_eq!(player.end(line.session()).await, StatusCode::NO_CONTENT);
    // Who asks again begins anew.
    let again = player.main().await.variants().remove(0);
    player.variant(&again.address).piece(3).await;
}

#[tokio::test]
async fn a_program_that_is_killed_is_begun_again() {
    let watched = Watched::begin(60, &[]).await;
    let Watched { server, player, .. } = &watched;
    let line = player.main().await.variants().remove(0);
    let mut variant = player.variant(&line.address);
    let head = variant.head().await;
    for piece in [0, 9, 10, 18] {
        for number in converting(server) {
            let number = number.to_string();
            let mut kill = std::process::Command::new("kill");
            kill.args(["-9", &number]).status().unwrap();
        }
        let packets = packets_of(&head, &variant.piece(piece).await);
        assert!(
            (packets[0].seconds - f64::from(piece) * 2.0).abs() < 0.001,
            "{piece}"
        );
        let pictures = packets.iter().filter(|packet| packet.stream == 0).count();
        assert_eq!(pictures, 50, "{piece}");
    }
}

#[tokio::test]
async fn more_than_the_server_can_is_refused_for_a_moment() {
    let watched = Watched::begin(60, &[("HEIRLOOM__MEDIA__STREAMS", "1")]).await;
    let player = &watched.player;
    let first = player.main().await.variants().remove(0);
    let second = player.main().await.variants().remove(0);
    player.variant(&first.address).piece(0).await;
    let path = player.variant(&second.address).name("seg_0.m4s");
    let (status, headers, said) = player.get(&path, &[]).await;
    let said = String::from_utf8(said).unwrap();
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{said}");
    assert_eq!(headers["retry-after"], "5");
    assert!(said.contains("As many videos"), "{said}");
    // Who watches no more makes room, even without saying so.
    tokio::time::sleep(Duration::from_secs(11)).await;
    player.variant(&second.address).piece(0).await;
    assert_eq!(converting(&watched.server).len(), 1);
    player.end(second.session()).await;
    player.variant(&first.address).piece(20).await;
}

#[tokio::test]
async fn what_a_killed_server_left_goes_with_the_next_start() {
    let mut watched = Watched::begin(30, &[]).await;
    let line = watched.player.main().await.variants().remove(0);
    watched.player.variant(&line.address).piece(0).await;
    assert!(watched.pieces() > 0);
    watched.server.kill_and_restart();
    until("it is swept", || watched.pieces() == 0).await;
    // A player that knows only addresses goes on where it was.
    let id = watched.player.asset().to_owned();
    let player = Player::new(&watched.server, &id);
    player.variant(&line.address).piece(4).await;
    // And so it does on another machine of a fleet.
    let another = watched.server.another();
    let player = Player::new(&another, &id);
    player.variant(&line.address).piece(5).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_video_in_a_bucket_is_fetched_once_and_watched() {
    let folder = tempfile::tempdir().unwrap();
    let environment = bucket_at(s3::serve(folder.path()).await);
    let watched = Watched::begin(20, &borrowed(&environment)).await;
    let line = watched.player.main().await.variants().remove(0);
    // What a session has opened stays open: the bucket may go.
    drop(folder);
    let mut variant = watched.player.variant(&line.address);
    let head = variant.head().await;
    for piece in [8, 0] {
        let packets = packets_of(&head, &variant.piece(piece).await);
        assert!((packets[0].seconds - f64::from(piece) * 2.0).abs() < 0.001);
    }
}

/// Turns it on and uploads a video; gives its id.
async fn prepared(server: &Inside, somebody: &Somebody, video: Vec<u8>) -> String {
    let client = Client::new();
    let config = format!("{}/api/system-config", server.address);
    let token = &somebody.tokens[0];
    let said = client.get(&config).bearer_auth(token).send().await.unwrap();
    let mut said: Value = said.json().await.unwrap();
    said["ffmpeg"]["realtime"]["enabled"] = true.into();
    let put = client.put(&config).bearer_auth(token).json(&said);
    assert_eq!(put.send().await.unwrap().status(), StatusCode::OK);
    let form = Form::new()
        .part("assetData", Part::bytes(video).file_name("a.mp4"))
        .text("fileCreatedAt", "2020-01-02T03:04:05.000Z")
        .text("fileModifiedAt", "2020-01-02T03:04:05.000Z");
    let upload = client.post(format!("{}/api/assets", server.address));
    let upload = upload.bearer_auth(token).multipart(form);
    let made: Value = upload.send().await.unwrap().json().await.unwrap();
    made["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_nobody_asks_for_is_over_and_the_disk_is_never_full() {
    let template = Template::make(None, 1).await;
    let decoder = Decoder::new(inside::decoder_settings());
    let server = template.start(&decoder).await;
    let somebody = &template.people[0];
    let id = prepared(&server, somebody, film("a.mp4", 40, "640x480", "25", &[])).await;
    let player = Player::at(&server.address, &id, &somebody.key);
    let line = player.main().await.variants().remove(0);
    let mut variant = player.variant(&line.address);
    let length = variant.piece(0).await.len();
    for piece in 1..20 {
        variant.piece(piece).await;
        let pieces = files_below(&streams());
        let bytes = pieces.iter().map(|path| size(path));
        assert!(bytes.sum::<u64>() <= inside::STREAM_BYTES + length as u64 * 2);
    }
    assert!(length as u64 * 20 > inside::STREAM_BYTES, "{length}");
    // What had to make room is made again.
    let head = variant.head().await;
    assert!(packets_of(&head, &variant.piece(1).await)[0].seconds < 2.01);
    tokio::time::sleep(inside::STREAM_IDLE / 2).await;
    assert!(pieces_in(&streams()) > 0);
    until("it is over", || pieces_in(&streams()) == 0).await;
    let left = std::fs::read_dir(streams()).unwrap().count();
    assert_eq!(left, 0);
    // Whoever was only away for long goes on.
    variant.piece(7).await;
    server.end().await;
}

/// Where this process keeps what it cuts.
fn streams() -> std::path::PathBuf {
    let prefix = format!("heirloom-streams.{}.", std::process::id());
    let entries = std::fs::read_dir(std::env::temp_dir()).unwrap().flatten();
    let is_ours = |entry: &std::fs::DirEntry| {
        let name = entry.file_name();
        name.to_str().is_some_and(|name| name.starts_with(&prefix))
    };
    entries.into_iter().find(is_ours).unwrap().path()
}

fn size(path: &Path) -> u64 {
    path.metadata().map_or(0, |said| said.len())
}
