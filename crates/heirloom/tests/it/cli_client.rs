//! Immich's own command line client, as published.

use std::{path::Path, process::Command};

use crate::{
    media,
    server::{Server, servers},
};

#[tokio::test]
async fn the_published_client_uploads_a_folder_with_albums_and_nothing_twice() {
    if std::env::var_os("HEIRLOOM_TEST_CLIENTS").is_none() {
        println!("skipped: HEIRLOOM_TEST_CLIENTS is not set (cargo xtask test sets it)");
        return;
    }
    for server in servers().await {
        let folder = tempfile::tempdir().unwrap();
        let trip = folder.path().join("photos/Trip");
        std::fs::create_dir_all(&trip).unwrap();
        for seed in 0..5 {
            std::fs::write(
                trip.join(format!("{seed}.jpg")),
                media::jpeg(64, 48, seed * 40),
            )
            .unwrap();
        }
        std::fs::write(trip.join("clip.mp4"), media::video()).unwrap();
        let client = |arguments: &[&str]| immich(folder.path(), arguments);
        client(&["login", &server.address, &server.key]);
        let said = client(&["server-info"]);
        assert!(
            said.contains("3.1.0") && said.contains("Total: 0"),
            "{said}"
        );
        let said = client(&["upload", "--recursive", "--album", "photos"]);
        assert!(
            said.contains("Successfully uploaded 6 new assets"),
            "{said}"
        );
        let said = client(&["upload", "--recursive", "--album", "photos"]);
        assert!(
            said.contains("6 duplicates") && said.contains("All assets were already uploaded"),
            "{said}"
        );
        check(&server).await;
    }
}

async fn check(server: &Server) {
    server.settle().await;
    let albums = server.get("/albums").await;
    assert_eq!(
        (&albums[0]["albumName"], &albums[0]["assetCount"]),
        (&"Trip".into(), &6.into())
    );
    assert_eq!(albums[0]["albumUsers"][0]["role"], "owner");
    let totals = server.get("/assets/statistics").await;
    assert_eq!(
        (totals["images"].as_i64(), totals["videos"].as_i64()),
        (Some(5), Some(1))
    );
}

fn immich(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("npx")
        .args([
            "--yes",
            "-p",
            "node@22",
            "-p",
            "@immich/cli@3.2.2",
            "immich",
        ])
        .args(arguments)
        .current_dir(folder)
        .env("IMMICH_CONFIG_DIR", folder.join("config"))
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr]
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .concat();
    assert!(output.status.success(), "{said}");
    said
}

#[tokio::test]
async fn our_own_client_accounts_for_every_file_and_sends_nothing_twice() {
    for server in servers().await {
        let folder = tempfile::tempdir().unwrap();
        for seed in 0..4 {
            std::fs::write(
                folder.path().join(format!("{seed}.jpg")),
                media::jpeg(64, 48, seed * 40),
            )
            .unwrap();
        }
        std::fs::write(folder.path().join("notes.txt"), "no photo").unwrap();
        std::fs::write(folder.path().join("empty.jpg"), "").unwrap();
        let (succeeded, said) = upload(&server, folder.path());
        assert!(
            !succeeded && said.contains("empty.jpg: The file is empty"),
            "{said}"
        );
        assert!(
            said.contains(
                "5 photos and videos: 4 uploaded, 0 already there, 1 failed; 1 other files left out"
            ),
            "{said}"
        );
        std::fs::remove_file(folder.path().join("empty.jpg")).unwrap();
        let (succeeded, said) = upload(&server, folder.path());
        assert!(
            succeeded && said.contains("0 uploaded, 4 already there, 0 failed"),
            "{said}"
        );
        server.settle().await;
        assert_eq!(server.get("/albums").await[0]["assetCount"], 4);
    }
}

fn upload(server: &Server, folder: &Path) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_heirloom"))
        .args([
            "upload",
            "--album",
            "Ours",
            "--server",
            &server.address,
            "--key",
            &server.key,
        ])
        .arg(folder)
        .output()
        .unwrap();
    (
        output.status.success(),
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned(),
    )
}
