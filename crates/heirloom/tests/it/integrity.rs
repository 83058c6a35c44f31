//! Damage is found, reported, repaired from the second copy, and told apart from a store that does not answer.

use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    media,
    server::{Server, servers},
};

async fn original(server: &Server, id: &str) -> std::path::PathBuf {
    let asset = server.get(&format!("/assets/{id}")).await;
    server
        .data
        .path()
        .join(asset["originalPath"].as_str().unwrap())
}

async fn report(server: &Server, kind: &str) -> Value {
    server
        .get(&format!("/admin/integrity/report?type={kind}"))
        .await["items"]
        .clone()
}

#[tokio::test]
async fn damage_is_reported_and_goes_when_it_is_put_right() {
    for server in servers().await {
        let damaged = server.upload("a.jpg", media::jpeg(40, 30, 1)).await;
        let lost = server.upload("b.jpg", media::jpeg(40, 30, 2)).await;
        server.upload("c.jpg", media::jpeg(40, 30, 3)).await;
        server.settle().await;
        let (done, said) = server.admin(&["verify"]);
        assert!(
            done && said.contains("3 originals read, 0 damaged"),
            "{said}"
        );
        let path = original(&server, &damaged).await;
        let whole = std::fs::read(&path).unwrap();
        let mut flipped = whole.clone();
        flipped[100] ^= 1;
        std::fs::write(&path, &flipped).unwrap();
        std::fs::remove_file(original(&server, &lost).await).unwrap();
        let (done, said) = server.admin(&["verify"]);
        assert!(!done && said.contains("2 damaged"), "{said}");
        let summary = server.get("/admin/integrity/summary").await;
        assert_eq!(
            summary,
            json!({"checksum_mismatch": 1, "missing_file": 1, "untracked_file": 0})
        );
        let health = server.get("/admin/library-health").await;
        assert_eq!(
            (&health["originals"], &health["damaged"]),
            (&json!(3), &json!(2))
        );
        let line = report(&server, "checksum_mismatch").await[0].clone();
        let (status, bytes) = server
            .bytes(&format!(
                "/admin/integrity/report/{}/file",
                line["id"].as_str().unwrap()
            ))
            .await;
        assert_eq!((status, bytes), (StatusCode::OK, flipped));
        std::fs::write(&path, &whole).unwrap();
        server.admin(&["verify"]);
        assert_eq!(report(&server, "checksum_mismatch").await, json!([]));
        let line = report(&server, "missing_file").await[0].clone();
        let (_, csv) = server
            .bytes("/admin/integrity/report/missing_file/csv")
            .await;
        assert!(
            String::from_utf8(csv)
                .unwrap()
                .contains(line["path"].as_str().unwrap())
        );
        let gone = format!("/admin/integrity/report/{}", line["id"].as_str().unwrap());
        let (status, _) = server.bytes(&format!("{gone}/file")).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        let (status, _) = server.call(Method::DELETE, &gone, None).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(
            server.get(&format!("/assets/{lost}")).await["isTrashed"],
            true
        );
        assert_eq!(report(&server, "missing_file").await, json!([]));
    }
}

#[tokio::test]
async fn damage_is_repaired_from_the_second_copy() {
    let copy = tempfile::tempdir().unwrap();
    let place = copy.path().to_str().unwrap();
    let server = Server::start_with(None, &[("HEIRLOOM__STORAGE__COPY__FOLDER", place)]).await;
    let mut kept = Vec::new();
    for seed in 0..3 {
        let bytes = media::jpeg(40, 30, seed);
        let id = server.upload("a.jpg", bytes.clone()).await;
        kept.push((original(&server, &id).await, bytes));
    }
    server.settle().await;
    let verify = || server.admin_with(&["verify"], &[("HEIRLOOM__STORAGE__COPY__FOLDER", place)]);
    assert!(verify().0, "the first round fills the copy");
    std::fs::write(&kept[0].0, b"rotten").unwrap();
    std::fs::remove_file(&kept[1].0).unwrap();
    // What is wrong in the copy as well cannot be repaired, and is not made worse.
    std::fs::write(&kept[2].0, b"bad").unwrap();
    let relative = kept[2].0.strip_prefix(server.data.path()).unwrap();
    std::fs::write(copy.path().join(relative), b"bad too").unwrap();
    let (done, said) = verify();
    assert!(!done && said.contains("1 damaged"), "{said}");
    for (path, bytes) in &kept[..2] {
        assert!(std::fs::read(path).unwrap() == *bytes, "{}", path.display());
    }
    assert_eq!(std::fs::read(&kept[2].0).unwrap(), b"bad");
    assert_eq!(server.get("/admin/library-health").await["repaired"], 2);
}

#[tokio::test]
async fn the_schedule_scrubs_and_backs_up_by_itself() {
    let every_minute = "* * * * *";
    let server = Server::start_with(
        None,
        &[
            (
                "HEIRLOOM__SETTINGS__INTEGRITYCHECKS__CHECKSUMFILES__CRONEXPRESSION",
                every_minute,
            ),
            (
                "HEIRLOOM__SETTINGS__INTEGRITYCHECKS__UNTRACKEDFILES__CRONEXPRESSION",
                every_minute,
            ),
            (
                "HEIRLOOM__SETTINGS__BACKUP__DATABASE__CRONEXPRESSION",
                every_minute,
            ),
            ("HEIRLOOM__SETTINGS__BACKUP__DATABASE__KEEPLASTAMOUNT", "1"),
        ],
    )
    .await;
    server.upload("a.jpg", media::jpeg(40, 30, 1)).await;
    let stray = server.data.path().join("originals/stray.jpg");
    std::fs::write(&stray, b"nobody's").unwrap();
    let old = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(1_600_000_000);
    std::fs::File::open(&stray)
        .unwrap()
        .set_modified(old)
        .unwrap();
    let start = Instant::now();
    loop {
        let verified = server.get("/admin/library-health").await["verified"] == 1;
        let backups = server.get("/admin/database-backups").await["backups"].clone();
        let strays = report(&server, "untracked_file").await;
        if verified && backups[0].is_object() && strays[0]["path"] == "originals/stray.jpg" {
            assert_eq!(backups.as_array().unwrap().len(), 1);
            let line = strays[0]["id"].as_str().unwrap();
            let path = format!("/admin/integrity/report/{line}");
            server.call(Method::DELETE, &path, None).await;
            assert_eq!(report(&server, "untracked_file").await, json!([]));
            return;
        }
        assert!(
            start.elapsed() < Duration::from_mins(4),
            "{verified} {backups} {strays}"
        );
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

#[tokio::test]
async fn what_is_no_report_says_so() {
    let server = Server::start(None).await;
    for path in ["?type=nothing", "?type=missing_file&limit=0", ""] {
        let path = format!("/admin/integrity/report{path}");
        let (status, answer) = server.call(Method::GET, &path, None).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path}: {answer}");
    }
    let nobody = "/admin/integrity/report/01a20db7-ff15-4e9f-aa0a-a2892c7a6c8e";
    let (status, _) = server.call(Method::DELETE, nobody, None).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}
