//! Whatever is sent: a clear answer, nothing lost, and a server that goes on.

use std::{io::Write, net::TcpStream};

use reqwest::{Method, StatusCode};

use crate::{
    media,
    server::{Server, servers},
};

#[tokio::test]
async fn uploads_that_cannot_be_kept_are_refused_with_a_reason() {
    let server = Server::start(None).await;
    let (status, answer) = server
        .try_upload("notes.txt", b"hello".to_vec())
        .await
        .unwrap();
    assert_eq!(
        (status, answer["message"].as_str()),
        (
            StatusCode::BAD_REQUEST,
            Some("Unsupported file type notes.txt")
        )
    );
    let (status, answer) = server.try_upload("a.jpg", Vec::new()).await.unwrap();
    assert_eq!(
        (status, answer["message"].as_str()),
        (StatusCode::BAD_REQUEST, Some("The file is empty"))
    );
    let wrong = server
        .client
        .post(format!("{}/api/assets", server.address))
        .header("x-api-key", &server.key)
        .header("x-immich-checksum", "00".repeat(20))
        .multipart(
            reqwest::multipart::Form::new()
                .part(
                    "assetData",
                    reqwest::multipart::Part::bytes(media::jpeg(9, 9, 9)).file_name("a.jpg"),
                )
                .text("fileCreatedAt", "2020-01-01T00:00:00Z")
                .text("fileModifiedAt", "2020-01-01T00:00:00Z"),
        )
        .send()
        .await
        .unwrap();
    assert_eq!(wrong.status(), StatusCode::BAD_REQUEST);
    let (status, answer) = server.call(Method::POST, "/assets", None).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{answer}");
    assert!(server.files("originals").is_empty());
    assert_eq!(server.get("/assets/statistics").await["total"], 0);
}

#[tokio::test]
async fn files_that_cannot_be_read_are_kept_and_say_why() {
    for server in servers().await {
        let whole = media::jpeg(400, 300, 1);
        let files = [
            ("bomb.png", media::png_bomb()),
            ("cut.jpg", whole[..whole.len() / 2].to_vec()),
            ("stub.jpg", b"\xff\xd8\xff".to_vec()),
            ("text.jpg", b"this is no picture".to_vec()),
            ("text.mp4", b"this is no video".to_vec()),
            ("png.jpg", media::png_bomb()[..20].to_vec()),
            ("nothing.heic", vec![0; 4096]),
            ("nothing.cr2", b"II*\0\x10\0\0\0CR\x02\0".repeat(20)),
            ("nothing.jxl", b"\xff\x0a\xff\xff\xff\xff".to_vec()),
        ];
        let mut kept = Vec::new();
        for (name, bytes) in files {
            kept.push((server.upload(name, bytes.clone()).await, bytes));
        }
        let good = server.upload("good.jpg", whole).await;
        server.settle().await;
        for (id, bytes) in kept {
            let (status, found) = server.bytes(&format!("/assets/{id}/original")).await;
            assert_eq!((status, found), (StatusCode::OK, bytes));
        }
        let (status, _) = server.bytes(&format!("/assets/{good}/thumbnail")).await;
        assert_eq!(status, StatusCode::OK);
        let queues = server.get("/jobs").await;
        assert!(
            queues["thumbnailGeneration"]["jobCounts"]["failed"]
                .as_i64()
                .unwrap()
                >= 6,
            "{queues}"
        );
    }
}

#[tokio::test]
async fn names_of_every_kind_are_kept_and_stay_in_their_folder() {
    let server = Server::start(None).await;
    let names = [
        "../../../etc/passwd.jpg",
        "a/b\\c.jpg",
        "späße 🌅.jpg",
        "CON.jpg",
        ".jpg.jpg",
        "-rf.jpg",
    ];
    for (seed, name) in names.iter().enumerate() {
        server
            .upload(name, media::jpeg(20, 20, seed as u8 * 20))
            .await;
    }
    let long = format!("{}.jpg", "ü".repeat(200));
    server.upload(&long, media::jpeg(20, 20, 255)).await;
    server.settle().await;
    assert_eq!(server.files("originals").len(), names.len() + 1);
    assert_eq!(
        server.get("/assets/statistics").await["images"],
        names.len() + 1
    );
}

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_nothing() {
    let server = Server::start(None).await;
    let body = "--x\r\nContent-Disposition: form-data; name=\"assetData\"; filename=\"a.jpg\"\r\n\r\nhalf of a file";
    for cut in [0, 1, 40, body.len()] {
        let mut socket = TcpStream::connect(server.address.trim_start_matches("http://")).unwrap();
        write!(
            socket,
            "POST /api/assets HTTP/1.1\r\nHost: x\r\nx-api-key: {}\r\nContent-Type: multipart/form-data; boundary=x\r\n\
             Content-Length: 100000\r\n\r\n{}",
            server.key,
            &body[..cut]
        )
        .unwrap();
        drop(socket);
    }
    server.upload("whole.jpg", media::jpeg(30, 30, 3)).await;
    assert_eq!(server.get("/assets/statistics").await["total"], 1);
    assert_eq!(server.files("originals").len(), 1);
}
