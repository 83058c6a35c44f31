//! Pictures that few cameras make: extreme shapes, deep colours, sensors' data, pictures that move.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    library::with_photos,
    media,
    server::{Server, servers},
};

#[tokio::test]
async fn every_shape_is_shown() {
    let server = Server::start(None).await;
    let shapes = [
        ("dot.png", 1, 1, (1, 1)),
        ("dot.gif", 1, 1, (1, 1)),
        ("dot.jpg", 1, 1, (1, 1)),
        ("dot.webp", 1, 1, (1, 1)),
        ("line.png", 1, 3000, (1, 3000)),
        // No side of a rendition is longer than six times its shorter side may be.
        ("panorama.jpg", 20_000, 200, (8640, 86)),
        ("tower.jpg", 200, 20_000, (86, 8640)),
    ];
    let mut ids = Vec::new();
    for (name, width, height, preview) in shapes {
        // The source of colour knows no sides of one pixel.
        let (wide, high) = (width.max(16), height.max(16));
        let source =
            format!("color=c=0x4060a0:size={wide}x{high},format=rgb24,crop={width}:{height}");
        let id = server.upload(name, media::made(name, &source)).await;
        ids.push((name, id, (width, height), preview));
    }
    server.settle().await;
    for (name, id, size, wanted) in ids {
        let asset = server.get(&format!("/assets/{id}")).await;
        assert_eq!(
            (&asset["width"], &asset["height"]),
            (&json!(size.0), &json!(size.1)),
            "{name}"
        );
        assert_ne!(asset["thumbhash"], Value::Null, "{name}");
        let (status, thumbnail) = server.bytes(&format!("/assets/{id}/thumbnail")).await;
        assert_eq!(status, StatusCode::OK, "{name}");
        assert_eq!(&thumbnail[8..12], b"WEBP", "{name}");
        let preview = preview(&server, &id).await;
        assert_eq!((preview.width, preview.height), wanted, "{name}");
    }
}

#[tokio::test]
async fn deep_and_strange_pixels_look_as_they_should() {
    let server = Server::start(None).await;
    let blue = "color=c=0x4060a0:size=64x48";
    let inked = |pixel: [u8; 4]| {
        let image = turbojpeg::Image {
            pixels: &pixel.repeat(64 * 48)[..],
            width: 64,
            pitch: 64 * 4,
            height: 48,
            format: turbojpeg::PixelFormat::CMYK,
        };
        turbojpeg::Compressor::new()
            .unwrap()
            .compress_to_vec(image)
            .unwrap()
    };
    let with = |name, format| media::made_with(name, blue, &["-pix_fmt", format]);
    let files = [
        ("deep.png", with("deep.png", "rgb48be"), [64, 96, 160]),
        ("deep.tiff", with("deep.tiff", "rgb48le"), [64, 96, 160]),
        ("palette.png", with("palette.png", "pal8"), [64, 96, 160]),
        ("alpha.png", with("alpha.png", "rgba64be"), [64, 96, 160]),
        ("deep.jxl", with("deep.jxl", "rgb48le"), [64, 96, 160]),
        ("grey.png", with("grey.png", "gray16be"), [95, 95, 95]),
        // Adobe's inks are inverted: 255 is none.
        ("cyan.jpg", inked([0, 255, 255, 255]), [0, 255, 255]),
        ("paper.jpg", inked([255; 4]), [255; 3]),
    ];
    check_colours(&server, files, 6).await;
}

#[tokio::test]
async fn a_sensors_data_become_a_picture() {
    let server = Server::start(None).await;
    let id = server
        .upload("sensor.dng", media::dng(128, 96, [0.6, 0.3, 0.1]))
        .await;
    server.settle().await;
    assert_eq!(media::failure(&server, &id, "render").await, None);
    let asset = server.get(&format!("/assets/{id}")).await;
    assert_eq!(asset["exifInfo"]["model"], "Test camera");
    let preview = preview(&server, &id).await;
    let [red, green, blue] = middle(&preview);
    assert!(
        red > green + 20 && green > blue + 20,
        "{red} {green} {blue}"
    );
    // A browser cannot show it, so there is a full-size picture that it can.
    let (status, full) = server
        .bytes(&format!("/assets/{id}/thumbnail?size=fullsize"))
        .await;
    assert_eq!((status, &full[..2]), (StatusCode::OK, &b"\xff\xd8"[..]));
}

#[tokio::test]
async fn samsungs_motion_photos_and_apples_pairs_move() {
    let server = Server::start(None).await;
    let video = media::video();
    let samsung = media::samsung_motion_photo(&media::jpeg(80, 60, 3), &video);
    let still = server.upload("20240102_030405.jpg", samsung.clone()).await;
    server.settle().await;
    let asset = server.get(&format!("/assets/{still}")).await;
    let part = asset["livePhotoVideoId"]
        .as_str()
        .expect("it moves")
        .to_owned();
    let (_, played) = server
        .bytes(&format!("/assets/{part}/video/playback"))
        .await;
    assert!(played == video);
    let (_, original) = server.bytes(&format!("/assets/{still}/original")).await;
    assert!(original == samsung);

    // Whichever of a pair comes first.
    for (seed, is_video_first) in [(4, true), (5, false)] {
        let identifier = format!("0C6DA1E8-0000-4000-8000-00000000000{seed}");
        let tag = format!("com.apple.quicktime.content.identifier={identifier}");
        let movie = media::made_with(
            "a.mov",
            &format!("testsrc=size=160x120:rate={seed}:duration=1"),
            &[
                "-pix_fmt",
                "yuv420p",
                "-movflags",
                "use_metadata_tags",
                "-metadata",
                &tag,
            ],
        );
        let picture = media::apple_still(&media::jpeg(80, 60, seed), &identifier);
        let (still, moving);
        if is_video_first {
            moving = server.upload("IMG_1.MOV", movie).await;
            server.settle().await;
            still = server.upload("IMG_1.JPG", picture).await;
        } else {
            still = server.upload("IMG_2.JPG", picture).await;
            server.settle().await;
            moving = server.upload("IMG_2.MOV", movie).await;
        }
        server.settle().await;
        let asset = server.get(&format!("/assets/{still}")).await;
        assert_eq!(asset["livePhotoVideoId"], json!(moving));
    }
    let buckets = server.get("/timeline/buckets").await;
    let shown: i64 = buckets
        .as_array()
        .unwrap()
        .iter()
        .map(|b| b["count"].as_i64().unwrap())
        .sum();
    assert_eq!(shown, 3, "moving parts do not show by themselves");
}

#[tokio::test]
async fn a_video_is_seen_second_by_second() {
    let program = env!("CARGO_BIN_EXE_heirloom").into();
    let tools = heirloom_media::video::VideoTools::new(heirloom_media::video::Settings {
        confine: (program, vec!["confine".into()]),
        memory_bytes: 2 << 30,
        time: std::time::Duration::from_mins(1),
        transcode_time: std::time::Duration::from_mins(1),
    });
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mp4");
    // Two seconds red, then blue.
    let source = "color=c=red:size=320x180:rate=10:duration=2[a];\
                  color=c=blue:size=320x180:rate=10:duration=4[b];[a][b]concat";
    std::fs::write(
        &path,
        media::made_with("a.mp4", source, &["-pix_fmt", "yuv420p"]),
    )
    .unwrap();
    let file = std::fs::File::open(path).unwrap();
    let probe = tools.probe(&file).await.unwrap();
    let seen = tools.moments(&file, &probe, 90, 100).await.unwrap();
    assert_eq!(seen.len(), 6);
    for moment in &seen {
        let size = moment.frame.size();
        assert_eq!((size.width, size.height), (160, 90));
        let pixel = &moment.frame.pixels()[..3];
        assert_eq!(
            pixel[0] > 200,
            moment.seconds < 1.9,
            "{} {pixel:?}",
            moment.seconds
        );
    }
    let few = tools.moments(&file, &probe, 90, 3).await.unwrap();
    let seconds: Vec<f64> = few.iter().map(|moment| moment.seconds).collect();
    assert_eq!(seconds, [0.0, 2.0, 4.0]);
}

async fn check_colours<const N: usize>(
    server: &Server,
    files: [(&'static str, Vec<u8>, [i32; 3]); N],
    tolerance: i32,
) {
    let mut ids = Vec::new();
    for (name, bytes, wanted) in files {
        ids.push((name, server.upload(name, bytes).await, wanted));
    }
    server.settle().await;
    for (name, id, wanted) in ids {
        assert_eq!(media::failure(server, &id, "render").await, None, "{name}");
        let seen = middle(&preview(server, &id).await);
        let is_near = seen
            .iter()
            .zip(wanted)
            .all(|(a, b)| (a - b).abs() <= tolerance);
        assert!(is_near, "{name} is {seen:?} instead of {wanted:?}");
    }
}

async fn preview(server: &Server, id: &str) -> turbojpeg::Image<Vec<u8>> {
    let (status, bytes) = server
        .bytes(&format!("/assets/{id}/thumbnail?size=preview"))
        .await;
    assert_eq!(status, StatusCode::OK);
    turbojpeg::decompress(&bytes, turbojpeg::PixelFormat::RGB).unwrap()
}

fn middle(image: &turbojpeg::Image<Vec<u8>>) -> [i32; 3] {
    let at = image.height / 2 * image.pitch + image.width / 2 * 3;
    [0, 1, 2].map(|channel| i32::from(image.pixels[at + channel]))
}

#[tokio::test]
async fn a_timeline_goes_by_when_photos_came() {
    for server in servers().await {
        let mut ids = with_photos(&server).await;
        ids.reverse();
        let by = "orderBy=createdAt";
        let months = server.get(&format!("/timeline/buckets?{by}")).await;
        let mut found = Vec::new();
        for month in months.as_array().unwrap() {
            let month = month["timeBucket"].as_str().unwrap();
            assert!(month > "2025", "{month}");
            let path = format!("/timeline/bucket?timeBucket={month}&{by}");
            let assets = server.get(&path).await;
            found.extend(assets["id"].as_array().unwrap().clone());
        }
        assert_eq!(json!(found), json!(ids), "the newest first");
        let path = format!("/timeline/buckets?{by}&albumId={}", crate::access::NOBODY);
        let (status, _) = server.call(Method::GET, &path, None).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        let nonsense = "/timeline/buckets?orderBy=size";
        let (status, _) = server.call(Method::GET, nonsense, None).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
    }
}
