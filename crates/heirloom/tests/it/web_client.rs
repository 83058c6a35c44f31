//! The web client, embedded in the real binary, used by a real browser (`web/e2e`), on a desktop and on a phone.

use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use reqwest::{StatusCode, header};

use crate::{media, node, server::Server};

#[tokio::test]
async fn the_page_and_its_files_are_served_with_a_strict_policy() {
    let server = Server::fresh();
    let get = |path: &str| {
        server
            .client
            .get(format!("{}{path}", server.address))
            .send()
    };
    for path in ["/", "/albums/some-id", "/share/no-such-key", "/s/none"] {
        let page = get(path).await.unwrap();
        assert_eq!(page.status(), StatusCode::OK, "{path}");
        let policy = page.headers()[header::CONTENT_SECURITY_POLICY]
            .to_str()
            .unwrap();
        assert!(
            policy.contains("default-src 'none'") && !policy.contains("unsafe-inline"),
            "{policy}"
        );
        assert_eq!(page.headers()[header::CACHE_CONTROL], "no-cache");
        assert!(
            page.text()
                .await
                .unwrap()
                .contains("<title>Heirloom</title>")
        );
    }
    for path in ["/assets/of-an-older-version.js", "/api/no-such-thing"] {
        assert_eq!(
            get(path).await.unwrap().status(),
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
}

/// Two browsers at two servers, so that nobody waits for all stories one after the other.
#[test]
fn people_use_it_in_a_browser() {
    use_in_a_browser("1/2");
}

#[test]
fn people_use_it_in_another_browser() {
    use_in_a_browser("2/2");
}

fn use_in_a_browser(part: &str) {
    if !node::are_clients_wanted() {
        return;
    }
    let client = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web");
    assert!(
        client.join("dist/index.html").is_file(),
        "web/dist is not built: cargo xtask setup does that"
    );
    let server = Server::fresh();
    let folder = tempfile::tempdir().unwrap();
    photos(folder.path());
    let told = Command::new("node")
        .args(["e2e/run.mjs", part])
        .current_dir(client)
        .env("BASE", &server.address)
        .env("PHOTOS", folder.path())
        .env("BINARY", env!("CARGO_BIN_EXE_heirloom"))
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    std::io::stdout().write_all(&told.stdout).unwrap();
    assert!(
        told.status.success(),
        "the browser's tests failed:\n{}",
        failures(&String::from_utf8_lossy(&told.stdout))
    );
}

/// What a report in TAP says of what failed: its name and the indented lines after it.
fn failures(report: &str) -> String {
    let mut is_failure = false;
    let told = report.lines().filter(|line| {
        if !line.starts_with(' ') {
            is_failure = line.starts_with("not ok");
        }
        is_failure
    });
    told.collect::<Vec<_>>().join("\n")
}

#[test]
fn what_failed_in_a_browser_is_told_with_its_reason() {
    let report =
        "ok 1 - fine\n  ---\n  ...\nnot ok 2 - broken\n  ---\n  error: 'late'\n  ...\n# pass 1";
    let told = "not ok 2 - broken\n  ---\n  error: 'late'\n  ...";
    assert_eq!(failures(report), told);
}

/// Pictures of several shapes and months, a video, and a file that is no picture.
fn photos(folder: &Path) {
    for (at, (width, height)) in [
        (1200, 800),
        (800, 1200),
        (1600, 700),
        (900, 900),
        (1200, 900),
    ]
    .into_iter()
    .enumerate()
    {
        for month in [3, 6, 9] {
            let taken = format!("202{at}:{month:02}:1{at} 1{at}:20:00");
            let bytes =
                media::jpeg_with_exif(width, height, (at * 50 + month) as u8, 1, &taken, "+00:00");
            std::fs::write(
                folder.join(format!("photo {at} {month} – Größe 写真.jpg")),
                bytes,
            )
            .unwrap();
        }
    }
    std::fs::write(folder.join("film.mp4"), media::video()).unwrap();
    std::fs::write(folder.join("notes.txt"), "no picture").unwrap();
}
