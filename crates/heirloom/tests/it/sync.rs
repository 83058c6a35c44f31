//! The sync stream against phones that lose acknowledgements, stop half-way and come back, while people change
//! everything: in the end each phone holds what a new one is given.

use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use reqwest::{Method, StatusCode, multipart};
use serde_json::{Value, json};

use crate::{
    media,
    phone::{Mishap, Phone},
    server::{Server, servers},
};

const PEOPLE: &[&str] = &["ada@example.org", "bob@example.org", "cid@example.org"];
const PASSWORD: &str = "correct horse";

/// One person's side of the history.
struct Person {
    id: String,
    token: String,
    assets: Vec<String>,
    albums: Vec<String>,
    stacks: Vec<String>,
    uploads: u8,
}

struct History<'a> {
    server: &'a Server,
    people: Vec<Person>,
    rng: StdRng,
}

impl<'a> History<'a> {
    async fn begin(server: &'a Server, seed: u64) -> Self {
        for email in &PEOPLE[1..] {
            let new = json!({"email": email, "name": email, "password": PASSWORD});
            let (status, answer) = server.call(Method::POST, "/admin/users", Some(new)).await;
            assert_eq!(status, StatusCode::CREATED, "{answer}");
        }
        let mut people = Vec::new();
        for email in PEOPLE {
            let login = json!({"email": email, "password": PASSWORD});
            let (_, session) = server.call(Method::POST, "/auth/login", Some(login)).await;
            people.push(Person {
                id: session["userId"].as_str().unwrap().into(),
                token: session["accessToken"].as_str().unwrap().into(),
                assets: Vec::new(),
                albums: Vec::new(),
                stacks: Vec::new(),
                uploads: 0,
            });
        }
        Self {
            server,
            people,
            rng: StdRng::seed_from_u64(seed),
        }
    }

    async fn call(
        &self,
        who: usize,
        method: Method,
        path: &str,
        body: Value,
    ) -> (StatusCode, Value) {
        let response = self
            .server
            .client
            .request(method, format!("{}/api{path}", self.server.address))
            .bearer_auth(&self.people[who].token)
            .json(&body)
            .send()
            .await
            .unwrap();
        let status = response.status();
        assert!(
            !status.is_server_error(),
            "{path} {body}: {status} {}",
            response.text().await.unwrap()
        );
        let answer = response.json().await.unwrap_or(Value::Null);
        (status, answer)
    }

    async fn upload(&mut self, who: usize) {
        // Few pictures per person, so that the same one comes back after it was deleted.
        let seed = self.rng.random_range(0..12) + 20 * who as u8;
        let form = multipart::Form::new()
            .part(
                "assetData",
                multipart::Part::bytes(media::jpeg(40, 30, seed)).file_name("a.jpg"),
            )
            .text("fileCreatedAt", "2020-01-02T03:04:05.000Z")
            .text("fileModifiedAt", "2020-01-02T03:04:05.000Z")
            .text(
                "metadata",
                r#"[{"key":"mobile-app","value":{"cloudId":"x"}}]"#,
            );
        let response = self
            .server
            .client
            .post(format!("{}/api/assets", self.server.address))
            .bearer_auth(&self.people[who].token)
            .multipart(form)
            .send()
            .await
            .unwrap();
        let answer: Value = response.json().await.unwrap();
        let id = answer["id"].as_str().unwrap().to_owned();
        let person = &mut self.people[who];
        person.uploads += 1;
        if !person.assets.contains(&id) {
            person.assets.push(id);
        }
    }

    fn some(&mut self, who: usize, of: fn(&Person) -> &Vec<String>) -> Vec<String> {
        let count = self.rng.random_range(1..4);
        of(&self.people[who])
            .choose_multiple(&mut self.rng, count)
            .cloned()
            .collect()
    }

    fn one(&mut self, who: usize, of: fn(&Person) -> &Vec<String>) -> String {
        let nobody = "00000000-0000-4000-8000-000000000000".to_owned();
        self.some(who, of).pop().unwrap_or(nobody)
    }

    /// Something happens; what is refused changes nothing.
    #[expect(clippy::too_many_lines, reason = "a table of what may happen")]
    async fn step(&mut self) {
        let who = self.rng.random_range(0..self.people.len());
        let other = (who + self.rng.random_range(1..self.people.len())) % self.people.len();
        let other_id = self.people[other].id.clone();
        let assets = self.some(who, |person| &person.assets);
        let asset = self.one(who, |person| &person.assets);
        let album = self.one(who, |person| &person.albums);
        let stack = self.one(who, |person| &person.stacks);
        let (method, path, body) = match self.rng.random_range(0..30) {
            0..=5 => return self.upload(who).await,
            6 => (Method::DELETE, "/assets".into(), json!({"ids": assets})),
            7 => {
                let body = json!({"ids": assets, "force": true});
                self.people[who].assets.retain(|id| !assets.contains(id));
                (Method::DELETE, "/assets".into(), body)
            }
            8 => (Method::POST, "/trash/restore".into(), json!({})),
            9 => {
                let visibility = ["archive", "timeline", "hidden"]
                    .choose(&mut self.rng)
                    .unwrap();
                (
                    Method::PUT,
                    "/assets".into(),
                    json!({"ids": assets, "visibility": visibility}),
                )
            }
            10 => (
                Method::PUT,
                format!("/assets/{asset}"),
                json!({"isFavorite": self.rng.random::<bool>(), "description": "x"}),
            ),
            11 | 12 => {
                let people = if self.rng.random() {
                    json!([{"userId": other_id, "role": "editor"}])
                } else {
                    json!([])
                };
                let body = json!({"albumName": "a", "assetIds": assets, "albumUsers": people});
                let (status, made) = self.call(who, Method::POST, "/albums", body).await;
                if status == StatusCode::CREATED {
                    let id = made["id"].as_str().unwrap().to_owned();
                    self.people[who].albums.push(id.clone());
                    self.people[other].albums.push(id);
                }
                return;
            }
            13 => (
                Method::PUT,
                format!("/albums/{album}/assets"),
                json!({"ids": assets}),
            ),
            14 => (
                Method::DELETE,
                format!("/albums/{album}/assets"),
                json!({"ids": assets}),
            ),
            15 => (
                Method::PUT,
                format!("/albums/{album}/users"),
                json!({"albumUsers": [{"userId": other_id, "role": "viewer"}]}),
            ),
            16 => (
                Method::DELETE,
                format!("/albums/{album}/user/{other_id}"),
                json!({}),
            ),
            17 => (
                Method::DELETE,
                format!("/albums/{album}/user/me"),
                json!({}),
            ),
            18 => (
                Method::PATCH,
                format!("/albums/{album}"),
                json!({"description": "y"}),
            ),
            19 => (
                Method::POST,
                "/partners".into(),
                json!({"sharedWithId": other_id}),
            ),
            20 if self.rng.random() => (Method::DELETE, format!("/partners/{other_id}"), json!({})),
            20 => (
                Method::PUT,
                format!("/partners/{other_id}"),
                json!({"inTimeline": true}),
            ),
            21 | 22 => {
                let body = json!({"assetIds": assets});
                let (status, made) = self.call(who, Method::POST, "/stacks", body).await;
                if status == StatusCode::CREATED {
                    let id = made["id"].as_str().unwrap().to_owned();
                    self.people[who].stacks.push(id);
                }
                return;
            }
            24 => {
                let crop = json!({"x": 1, "y": 1, "width": 20, "height": 20});
                let edits = json!([
                    {"action": "crop", "parameters": crop},
                    {"action": "rotate", "parameters": {"angle": 90}},
                ]);
                let body = json!({"edits": edits});
                (Method::PUT, format!("/assets/{asset}/edits"), body)
            }
            25 => (Method::DELETE, format!("/assets/{asset}/edits"), json!({})),
            26 => (
                Method::PUT,
                format!("/assets/{asset}/metadata"),
                json!({"items": [{"key": "mobile-app", "value": {"n": self.rng.random::<u8>()}}]}),
            ),
            27 => (
                Method::DELETE,
                format!("/assets/{asset}/metadata/mobile-app"),
                json!({}),
            ),
            28 => {
                let key = "IMCL-0000-0000-0000-0000-0000-0000-0000-0000";
                let body = json!({"licenseKey": key, "activationKey": "x"});
                (Method::PUT, "/users/me/license".into(), body)
            }
            29 => (Method::DELETE, "/users/me/license".into(), json!({})),
            _ if self.rng.random_bool(0.3) => {
                (Method::DELETE, format!("/albums/{album}"), json!({}))
            }
            _ => (Method::DELETE, format!("/stacks/{stack}"), json!({})),
        };
        self.call(who, method, &path, body).await;
    }
}

#[tokio::test]
async fn every_phone_comes_to_hold_what_a_new_one_is_given() {
    let seed = std::env::var("HEIRLOOM_TEST_SEED")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(1);
    let steps = std::env::var("HEIRLOOM_TEST_STEPS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(150);
    for server in servers().await {
        let mut history = History::begin(&server, seed).await;
        let mut phones = Vec::new();
        for email in PEOPLE.iter().chain(PEOPLE) {
            phones.push((*email, Phone::new(&server.address, email, PASSWORD).await));
        }
        for _ in 0..steps {
            history.step().await;
            if history.rng.random_bool(0.2) {
                let at = history.rng.random_range(0..phones.len());
                let mishap = *[
                    Mishap::None,
                    Mishap::Stops { acknowledges: true },
                    Mishap::Stops {
                        acknowledges: false,
                    },
                ]
                .choose(&mut history.rng)
                .unwrap();
                phones[at].1.sync(&mut history.rng, mishap).await;
            }
        }
        settle(&history).await;
        for (email, phone) in &mut phones {
            assert!(phone.sync(&mut history.rng, Mishap::None).await);
            let mut new = Phone::new(&server.address, email, PASSWORD).await;
            assert!(new.sync(&mut history.rng, Mishap::None).await);
            let (old, new) = (phone.holds().await, new.holds().await);
            let missed: Vec<_> = new.difference(&old).collect();
            let stale: Vec<_> = old.difference(&new).collect();
            assert!(
                missed.is_empty() && stale.is_empty(),
                "seed {seed}, {email}\nmissed: {missed:#?}\nstale: {stale:#?}"
            );
            let pending = phone.pending().await;
            assert_eq!(pending.len(), 1, "nothing is sent twice: {pending:#?}");
        }
    }
}

/// Until nothing is being processed any more.
async fn settle(history: &History<'_>) {
    history.server.settle().await;
}

#[tokio::test]
async fn the_stream_is_for_devices_and_refuses_what_nobody_sent() {
    let server = Server::start(None).await;
    let (status, _) = server
        .call(
            Method::POST,
            "/sync/stream",
            Some(json!({"types": ["AssetsV2"]})),
        )
        .await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let history = History::begin(&server, 0).await;
    let future = "AssetV2|00ffffff-ffff-7000-8000-000000000000";
    for (path, body) in [
        ("/sync/ack", json!({"acks": ["nonsense"]})),
        ("/sync/ack", json!({"acks": [future]})),
        ("/sync/stream", json!({"types": ["AssetsV1"]})),
        ("/sync/stream", json!({"types": ["Nonsense"]})),
    ] {
        let (status, answer) = history.call(0, Method::POST, path, body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{answer}");
    }
}
