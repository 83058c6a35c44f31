//! Resumable upload with tus-js-client, killing client and server in the middle.

use std::{path::Path, process::Command};

use crate::{media, server::Server};

/// Uploads `file` in chunks, remembers its address in `memory`, and stops after `chunks` of them if told to.
const CLIENT: &str = r#"
import * as tus from "tus-js-client"; import fs from "node:fs";
const [file, endpoint, key, memory, chunks] = process.argv.slice(2);
const known = fs.existsSync(memory) ? fs.readFileSync(memory, "utf8") : null;
let sent = 0;
const upload = new tus.Upload(fs.createReadStream(file), {
  endpoint, uploadUrl: known, chunkSize: 40000, uploadSize: fs.statSync(file).size, retryDelays: [200, 500, 1000, 2000],
  headers: { "x-api-key": key }, metadata: { filename: "long.jpg", fileCreatedAt: "2020-01-01T00:00:00Z", fileModifiedAt: "2020-01-01T00:00:00Z" },
  onChunkComplete() { fs.writeFileSync(memory, upload.url); if (++sent == Number(chunks)) process.exit(0); },
  onError(error) { console.error(String(error)); process.exit(1); },
  onSuccess({ lastResponse }) { console.log(lastResponse.getHeader("heirloom-asset-status"), lastResponse.getHeader("heirloom-asset-id")); },
});
upload.start();
"#;

#[tokio::test]
async fn an_upload_goes_on_after_client_and_server_were_killed() {
    if std::env::var_os("HEIRLOOM_TEST_CLIENTS").is_none() {
        println!("skipped: HEIRLOOM_TEST_CLIENTS is not set (cargo xtask test sets it)");
        return;
    }
    let mut server = Server::start(None).await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("client.mjs"), CLIENT).unwrap();
    run(
        folder.path(),
        "npm",
        &[
            "install",
            "--silent",
            "--no-audit",
            "--no-fund",
            "tus-js-client@4.3.1",
        ],
    );
    // Larger than several chunks; what follows the picture belongs to the file.
    let mut bytes = media::jpeg(300, 200, 9);
    bytes.extend((0..300_000u32).map(|index| (index * 7) as u8));
    std::fs::write(folder.path().join("long.jpg"), &bytes).unwrap();

    let client = |server: &Server, chunks: &str| {
        let endpoint = format!("{}/api/uploads", server.address);
        run(
            folder.path(),
            "node",
            &[
                "client.mjs",
                "long.jpg",
                &endpoint,
                &server.key,
                "memory",
                chunks,
            ],
        )
    };
    client(&server, "3");
    server.kill_and_restart();
    // The server has another port now; the upload is the same.
    let memory = folder.path().join("memory");
    let id = std::fs::read_to_string(&memory)
        .unwrap()
        .rsplit('/')
        .next()
        .unwrap()
        .to_owned();
    std::fs::write(&memory, format!("{}/api/uploads/{id}", server.address)).unwrap();
    let said = client(&server, "1000");
    let asset = said
        .trim()
        .strip_prefix("created ")
        .expect("the file is new")
        .to_owned();
    let (_, original) = server.bytes(&format!("/assets/{asset}/original")).await;
    assert!(original == bytes);
    std::fs::remove_file(memory).unwrap();
    assert_eq!(client(&server, "1000").trim(), format!("duplicate {asset}"));
}

fn run(folder: &Path, program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    said
}
