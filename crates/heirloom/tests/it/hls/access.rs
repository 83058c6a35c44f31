//! Who may watch.

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::player::{Player, film, probe};
use crate::{
    library::{be_partners, call, change, elevated, second},
    server::{Server, servers_with},
};

/// What each address of a session answers.
async fn statuses(player: &Player, holder: &Server, session: &str) -> Vec<StatusCode> {
    let mut all = Vec::new();
    for path in [
        "main.m3u8".to_owned(),
        format!("{session}/5/playlist.m3u8"),
        format!("{session}/5/init.mp4"),
        format!("{session}/5/seg_0.m4s"),
    ] {
        let address = format!("/assets/{}/video/stream/{path}", player.asset());
        all.push(holder.bytes(&address).await.0);
    }
    all
}

#[tokio::test]
async fn only_who_sees_a_video_watches_it() {
    let on = [("HEIRLOOM__SETTINGS__FFMPEG__REALTIME__ENABLED", "true")];
    for server in servers_with(&on, 0..2).await {
        let video = film("a.mp4", 2, "320x180", "25", &[]);
        let id = server.upload("a.mp4", video).await;
        let player = Player::new(&server, &id);
        let line = player.main().await.variants().remove(0);
        let session = line.session();
        assert_eq!(
            statuses(&player, &server, session).await,
            [StatusCode::OK; 4]
        );

        let (bob, other) = second(&server).await;
        let refused = [StatusCode::BAD_REQUEST; 4];
        assert_eq!(statuses(&player, &other, session).await, refused);
        let end = format!("/assets/{id}/video/stream/{session}");
        let ended = other.call(Method::DELETE, &end, None).await.0;
        assert_eq!(ended, StatusCode::BAD_REQUEST);
        let visitor = server.without_credentials();
        let unknown = [StatusCode::UNAUTHORIZED; 4];
        assert_eq!(statuses(&player, &visitor, session).await, unknown);

        be_partners(&server, &bob, &other).await;
        assert_eq!(
            statuses(&player, &other, session).await,
            [StatusCode::OK; 4]
        );
        let elevated = elevated(&server).await;
        let away = json!({"ids": [id], "visibility": "locked"});
        change(&elevated, Method::PUT, "/assets", away).await;
        assert_eq!(statuses(&player, &other, session).await, refused);
        // Her own session has not given the PIN.
        assert_eq!(statuses(&player, &server, session).await, refused);
        assert_eq!(
            statuses(&player, &elevated, session).await,
            [StatusCode::OK; 4]
        );
    }
}

#[tokio::test]
async fn a_link_goes_on_into_the_playlists() {
    let on = [("HEIRLOOM__SETTINGS__FFMPEG__REALTIME__ENABLED", "true")];
    for server in servers_with(&on, 0..2).await {
        let video = film("a.mp4", 3, "320x180", "25", &[]);
        let id = server.upload("a.mp4", video.clone()).await;
        let other = server
            .upload("b.mp4", film("b.mp4", 2, "160x120", "25", &[]))
            .await;
        // Neither the original nor what it says may be had: what is made of it says nothing.
        let link = json!({"type": "INDIVIDUAL", "assetIds": [id], "slug": "film",
                          "showMetadata": false, "allowDownload": false});
        let link = call(
            &server,
            Method::POST,
            "/shared-links",
            link,
            StatusCode::CREATED,
        )
        .await;
        let key = link["key"].as_str().unwrap();
        let player = Player::without_key(&server, &id);
        for word in [format!("key={key}"), "slug=film".to_owned()] {
            let main = player.text(&format!("main.m3u8?{word}&c=1")).await;
            assert!(
                main.contains(&format!("/5/playlist.m3u8?{word}\n")),
                "{main}"
            );
            let address = player.address(&format!("main.m3u8?{word}"));
            // Nothing but the address lets it in.
            let packets = probe(&address, "").packets;
            assert_eq!(
                packets.iter().filter(|packet| packet.stream == 0).count(),
                75
            );
            let (status, _, _) = Player::without_key(&server, &other)
                .get(&format!("main.m3u8?{word}"), &[])
                .await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "it opens nothing else");
        }
        let with_key = format!("main.m3u8?apiKey={}", server.key);
        assert!(
            player
                .text(&with_key)
                .await
                .contains("/playlist.m3u8?apiKey=")
        );
    }
}
