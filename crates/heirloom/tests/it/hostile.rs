//! Files made to do harm, and files that lie: each is kept as it is, says why it has no picture, and harms no other.

use reqwest::StatusCode;

use crate::{media, server::Server};

#[tokio::test]
async fn what_claims_too_much_is_refused_before_it_is_unpacked() {
    let jpeg = media::jpeg(64, 64, 1);
    let files = [
        ("bomb.png", media::png_bomb_with_data()),
        ("bomb.gif", gif_bomb()),
        ("bomb.bmp", bmp_bomb()),
        (
            "bomb.tif",
            tiff(
                &[
                    (256, 60_000),
                    (257, 60_000),
                    (258, 8),
                    (262, 1),
                    (273, 8),
                    (277, 1),
                    (278, 60_000),
                    (279, 64),
                ],
                0,
            ),
        ),
        ("bomb.jpg", jpeg_that_claims(&jpeg, 65_000, 65_000)),
        ("bomb.avif", avif_bomb()),
    ];
    for (name, reason) in reasons(files).await {
        let is_clear = reason.contains("pixels; at most") || reason.contains("security limit");
        assert!(is_clear, "{name}: {reason}");
    }
}

#[tokio::test]
async fn cut_files_show_what_they_have_or_say_what_is_wrong() {
    let server = Server::start(None).await;
    let mut kept = Vec::new();
    for name in [
        "a.png", "a.webp", "a.gif", "a.bmp", "a.tiff", "a.jxl", "a.avif", "a.mp4",
    ] {
        let whole = media::made(name, "testsrc=size=320x240:rate=5:duration=1");
        for part in [16, whole.len() / 2, whole.len() - 9] {
            let cut = whole[..part].to_vec();
            let id = server.upload(&format!("{part}-{name}"), cut.clone()).await;
            kept.push((name, part, id, cut));
        }
    }
    let jpeg = media::jpeg(320, 240, 7);
    let half = server
        .upload("half.jpg", jpeg[..jpeg.len() / 2].to_vec())
        .await;
    server.settle().await;
    // What is there of a JPEG is shown.
    let (status, _) = server.bytes(&format!("/assets/{half}/thumbnail")).await;
    assert_eq!(status, StatusCode::OK);
    for (name, part, id, bytes) in kept {
        let (_, original) = server.bytes(&format!("/assets/{id}/original")).await;
        assert!(original == bytes, "{name} lost something");
        let (status, _) = server.bytes(&format!("/assets/{id}/thumbnail")).await;
        let reason = media::failure(&server, &id, "render").await;
        match reason {
            None => assert_eq!(status, StatusCode::OK, "{part} bytes of {name}"),
            Some(reason) => {
                assert_eq!(status, StatusCode::NOT_FOUND, "{part} bytes of {name}");
                assert!(
                    reason.contains(' ') && reason.len() < 400,
                    "{name}: {reason}"
                );
            }
        }
    }
}

#[tokio::test]
async fn names_lie_and_the_content_decides() {
    let server = Server::start(None).await;
    let jpeg = media::jpeg(60, 40, 1);
    let png = media::made("a.png", "color=c=red:size=60x40");
    let mut shown = Vec::new();
    for (name, bytes) in [
        ("jpeg.png", &jpeg),
        ("jpeg.heic", &jpeg),
        ("jpeg.dng", &jpeg),
        ("jpeg.cr3", &jpeg),
        ("png.jpg", &png),
    ] {
        let id = server
            .upload(name, [&bytes[..], name.as_bytes()].concat())
            .await;
        shown.push((name, id));
    }
    let lies = [
        ("film.jpg", media::video(), "it is a video"),
        (
            "page.jpg",
            b"<html><script>alert(1)</script></html>".to_vec(),
            "known format",
        ),
        (
            "archive.heic",
            b"PK\x03\x04\x14\0\0\0\x08\0".repeat(9),
            "known format",
        ),
        ("text.mp4", b"this is no video".repeat(40), "cannot be read"),
        (
            "still.mov",
            b"#!/bin/sh\nrm -rf /\n".to_vec(),
            "cannot be read",
        ),
    ];
    let mut failed = Vec::new();
    for (name, bytes, reason) in lies {
        failed.push((name, server.upload(name, bytes).await, reason));
    }
    server.settle().await;
    for (name, id) in shown {
        let (status, _) = server.bytes(&format!("/assets/{id}/thumbnail")).await;
        assert_eq!(status, StatusCode::OK, "{name}");
    }
    for (name, id, wanted) in failed {
        let reason = media::failure(&server, &id, "render").await.unwrap();
        assert!(reason.contains(wanted), "{name}: {reason}");
    }
}

#[tokio::test]
async fn structures_without_an_end_are_read_to_an_end() {
    let mut files = vec![
        // The next directory of each is itself, or the one before.
        (
            "circle.tif",
            tiff(&[(256, 8), (257, 8), (258, 8), (262, 1), (277, 1)], 8),
        ),
        (
            "inside.tif",
            tiff(&[(256, 8), (257, 8), (330, 8), (34_665, 8), (34_853, 8)], 8),
        ),
    ];
    // Boxes of an ISO file that contain themselves or reach beyond it.
    let mut boxes = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec();
    boxes.extend(b"\xff\xff\xff\xffmeta\0\0\0\0".repeat(50));
    files.push(("boxes.heic", boxes));
    let jpeg = media::jpeg(16, 16, 2);
    let circle = tiff(&[(0x8769, 8), (0x8825, 8), (0x0112, 1)], 8);
    files.push(("circle.jpg", media::with_exif(&jpeg, &circle)));
    let server = Server::start(None).await;
    let mut ids = Vec::new();
    for (name, bytes) in files {
        ids.push((name, server.upload(name, bytes).await));
    }
    server.settle().await;
    for (name, id) in ids {
        let (status, _) = server.bytes(&format!("/assets/{id}/thumbnail")).await;
        let reason = media::failure(&server, &id, "render").await;
        assert_eq!(
            status == StatusCode::OK,
            reason.is_none(),
            "{name}: {reason:?}"
        );
        assert_eq!(
            media::failure(&server, &id, "metadata").await,
            None,
            "{name}"
        );
        if name == "circle.jpg" {
            assert_eq!(status, StatusCode::OK);
        }
    }
}

/// Why each file has no picture; and that a good one beside them has.
async fn reasons<const N: usize>(
    files: [(&'static str, Vec<u8>); N],
) -> Vec<(&'static str, String)> {
    let server = Server::start(None).await;
    let mut kept = Vec::new();
    for (name, bytes) in files {
        kept.push((name, server.upload(name, bytes.clone()).await, bytes));
    }
    let good = server.upload("good.jpg", media::jpeg(60, 40, 9)).await;
    server.settle().await;
    let (status, _) = server.bytes(&format!("/assets/{good}/thumbnail")).await;
    assert_eq!(status, StatusCode::OK);
    let mut reasons = Vec::new();
    for (name, id, bytes) in kept {
        let (_, original) = server.bytes(&format!("/assets/{id}/original")).await;
        assert!(original == bytes, "{name} lost something");
        let reason = media::failure(&server, &id, "render").await;
        reasons.push((name, reason.unwrap_or_default()));
    }
    reasons
}

fn gif_bomb() -> Vec<u8> {
    let mut file = b"GIF89a\xff\xff\xff\xff\0\0\0".to_vec();
    file.extend(b",\0\0\0\0\xff\xff\xff\xff\0\x02\x02\x4c\x01\0;");
    file
}

fn bmp_bomb() -> Vec<u8> {
    let mut file = b"BM".to_vec();
    file.extend(54u32.to_le_bytes());
    file.extend([0; 4]);
    file.extend(54u32.to_le_bytes());
    file.extend(40u32.to_le_bytes());
    file.extend(60_000i32.to_le_bytes());
    file.extend(60_000i32.to_le_bytes());
    file.extend([1, 0, 24, 0]);
    file.extend([0; 24]);
    file
}

/// A TIFF of one directory at 8, whose entries are single LONGs, followed by the directory at `next`.
fn tiff(entries: &[(u16, u32)], next: u32) -> Vec<u8> {
    let mut file = b"II*\0\x08\0\0\0".to_vec();
    file.extend((entries.len() as u16).to_le_bytes());
    for (tag, value) in entries {
        file.extend(tag.to_le_bytes());
        file.extend([4, 0, 1, 0, 0, 0]);
        file.extend(value.to_le_bytes());
    }
    file.extend(next.to_le_bytes());
    file.resize(file.len() + 64, 0);
    file
}

/// The JPEG with another size in its frame header.
fn jpeg_that_claims(jpeg: &[u8], width: u16, height: u16) -> Vec<u8> {
    let mut file = jpeg.to_vec();
    let frame = file
        .windows(2)
        .position(|mark| mark == b"\xff\xc0")
        .unwrap();
    file[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    file[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    file
}

/// An AVIF with another size in its properties.
fn avif_bomb() -> Vec<u8> {
    let mut file = media::made("a.avif", "color=c=red:size=64x48");
    let property = file.windows(4).position(|name| name == b"ispe").unwrap() + 8;
    file[property..property + 4].copy_from_slice(&60_000u32.to_be_bytes());
    file[property + 4..property + 8].copy_from_slice(&60_000u32.to_be_bytes());
    file
}
