//! Wide gamut and high dynamic range, from a file to what a browser is given.

use image::ImageReader;

use crate::{media, server::Server};

/// The middle of what is shown of an AVIF of one colour, whose code points say what that colour is.
async fn shown(server: &Server, name: &str, colour: &str, points: [&str; 3]) -> [u8; 3] {
    let source = format!("color=c={colour}:size=64x48,format=yuv444p10le");
    let [primaries, transfer, matrix] = points;
    let arguments = [
        "-crf",
        "0",
        "-color_primaries",
        primaries,
        "-color_trc",
        transfer,
        "-colorspace",
        matrix,
    ];
    let file = media::made_with(name, &source, &arguments);
    let id = server.upload(name, file).await;
    server.settle().await;
    let path = format!("/assets/{id}/thumbnail?size=preview");
    let (_, preview) = server.bytes(&path).await;
    let picture = ImageReader::new(std::io::Cursor::new(preview))
        .with_guessed_format()
        .unwrap()
        .decode()
        .unwrap();
    picture.to_rgb8().get_pixel(32, 24).0
}

#[tokio::test]
async fn code_points_are_honoured() {
    let server = Server::start(None).await;
    let srgb = ["bt709", "iec61966-2-1", "bt709"];
    let plain = shown(&server, "plain.avif", "0x808080", srgb).await;
    assert!(
        plain.iter().all(|channel| channel.abs_diff(128) < 4),
        "{plain:?}"
    );
    // Half of PQ's code values is 94 candela per square metre: 0.46 of paper white, which sRGB writes as 181. The encoder's
    // grey is a little red, which PQ makes more of.
    let pq = ["bt2020", "smpte2084", "bt2020nc"];
    let grey = shown(&server, "pq.avif", "0x808080", pq).await;
    assert!(
        grey.iter().all(|channel| channel.abs_diff(181) < 10),
        "{grey:?}"
    );
    let lamp = shown(&server, "lamp.avif", "0xe0e0e0", pq).await;
    assert!(lamp.iter().all(|channel| *channel > 245), "{lamp:?}");
    let hlg = ["bt2020", "arib-std-b67", "bt2020nc"];
    let grey = shown(&server, "hlg.avif", "0x808080", hlg).await;
    assert!(
        grey.iter().all(|channel| (100..200).contains(channel)),
        "{grey:?}"
    );
    let wide = ["smpte432", "iec61966-2-1", "bt709"];
    let skin = shown(&server, "p3.avif", "0xcc9980", wide).await;
    assert!(
        skin[0] > 206 && skin[2] < 126,
        "more colourful in a smaller gamut: {skin:?}"
    );
}
