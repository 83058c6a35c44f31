//! Where and when pictures were taken, told by their position alone.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    media,
    server::{Server, servers},
};

const PARIS: (f64, f64) = (48.8584, 2.2945);

#[tokio::test]
async fn a_position_gives_a_photo_its_place_and_its_clock_a_zone() {
    for server in servers().await {
        let photo = media::jpeg_with_position(80, 60, 7, "2024:07:01 14:00:00", PARIS);
        let id = server.upload("tower.jpg", photo).await;
        server.settle().await;
        let asset = server.get(&format!("/assets/{id}")).await;
        assert_eq!(
            names(&asset["exifInfo"]),
            ["Paris", "Île-de-France", "France"]
        );
        assert_eq!(asset["exifInfo"]["timeZone"], "Europe/Paris");
        assert_eq!(asset["localDateTime"], "2024-07-01T14:00:00.000Z");
        assert_eq!(asset["fileCreatedAt"], "2024-07-01T12:00:00.000Z");
        let filter = json!({"city": "Paris", "country": "France"});
        let (_, found) = server
            .call(Method::POST, "/search/metadata", Some(filter))
            .await;
        assert_eq!(found["assets"]["items"][0]["id"], json!(id));
        let explored = server.get("/search/explore").await;
        assert_eq!(explored[0]["items"][0]["value"], "Paris");

        // The person knows better; place and zone follow.
        let change = json!({"latitude": 40.7580, "longitude": -73.9855});
        let (_, changed) = server
            .call(Method::PUT, &format!("/assets/{id}"), Some(change))
            .await;
        assert_eq!(changed["exifInfo"]["city"], "New York City");
        server.settle().await;
        let asset = server.get(&format!("/assets/{id}")).await;
        let states = ["New York City", "New York", "United States of America"];
        assert_eq!(names(&asset["exifInfo"]), states);
        assert_eq!(asset["exifInfo"]["timeZone"], "America/New_York");
        assert_eq!(asset["localDateTime"], "2024-07-01T14:00:00.000Z");
        assert_eq!(asset["fileCreatedAt"], "2024-07-01T18:00:00.000Z");
    }
}

#[tokio::test]
async fn places_are_looked_up_both_ways() {
    let server = Server::start(None).await;
    let found = server
        .get("/map/reverse-geocode?lat=48.8584&lon=2.2945")
        .await;
    assert_eq!(names(&found[0]), ["Paris", "Île-de-France", "France"]);
    let sea = server.get("/map/reverse-geocode?lat=-10&lon=-130").await;
    assert_eq!(sea, json!([]));
    for wrong in [
        "lat=91&lon=0",
        "lat=0&lon=181",
        "lat=x&lon=0",
        "lat=NaN&lon=0",
        "lat=1",
    ] {
        let (status, answer) = server
            .call(Method::GET, &format!("/map/reverse-geocode?{wrong}"), None)
            .await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{wrong}: {answer}");
    }
    let towns = server.get("/search/places?name=munch").await;
    assert_eq!(towns[0]["name"], "Munich");
    assert_eq!(towns[0]["admin1name"], "Bavaria");
    assert_eq!(
        server.get("/search/places?name=%F0%9F%92%A9").await,
        json!([])
    );
    assert_eq!(
        server.get("/server/features").await["reverseGeocoding"],
        true
    );
}

#[tokio::test]
async fn a_library_of_an_older_version_gets_its_places() {
    let mut server = Server::start(None).await;
    let photo = media::jpeg_with_position(80, 60, 7, "2024:07:01 14:00:00", PARIS);
    let id = server.upload("tower.jpg", photo).await;
    server.settle().await;
    server.kill();
    // As the version before left it.
    let path = server.data.path().join("heirloom.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
    let mut database = sqlx::ConnectOptions::connect(&options).await.unwrap();
    for statement in [
        "update asset_stages set wanted_version = 1, done_version = 1",
        "update exif set city = null, state = null, country = null, time_zone = null",
        "delete from system_settings where key = 'stage-versions'",
    ] {
        sqlx::query(statement).execute(&mut database).await.unwrap();
    }
    sqlx::Connection::close(database).await.unwrap();
    server.restart();
    let start = std::time::Instant::now();
    loop {
        let asset = server.get(&format!("/assets/{id}")).await;
        if asset["exifInfo"]["city"] == "Paris" {
            assert_eq!(asset["exifInfo"]["timeZone"], "Europe/Paris");
            return;
        }
        assert!(start.elapsed().as_secs() < 60, "{asset}");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

fn names(row: &Value) -> [&str; 3] {
    ["city", "state", "country"].map(|name| row[name].as_str().unwrap_or_default())
}
