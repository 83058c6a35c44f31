//! Videos in pieces, watched by `ffprobe` and by hand.

mod access;
mod endings;
mod player;

use reqwest::StatusCode;
use serde_json::json;

use self::player::{Packet, Player, Probed, film, probe, watching};
use crate::{
    media,
    server::{Server, servers_with},
};

/// One frame of 30000/1001 a second.
const FRAME: f64 = 1001.0 / 30_000.0;

fn near(left: f64, right: f64) -> bool {
    (left - right).abs() < 0.002
}

/// Times of the pictures that begin anew.
fn keys(packets: &[Packet]) -> Vec<f64> {
    let pictures = packets.iter().filter(|packet| packet.stream == 0);
    pictures
        .filter(|packet| packet.is_key)
        .map(|packet| packet.seconds)
        .collect()
}

/// The steps from each packet of a stream to the next.
fn steps(packets: &[Packet], stream: u32) -> Vec<f64> {
    let of_stream = packets.iter().filter(|packet| packet.stream == stream);
    let times: Vec<f64> = of_stream.map(|packet| packet.seconds).collect();
    times.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

#[tokio::test]
async fn a_player_plays_all_of_every_variant() {
    let server = watching(&[]).await;
    let video = film("a.mp4", 7, "1280x720", "30000/1001", &["-g", "250"]);
    let frames = probe_frames(&video);
    let player = Player::new(&server, &server.upload("a.mp4", video).await);
    let main = player.main().await;
    let lines = main.variants();
    let sizes: Vec<&str> = lines.iter().map(|line| line.get("RESOLUTION")).collect();
    assert_eq!(sizes, ["852x480", "1280x720"]);
    for line in &lines {
        assert_eq!(line.get("FRAME-RATE"), "29.970");
        assert_eq!(line.get("CODECS"), "avc1.64001F,mp4a.40.2");
        let Probed { streams, packets } = probe(&player.address(&line.address), &player.key);
        let [picture, sound] = streams.as_slice() else {
            panic!("two streams: {streams:?}");
        };
        let (width, height) = line.get("RESOLUTION").split_once('x').unwrap();
        assert_eq!(picture["width"].to_string(), width);
        assert_eq!(picture["height"].to_string(), height);
        assert_eq!(picture["codec_name"], "h264");
        assert_eq!(picture["profile"], "High");
        assert_eq!(picture["level"], 31);
        assert_eq!(sound["codec_name"], "aac");
        let pictures = packets.iter().filter(|packet| packet.stream == 0).count();
        assert_eq!(pictures, frames);
        let expected: Vec<f64> = (0..4)
            .map(|piece| f64::from(piece) * 60.0 * FRAME)
            .collect();
        assert_eq!(keys(&packets).len(), expected.len());
        assert!(
            keys(&packets)
                .iter()
                .zip(&expected)
                .all(|(a, b)| near(*a, *b))
        );
        assert!(steps(&packets, 0).iter().all(|step| near(*step, FRAME)));
        assert!(
            steps(&packets, 1)
                .iter()
                .all(|step| near(*step, 1024.0 / 48_000.0))
        );
        let last = packets
            .iter()
            .map(|packet| packet.seconds)
            .fold(0.0, f64::max);
        assert!((6.9..7.05).contains(&last), "{last}");
    }
    // The whole as a player meets it that reads the main playlist.
    let whole = probe(&player.address("main.m3u8"), &player.key);
    assert_eq!(whole.streams.len(), 4);
}

fn probe_frames(video: &[u8]) -> usize {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), video).unwrap();
    let packets = probe(file.path().to_str().unwrap(), "").packets;
    packets.iter().filter(|packet| packet.stream == 0).count()
}

#[tokio::test]
async fn a_playlist_is_what_the_standard_asks_for_and_keeps_what_it_says() {
    let server = watching(&[]).await;
    // Noise is what costs most.
    let noise = media::made_with(
        "a.mp4",
        "nullsrc=size=854x480:rate=25:duration=5,geq=random(1)*255:128:128",
        &["-pix_fmt", "yuv420p", "-preset", "ultrafast", "-crf", "30"],
    );
    let player = Player::new(&server, &server.upload("a.mp4", noise).await);
    let main = player.main().await;
    assert!(main.text.starts_with("#EXTM3U\n#EXT-X-VERSION:7\n"));
    let line = &main.variants()[0];
    assert_eq!(line.get("CODECS"), "avc1.64001E", "there is no sound");
    let playlist = player.text(&line.address).await;
    for tag in [
        "#EXT-X-TARGETDURATION:2\n",
        "#EXT-X-PLAYLIST-TYPE:VOD\n",
        "#EXT-X-INDEPENDENT-SEGMENTS\n",
        "#EXT-X-MAP:URI=\"init.mp4\"\n",
        "#EXTINF:2.000000,\nseg_0.m4s\n",
        "#EXTINF:1.000000,\nseg_2.m4s\n#EXT-X-ENDLIST\n",
    ] {
        assert!(playlist.contains(tag), "{tag} in {playlist}");
    }
    let bandwidth: f64 = line.get("BANDWIDTH").parse().unwrap();
    let mut variant = player.variant(&line.address);
    for (piece, seconds) in [(0, 2.0), (1, 2.0), (2, 1.0)] {
        let bits = variant.piece(piece).await.len() as f64 * 8.0 / seconds;
        assert!(bits <= bandwidth, "{piece}: {bits} of {bandwidth}");
        assert!(bits > bandwidth / 4.0, "{piece}: {bits} of {bandwidth}");
    }
    let (status, _, _) = player.get(&variant.name("seg_3.m4s"), &[]).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (status, _, _) = player.get(&variant.name("seg_x.m4s"), &[]).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn who_seeks_and_changes_size_gets_pieces_that_follow_each_other() {
    let server = watching(&[]).await;
    let video = film("a.mp4", 25, "1280x720", "30000/1001", &["-g", "250"]);
    let player = Player::new(&server, &server.upload("a.mp4", video).await);
    let main = player.main().await;
    let lines = main.variants();
    let mut small = player.variant(&lines[0].address);
    let mut large = player.variant(&lines[1].address);
    // From the middle to the end, back to the beginning, and in between another size.
    let mut pieces = Vec::new();
    for piece in [6, 7, 12, 0, 1] {
        pieces.push((piece, small.piece(piece).await));
    }
    for piece in [2, 3, 8] {
        pieces.push((piece, large.piece(piece).await));
    }
    let head = small.head().await;
    let other = large.head().await;
    for (piece, bytes) in &pieces {
        let head = if [2, 3, 8].contains(piece) {
            &other
        } else {
            &head
        };
        let packets = player::packets_of(head, bytes);
        let start = f64::from(*piece) * 60.0 * FRAME;
        assert!(near(packets[0].seconds, start), "{piece}: {:?}", packets[0]);
        assert_eq!(keys(&packets).len(), 1, "{piece}");
        let count = packets.iter().filter(|packet| packet.stream == 0).count();
        assert_eq!(count, if *piece == 12 { 30 } else { 60 }, "{piece}");
    }
    // What different runs of one size made is one film.
    pieces.retain(|(piece, _)| [0, 1, 6, 7].contains(piece));
    for piece in [2, 3, 4, 5] {
        pieces.push((piece, small.piece(piece).await));
    }
    pieces.sort_by_key(|(piece, _)| *piece);
    let all = pieces.iter().flat_map(|(_, bytes)| bytes.clone());
    let packets = player::packets_of(&head, &all.collect::<Vec<u8>>());
    assert_eq!(steps(&packets, 0).len(), 479);
    assert!(steps(&packets, 0).iter().all(|step| near(*step, FRAME)));
    assert!(
        steps(&packets, 1)
            .iter()
            .all(|step| near(*step, 1024.0 / 48_000.0))
    );
}

#[tokio::test]
async fn hints_of_a_player_let_it_wait_for_less() {
    let server = watching(&[]).await;
    let video = film("a.mp4", 25, "640x480", "25", &[]);
    let player = Player::new(&server, &server.upload("a.mp4", video).await);
    let line = player.main().await.variants().remove(0);
    let position = [("x-immich-hls-pos", "16.5")];
    let (status, _, _) = player.get(&line.address, &position).await;
    assert_eq!(status, StatusCode::OK);
    let mut variant = player.variant(&line.address);
    // It comes from the run that began there, at piece 8; one at the beginning would be another.
    let head = variant.name("init.mp4");
    let (status, _, head) = player.get(&head, &[("x-immich-hls-msn", "8")]).await;
    assert_eq!(status, StatusCode::OK);
    let packets = player::packets_of(&head, &variant.piece(8).await);
    assert!(near(packets[0].seconds, 16.0));
    for (name, value) in [("x-immich-hls-pos", "soon"), ("x-immich-hls-msn", "-7")] {
        let (status, _, _) = player.get(&line.address, &[(name, value)]).await;
        assert_eq!(status, StatusCode::OK);
    }
}

#[tokio::test]
async fn videos_of_every_shape_are_shown_upright_and_in_ordinary_light() {
    let server = watching(&[]).await;
    let hdr: &[&str] = &[
        "-pix_fmt",
        "yuv420p10le",
        "-c:v",
        "libx265",
        "-x265-params",
        "log-level=error:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc",
    ];
    let upright = player::turned(film("a.mov", 3, "640x360", "30", &[]));
    let cases = [
        ("turned.mov", upright, "360x640", 90),
        (
            "odd.mkv",
            film(
                "a.mkv",
                3,
                "853x481",
                "24",
                &["-pix_fmt", "yuv444p", "-vf", "scale=853:481,setsar=1"],
            ),
            "850x480",
            72,
        ),
        (
            "hdr.mp4",
            film("a.mp4", 3, "320x180", "25", hdr),
            "320x180",
            75,
        ),
        (
            "fast.mp4",
            film("a.mp4", 3, "320x180", "120", &[]),
            "320x180",
            180,
        ),
        (
            "slow.mp4",
            film("a.mp4", 4, "320x180", "1/2", &[]),
            "320x180",
            4,
        ),
        (
            "stream.ts",
            film("a.ts", 3, "320x180", "25", &[]),
            "320x180",
            75,
        ),
    ];
    for (name, video, size, frames) in cases {
        let player = Player::new(&server, &server.upload(name, video).await);
        let main = player.main().await;
        let line = &main.variants()[0];
        assert_eq!(line.get("RESOLUTION"), size, "{name}");
        let Probed { streams, packets } = probe(&player.address(&line.address), &player.key);
        let shown = format!("{}x{}", streams[0]["width"], streams[0]["height"]);
        assert_eq!(shown, size, "{name}");
        assert_eq!(streams[0]["pix_fmt"], "yuv420p", "{name}");
        assert_ne!(streams[0]["color_transfer"], "smpte2084", "{name}");
        let count = packets.iter().filter(|packet| packet.stream == 0).count();
        // A stream of packets says its length only nearly.
        assert!(count.abs_diff(frames) <= 1, "{name}: {count}");
    }
}

#[tokio::test]
async fn what_was_seen_last_stays_while_nothing_new_comes() {
    let server = watching(&[]).await;
    // Frames until 3 s and from 7 s on, as screens are recorded; no keyframe in between.
    let filter = "select=not(between(t\\,3\\,7)),drawbox=c=red:t=fill:enable=lt(t\\,3)";
    let arguments = [
        "-vf", filter, "-vsync", "vfr", "-g", "300", "-pix_fmt", "yuv420p",
    ];
    let video = media::made_with(
        "a.mp4",
        "color=c=blue:size=320x180:rate=30:duration=9",
        &arguments,
    );
    let player = Player::new(&server, &server.upload("a.mp4", video).await);
    let line = player.main().await.variants().remove(0);
    let mut variant = player.variant(&line.address);
    for (piece, is_red) in [(2, true), (4, false), (0, true)] {
        let bytes = variant.piece(piece).await;
        let head = variant.head().await;
        let [red, _, blue] = player::first_pixel(&head, &bytes);
        assert_eq!(red > blue, is_red, "{piece}: {red} {blue}");
    }
}

#[tokio::test]
async fn what_cannot_be_played_says_why() {
    let server = watching(&[]).await;
    let whole = film(
        "a.mp4",
        21,
        "640x480",
        "30",
        &["-g", "60", "-movflags", "+faststart"],
    );
    let cut = whole[..whole.len() / 3].to_vec();
    let player = Player::new(&server, &server.upload("cut.mp4", cut).await);
    let line = player.main().await.variants().remove(0);
    let mut variant = player.variant(&line.address);
    let head = variant.head().await;
    let packets = player::packets_of(&head, &variant.piece(0).await);
    assert_eq!(keys(&packets), [0.0]);
    let (status, _, said) = player.get(&variant.name("seg_10.m4s"), &[]).await;
    let said = String::from_utf8(said).unwrap();
    assert_eq!(status, StatusCode::BAD_REQUEST, "{said}");
    assert!(said.contains("The video cannot be played"), "{said}");
    assert!(!said.contains("/dev/") && !said.contains("/tmp"), "{said}");
    // What is whole of it is still played.
    let packets = player::packets_of(&head, &variant.piece(1).await);
    assert!(near(packets[0].seconds, 2.0));

    let sound = media::made_with("a.mp4", "sine=duration=2", &[]);
    for (name, bytes, expected) in [
        ("noise.mp4", vec![7; 5000], StatusCode::BAD_REQUEST),
        ("sound.mp4", sound, StatusCode::BAD_REQUEST),
        ("still.jpg", media::jpeg(40, 30, 1), StatusCode::NOT_FOUND),
    ] {
        let player = Player::new(&server, &server.upload(name, bytes).await);
        let (status, _, said) = player.get("main.m3u8", &[]).await;
        assert_eq!(status, expected, "{name}");
        let said: serde_json::Value = serde_json::from_slice(&said).unwrap();
        assert!(said["message"].is_string(), "{name}: {said}");
    }
}

#[tokio::test]
async fn it_is_off_until_an_administrator_turns_it_on() {
    for server in servers_with(&[], 0..1).await {
        let video = film("a.mp4", 2, "1280x720", "25", &[]);
        let player = Player::new(&server, &server.upload("a.mp4", video).await);
        assert_eq!(
            server.get("/server/features").await["realtimeTranscoding"],
            false
        );
        let (status, _, said) = player.get("main.m3u8", &[]).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        assert!(String::from_utf8(said).unwrap().contains("turned off"));
        for (path, value, expected) in [
            ("enabled", json!(true), StatusCode::OK),
            ("resolutions", json!([720, 2160]), StatusCode::OK),
            ("videoCodecs", json!(["av1"]), StatusCode::BAD_REQUEST),
            ("resolutions", json!([500]), StatusCode::BAD_REQUEST),
        ] {
            let status = set(&server, path, value).await;
            assert_eq!(status, expected, "{path}");
        }
        assert_eq!(
            server.get("/server/features").await["realtimeTranscoding"],
            true
        );
        let lines = player.main().await.variants();
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].get("RESOLUTION"), "1280x720");
    }
}

async fn set(server: &Server, path: &str, value: serde_json::Value) -> StatusCode {
    let mut config = server.get("/system-config").await;
    config["ffmpeg"]["realtime"][path] = value;
    let put = server.call(reqwest::Method::PUT, "/system-config", Some(config));
    put.await.0
}
