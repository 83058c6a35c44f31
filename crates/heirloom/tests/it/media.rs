//! Files that the tests make.

use std::process::Command;

use turbojpeg::{Compressor, Image, PixelFormat};

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
