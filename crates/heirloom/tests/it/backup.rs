//! A backup brings everything back, into either database.

use std::{collections::BTreeSet, path::Path, process::Command, sync::Arc};

use reqwest::{
    Method, StatusCode,
    multipart::{Form, Part},
};
use serde_json::{Value, json};

use crate::{
    library::second,
    media,
    server::{Server, admin, servers},
};

/// A library with something in most tables.
pub(crate) async fn fill(server: &Server) {
    let mut ids = Vec::new();
    for (number, name) in ["a.jpg", "é 🐕.jpg", "שלום.jpg"].into_iter().enumerate() {
        let bytes = media::jpeg_with_exif(60, 40, number as u8, 6, "2021:07:01 12:30:00", "+02:00");
        ids.push(server.upload(name, bytes).await);
    }
    server.settle().await;
    let album = json!({"albumName": "Häuser", "assetIds": ids});
    let (status, _) = server.call(Method::POST, "/albums", Some(album)).await;
    assert_eq!(status, StatusCode::CREATED);
    for tag in ["animals/dogs/small", "animals/cats"] {
        server
            .call(Method::PUT, "/tags", Some(json!({"tags": [tag]})))
            .await;
    }
    let place = json!({"latitude": 48.123_456_789, "longitude": -0.1, "isFavorite": true});
    server
        .call(Method::PUT, &format!("/assets/{}", ids[0]), Some(place))
        .await;
    server
        .call(Method::DELETE, "/assets", Some(json!({"ids": [ids[2]]})))
        .await;
    fill_more(server, &ids[..2]).await;
    server.settle().await;
}

/// People, sharing and everything else that somebody says of these two photos.
async fn fill_more(server: &Server, ids: &[String]) {
    let made = async |path: &str, body: Value| {
        let (status, answer) = server.call(Method::POST, path, Some(body)).await;
        assert!(status.is_success(), "{path}: {answer}");
        answer["id"].clone()
    };
    let anna = json!({"name": "Änne", "birthDate": "1990-01-02"});
    let anna = made("/people", anna).await;
    let face = json!({
        "assetId": ids[0], "personId": anna, "imageWidth": 60, "imageHeight": 40,
        "x": 5, "y": 5, "width": 20, "height": 20,
    });
    made("/faces", face).await;
    made("/stacks", json!({"assetIds": ids})).await;
    let link = json!({"type": "INDIVIDUAL", "assetIds": ids, "password": "open", "slug": "häuser"});
    made("/shared-links", link).await;
    let memory = json!({
        "type": "on_this_day", "memoryAt": "2021-07-01T00:00:00.000Z",
        "data": {"year": 2021}, "assetIds": ids,
    });
    made("/memories", memory).await;
    let edits = json!({"edits": [{"action": "rotate", "parameters": {"angle": 90}}]});
    let path = format!("/assets/{}/edits", ids[1]);
    let (status, answer) = server.call(Method::PUT, &path, Some(edits)).await;
    assert!(status.is_success(), "{answer}");
    let (bob, _) = second(server).await;
    made("/partners", json!({"sharedWithId": bob})).await;
    let shared = json!({"albumName": "shared", "albumUsers": [{"userId": bob, "role": "editor"}]});
    let album = made("/albums", shared).await;
    made(
        "/activities",
        json!({"albumId": album, "type": "comment", "comment": "schön!"}),
    )
    .await;
    let library =
        json!({"ownerId": bob, "importPaths": ["/mnt/nowhere"], "exclusionPatterns": ["**/.x/**"]});
    made("/libraries", library).await;
}

/// Every row of a server's database, as [`rows`] writes it.
pub(crate) fn state(server: &Server) -> BTreeSet<String> {
    let file = server.data.path().join("state.jsonl.gz");
    let (done, said) = server.admin(&["backup", "--to", file.to_str().unwrap()]);
    assert!(done, "{said}");
    let rows = rows(&file);
    std::fs::remove_file(&file).unwrap();
    rows
}

/// Every row of a backup, by table and as text without what the two databases write differently.
fn rows(file: &Path) -> BTreeSet<String> {
    let unpacked = Command::new("gzip").arg("-dc").arg(file).output().unwrap();
    assert!(unpacked.status.success());
    let text = String::from_utf8(unpacked.stdout).unwrap();
    let (mut table, mut columns) = (String::new(), Vec::new());
    let mut all = BTreeSet::new();
    for line in text.lines().skip(1) {
        match serde_json::from_str(line).unwrap() {
            Value::Array(values) => {
                let mut row: Vec<String> = columns
                    .iter()
                    .zip(values)
                    .map(|(column, value)| format!("{column}={}", plain(&value)))
                    .collect();
                row.sort();
                all.insert(format!("{table}: {}", row.join(" ")));
            }
            head => {
                head["table"]
                    .as_str()
                    .unwrap_or_default()
                    .clone_into(&mut table);
                columns = head["columns"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(|column| column.as_str().unwrap().to_owned())
                    .collect();
            }
        }
    }
    all
}

fn plain(value: &Value) -> String {
    match value {
        Value::Bool(value) => u8::from(*value).to_string(),
        // JSON and numbers in a text: one database has another order of fields and more digits than the other.
        Value::String(text) => match serde_json::from_str::<Value>(text) {
            Ok(inside) => inside.to_string(),
            Err(_) => text.clone(),
        },
        other => other.to_string(),
    }
}

/// What a person sees.
pub(crate) async fn seen(server: &Server) -> Value {
    let (_, assets) = server
        .call(
            Method::POST,
            "/search/metadata",
            Some(json!({"withExif": true, "withDeleted": true, "size": 100})),
        )
        .await;
    json!({
        "assets": assets["assets"]["items"],
        "albums": server.get("/albums").await,
        "tags": server.get("/tags").await,
        "me": server.get("/users/me").await,
        "buckets": server.get("/timeline/buckets").await,
        "total": server.get("/assets/statistics").await,
        "keys": server.get("/api-keys/me").await,
    })
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// An empty database of each sort.
async fn empty_databases() -> Vec<Option<String>> {
    let mut all = vec![None];
    if let Ok(url) = std::env::var("HEIRLOOM_TEST_POSTGRES_URL") {
        all.push(Some(heirloom_store::testing::postgres_url(&url).await));
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_restored_into_an_empty_place_on_either_database() {
    for server in servers().await {
        let mut server = server;
        fill(&server).await;
        let before = seen(&server).await;
        let file = server.data.path().join("backup.jsonl.gz");
        let (done, said) = server.admin(&["backup", "--to", file.to_str().unwrap()]);
        assert!(done, "{said}");
        server.kill();
        for database in empty_databases().await {
            let place = Arc::new(tempfile::tempdir().unwrap());
            for folder in ["originals", "renditions"] {
                copy_folder(&server.data.path().join(folder), &place.path().join(folder));
            }
            let (done, said) = admin(
                place.path(),
                database.as_deref(),
                &["restore", file.to_str().unwrap()],
            );
            assert!(done, "{said}");
            let again = ["restore", file.to_str().unwrap()];
            let (done, said) = admin(place.path(), database.as_deref(), &again);
            assert!(!done && said.contains("not empty"), "{said}");
            let copy = place.path().join("again.jsonl.gz");
            let to = ["backup", "--to", copy.to_str().unwrap()];
            let (done, said) = admin(place.path(), database.as_deref(), &to);
            assert!(done, "{said}");
            let (kept, back) = (rows(&file), rows(&copy));
            let lost: Vec<_> = kept.symmetric_difference(&back).collect();
            assert!(lost.is_empty(), "{lost:#?}");
            for table in [
                "faces",
                "stacks",
                "shared_links",
                "memories",
                "asset_edits",
                "partners",
                "libraries",
            ] {
                let name = format!("{table}: ");
                assert!(kept.iter().any(|row| row.starts_with(&name)), "{table}");
            }
            let mut restored = Server::start_on(place, database, &[]);
            restored.key.clone_from(&server.key);
            restored.settle().await;
            assert_eq!(seen(&restored).await, before);
            for asset in before["assets"].as_array().unwrap() {
                let id = asset["id"].as_str().unwrap();
                for file in ["original", "thumbnail"] {
                    let (status, _) = restored.bytes(&format!("/assets/{id}/{file}")).await;
                    assert_eq!(status, StatusCode::OK, "{id} {file}");
                }
            }
            // The counters behind ids and feeds go on where they stood.
            restored.upload("new.jpg", media::jpeg(50, 50, 99)).await;
            restored.settle().await;
        }
    }
}

#[tokio::test]
async fn a_cut_or_foreign_backup_is_refused_and_the_database_stays_empty() {
    let server = Server::start(None).await;
    fill(&server).await;
    let file = server.data.path().join("backup.jsonl.gz");
    server.admin(&["backup", "--to", file.to_str().unwrap()]);
    let whole = std::fs::read(&file).unwrap();
    let place = tempfile::tempdir().unwrap();
    let cut = place.path().join("cut");
    for (bytes, part) in [
        (&whole[..whole.len() / 2], "cut or damaged"),
        (&whole[..whole.len() - 9], "cut or damaged"),
        (&b"select 1;"[..], "not a backup"),
        (&b""[..], "not a backup"),
    ] {
        std::fs::write(&cut, bytes).unwrap();
        let (done, said) = admin(place.path(), None, &["restore", cut.to_str().unwrap()]);
        assert!(!done && said.contains(part), "{part}: {said}");
    }
    let (done, said) = admin(place.path(), None, &["restore", file.to_str().unwrap()]);
    assert!(done, "{said}");
    let (done, said) = admin(
        place.path(),
        None,
        &["restore", "--replace", file.to_str().unwrap()],
    );
    assert!(done && said.contains("of before"), "{said}");
}

#[tokio::test]
async fn backups_are_listed_fetched_sent_and_deleted() {
    let server = Server::start(None).await;
    fill(&server).await;
    let (done, said) = server.admin(&["backup"]);
    assert!(done, "{said}");
    let listed = server.get("/admin/database-backups").await;
    let name = listed["backups"][0]["filename"].as_str().unwrap();
    let (status, bytes) = server
        .bytes(&format!("/admin/database-backups/{name}"))
        .await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(listed["backups"][0]["filesize"], bytes.len());
    for (sent, file, expected) in [
        (bytes.clone(), "mine.jsonl.gz", StatusCode::CREATED),
        (bytes.clone(), "mine.jsonl.gz", StatusCode::BAD_REQUEST),
        (bytes, "../evil", StatusCode::BAD_REQUEST),
        (
            b"drop table users;".to_vec(),
            "x.sql",
            StatusCode::BAD_REQUEST,
        ),
    ] {
        let form = Form::new().part("file", Part::bytes(sent).file_name(file));
        let response = server
            .client
            .post(format!(
                "{}/api/admin/database-backups/upload",
                server.address
            ))
            .header("x-api-key", &server.key)
            .multipart(form)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), expected, "{file}");
    }
    let (status, _) = server
        .call(
            Method::DELETE,
            "/admin/database-backups",
            Some(json!({"backups": [name]})),
        )
        .await;
    assert_eq!(status, StatusCode::OK);
    let left = server.get("/admin/database-backups").await;
    assert_eq!(left["backups"].as_array().unwrap().len(), 1);
    let (status, _) = server
        .bytes("/admin/database-backups/..%2Fheirloom.db")
        .await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let (status, _) = server.bytes("/admin/database-backups/nothing.gz").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_doctor_says_what_is_wrong() {
    let server = Server::start(None).await;
    let (done, said) = server.admin(&["doctor"]);
    assert!(done && said.contains("good  database"), "{said}");
    let (done, said) = admin(
        server.data.path(),
        Some("postgres://nobody@127.0.0.1:1/nothing"),
        &["doctor"],
    );
    assert!(!done && said.contains("BAD   database"), "{said}");
}
