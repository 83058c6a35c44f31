//! Random histories of a few people who change everything, to be read by phones.

use std::sync::LazyLock;

use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use reqwest::{Client, Method, StatusCode, multipart};
use serde_json::{Value, json};

pub(crate) use self::person::Person;
use crate::{inside::PIN, media, phone::plain_client};

mod person;

/// Pictures that one person has: few, so that the same one comes back after it was deleted.
const PICTURES: u8 = 12;
const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

/// The one video that everybody has.
pub(crate) static VIDEO: LazyLock<Vec<u8>> = LazyLock::new(media::video);

pub(crate) struct History {
    address: String,
    client: Client,
    /// The token of whoever closes accounts.
    admin: Option<String>,
    pub people: Vec<Person>,
    pub rng: StdRng,
}

/// Something that a person is about to do.
#[derive(Debug)]
struct Deed {
    who: usize,
    method: Method,
    path: String,
    content: Content,
    makes: Makes,
}

#[derive(Debug)]
enum Content {
    Json(Value),
    /// The picture with that seed.
    Picture(u8),
    Video,
}

/// Where the id that comes back belongs.
#[derive(Clone, Copy, Debug)]
enum Makes {
    Nothing,
    Asset,
    Video,
    /// An album that this other person may know too.
    Album(usize),
    Stack,
    Memory,
    Person,
    Face,
}

impl History {
    pub(crate) fn new(address: &str, people: Vec<Person>, seed: u64) -> Self {
        Self {
            address: address.to_owned(),
            client: plain_client(),
            admin: None,
            people,
            rng: StdRng::seed_from_u64(seed),
        }
    }

    /// Somebody with that token closes and restores accounts.
    pub(crate) fn with_admin(mut self, token: &str) -> Self {
        self.admin = Some(token.to_owned());
        self
    }

    /// Everybody is back.
    pub(crate) async fn restore_accounts(&mut self) {
        for who in 0..self.people.len() {
            if self.people[who].may_close {
                let path = format!("/admin/users/{}/restore", self.people[who].id);
                let restored = deed(who, Method::POST, &path, json!({}));
                self.perform(&restored).await;
            }
        }
    }

    /// The server is somewhere else now.
    pub(crate) fn move_to(&mut self, address: &str) {
        address.clone_into(&mut self.address);
    }

    /// Something happens; what is refused changes nothing.
    pub(crate) async fn step(&mut self) {
        let deed = self.think();
        let answer = self.perform(&deed).await;
        self.note(&deed, answer);
    }

    /// Two people act at one time.
    pub(crate) async fn collide(&mut self) {
        let (first, second) = (self.think(), self.think());
        let (one, other) = tokio::join!(self.perform(&first), self.perform(&second));
        self.note(&first, one);
        self.note(&second, other);
    }

    async fn perform(&self, deed: &Deed) -> (StatusCode, Value) {
        let (name, value) = match &self.admin {
            Some(token) if deed.path.starts_with("/admin") => ("x-immich-user-token", token),
            _ => {
                let (name, value) = &self.people[deed.who].credential;
                (*name, value)
            }
        };
        let request = self
            .client
            .request(
                deed.method.clone(),
                format!("{}/api{}", self.address, deed.path),
            )
            .header(name, value);
        let request = match &deed.content {
            Content::Json(body) => request.json(body),
            Content::Picture(seed) => request.multipart(form(media::jpeg(40, 30, *seed), "a.jpg")),
            Content::Video => request.multipart(form(VIDEO.clone(), "a.mp4")),
        };
        let response = request.send().await.unwrap();
        let status = response.status();
        let answer = response.text().await.unwrap();
        assert!(!status.is_server_error(), "{deed:?}: {status} {answer}");
        (status, serde_json::from_str(&answer).unwrap_or(Value::Null))
    }

    fn note(&mut self, deed: &Deed, (status, answer): (StatusCode, Value)) {
        let Some(id) = answer["id"].as_str().filter(|_| status.is_success()) else {
            return;
        };
        let person = &mut self.people[deed.who];
        let known = match deed.makes {
            Makes::Nothing => return,
            Makes::Asset => &mut person.assets,
            Makes::Video => &mut person.videos,
            Makes::Album(_) => &mut person.albums,
            Makes::Stack => &mut person.stacks,
            Makes::Memory => &mut person.memories,
            Makes::Person => &mut person.people,
            Makes::Face => &mut person.faces,
        };
        if !known.iter().any(|other| other == id) {
            known.push(id.to_owned());
        }
        if let Makes::Album(other) = deed.makes {
            self.people[other].albums.push(id.to_owned());
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
        of(&self.people[who])
            .choose(&mut self.rng)
            .cloned()
            .unwrap_or_else(|| NOBODY.to_owned())
    }

    fn think(&mut self) -> Deed {
        let who = self.rng.random_range(0..self.people.len());
        let other = (who + self.rng.random_range(1..self.people.len())) % self.people.len();
        match self.rng.random_range(0..22) {
            0..=3 => self.upload(who),
            4..=7 => self.change_assets(who),
            8..=12 => self.change_albums(who, other),
            13 | 14 => self.change_partners(who, other),
            15 => self.change_stacks(who),
            16 => self.change_memories(who),
            17 | 18 => self.change_people(who),
            19 => self.move_pictures(who),
            20 => self.change_doors(who),
            _ => self.change_values(who),
        }
    }

    fn upload(&mut self, who: usize) -> Deed {
        Deed {
            who,
            method: Method::POST,
            path: "/assets".into(),
            content: Content::Picture(self.rng.random_range(0..PICTURES) + 20 * (who as u8)),
            makes: Makes::Asset,
        }
    }

    /// Videos, alone and as moving parts.
    fn move_pictures(&mut self, who: usize) -> Deed {
        let asset = self.one(who, |person| &person.assets);
        let video = self.one(who, |person| &person.videos);
        let path = format!("/assets/{asset}");
        match self.rng.random_range(0..8) {
            0 => Deed {
                content: Content::Video,
                makes: Makes::Video,
                ..deed(who, Method::POST, "/assets", json!({}))
            },
            1 => deed(who, Method::PUT, &path, json!({"livePhotoVideoId": null})),
            2 => {
                let force = self.rng.random::<bool>();
                let body = json!({"ids": [video], "force": force});
                deed(who, Method::DELETE, "/assets", body)
            }
            _ => deed(who, Method::PUT, &path, json!({"livePhotoVideoId": video})),
        }
    }

    /// The locked folder opens and closes; accounts are closed and restored; devices are told to start over.
    fn change_doors(&mut self, who: usize) -> Deed {
        let device = self.one(who, |person| &person.devices);
        let leaving = self.people.iter().find(|person| person.may_close);
        let leaving = leaving.map(|person| format!("/admin/users/{}", person.id));
        match (self.rng.random_range(0..6), leaving) {
            (0 | 1, Some(path)) => deed(who, Method::DELETE, &path, json!({})),
            (2, Some(path)) => deed(who, Method::POST, &format!("{path}/restore"), json!({})),
            (3, _) => deed(who, Method::POST, "/auth/session/lock", json!({})),
            (4, _) => {
                let body = json!({"isPendingSyncReset": true});
                deed(who, Method::PUT, &format!("/sessions/{device}"), body)
            }
            _ => deed(
                who,
                Method::POST,
                "/auth/session/unlock",
                json!({ "pinCode": PIN }),
            ),
        }
    }

    fn change_assets(&mut self, who: usize) -> Deed {
        let ids = self.some(who, |person| &person.assets);
        let asset = self.one(who, |person| &person.assets);
        match self.rng.random_range(0..8) {
            0 => deed(who, Method::DELETE, "/assets", json!({ "ids": ids })),
            1 => {
                self.people[who].assets.retain(|id| !ids.contains(id));
                let body = json!({"ids": ids, "force": true});
                deed(who, Method::DELETE, "/assets", body)
            }
            2 => deed(who, Method::POST, "/trash/restore", json!({})),
            3 | 4 => {
                let looks = ["archive", "timeline", "timeline", "hidden", "locked"];
                let visibility = looks.choose(&mut self.rng).unwrap();
                let body = json!({"ids": ids, "visibility": visibility});
                deed(who, Method::PUT, "/assets", body)
            }
            5 => {
                let body = json!({"isFavorite": self.rng.random::<bool>(), "description": "x"});
                deed(who, Method::PUT, &format!("/assets/{asset}"), body)
            }
            6 => {
                let crop = json!({"x": 1, "y": 1, "width": 20, "height": 20});
                let edits = json!([
                    {"action": "crop", "parameters": crop},
                    {"action": "rotate", "parameters": {"angle": 90}},
                ]);
                let path = format!("/assets/{asset}/edits");
                deed(who, Method::PUT, &path, json!({ "edits": edits }))
            }
            _ => deed(
                who,
                Method::DELETE,
                &format!("/assets/{asset}/edits"),
                json!({}),
            ),
        }
    }

    fn change_albums(&mut self, who: usize, other: usize) -> Deed {
        let assets = self.some(who, |person| &person.assets);
        let album = self.one(who, |person| &person.albums);
        let other_id = self.people[other].id.clone();
        let of_album = |part: &str| format!("/albums/{album}{part}");
        match self.rng.random_range(0..12) {
            0..=2 => {
                let people = if self.rng.random() {
                    json!([{"userId": other_id, "role": "editor"}])
                } else {
                    json!([])
                };
                let body = json!({"albumName": "a", "assetIds": assets, "albumUsers": people});
                Deed {
                    makes: Makes::Album(other),
                    ..deed(who, Method::POST, "/albums", body)
                }
            }
            3 | 4 => deed(
                who,
                Method::PUT,
                &of_album("/assets"),
                json!({ "ids": assets }),
            ),
            5 | 6 => deed(
                who,
                Method::DELETE,
                &of_album("/assets"),
                json!({ "ids": assets }),
            ),
            7 | 8 => {
                let body = json!({"albumUsers": [{"userId": other_id, "role": "viewer"}]});
                deed(who, Method::PUT, &of_album("/users"), body)
            }
            9 => {
                let path = of_album(&format!("/user/{other_id}"));
                deed(who, Method::DELETE, &path, json!({}))
            }
            10 if self.rng.random() => deed(who, Method::DELETE, &of_album(""), json!({})),
            10 => deed(who, Method::DELETE, &of_album("/user/me"), json!({})),
            _ => deed(
                who,
                Method::PATCH,
                &of_album(""),
                json!({"description": "y"}),
            ),
        }
    }

    fn change_partners(&mut self, who: usize, other: usize) -> Deed {
        let other = self.people[other].id.clone();
        let path = format!("/partners/{other}");
        match self.rng.random_range(0..4) {
            0 | 1 => deed(
                who,
                Method::POST,
                "/partners",
                json!({ "sharedWithId": other }),
            ),
            2 => deed(who, Method::DELETE, &path, json!({})),
            _ => deed(who, Method::PUT, &path, json!({"inTimeline": true})),
        }
    }

    fn change_stacks(&mut self, who: usize) -> Deed {
        let assets = self.some(who, |person| &person.assets);
        let stack = self.one(who, |person| &person.stacks);
        let path = format!("/stacks/{stack}");
        match self.rng.random_range(0..6) {
            0..=2 => Deed {
                makes: Makes::Stack,
                ..deed(who, Method::POST, "/stacks", json!({ "assetIds": assets }))
            },
            3 => {
                let asset = self.one(who, |person| &person.assets);
                deed(who, Method::PUT, &path, json!({ "primaryAssetId": asset }))
            }
            4 => {
                let asset = self.one(who, |person| &person.assets);
                let path = format!("{path}/assets/{asset}");
                deed(who, Method::DELETE, &path, json!({}))
            }
            _ => deed(who, Method::DELETE, &path, json!({})),
        }
    }

    fn change_memories(&mut self, who: usize) -> Deed {
        let assets = self.some(who, |person| &person.assets);
        let memory = self.one(who, |person| &person.memories);
        let path = format!("/memories/{memory}");
        match self.rng.random_range(0..6) {
            0 | 1 => {
                let body = json!({
                    "type": "on_this_day", "data": {"year": 2020}, "memoryAt": "2020-01-02T00:00:00.000Z",
                    "assetIds": assets,
                });
                Deed {
                    makes: Makes::Memory,
                    ..deed(who, Method::POST, "/memories", body)
                }
            }
            2 => deed(
                who,
                Method::PUT,
                &format!("{path}/assets"),
                json!({ "ids": assets }),
            ),
            3 => deed(
                who,
                Method::DELETE,
                &format!("{path}/assets"),
                json!({ "ids": assets }),
            ),
            4 => deed(who, Method::PUT, &path, json!({"isSaved": true})),
            _ => deed(who, Method::DELETE, &path, json!({})),
        }
    }

    fn change_people(&mut self, who: usize) -> Deed {
        let asset = self.one(who, |person| &person.assets);
        let person = self.one(who, |person| &person.people);
        let face = self.one(who, |person| &person.faces);
        match self.rng.random_range(0..8) {
            0 | 1 => Deed {
                makes: Makes::Person,
                ..deed(who, Method::POST, "/people", json!({"name": "Ada"}))
            },
            2 | 3 => {
                let body = json!({
                    "assetId": asset, "personId": person, "imageWidth": 40, "imageHeight": 30,
                    "x": 2, "y": 2, "width": 8, "height": 8,
                });
                Deed {
                    makes: Makes::Face,
                    ..deed(who, Method::POST, "/faces", body)
                }
            }
            4 => deed(
                who,
                Method::PUT,
                &format!("/faces/{face}"),
                json!({ "id": person }),
            ),
            5 => deed(
                who,
                Method::DELETE,
                &format!("/faces/{face}"),
                json!({"force": true}),
            ),
            6 => {
                let others = self.some(who, |person| &person.people);
                deed(
                    who,
                    Method::POST,
                    &format!("/people/{person}/merge"),
                    json!({ "ids": others }),
                )
            }
            _ => deed(who, Method::DELETE, &format!("/people/{person}"), json!({})),
        }
    }

    fn change_values(&mut self, who: usize) -> Deed {
        let asset = self.one(who, |person| &person.assets);
        match self.rng.random_range(0..4) {
            0 => {
                let value = json!({"n": self.rng.random::<u8>()});
                let body = json!({"items": [{"key": "mobile-app", "value": value}]});
                deed(who, Method::PUT, &format!("/assets/{asset}/metadata"), body)
            }
            1 => deed(
                who,
                Method::DELETE,
                &format!("/assets/{asset}/metadata/mobile-app"),
                json!({}),
            ),
            2 => {
                let key = "IMCL-0000-0000-0000-0000-0000-0000-0000-0000";
                let body = json!({"licenseKey": key, "activationKey": "x"});
                deed(who, Method::PUT, "/users/me/license", body)
            }
            _ => deed(who, Method::DELETE, "/users/me/license", json!({})),
        }
    }
}

fn deed(who: usize, method: Method, path: &str, body: Value) -> Deed {
    Deed {
        who,
        method,
        path: path.to_owned(),
        content: Content::Json(body),
        makes: Makes::Nothing,
    }
}

pub(crate) fn form(file: Vec<u8>, name: &'static str) -> multipart::Form {
    multipart::Form::new()
        .part("assetData", multipart::Part::bytes(file).file_name(name))
        .text("fileCreatedAt", "2020-01-02T03:04:05.000Z")
        .text("fileModifiedAt", "2020-01-02T03:04:05.000Z")
        .text(
            "metadata",
            r#"[{"key":"mobile-app","value":{"cloudId":"x"}}]"#,
        )
}
