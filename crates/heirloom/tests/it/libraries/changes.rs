//! What happens to files of a library: they change, move, go and come back, with their disk or without it.

use std::{
    collections::BTreeMap,
    fs,
    time::{Duration, Instant},
};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{
    Disk, SIDECAR, WATCH, asset, assets, create, id_of, is_away, scan, scanned, with_disks,
};
use crate::{
    library::call,
    media,
    server::{Server, servers_with},
};

#[tokio::test]
async fn changed_files_are_read_again_and_stay_what_people_made_of_them() {
    for (server, disk) in with_disks().await {
        disk.write("photos/a.jpg", media::jpeg(40, 30, 1));
        disk.write("photos/b.jpg", media::jpeg(40, 30, 2));
        disk.write("photos/b.xmp", SIDECAR.replace("WORDS", "First"));
        let library = scanned(&server, &disk).await;
        let before = assets(&server).await;
        let a = id_of(&before["a.jpg"]);
        let favorite = json!({"isFavorite": true});
        call(
            &server,
            Method::PUT,
            &format!("/assets/{a}"),
            favorite,
            StatusCode::OK,
        )
        .await;
        let changed = media::jpeg_with_exif(90, 70, 9, 1, "2020:02:03 04:05:06", "+00:00");
        disk.write("photos/a.jpg", &changed);
        disk.write("photos/b.xmp", SIDECAR.replace("WORDS", "Second"));
        for name in ["photos/a.jpg", "photos/b.xmp"] {
            disk.touch(name);
        }
        scan(&server, &library).await;
        let now = assets(&server).await;
        let (old, new) = (&before["a.jpg"], &now["a.jpg"]);
        assert_eq!(new["id"], old["id"]);
        assert_eq!(new["isFavorite"], true);
        assert_ne!(new["checksum"], old["checksum"]);
        assert_ne!(new["thumbhash"], old["thumbhash"]);
        assert_eq!((&new["width"], &new["height"]), (&json!(90), &json!(70)));
        assert_eq!(new["localDateTime"], "2020-02-03T04:05:06.000Z");
        assert_eq!(
            server.bytes(&format!("/assets/{a}/original")).await.1,
            changed
        );
        assert_eq!(now["b.jpg"]["exifInfo"]["description"], "Second");
        assert_eq!(now["b.jpg"]["id"], before["b.jpg"]["id"]);
        // Two files that change places keep their assets: an asset is a content.
        disk.rename("photos/a.jpg", "photos/c.jpg");
        disk.remove("photos/b.xmp");
        disk.rename("photos/b.jpg", "photos/a.jpg");
        disk.rename("photos/c.jpg", "photos/b.jpg");
        scan(&server, &library).await;
        let swapped = assets(&server).await;
        assert_eq!(swapped["b.jpg"]["id"], a.as_str());
        assert_eq!(swapped["a.jpg"]["id"], before["b.jpg"]["id"]);
        assert!(!is_away(&swapped["a.jpg"]) && !is_away(&swapped["b.jpg"]));
        let (done, said) = server.admin_with(
            &["verify"],
            &[("HEIRLOOM__STORAGE__EXTERNAL", disk.text("photos").as_str())],
        );
        assert!(
            done && said.contains("2 originals read, 0 damaged"),
            "{said}"
        );
    }
}

#[tokio::test]
async fn files_that_go_are_in_the_trash_until_they_come_back() {
    for (server, disk) in with_disks().await {
        for seed in 1..=4 {
            disk.write(&format!("photos/{seed}.jpg"), media::jpeg(40, 30, seed));
        }
        disk.write("photos/again/4.jpg", media::jpeg(40, 30, 4));
        let library = scanned(&server, &disk).await;
        let before = assets(&server).await;
        let trash = json!({"ids": [before["2.jpg"]["id"]]});
        call(
            &server,
            Method::DELETE,
            "/assets",
            trash,
            StatusCode::NO_CONTENT,
        )
        .await;
        for name in ["1", "2", "4"] {
            disk.rename(
                &format!("photos/{name}.jpg"),
                &format!("elsewhere/{name}.jpg"),
            );
        }
        disk.rename("photos/3.jpg", "photos/moved/three.jpg");
        scan(&server, &library).await;
        let now = assets(&server).await;
        assert!(is_away(&now["1.jpg"]) && is_away(&now["2.jpg"]));
        // What was only moved, or is there another time, is the same asset at its new place.
        assert_eq!(now["three.jpg"]["id"], before["3.jpg"]["id"]);
        assert_eq!(
            now["4.jpg"]["originalPath"],
            disk.text("photos/again/4.jpg")
        );
        assert!(!is_away(&now["three.jpg"]) && !is_away(&now["4.jpg"]));
        let (status, _) = server
            .bytes(&format!("/assets/{}/original", id_of(&now["1.jpg"])))
            .await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        // It comes out of the trash with its file, not before.
        let restored = call(
            &server,
            Method::POST,
            "/trash/restore",
            json!({}),
            StatusCode::OK,
        )
        .await;
        assert_eq!(restored["count"], 0);
        for name in ["1", "2"] {
            disk.rename(
                &format!("elsewhere/{name}.jpg"),
                &format!("photos/{name}.jpg"),
            );
        }
        scan(&server, &library).await;
        let now = assets(&server).await;
        assert_eq!(now["1.jpg"]["id"], before["1.jpg"]["id"]);
        assert!(!is_away(&now["1.jpg"]));
        let two = &now["2.jpg"];
        assert_eq!(
            (&two["isOffline"], &two["isTrashed"]),
            (&json!(false), &json!(true))
        );
    }
}

#[tokio::test]
async fn a_disk_that_is_away_changes_nothing() {
    for (server, disk) in with_disks().await {
        disk.write("photos/a.jpg", media::jpeg(40, 30, 1));
        disk.write("photos/deep/b.jpg", media::jpeg(40, 30, 2));
        disk.write("other/c.jpg", media::jpeg(40, 30, 3));
        let library = create(&server, &[disk.text("photos"), disk.text("other")]).await;
        scan(&server, &library).await;
        let before = assets(&server).await;
        assert_eq!(before.len(), 3);
        // The folder is gone, then there and empty, then there with nothing of what it held.
        disk.rename("photos", "unplugged");
        for _ in 0..3 {
            scan(&server, &library).await;
            assert_eq!(assets(&server).await, before);
            if disk.path("photos").is_dir() {
                disk.write("photos/lost+found/note.txt", "not a photo");
            } else {
                fs::create_dir(disk.path("photos")).unwrap();
            }
        }
        let (status, _) = server
            .bytes(&format!("/assets/{}/original", id_of(&before["a.jpg"])))
            .await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        let told = server.get("/notifications").await;
        assert!(
            told.as_array()
                .unwrap()
                .iter()
                .any(|news| news["title"] == "A folder of the library Disk is away"),
            "{told}"
        );
        // Other folders go on as usual.
        disk.write("other/d.jpg", media::jpeg(40, 30, 4));
        disk.remove("other/c.jpg");
        scan(&server, &library).await;
        let now = assets(&server).await;
        assert!(is_away(&now["c.jpg"]) && !is_away(&now["d.jpg"]) && !is_away(&now["a.jpg"]));
        // The disk is back: nothing is processed again, and what is missing now is missing.
        fs::remove_dir_all(disk.path("photos")).unwrap();
        disk.rename("unplugged", "photos");
        disk.remove("photos/deep/b.jpg");
        scan(&server, &library).await;
        let now = assets(&server).await;
        assert_eq!(now["a.jpg"], before["a.jpg"]);
        assert!(is_away(&now["b.jpg"]));
    }
}

#[tokio::test]
async fn watched_folders_are_followed() {
    for count in 0.. {
        let disk = Disk::new();
        disk.write("photos/a.jpg", media::jpeg(40, 30, 1));
        let allowed = disk.text("");
        let environment = [
            ("HEIRLOOM__STORAGE__EXTERNAL", allowed.trim_end_matches('/')),
            (WATCH, "true"),
        ];
        let Some(server) = servers_with(&environment, count..count + 1).await.pop() else {
            return;
        };
        create(&server, &[disk.text("photos")]).await;
        let shows = async |what: &str, is_so: &dyn Fn(&BTreeMap<String, Value>) -> bool| {
            let start = Instant::now();
            loop {
                server.settle().await;
                let all = assets(&server).await;
                if is_so(&all) {
                    return;
                }
                assert!(start.elapsed() < Duration::from_secs(40), "{what}: {all:?}");
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        };
        shows("what was there", &|all| all.contains_key("a.jpg")).await;
        disk.write("photos/new/b.jpg", media::jpeg(40, 30, 2));
        shows("a new file in a new folder", &|all| {
            all.contains_key("b.jpg")
        })
        .await;
        disk.write("coming/deep/c.jpg", media::jpeg(40, 30, 3));
        disk.rename("coming", "photos/came");
        shows("a folder that was moved in", &|all| {
            all.contains_key("c.jpg")
        })
        .await;
        disk.write("photos/a.xmp", SIDECAR.replace("WORDS", "Later"));
        shows("a sidecar", &|all| {
            all["a.jpg"]["exifInfo"]["description"] == "Later"
        })
        .await;
        disk.remove("photos/new/b.jpg");
        shows("a file that went", &|all| is_away(&all["b.jpg"])).await;
        disk.rename("photos/came", "gone");
        shows("a folder that went", &|all| is_away(&all["c.jpg"])).await;
        assert!(!is_away(&asset(&server, "a.jpg").await));
    }
}

#[tokio::test]
async fn both_halves_of_a_live_photo_are_one() {
    for (server, disk) in with_disks().await {
        let identifier = "0C6DA1E8-0000-4000-8000-000000000009";
        let tag = format!("com.apple.quicktime.content.identifier={identifier}");
        let arguments = [
            "-pix_fmt",
            "yuv420p",
            "-movflags",
            "use_metadata_tags",
            "-metadata",
            &tag,
        ];
        let movie = media::made_with(
            "a.mov",
            "testsrc=size=160x120:rate=5:duration=1",
            &arguments,
        );
        disk.write("photos/IMG_1.MOV", movie);
        disk.write(
            "photos/IMG_1.JPG",
            media::apple_still(&media::jpeg(80, 60, 5), identifier),
        );
        let library = scanned(&server, &disk).await;
        let still = asset(&server, "IMG_1.JPG").await;
        let video = still["livePhotoVideoId"]
            .as_str()
            .expect("a pair")
            .to_owned();
        assert_eq!(
            server.get(&format!("/assets/{video}")).await["originalFileName"],
            "IMG_1.MOV"
        );
        assert_eq!(
            server.get(&format!("/libraries/{library}")).await["assetCount"],
            1
        );
        // Another picture takes the still's name: the video shows by itself again.
        disk.write("photos/IMG_1.JPG", media::jpeg(80, 60, 6));
        disk.touch("photos/IMG_1.JPG");
        scan(&server, &library).await;
        assert_eq!(
            asset(&server, "IMG_1.JPG").await["livePhotoVideoId"],
            Value::Null
        );
        assert_eq!(
            server.get(&format!("/libraries/{library}")).await["assetCount"],
            2
        );
    }
}

#[tokio::test]
async fn the_schedule_scans_by_itself_and_a_kill_in_between_costs_nothing() {
    let disk = Disk::new();
    let (width, height) = (24, 16);
    for number in 0..300_usize {
        let bytes = media::jpeg(
            width + number % 20,
            height + number / 20,
            (number % 200) as u8,
        );
        disk.write(&format!("photos/{}/{number}.jpg", number % 7), bytes);
    }
    let allowed = disk.text("");
    let environment = [
        ("HEIRLOOM__STORAGE__EXTERNAL", allowed.trim_end_matches('/')),
        (WATCH, "false"),
        (
            "HEIRLOOM__SETTINGS__LIBRARY__SCAN__CRONEXPRESSION",
            "* * * * *",
        ),
    ];
    let mut server = Server::start_with(None, &environment).await;
    let library = create(&server, &[disk.text("photos")]).await;
    let start = Instant::now();
    let path = format!("/libraries/{library}");
    // Nobody asks for the scan.
    while server.get(&path).await["assetCount"] == 0 {
        assert!(start.elapsed() < Duration::from_mins(3));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    server.kill_and_restart();
    while server.get(&path).await["refreshedAt"].is_null() {
        assert!(start.elapsed() < Duration::from_mins(5));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    server.settle().await;
    assert_eq!(assets(&server).await.len(), 300);
}
