//! People who do not wait until their photos are processed.

use heirloom_media::decoder::Decoder;
use reqwest::{Client, multipart};
use serde_json::{Value, json};

use crate::{
    inside::{Inside, Template, decoder_settings},
    media,
};

/// Enough that an edit falls between reading the file and noting what it says.
const PHOTOS: u8 = 24;

#[tokio::test]
async fn a_description_given_while_the_photo_is_processed_is_kept() {
    let postgres = std::env::var("HEIRLOOM_TEST_POSTGRES_URL").ok();
    let decoder = Decoder::new(decoder_settings());
    for server in [None, postgres.as_deref()] {
        let template = Template::make(server, 1).await;
        let token = &template.people[0].tokens[0];
        let server = template.start(&decoder).await;
        for seed in 0..PHOTOS {
            let id = upload(&server, token, seed).await;
            let text = format!("words of photo {seed}");
            tokio::join!(server.work(), describe(&server, token, &id, &text, seed));
            server.work().await;
            let asset = get(&server, token, &format!("/assets/{id}")).await;
            assert_eq!(asset["exifInfo"]["description"], *text);
            let sidecars = server.files(".xmp");
            let is_written = |path: &std::path::PathBuf| {
                std::fs::read_to_string(path).is_ok_and(|xmp| xmp.contains(&text))
            };
            assert!(sidecars.iter().any(is_written), "{text}: {sidecars:?}");
        }
        server.end().await;
    }
}

async fn upload(server: &Inside, token: &str, seed: u8) -> String {
    let file = multipart::Part::bytes(media::jpeg(400, 300, seed)).file_name("a.jpg");
    let form = multipart::Form::new()
        .part("assetData", file)
        .text("fileCreatedAt", "2020-01-02T03:04:05.000Z")
        .text("fileModifiedAt", "2020-01-02T03:04:05.000Z");
    let request = Client::new()
        .post(format!("{}/api/assets", server.address))
        .bearer_auth(token)
        .multipart(form);
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    answer["id"].as_str().unwrap().to_owned()
}

/// After another while each time.
async fn describe(server: &Inside, token: &str, id: &str, text: &str, seed: u8) {
    tokio::time::sleep(std::time::Duration::from_millis(u64::from(seed) * 2)).await;
    let request = Client::new()
        .put(format!("{}/api/assets/{id}", server.address))
        .bearer_auth(token)
        .json(&json!({ "description": text }));
    let response = request.send().await.unwrap();
    assert!(response.status().is_success());
}

async fn get(server: &Inside, token: &str, path: &str) -> Value {
    let request = Client::new()
        .get(format!("{}/api{path}", server.address))
        .bearer_auth(token);
    request.send().await.unwrap().json().await.unwrap()
}
