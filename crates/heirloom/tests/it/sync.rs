//! The sync stream of a server in a process of its own: one long history, with a restart in its middle.

use std::collections::BTreeSet;

use rand::{Rng, SeedableRng, rngs::StdRng};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    history::{History, Person},
    library::change,
    media,
    phone::{Mishap, Phone},
    server::{Server, servers},
};

const PEOPLE: &[&str] = &["ada@example.org", "bob@example.org", "cid@example.org"];
const PASSWORD: &str = "correct horse";
const STEPS: usize = 150;
const SEED: u64 = 1;

async fn people(server: &Server) -> Vec<Person> {
    for email in &PEOPLE[1..] {
        let new = json!({"email": email, "name": email, "password": PASSWORD});
        let (status, answer) = server.call(Method::POST, "/admin/users", Some(new)).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
    }
    let mut people = Vec::new();
    for email in PEOPLE {
        let login = json!({"email": email, "password": PASSWORD});
        let (_, session) = server.call(Method::POST, "/auth/login", Some(login)).await;
        people.push(Person::new(
            session["userId"].as_str().unwrap(),
            session["accessToken"].as_str().unwrap(),
        ));
    }
    people
}

#[tokio::test]
async fn a_phone_follows_a_long_history_over_a_restart() {
    for mut server in servers().await {
        let mut history = History::new(&server.address, people(&server).await, SEED);
        let mut phones = Vec::new();
        for email in PEOPLE.iter().chain(PEOPLE) {
            phones.push((*email, Phone::new(&server.address, email, PASSWORD).await));
        }
        for step in 0..STEPS {
            history.step().await;
            if history.rng.random_bool(0.2) {
                let at = history.rng.random_range(0..phones.len());
                let mishap = Mishap::any(&mut history.rng);
                phones[at].1.sync(&mut history.rng, mishap).await;
            }
            if step == STEPS / 2 {
                server.kill_and_restart();
                history.move_to(&server.address);
                for (_, phone) in &mut phones {
                    phone.move_to(&server.address);
                }
            }
        }
        server.settle().await;
        for (email, phone) in &mut phones {
            assert!(phone.sync(&mut history.rng, Mishap::None).await);
            let mut new = Phone::new(&server.address, email, PASSWORD).await;
            assert!(new.sync(&mut history.rng, Mishap::None).await);
            phone.assert_like(&mut new, email).await;
        }
    }
}

#[tokio::test]
async fn a_device_starts_over_when_it_is_told_to() {
    for server in servers().await {
        server.upload("a.jpg", media::jpeg(40, 30, 1)).await;
        server.settle().await;
        let login = json!({"email": PEOPLE[0], "password": PASSWORD});
        let (_, session) = server.call(Method::POST, "/auth/login", Some(login)).await;
        let token = session["accessToken"].as_str().unwrap();
        let mut phone = Phone::with_token(&server.address, token).await;
        let mut rng = StdRng::seed_from_u64(SEED);
        assert!(phone.sync(&mut rng, Mishap::None).await);
        let held = phone.holds().await;
        let device = server.acting_as(token);
        let session = async || {
            let sessions = device.get("/sessions").await;
            let mut all = sessions.as_array().unwrap().iter();
            all.find(|one| one["current"] == true).unwrap().clone()
        };
        let path = format!("/sessions/{}", session().await["id"].as_str().unwrap());
        let wanted = json!({"isPendingSyncReset": true});
        let (_, told) = server.call(Method::PUT, &path, Some(wanted)).await;
        assert_eq!(told["isPendingSyncReset"], true);
        assert_eq!(session().await["isPendingSyncReset"], true);
        // Until it says that it has.
        for _ in 0..2 {
            let pending = phone.pending().await;
            assert!(pending.len() == 1 && pending[0].contains("SyncResetV1"));
        }
        phone.may_start_over = true;
        assert!(!phone.sync(&mut rng, Mishap::None).await);
        assert!(phone.holds().await.is_empty());
        assert!(phone.sync(&mut rng, Mishap::None).await);
        assert_eq!(phone.holds().await, held);
        assert_eq!(session().await["isPendingSyncReset"], false);
    }
}

/// What the stream has of an asset's values; a phone takes the first `most` of them.
async fn values_taken(device: &Server, phone: &Phone, most: usize) -> Vec<String> {
    let lines = phone.pending().await;
    let lines = lines.iter().map(|line| serde_json::from_str(line).unwrap());
    let of_values = lines.filter(|line: &Value| line["type"] == "AssetMetadataV1");
    let taken: Vec<Value> = of_values.take(most).collect();
    if let Some(last) = taken.last() {
        change(
            device,
            Method::POST,
            "/sync/ack",
            json!({"acks": [last["ack"]]}),
        )
        .await;
    }
    let names = taken.iter().map(|line| &line["data"]["key"]);
    names
        .map(|name| name.as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn of_several_values_none_is_lost_when_a_phone_stops_between_them() {
    for server in servers().await {
        let id = server.upload("a.jpg", media::jpeg(40, 30, 1)).await;
        let path = format!("/assets/{id}/metadata");
        let values = |number: u8| {
            let value = json!({ "number": number });
            let items = ["a", "b", "c"].map(|key| json!({"key": key, "value": value}));
            json!({ "items": items })
        };
        let device = &people(&server).await[0].credential.1;
        let phone = Phone::with_token(&server.address, device).await;
        let device = server.acting_as(device);
        let all: BTreeSet<String> = ["a", "b", "c"].map(str::to_owned).into();
        // The rows themselves, then what has changed of them.
        for number in 0..2 {
            change(&server, Method::PUT, &path, values(number)).await;
            let mut names: BTreeSet<String> =
                values_taken(&device, &phone, 1).await.into_iter().collect();
            names.extend(values_taken(&device, &phone, usize::MAX).await);
            assert_eq!(names, all);
            assert!(values_taken(&device, &phone, 1).await.is_empty());
        }
    }
}

#[tokio::test]
async fn the_stream_is_for_devices_and_refuses_what_nobody_sent() {
    let server = Server::start(None).await;
    let stream = Some(json!({"types": ["AssetsV2"]}));
    let (status, _) = server.call(Method::POST, "/sync/stream", stream).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "a key is no device");
    let device = server.acting_as(&people(&server).await[0].credential.1);
    let future = "AssetV2|00ffffff-ffff-7000-8000-000000000000";
    for (path, body) in [
        ("/sync/ack", json!({"acks": ["nonsense"]})),
        ("/sync/ack", json!({"acks": [future]})),
        ("/sync/stream", json!({"types": ["AssetsV1"]})),
        ("/sync/stream", json!({"types": ["Nonsense"]})),
    ] {
        let (status, answer) = device.call(Method::POST, path, Some(body)).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{answer}");
    }
}
