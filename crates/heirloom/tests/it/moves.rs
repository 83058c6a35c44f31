//! Originals move to where the storage template wants them, and none is ever lost on the way.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use heirloom_testkit::s3;
use rand::Rng;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, PgPool, SqlitePool};

use crate::{
    bucket::{borrowed, bucket_at},
    library::call,
    media,
    server::{Server, files_below, servers},
};

async fn set_template(server: &Server, template: &str, expected: StatusCode) -> Value {
    let mut config = server.get("/system-config").await;
    config["storageTemplate"]["template"] = template.into();
    call(server, Method::PUT, "/system-config", config, expected).await
}

async fn start(server: &Server) {
    let path = "/jobs/storageTemplateMigration";
    let body = json!({"command": "start", "force": false});
    call(server, Method::PUT, path, body, StatusCode::OK).await;
}

async fn path_of(server: &Server, id: &str) -> String {
    let asset = server.get(&format!("/assets/{id}")).await;
    asset["originalPath"].as_str().unwrap().to_owned()
}

/// What lies among the originals, by its path below the data folder.
fn originals(server: &Server) -> BTreeMap<PathBuf, Vec<u8>> {
    let relative = |path: PathBuf| path.strip_prefix(server.data.path()).unwrap().to_owned();
    server
        .files("originals")
        .into_iter()
        .map(|path| (relative(path.clone()), std::fs::read(path).unwrap()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn originals_in_a_bucket_follow_the_template_too() {
    let folder = tempfile::tempdir().unwrap();
    let environment = bucket_at(s3::serve(folder.path()).await);
    let environment = borrowed(&environment);
    let server = Server::start_with(None, &environment).await;
    let objects = || -> BTreeMap<String, Vec<u8>> {
        let originals = folder.path().join(s3::BUCKET).join("originals");
        files_below(&originals)
            .into_iter()
            .map(|path| {
                let bytes = std::fs::read(&path).unwrap();
                (
                    path.strip_prefix(&originals).unwrap().display().to_string(),
                    bytes,
                )
            })
            .collect()
    };
    let mut ids = Vec::new();
    for seed in 1..=3 {
        let photo = media::jpeg_with_exif(40, 30, seed, 1, "2021:06:06 08:00:00", "+00:00");
        ids.push(server.upload("a.jpg", photo).await);
    }
    server.settle().await;
    let words = json!({"description": "On the pier"});
    let path = format!("/assets/{}", ids[0]);
    call(&server, Method::PUT, &path, words, StatusCode::OK).await;
    server.settle().await;
    let before = objects();
    assert_eq!(before.len(), 4, "{:?}", before.keys());

    set_template(&server, "by-month/{year}/{month}/{name}", StatusCode::OK).await;
    start(&server).await;
    server.settle().await;
    let now = objects();
    let names: Vec<_> = now.keys().map(String::as_str).collect();
    let base = "by-month/2021/06/a";
    let originals = [
        format!("{base}.jpg"),
        format!("{base}_2.jpg"),
        format!("{base}_3.jpg"),
    ];
    for path in &originals {
        assert!(names.contains(&path.as_str()), "{names:?}");
    }
    assert!(
        names.iter().all(|name| name.starts_with("by-month/")),
        "nothing is left behind: {names:?}"
    );
    let sorted = |files: BTreeMap<String, Vec<u8>>| {
        let mut bytes: Vec<_> = files.into_values().collect();
        bytes.sort();
        bytes
    };
    assert!(
        sorted(before) == sorted(now),
        "the same files, at other places"
    );
    let (done, said) = server.admin_with(&["verify"], &environment);
    assert!(
        done && said.contains("3 originals read, 0 damaged"),
        "{said}"
    );
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "each test is one story")]
async fn originals_sidecars_and_live_videos_follow_the_template() {
    for server in servers().await {
        let photo = |seed, taken| media::jpeg_with_exif(40, 30, seed, 1, taken, "+00:00");
        let first = server
            .upload("a.jpg", photo(1, "2021:06:06 08:00:00"))
            .await;
        let second = server
            .upload("a.jpg", photo(2, "2021:06:07 08:00:00"))
            .await;
        let third = server
            .upload("a.jpg", photo(3, "2022:01:02 08:00:00"))
            .await;
        let moving = media::motion_photo(&photo(4, "2021:06:08 08:00:00"), &media::video());
        let still = server.upload("m.jpg", moving).await;
        server.settle().await;
        let words = json!({"description": "On the pier"});
        call(
            &server,
            Method::PUT,
            &format!("/assets/{first}"),
            words,
            StatusCode::OK,
        )
        .await;
        server.settle().await;
        let mut before: Vec<_> = originals(&server).into_values().collect();

        let refused = set_template(&server, "{year}/{wrong}/{name}", StatusCode::BAD_REQUEST).await;
        let said = refused["message"].as_str().unwrap();
        assert!(
            said.contains("{wrong} is unknown") && said.contains("{year-month}"),
            "{said}"
        );
        set_template(&server, "by-month/{year}/{month}/{name}", StatusCode::OK).await;
        // Somebody's own file lies where one of them wants to go.
        let taken = server.data.path().join("originals/by-month/2022/01/a.jpg");
        std::fs::create_dir_all(taken.parent().unwrap()).unwrap();
        std::fs::write(&taken, b"by hand").unwrap();
        start(&server).await;
        server.settle().await;

        let mut paths = Vec::new();
        for id in [&first, &second, &third, &still] {
            paths.push(path_of(&server, id).await);
        }
        paths[..2].sort();
        let base = "originals/by-month";
        assert_eq!(
            paths[..2],
            [
                format!("{base}/2021/06/a.jpg"),
                format!("{base}/2021/06/a_2.jpg")
            ]
        );
        assert_eq!(
            paths[2..],
            [
                format!("{base}/2022/01/a_2.jpg"),
                format!("{base}/2021/06/m.jpg")
            ]
        );
        let asset = server.get(&format!("/assets/{still}")).await;
        let video = asset["livePhotoVideoId"].as_str().unwrap();
        assert_eq!(
            path_of(&server, video).await,
            format!("{base}/2021/06/m.mp4")
        );
        let sidecar = format!("{}.xmp", path_of(&server, &first).await);
        let now = originals(&server);
        let said = String::from_utf8(now[&PathBuf::from(sidecar)].clone()).unwrap();
        assert!(said.contains("On the pier"));
        before.push(b"by hand".to_vec());
        let mut bytes: Vec<_> = now.clone().into_values().collect();
        before.sort();
        bytes.sort();
        assert!(
            bytes == before,
            "the same files, at other places: {:?}",
            now.keys()
        );
        let (done, said) = server.admin(&["verify"]);
        assert!(
            done && said.contains("5 originals read, 0 damaged"),
            "{said}"
        );

        // Nothing moves twice, and words said later go to the new place.
        start(&server).await;
        server.settle().await;
        assert!(originals(&server) == now);
        let words = json!({"description": "In the harbour"});
        call(
            &server,
            Method::PUT,
            &format!("/assets/{first}"),
            words,
            StatusCode::OK,
        )
        .await;
        server.settle().await;
        assert_eq!(originals(&server).len(), now.len());
    }
}

/// What a minute of waiting would do to the jobs of a process that was killed.
async fn expire_leases(server: &Server) {
    let statement = "update jobs set worker_id = null, visible_at = '2020-01-01T00:00:00+00:00'";
    if let Some(url) = &server.database {
        let pool = PgPool::connect(url).await.unwrap();
        sqlx::query(AssertSqlSafe(statement))
            .execute(&pool)
            .await
            .unwrap();
        pool.close().await;
    } else {
        let file = server.data.path().join("heirloom.db");
        let pool = SqlitePool::connect(&format!("sqlite://{}", file.display()))
            .await
            .unwrap();
        sqlx::query(AssertSqlSafe(statement))
            .execute(&pool)
            .await
            .unwrap();
        pool.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_at_any_moment_of_a_migration_loses_nothing() {
    const PHOTOS: usize = 60;
    for mut server in servers().await {
        let mut sent = BTreeMap::new();
        for number in 0..PHOTOS {
            let taken = format!("20{:02}:03:04 05:06:07", number % 20);
            let bytes = media::jpeg_with_exif(40, 30 + number, number as u8, 1, &taken, "+00:00");
            // Many of one name: they meet in the new folder.
            let id = server
                .upload(&format!("{}.jpg", number % 9), bytes.clone())
                .await;
            sent.insert(id, bytes);
        }
        server.settle().await;
        set_template(&server, "all/{name}", StatusCode::OK).await;
        start(&server).await;
        let mut kills_in_between = 0;
        for round in 0..6 {
            let enough = round * PHOTOS / 6 + rand::rng().random_range(1..8);
            let count = || server.files("originals/all").len();
            let mut waited = Duration::ZERO;
            while count() < enough && waited < Duration::from_mins(1) {
                tokio::time::sleep(Duration::from_millis(1)).await;
                waited += Duration::from_millis(1);
            }
            tokio::time::sleep(Duration::from_micros(rand::rng().random_range(0..4000))).await;
            server.kill();
            kills_in_between +=
                usize::from((1..PHOTOS).contains(&server.files("originals/all").len()));
            expire_leases(&server).await;
            server.restart();
        }
        assert!(
            kills_in_between > 1,
            "the kills came too late to mean anything"
        );
        server.settle().await;
        let mut expected = BTreeMap::new();
        for (id, bytes) in &sent {
            let path = path_of(&server, id).await;
            assert!(path.starts_with("originals/all/"), "{path}");
            let (_, found) = server.bytes(&format!("/assets/{id}/original")).await;
            assert!(found == *bytes, "{id} is not what was sent");
            expected.insert(PathBuf::from(path), bytes.clone());
        }
        assert!(
            originals(&server) == expected,
            "every original once, and nothing else"
        );
        assert!(server.files("incoming").is_empty());
    }
}
