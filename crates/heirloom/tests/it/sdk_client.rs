//! The published package `@immich/sdk` of the contract's version, driven through everything that clients other than the
//! official web page call (`sdk_client/`, one file a noun).

use std::{path::Path, process::Command};

use chrono::Datelike;

use crate::{media, node, oauth};

const PACKAGES: &[&str] = &["@immich/sdk@3.1.0"];

#[tokio::test]
async fn the_published_package_finds_what_it_expects() {
    for (server, provider) in oauth::with_providers().await {
        let folder = tempfile::tempdir().unwrap();
        photos(folder.path());
        let script = place();
        let output = Command::new("node")
            .arg(script)
            .args([&server.address, &server.key])
            .arg(folder.path())
            .arg(&provider.issuer)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        let database = if server.is_on_sqlite() {
            "SQLite"
        } else {
            "PostgreSQL"
        };
        assert!(output.status.success(), "on {database}:\n{said}");
    }
}

/// The stories beside the package, where they find it.
fn place() -> std::path::PathBuf {
    let folder = node::install(PACKAGES).join("stories");
    std::fs::create_dir_all(&folder).unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/sdk_client");
    for entry in std::fs::read_dir(source).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, folder.join(path.file_name().unwrap())).unwrap();
    }
    folder.join("main.mjs")
}

fn photos(folder: &Path) {
    let write = |name: &str, bytes: Vec<u8>| std::fs::write(folder.join(name), bytes).unwrap();
    let berlin = media::jpeg_with_position(640, 480, 10, "2021:06:06 08:00:00", (52.52, 13.405));
    write("berlin.jpg", berlin);
    let munich = media::jpeg_with_position(640, 480, 90, "2021:06:07 10:00:00", (48.137, 11.575));
    write("munich.jpg", munich);
    let tall = media::jpeg_with_exif(640, 480, 170, 6, "2022:07:08 08:00:00", "+02:00");
    write("tall.jpg", tall);
    let now = heirloom_types::time::Clock::system().now();
    // The day of a leap year has no twin; the one before it will do.
    let past = now
        .with_year(now.year() - 1)
        .unwrap_or(now - chrono::TimeDelta::days(366));
    let taken = past.format("%Y:%m:%d 12:00:00").to_string();
    write(
        "past.jpg",
        media::jpeg_with_exif(640, 480, 250, 1, &taken, "+00:00"),
    );
    write("film.mp4", media::video());
}
