//! `heirloom upload --watch`, with a server that goes away in between.

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use tokio::net::{TcpListener, TcpStream};

use crate::{media, server::servers};

/// An address that stays while the server behind it goes and comes; without one, connections break off.
async fn address_of(behind: Arc<Mutex<Option<String>>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let to = behind.lock().unwrap().clone();
            tokio::spawn(async move {
                let Some(to) = to else { return };
                let to = to.strip_prefix("http://").unwrap();
                let mut server = TcpStream::connect(to).await.unwrap();
                tokio::io::copy_bidirectional(&mut client, &mut server)
                    .await
                    .ok();
            });
        }
    });
    address
}

struct Client {
    process: Child,
    said: std::path::PathBuf,
}

impl Client {
    fn start(folder: &Path, said: &Path, server: &str, key: &str) -> Self {
        let process = Command::new(env!("CARGO_BIN_EXE_heirloom"))
            .args([
                "upload", "--watch", "--album", "Camera", "--server", server, "--key", key,
            ])
            .arg(folder)
            .stdout(Stdio::from(fs::File::create(said).unwrap()))
            .spawn()
            .unwrap();
        Self {
            process,
            said: said.to_owned(),
        }
    }

    async fn says(&self, part: &str) {
        let start = Instant::now();
        loop {
            let said = fs::read_to_string(&self.said).unwrap();
            if said.contains(part) {
                return;
            }
            assert!(
                start.elapsed() < Duration::from_mins(1),
                "not {part}: {said}"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watched_folder_is_sent_as_it_fills() {
    let mut server = servers().await.swap_remove(0);
    let behind = Arc::new(Mutex::new(Some(server.address.clone())));
    let address = address_of(behind.clone()).await;
    let outside = tempfile::tempdir().unwrap();
    let folder = outside.path().join("camera");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("a.jpg"), media::jpeg(40, 30, 1)).unwrap();
    let mut client = Client::start(&folder, &outside.path().join("said"), &address, &server.key);
    client.says("1 photos and videos: 1 uploaded").await;
    client.says("watching").await;

    // A file that is written slowly is sent once, when it is whole.
    let bytes = media::jpeg(400, 300, 2);
    fs::create_dir(folder.join("new")).unwrap();
    let mut file = fs::File::create(folder.join("new/b.jpg")).unwrap();
    for part in bytes.chunks(bytes.len() / 4 + 1) {
        file.write_all(part).unwrap();
        tokio::time::sleep(Duration::from_millis(900)).await;
    }
    fs::write(folder.join("new/.c.jpg.part"), b"of another program").unwrap();
    client.says("1 uploaded\n").await;

    *behind.lock().unwrap() = None;
    server.kill();
    fs::write(folder.join("c.jpg"), media::jpeg(40, 30, 3)).unwrap();
    client.says("the server does not take files now").await;
    fs::write(folder.join("d.jpg"), media::jpeg(40, 30, 4)).unwrap();
    server.restart();
    *behind.lock().unwrap() = Some(server.address.clone());
    client.says("the server answers again").await;
    let start = Instant::now();
    while server.get("/assets/statistics").await["total"] != 4 {
        assert!(start.elapsed() < Duration::from_mins(1));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // What was taken is said before the end.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let id = client.process.id().to_string();
    Command::new("kill").args(["-INT", &id]).status().unwrap();
    let ended = client.process.wait().unwrap();
    let said = fs::read_to_string(&client.said).unwrap();
    assert!(ended.success(), "{said}");
    let last = said.lines().last().unwrap();
    assert_eq!(
        last,
        "4 photos and videos: 4 uploaded, 0 already there, 0 failed; 0 other files left out"
    );
    server.settle().await;
    let albums = server.get("/albums").await;
    assert_eq!(albums[0]["assetCount"], 4);
}
