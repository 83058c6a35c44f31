//! What watches: requests by hand, and `ffprobe`.

use std::process::Command;

use reqwest::{Client, StatusCode, header::HeaderMap};
use serde_json::Value;

use crate::{media, server::Server};

/// A server that shows videos in pieces.
pub(super) async fn watching(environment: &[(&str, &str)]) -> Server {
    let on = ("HEIRLOOM__SETTINGS__FFMPEG__REALTIME__ENABLED", "true");
    let environment = [&[on], environment].concat();
    Server::start_with(None, &environment).await
}

/// A moving picture with sound.
pub(super) fn film(
    name: &str,
    seconds: u32,
    size: &str,
    rate: &str,
    arguments: &[&str],
) -> Vec<u8> {
    let source = format!("testsrc2=duration={seconds}:size={size}:rate={rate}");
    let sound = format!("sine=frequency=440:duration={seconds}");
    let mut all = vec!["-f", "lavfi", "-i", &sound, "-preset", "ultrafast"];
    if !arguments.contains(&"-pix_fmt") {
        all.extend(["-pix_fmt", "yuv420p"]);
    }
    all.extend(arguments);
    media::filmed(name, &source, &all)
}

/// The film as a phone writes it that is held upright: a matrix says how to turn it (ISO/IEC 14496-12, 8.3.2).
pub(super) fn turned(mut film: Vec<u8>) -> Vec<u8> {
    let track = film.windows(4).position(|name| name == b"tkhd").unwrap();
    let one = 0x0001_0000u32;
    let matrix = [
        0,
        one,
        0,
        one.wrapping_neg(),
        0,
        0,
        360 * one,
        0,
        0x4000_0000,
    ];
    let at = track + 44;
    film.splice(at..at + 36, matrix.into_iter().flat_map(u32::to_be_bytes));
    film
}

/// Somebody who watches one video, with an API key.
pub(super) struct Player {
    client: Client,
    base: String,
    pub key: String,
}

pub(super) struct Main {
    pub text: String,
}

/// A variant of the main playlist.
pub(super) struct Line {
    attributes: String,
    pub address: String,
}

/// A variant as it is played.
pub(super) struct Variant<'a> {
    player: &'a Player,
    folder: String,
}

impl Player {
    pub(super) fn new(server: &Server, asset: &str) -> Self {
        Self::at(&server.address, asset, &server.key)
    }

    pub(super) fn at(address: &str, asset: &str, key: &str) -> Self {
        Self {
            client: Client::new(),
            base: format!("{address}/api/assets/{asset}/video/stream"),
            key: key.to_owned(),
        }
    }

    pub(super) fn without_key(server: &Server, asset: &str) -> Self {
        Self {
            key: String::new(),
            ..Self::new(server, asset)
        }
    }

    /// The id of what is watched.
    pub(super) fn asset(&self) -> &str {
        self.base.rsplit('/').nth(2).unwrap()
    }

    pub(super) fn address(&self, path: &str) -> String {
        format!("{}/{path}", self.base)
    }

    pub(super) async fn get(
        &self,
        path: &str,
        headers: &[(&'static str, &str)],
    ) -> (StatusCode, HeaderMap, Vec<u8>) {
        let mut request = self.client.get(self.address(path));
        if !self.key.is_empty() {
            request = request.header("x-api-key", &self.key);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        (status, headers, response.bytes().await.unwrap().to_vec())
    }

    pub(super) async fn end(&self, session: &str) -> StatusCode {
        let request = self.client.delete(self.address(session));
        let request = request.header("x-api-key", &self.key);
        request.send().await.unwrap().status()
    }

    pub(super) async fn text(&self, path: &str) -> String {
        let (status, headers, bytes) = self.get(path, &[]).await;
        let text = String::from_utf8(bytes).unwrap();
        assert_eq!(status, StatusCode::OK, "{path}: {text}");
        assert_eq!(headers["content-type"], "application/vnd.apple.mpegurl");
        assert_eq!(headers["cache-control"], "no-store");
        text
    }

    pub(super) async fn main(&self) -> Main {
        let text = self.text("main.m3u8").await;
        Main { text }
    }

    /// The variant whose playlist is there.
    pub(super) fn variant(&self, playlist: &str) -> Variant<'_> {
        let (folder, _) = playlist.rsplit_once('/').unwrap();
        Variant {
            player: self,
            folder: folder.to_owned(),
        }
    }
}

impl Main {
    pub(super) fn variants(&self) -> Vec<Line> {
        let lines: Vec<&str> = self.text.lines().collect();
        let pairs = lines.windows(2).filter_map(|pair| {
            let attributes = pair[0].strip_prefix("#EXT-X-STREAM-INF:")?;
            Some(Line {
                attributes: attributes.to_owned(),
                address: pair[1].to_owned(),
            })
        });
        pairs.collect()
    }
}

impl Line {
    pub(super) fn get(&self, name: &str) -> &str {
        let start = self.attributes.find(&format!("{name}=")).unwrap();
        let value = &self.attributes[start + name.len() + 1..];
        match value.strip_prefix('"') {
            Some(quoted) => quoted.split('"').next().unwrap(),
            None => value.split(',').next().unwrap(),
        }
    }

    pub(super) fn session(&self) -> &str {
        self.address.split('/').next().unwrap()
    }
}

impl Variant<'_> {
    pub(super) fn name(&self, file: &str) -> String {
        format!("{}/{file}", self.folder)
    }

    pub(super) async fn piece(&mut self, piece: u32) -> Vec<u8> {
        self.file(&format!("seg_{piece}.m4s")).await
    }

    pub(super) async fn head(&mut self) -> Vec<u8> {
        self.file("init.mp4").await
    }

    async fn file(&self, file: &str) -> Vec<u8> {
        let (status, headers, bytes) = self.player.get(&self.name(file), &[]).await;
        let said = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).into_owned();
        assert_eq!(status, StatusCode::OK, "{file}: {said}");
        assert_eq!(headers["content-type"], "video/mp4");
        bytes
    }
}

/// What `ffprobe` says.
pub(super) struct Probed {
    pub streams: Vec<Value>,
    /// In the order of their times.
    pub packets: Vec<Packet>,
}

#[derive(Debug)]
pub(super) struct Packet {
    pub stream: u32,
    pub seconds: f64,
    pub is_key: bool,
}

/// Reads everything there is at an address, or in a file.
pub(super) fn probe(address: &str, key: &str) -> Probed {
    let mut command = Command::new("ffprobe");
    if !key.is_empty() {
        command.args(["-headers", &format!("x-api-key: {key}\r\n")]);
    }
    let entries = "packet=stream_index,pts_time,flags:stream";
    let output = command
        .args(["-v", "error", "-of", "json", "-show_entries", entries])
        .arg(address)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{said}");
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packets = answer["packets"].as_array().unwrap().iter();
    let mut packets: Vec<Packet> = packets
        .map(|packet| Packet {
            stream: packet["stream_index"].as_u64().unwrap() as u32,
            seconds: packet["pts_time"].as_str().unwrap().parse().unwrap(),
            is_key: packet["flags"].as_str().unwrap().starts_with('K'),
        })
        .collect();
    packets.sort_by(|a, b| {
        (a.seconds, a.stream)
            .partial_cmp(&(b.seconds, b.stream))
            .unwrap()
    });
    Probed {
        streams: answer["streams"].as_array().unwrap().clone(),
        packets,
    }
}

/// The packets of a piece.
pub(super) fn packets_of(head: &[u8], piece: &[u8]) -> Vec<Packet> {
    let file = file_of(head, piece);
    probe(file.path().to_str().unwrap(), "").packets
}

/// Red, green and blue of one pixel of the first picture of a piece.
pub(super) fn first_pixel(head: &[u8], piece: &[u8]) -> [u8; 3] {
    let file = file_of(head, piece);
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(file.path())
        .args(["-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"])
        .output()
        .unwrap();
    output.stdout[..3].try_into().unwrap()
}

fn file_of(head: &[u8], piece: &[u8]) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), [head, piece].concat()).unwrap();
    file
}
