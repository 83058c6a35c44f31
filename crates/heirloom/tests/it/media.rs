//! Files that the tests make.

use std::process::Command;

use turbojpeg::{Compressor, Image, PixelFormat};

use crate::server::Server;

/// A JPEG whose pixels depend on `seed`, upright, left half dark.
pub(crate) fn jpeg(width: usize, height: usize, seed: u8) -> Vec<u8> {
    let pixels: Vec<u8> = (0..height)
        .flat_map(|y| (0..width).map(move |x| (x, y)))
        .flat_map(|(x, y)| {
            [
                if x < width / 2 { 20 } else { 230 },
                (y * 255 / height) as u8,
                seed,
            ]
        })
        .collect();
    let image = Image {
        pixels: pixels.as_slice(),
        width,
        pitch: width * 3,
        height,
        format: PixelFormat::RGB,
    };
    Compressor::new().unwrap().compress_to_vec(image).unwrap()
}

/// The JPEG with an EXIF block: orientation and the time of capture with its zone.
pub(crate) fn jpeg_with_exif(
    width: usize,
    height: usize,
    seed: u8,
    orientation: u16,
    time: &str,
    zone: &str,
) -> Vec<u8> {
    let plain = jpeg(width, height, seed);
    let mut tiff = b"II*\0\x08\0\0\0".to_vec();
    let entry = |tag: u16, kind: u16, count: u32, value: [u8; 4]| {
        let mut bytes = tag.to_le_bytes().to_vec();
        bytes.extend(kind.to_le_bytes());
        bytes.extend(count.to_le_bytes());
        bytes.extend(value);
        bytes
    };
    // Main directory at 8 with two entries (30 bytes), EXIF directory at 38 with two (30 bytes), texts from 68.
    tiff.extend(2u16.to_le_bytes());
    tiff.extend(entry(0x0112, 3, 1, [orientation as u8, 0, 0, 0]));
    tiff.extend(entry(0x8769, 4, 1, 38u32.to_le_bytes()));
    tiff.extend(0u32.to_le_bytes());
    tiff.extend(2u16.to_le_bytes());
    tiff.extend(entry(0x9003, 2, time.len() as u32 + 1, 68u32.to_le_bytes()));
    tiff.extend(entry(
        0x9011,
        2,
        zone.len() as u32 + 1,
        (68 + time.len() as u32 + 1).to_le_bytes(),
    ));
    tiff.extend(0u32.to_le_bytes());
    tiff.extend(time.bytes().chain([0]));
    tiff.extend(zone.bytes().chain([0]));
    with_exif(&plain, &tiff)
}

/// The JPEG with an EXIF block: the time of capture without a zone, and the position in degrees.
pub(crate) fn jpeg_with_position(
    width: usize,
    height: usize,
    seed: u8,
    time: &str,
    (latitude, longitude): (f64, f64),
) -> Vec<u8> {
    let plain = jpeg(width, height, seed);
    let mut tiff = b"II*\0\x08\0\0\0".to_vec();
    let mut directory = |entries: &[(u16, u16, u32, [u8; 4])]| {
        tiff.extend((entries.len() as u16).to_le_bytes());
        for (tag, kind, count, value) in entries {
            tiff.extend(tag.to_le_bytes());
            tiff.extend(kind.to_le_bytes());
            tiff.extend(count.to_le_bytes());
            tiff.extend(value);
        }
        tiff.extend([0; 4]);
    };
    let letter = |positive, negative, degrees: f64| {
        [if degrees < 0.0 { negative } else { positive }, 0, 0, 0]
    };
    // Main directory at 8 (30 bytes), EXIF at 38 (18 bytes), GPS at 56 (54 bytes), values from 110.
    directory(&[
        (0x8769, 4, 1, 38u32.to_le_bytes()),
        (0x8825, 4, 1, 56u32.to_le_bytes()),
    ]);
    directory(&[(0x9003, 2, time.len() as u32 + 1, 142u32.to_le_bytes())]);
    directory(&[
        (1, 2, 2, letter(b'N', b'S', latitude)),
        (2, 5, 1, 110u32.to_le_bytes()),
        (3, 2, 2, letter(b'E', b'W', longitude)),
        (4, 5, 1, 118u32.to_le_bytes()),
    ]);
    for degrees in [latitude, longitude] {
        tiff.extend(((degrees.abs() * 1e6) as u32).to_le_bytes());
        tiff.extend(1_000_000u32.to_le_bytes());
    }
    tiff.resize(142, 0);
    tiff.extend(time.bytes().chain([0]));
    with_exif(&plain, &tiff)
}

/// The JPEG with a TIFF structure as its EXIF block.
pub(crate) fn with_exif(plain: &[u8], tiff: &[u8]) -> Vec<u8> {
    let mut file = plain[..2].to_vec();
    file.extend(b"\xff\xe1");
    file.extend((tiff.len() as u16 + 8).to_be_bytes());
    file.extend(b"Exif\0\0");
    file.extend(tiff);
    file.extend(&plain[2..]);
    file
}

/// The head of a PNG that claims 60,000 × 60,000 pixels.
pub(crate) fn png_bomb() -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut head = b"IHDR".to_vec();
    head.extend(60_000u32.to_be_bytes());
    head.extend(60_000u32.to_be_bytes());
    head.extend([8, 6, 0, 0, 0]);
    file.extend(13u32.to_be_bytes());
    let check = crc(&head);
    file.extend(head);
    file.extend(check.to_be_bytes());
    file.extend(b"\0\0\0\0IEND\xae\x42\x60\x82");
    file
}

/// The same with pixels that never come, so that a reader gets as far as asking for memory.
pub(crate) fn png_bomb_with_data() -> Vec<u8> {
    let mut file = png_bomb();
    let mut data = b"IDAT\x78\x9c".to_vec();
    data.extend([0x5a; 40]);
    let mut chunk = (data.len() as u32 - 4).to_be_bytes().to_vec();
    chunk.extend(&data);
    chunk.extend(crc(&data).to_be_bytes());
    let end = file.len() - 12;
    file.splice(end..end, chunk);
    file
}

/// CRC-32 of PNG (ISO 3309).
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

/// One second of H.264 in MP4.
pub(crate) fn video() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mp4");
    let status = Command::new("ffmpeg")
        .args([
            "-v",
            "error",
            "-f",
            "lavfi",
            "-i",
            "testsrc=duration=1:size=160x120:rate=10",
            "-pix_fmt",
            "yuv420p",
        ])
        .arg(&path)
        .status()
        .unwrap();
    assert!(status.success());
    std::fs::read(path).unwrap()
}

/// What `ffmpeg` writes under such a name when it is given a source of its own (`lavfi`).
pub(crate) fn made(name: &str, source: &str) -> Vec<u8> {
    made_with(name, source, &[])
}

/// The same with more arguments.
pub(crate) fn made_with(name: &str, source: &str, arguments: &[&str]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-f", "lavfi", "-i", source]);
    let kind = name.rsplit('.').next();
    if kind == Some("avif") {
        command.args([
            "-c:v",
            "libaom-av1",
            "-still-picture",
            "1",
            "-cpu-used",
            "8",
        ]);
    }
    if !matches!(kind, Some("mp4" | "mov")) {
        command.args(["-frames:v", "1"]);
    }
    let status = command.args(arguments).arg(&path).status().unwrap();
    assert!(status.success());
    std::fs::read(path).unwrap()
}

/// A video that `ffmpeg` makes of a source of its own, whatever its name ends with.
pub(crate) fn filmed(name: &str, source: &str, arguments: &[&str]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-f", "lavfi", "-i", source]);
    let status = command.args(arguments).arg(&path).status().unwrap();
    assert!(status.success());
    std::fs::read(path).unwrap()
}

/// Why a stage of an asset was given up (of a server that keeps its rows in SQLite).
pub(crate) async fn failure(server: &Server, id: &str, stage: &str) -> Option<String> {
    let path = server.data.path().join("heirloom.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
    let mut database = sqlx::ConnectOptions::connect(&options).await.unwrap();
    let id: uuid::Uuid = id.parse().unwrap();
    let query = "select failure from asset_stages where asset_id = $1 and stage = $2";
    sqlx::query_scalar(query)
        .bind(id.as_bytes().as_slice())
        .bind(stage)
        .fetch_one(&mut database)
        .await
        .unwrap()
}

/// A still with a video at its end, as Samsung's phones write it.
pub(crate) fn samsung_motion_photo(still: &[u8], video: &[u8]) -> Vec<u8> {
    let name = b"MotionPhoto_Data";
    let mut part = b"\0\0\x30\x0a".to_vec();
    part.extend((name.len() as u32).to_le_bytes());
    part.extend(name);
    part.extend(video);
    let mut directory = b"SEFH".to_vec();
    directory.extend(107u32.to_le_bytes());
    directory.extend(1u32.to_le_bytes());
    directory.extend(b"\0\0\x30\x0a");
    directory.extend((part.len() as u32).to_le_bytes());
    directory.extend((part.len() as u32).to_le_bytes());
    let length = (directory.len() as u32).to_le_bytes();
    [still, &part, &directory, &length, b"SEFT"].concat()
}

/// The JPEG with the maker note in which Apple's phones name the video that belongs to it.
pub(crate) fn apple_still(plain: &[u8], identifier: &str) -> Vec<u8> {
    let mut note = b"Apple iOS\0\0\x01MM\0\x01".to_vec();
    note.extend(b"\0\x11\0\x02");
    note.extend((identifier.len() as u32 + 1).to_be_bytes());
    note.extend(32u32.to_be_bytes());
    note.extend([0; 4]);
    note.extend(identifier.bytes().chain([0]));
    // Main directory at 8 and EXIF at 26, one entry each.
    let mut tiff = b"MM\0*\0\0\0\x08\0\x01\x87\x69\0\x04\0\0\0\x01\0\0\0\x1a\0\0\0\0".to_vec();
    tiff.extend(b"\0\x01\x92\x7c\0\x07");
    tiff.extend((note.len() as u32).to_be_bytes());
    tiff.extend(44u32.to_be_bytes());
    tiff.extend([0; 4]);
    tiff.extend(note);
    with_exif(plain, &tiff)
}

/// An uncompressed DNG (Adobe's specification 1.4) of a sensor that sees one colour everywhere: red, green, blue as
/// shares of white.
pub(crate) fn dng(width: u32, height: u32, colour: [f64; 3]) -> Vec<u8> {
    let samples: Vec<u8> = (0..height)
        .flat_map(|y| (0..width).map(move |x| colour[(x % 2 + y % 2) as usize]))
        .flat_map(|share| ((share * 65_535.0) as u16).to_le_bytes())
        .collect();
    // From XYZ to a camera whose primaries are those of sRGB.
    let matrix = [
        3.2406, -1.5372, -0.4986, -0.9689, 1.8758, 0.0415, 0.0557, -0.2040, 1.0570,
    ];
    let rationals = |values: &[f64]| -> Vec<u8> {
        values
            .iter()
            .flat_map(|value| [(value * 10_000.0) as i32, 10_000])
            .flat_map(i32::to_le_bytes)
            .collect()
    };
    let long = |value: u32| (4u16, value.to_le_bytes().to_vec());
    let short = |values: &[u16]| (3u16, values.iter().flat_map(|v| v.to_le_bytes()).collect());
    let text = |text: &[u8]| (2u16, text.to_vec());
    let entries: Vec<(u16, (u16, Vec<u8>))> = vec![
        (254, long(0)),
        (256, long(width)),
        (257, long(height)),
        (258, short(&[16])),
        (259, short(&[1])),
        (262, short(&[32_803])),
        (271, text(b"Heirloom\0")),
        (272, text(b"Test camera\0")),
        (273, long(8)),
        (274, short(&[1])),
        (277, short(&[1])),
        (278, long(height)),
        (279, long(samples.len() as u32)),
        (33_421, short(&[2, 2])),
        (33_422, (1, vec![0, 1, 1, 2])),
        (50_706, (1, vec![1, 4, 0, 0])),
        (50_708, text(b"Heirloom Test camera\0")),
        (50_717, long(65_535)),
        (50_721, (10, rationals(&matrix))),
        (50_728, (5, rationals(&[1.0, 1.0, 1.0]))),
        (50_778, short(&[21])),
    ];
    let directory = 8 + samples.len() as u32;
    let mut file = [b"II*\0", &directory.to_le_bytes()[..], &samples].concat();
    file.extend((entries.len() as u16).to_le_bytes());
    let mut rest = Vec::new();
    let rest_at = directory + 2 + 12 * entries.len() as u32 + 4;
    for (tag, (kind, mut value)) in entries {
        let size = [0, 1, 1, 2, 4, 8, 0, 0, 0, 0, 8][usize::from(kind)];
        file.extend(tag.to_le_bytes());
        file.extend(kind.to_le_bytes());
        file.extend((value.len() as u32 / size).to_le_bytes());
        if value.len() <= 4 {
            value.resize(4, 0);
            file.extend(value);
        } else {
            file.extend((rest_at + rest.len() as u32).to_le_bytes());
            value.resize(value.len().next_multiple_of(2), 0);
            rest.extend(value);
        }
    }
    file.extend([0; 4]);
    file.extend(rest);
    file
}

/// A still with a video at its end, as Google's phones write it.
pub(crate) fn motion_photo(still: &[u8], video: &[u8]) -> Vec<u8> {
    let packet = format!(
        "http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF \
         xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"><rdf:Description \
         xmlns:GCamera=\"http://ns.google.com/photos/1.0/camera/\" GCamera:MicroVideo=\"1\" \
         GCamera:MicroVideoOffset=\"{}\"/></rdf:RDF></x:xmpmeta>",
        video.len()
    );
    let mut file = still[..2].to_vec();
    file.extend(b"\xff\xe1");
    file.extend((packet.len() as u16 + 2).to_be_bytes());
    file.extend(packet.as_bytes());
    file.extend(&still[2..]);
    file.extend(video);
    file
}
