//! External libraries: folders that are indexed where they lie, and never touched.

#![expect(clippy::too_many_lines, reason = "each test is one story")]

mod changes;

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    library::{call, second},
    media,
    server::{Server, servers_with},
};

const WATCH: &str = "HEIRLOOM__SETTINGS__LIBRARY__WATCH__ENABLED";

/// A folder that libraries may use, and what a test does with it.
struct Disk {
    folder: TempDir,
}

impl Disk {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// A new time of the last change, as when a file was written some while later.
    fn touch(&self, name: &str) {
        let file = fs::File::open(self.path(name)).unwrap();
        let later = file.metadata().unwrap().modified().unwrap() + Duration::from_secs(10);
        file.set_modified(later).unwrap();
    }

    fn rename(&self, from: &str, to: &str) {
        let to = self.path(to);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::rename(self.path(from), to).unwrap();
    }

    fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).unwrap();
    }

    /// Everything in it: names, bytes and times.
    fn state(&self) -> BTreeMap<PathBuf, (Vec<u8>, SystemTime)> {
        fn walk(folder: &Path, found: &mut BTreeMap<PathBuf, (Vec<u8>, SystemTime)>) {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    walk(&path, found);
                } else {
                    let modified = fs::metadata(&path).unwrap().modified().unwrap();
                    found.insert(path.clone(), (fs::read(&path).unwrap(), modified));
                }
            }
        }
        let mut found = BTreeMap::new();
        walk(self.folder.path(), &mut found);
        found
    }
}

/// Servers that may use a disk each; only what is asked for is scanned.
async fn with_disks() -> Vec<(Server, Disk)> {
    let mut all = Vec::new();
    for count in 0.. {
        let disk = Disk::new();
        let allowed = disk.text("");
        let external = allowed.trim_end_matches('/');
        let environment = [("HEIRLOOM__STORAGE__EXTERNAL", external), (WATCH, "false")];
        let mut started = servers_with(&environment, count..count + 1).await;
        match started.pop() {
            Some(server) => all.push((server, disk)),
            None => break,
        }
    }
    all
}

async fn me(server: &Server) -> Value {
    server.get("/users/me").await["id"].clone()
}

async fn create(server: &Server, paths: &[String]) -> String {
    let body = json!({"ownerId": me(server).await, "name": "Disk", "importPaths": paths});
    let made = call(
        server,
        Method::POST,
        "/libraries",
        body,
        StatusCode::CREATED,
    )
    .await;
    assert_eq!(made["refreshedAt"], Value::Null);
    made["id"].as_str().unwrap().to_owned()
}

async fn scan(server: &Server, id: &str) {
    let path = format!("/libraries/{id}/scan");
    let (status, answer) = server.call(Method::POST, &path, None).await;
    assert_eq!(status, StatusCode::NO_CONTENT, "{answer}");
    server.settle().await;
}

/// A library of the folder `photos`, scanned.
async fn scanned(server: &Server, disk: &Disk) -> String {
    let id = create(server, &[disk.text("photos")]).await;
    scan(server, &id).await;
    id
}

/// All assets by the name of their file, those in the trash as well.
async fn assets(server: &Server) -> BTreeMap<String, Value> {
    let body = json!({"withDeleted": true, "withExif": true, "size": 1000});
    let found = call(
        server,
        Method::POST,
        "/search/metadata",
        body,
        StatusCode::OK,
    )
    .await;
    let mut all = BTreeMap::new();
    for asset in found["assets"]["items"].as_array().unwrap() {
        let name = asset["originalFileName"].as_str().unwrap().to_owned();
        let twice = all.insert(name.clone(), asset.clone());
        assert!(twice.is_none(), "{name} is there twice");
    }
    all
}

async fn asset(server: &Server, name: &str) -> Value {
    let mut all = assets(server).await;
    all.remove(name).unwrap_or_else(|| panic!("no {name}"))
}

async fn update(server: &Server, id: &str, change: Value) {
    let path = format!("/libraries/{id}");
    call(server, Method::PUT, &path, change, StatusCode::OK).await;
}

fn id_of(asset: &Value) -> String {
    asset["id"].as_str().unwrap().to_owned()
}

fn is_away(asset: &Value) -> bool {
    assert_eq!(asset["isOffline"], asset["isTrashed"], "{asset}");
    asset["isOffline"] == true
}

const SIDECAR: &str = r#"<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:description><rdf:Alt><rdf:li xml:lang="x-default">WORDS</rdf:li>
 </rdf:Alt></dc:description></rdf:Description></rdf:RDF></x:xmpmeta>"#;

#[tokio::test]
async fn folders_are_indexed_where_they_lie_and_nothing_in_them_changes() {
    for (server, disk) in with_disks().await {
        let pier = media::jpeg_with_exif(64, 48, 1, 1, "2021:06:07 08:09:10", "+02:00");
        disk.write("photos/a.jpg", &pier);
        disk.write("photos/deep/er/b.JPG", media::jpeg(64, 48, 2));
        disk.write("photos/deep/b.xmp", SIDECAR.replace("WORDS", "Nobody's"));
        disk.write(
            "photos/deep/er/b.JPG.xmp",
            SIDECAR.replace("WORDS", "From the sidecar"),
        );
        disk.write("photos/copy of a.jpg", &pier);
        disk.write("photos/note.txt", "no photo");
        disk.write("photos/@eaDir/a.jpg", media::jpeg(64, 48, 3));
        let before = disk.state();
        let library = scanned(&server, &disk).await;

        let all = assets(&server).await;
        assert_eq!(all.len(), 2, "{:?}", all.keys());
        let b = &all["b.JPG"];
        assert_eq!(b["libraryId"], library.as_str());
        assert_eq!(b["originalPath"], disk.text("photos/deep/er/b.JPG"));
        assert_eq!(b["exifInfo"]["description"], "From the sidecar");
        // One content is one asset, whichever of its files was met first.
        let a = all.values().find(|asset| asset["id"] != b["id"]).unwrap();
        assert_eq!(a["localDateTime"], "2021-06-07T08:09:10.000Z");
        let path = format!("/assets/{}", id_of(a));
        assert_eq!(server.bytes(&format!("{path}/original")).await.1, pier);
        assert_eq!(
            server.bytes(&format!("{path}/thumbnail")).await.0,
            StatusCode::OK
        );
        let stats = server
            .get(&format!("/libraries/{library}/statistics"))
            .await;
        assert_eq!((&stats["photos"], &stats["total"]), (&json!(2), &json!(2)));
        let listed = server.get("/libraries").await;
        assert_eq!(listed[0]["assetCount"], 2);
        assert!(listed[0]["refreshedAt"].is_string());
        let account = server.get("/users/me").await;
        assert_eq!(
            account["quotaUsageInBytes"], 0,
            "its files take none of our space"
        );

        // The same content as an upload is another asset, as clients have it; the upload is asked for as usual.
        let checksum = a["checksum"].clone();
        let body = json!({"assets": [{"id": "1", "checksum": checksum}]});
        let asked = call(
            &server,
            Method::POST,
            "/assets/bulk-upload-check",
            body,
            StatusCode::OK,
        )
        .await;
        assert_eq!(asked["results"][0]["action"], "accept");
        let upload = server.upload("uploaded.jpg", pier.clone()).await;
        server.settle().await;
        let uploaded = server.get(&format!("/assets/{upload}")).await;
        assert_eq!(
            (&uploaded["libraryId"], &uploaded["checksum"]),
            (&Value::Null, &checksum)
        );

        // What people say of them is kept elsewhere, and scanning again makes nothing of it.
        let words = json!({"description": "Said by a person", "rating": 5});
        call(
            &server,
            Method::PUT,
            &format!("/assets/{}", id_of(b)),
            words,
            StatusCode::OK,
        )
        .await;
        server.settle().await;
        scan(&server, &library).await;
        let said = asset(&server, "b.JPG").await;
        assert_eq!(
            (&said["id"], &said["exifInfo"]["description"]),
            (&b["id"], &json!("Said by a person"))
        );
        let kept = server.files("sidecars");
        assert!(
            fs::read_to_string(&kept[0])
                .unwrap()
                .contains("Said by a person")
        );
        assert_eq!(assets(&server).await.len(), 3);

        // Deleting one only forgets it, and it stays away while its file stays as it is.
        let body = json!({"ids": [b["id"]], "force": true});
        call(
            &server,
            Method::DELETE,
            "/assets",
            body,
            StatusCode::NO_CONTENT,
        )
        .await;
        scan(&server, &library).await;
        assert!(!assets(&server).await.contains_key("b.JPG"));
        assert!(
            disk.state() == before,
            "something in the folder was changed"
        );
        disk.touch("photos/deep/er/b.JPG");
        scan(&server, &library).await;
        assert!(assets(&server).await.contains_key("b.JPG"));

        let before = disk.state();
        let (status, _) = server
            .call(Method::DELETE, &format!("/libraries/{library}"), None)
            .await;
        assert_eq!(status, StatusCode::NO_CONTENT);
        assert_eq!(server.get("/libraries").await, json!([]));
        server.settle().await;
        let left: Vec<_> = assets(&server).await.into_keys().collect();
        assert_eq!(left, ["uploaded.jpg"]);
        assert!(
            disk.state() == before,
            "something in the folder was changed"
        );
    }
}

#[tokio::test]
async fn exclusions_take_away_and_give_back() {
    for (server, disk) in with_disks().await {
        disk.write("photos/a.jpg", media::jpeg(40, 30, 1));
        disk.write("photos/Raw/b.jpg", media::jpeg(40, 30, 2));
        disk.write("photos/Raw/deep/c.jpg", media::jpeg(40, 30, 3));
        let library = scanned(&server, &disk).await;
        assert_eq!(assets(&server).await.len(), 3);
        update(
            &server,
            &library,
            json!({"exclusionPatterns": ["**/Raw/**"]}),
        )
        .await;
        scan(&server, &library).await;
        let all = assets(&server).await;
        let away: Vec<_> = all
            .iter()
            .filter(|(_, asset)| is_away(asset))
            .map(|(name, _)| name)
            .collect();
        assert_eq!(away, ["b.jpg", "c.jpg"]);
        update(&server, &library, json!({"exclusionPatterns": ["deep"]})).await;
        scan(&server, &library).await;
        let now = assets(&server).await;
        assert!(!is_away(&now["b.jpg"]) && is_away(&now["c.jpg"]));
        assert_eq!(now["b.jpg"]["id"], all["b.jpg"]["id"]);
        // A folder that leaves the library takes its files with it, and brings them back.
        disk.write("more/d.jpg", media::jpeg(40, 30, 4));
        update(
            &server,
            &library,
            json!({"importPaths": [disk.text("more"), disk.text("more/")]}),
        )
        .await;
        scan(&server, &library).await;
        let now = assets(&server).await;
        assert!(is_away(&now["a.jpg"]) && !is_away(&now["d.jpg"]));
        let wrong = json!({"exclusionPatterns": ["a["]});
        call(
            &server,
            Method::PUT,
            &format!("/libraries/{library}"),
            wrong,
            StatusCode::BAD_REQUEST,
        )
        .await;
    }
}

#[tokio::test]
async fn only_allowed_folders_and_nothing_that_links_lead_to() {
    for (server, disk) in with_disks().await {
        disk.write("photos/a.jpg", media::jpeg(40, 30, 1));
        let secret = tempfile::tempdir().unwrap();
        fs::write(secret.path().join("secret.jpg"), media::jpeg(40, 30, 2)).unwrap();
        symlink(secret.path(), disk.path("photos/folder")).unwrap();
        symlink(
            secret.path().join("secret.jpg"),
            disk.path("photos/link.jpg"),
        )
        .unwrap();
        symlink(secret.path(), disk.path("linked")).unwrap();
        symlink(disk.path("photos"), disk.path("photos/circle")).unwrap();
        let owner = me(&server).await;
        let data = server.data.path().to_str().unwrap();
        for (path, said) in [
            ("/etc", "storage.external"),
            ("/", "not the whole path"),
            ("photos", "not the whole path"),
            (disk.text("../etc").as_str(), "not the whole path"),
            (secret.path().to_str().unwrap(), "storage.external"),
            (data, ""),
        ] {
            let body = json!({"ownerId": owner, "importPaths": [path]});
            let answer = call(
                &server,
                Method::POST,
                "/libraries",
                body,
                StatusCode::BAD_REQUEST,
            )
            .await;
            assert!(
                answer["message"].as_str().unwrap().contains(said),
                "{path}: {answer}"
            );
        }
        let library = create(&server, &[disk.text("photos"), disk.text("linked")]).await;
        let body = json!({"importPaths": [disk.text("photos"), disk.text("linked"), disk.text("none"), "/etc",
            disk.text("photos/a.jpg")]});
        let path = format!("/libraries/{library}/validate");
        let checked = call(&server, Method::POST, &path, body, StatusCode::OK).await;
        let valid: Vec<_> = checked["importPaths"]
            .as_array()
            .unwrap()
            .iter()
            .map(|path| &path["isValid"])
            .collect();
        assert_eq!(valid, [true, false, false, false, false], "{checked}");
        scan(&server, &library).await;
        let names: Vec<_> = assets(&server).await.into_keys().collect();
        assert_eq!(names, ["a.jpg"]);
        // A file that becomes a link after it was taken in shows nothing of where it leads.
        let a = id_of(&asset(&server, "a.jpg").await);
        disk.remove("photos/a.jpg");
        symlink(secret.path().join("secret.jpg"), disk.path("photos/a.jpg")).unwrap();
        let (status, _) = server.bytes(&format!("/assets/{a}/original")).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn administrators_decide_whose_a_folder_is() {
    for (server, disk) in with_disks().await {
        disk.write("photos/a.jpg", media::jpeg(40, 30, 1));
        let (bob_id, bob) = second(&server).await;
        let body = json!({"ownerId": bob_id, "importPaths": [disk.text("photos")]});
        let made = call(
            &server,
            Method::POST,
            "/libraries",
            body.clone(),
            StatusCode::CREATED,
        )
        .await;
        let library = made["id"].as_str().unwrap();
        scan(&server, library).await;
        let a = asset(&bob, "a.jpg").await;
        assert_eq!(a["ownerId"], bob_id.as_str());
        assert!(
            assets(&server).await.is_empty(),
            "it is not the administrator's"
        );
        let (status, _) = server
            .call(Method::GET, &format!("/assets/{}", id_of(&a)), None)
            .await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        for (method, path, body) in [
            (Method::GET, "/libraries".to_owned(), None),
            (Method::POST, "/libraries".to_owned(), Some(body)),
            (Method::GET, format!("/libraries/{library}"), None),
            (
                Method::PUT,
                format!("/libraries/{library}"),
                Some(json!({"name": "x"})),
            ),
            (Method::DELETE, format!("/libraries/{library}"), None),
            (Method::POST, format!("/libraries/{library}/scan"), None),
            (
                Method::GET,
                format!("/libraries/{library}/statistics"),
                None,
            ),
            (
                Method::POST,
                format!("/libraries/{library}/validate"),
                Some(json!({})),
            ),
        ] {
            let (status, answer) = bob.call(method.clone(), &path, body).await;
            assert_eq!(status, StatusCode::FORBIDDEN, "{method} {path}: {answer}");
        }
        // The same folder of two people is two assets.
        let mine = scanned(&server, &disk).await;
        assert_ne!(asset(&server, "a.jpg").await["id"], a["id"]);
        assert_ne!(mine, library);
        let nobody = "/libraries/01a20db7-ff15-4e9f-aa0a-a2892c7a6c8e";
        let (status, _) = server.call(Method::GET, nobody, None).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
    }
}
