//! What one person has that another may be after.

use std::collections::BTreeMap;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{media, server::Server};

/// One thing of each kind, everything that has a name called after its owner.
pub(super) struct Home {
    pub holder: Server,
    /// In every text of it and in no text of anybody else.
    pub word: &'static str,
    things: BTreeMap<&'static str, String>,
}

impl Home {
    /// `server` is its administrator.
    pub(super) async fn make(
        server: &Server,
        holder: Server,
        word: &'static str,
        seed: u8,
    ) -> Self {
        let mut home = Self {
            holder,
            word,
            things: BTreeMap::new(),
        };
        home.keep("user", &home.holder.get("/users/me").await["id"]);
        let photos = home.take_in(server, seed).await;
        home.tell(&photos).await;
        home.share(&photos).await;
        home.open_doors().await;
        let news = json!({"userId": home.id("user"), "title": word, "level": "info"});
        let (status, news) = server
            .call(Method::POST, "/admin/notifications", Some(news))
            .await;
        assert_eq!(status, StatusCode::CREATED, "{news}");
        home.keep("notification", &news["id"]);
        server.settle().await;
        home
    }

    /// The id of its thing of that kind; of what it has none, an id that nothing has.
    pub(super) fn id(&self, kind: &str) -> &str {
        self.things
            .get(kind)
            .map_or(crate::access::NOBODY, String::as_str)
    }

    /// The ids of everything in it, not the one that says who its owner is.
    pub(super) fn ids(&self) -> impl Iterator<Item = &str> {
        let things = self.things.iter().filter(|(kind, _)| **kind != "user");
        things.map(|(_, id)| id.as_str())
    }

    fn keep(&mut self, kind: &'static str, id: &Value) {
        self.things.insert(kind, id.as_str().unwrap().to_owned());
    }

    async fn make_one(&self, method: Method, path: &str, body: Value) -> Value {
        let (status, made) = self.holder.call(method, path, Some(body)).await;
        assert!(status.is_success(), "{path}: {made}");
        made
    }

    async fn add(&mut self, kind: &'static str, path: &str, body: Value) {
        let made = self.make_one(Method::POST, path, body).await;
        self.keep(kind, &made["id"]);
    }

    async fn take_in(&mut self, server: &Server, seed: u8) -> Vec<String> {
        let mut photos = Vec::new();
        for number in 0..3 {
            let name = format!("{} {number}.jpg", self.word);
            let taken = "2021:07:01 12:30:00";
            let seed = number + 3 * seed;
            let bytes = media::jpeg_with_position(64, 48, seed, taken, (48.1, 11.5));
            photos.push(self.holder.upload(&name, bytes).await);
        }
        server.settle().await;
        self.keep("asset", &json!(photos[0]));
        photos
    }

    /// What is said of photos.
    async fn tell(&mut self, photos: &[String]) {
        let word = self.word;
        let description = json!({"description": word, "isFavorite": true});
        let asset = format!("/assets/{}", photos[0]);
        self.make_one(Method::PUT, &asset, description).await;
        let metadata = json!({"items": [{"key": "theme", "value": {"of": word}}]});
        self.make_one(Method::PUT, &format!("{asset}/metadata"), metadata)
            .await;
        let turned = json!({"edits": [{"action": "rotate", "parameters": {"angle": 90}}]});
        self.make_one(Method::PUT, &format!("{asset}/edits"), turned)
            .await;
        self.add("tag", "/tags", json!({"name": word})).await;
        let tagged = format!("/tags/{}/assets", self.id("tag"));
        self.make_one(Method::PUT, &tagged, json!({"ids": photos}))
            .await;
        let stack = json!({"assetIds": photos[1..]});
        self.add("stack", "/stacks", stack).await;
        let memory = json!({
            "type": "on_this_day", "memoryAt": "2021-07-01T00:00:00.000Z",
            "data": {"year": 2021}, "assetIds": photos,
        });
        self.add("memory", "/memories", memory).await;
        self.add("person", "/people", json!({"name": word})).await;
        let face = json!({
            "assetId": photos[0], "personId": self.id("person"), "imageWidth": 64,
            "imageHeight": 48, "x": 5, "y": 5, "width": 20, "height": 20,
        });
        self.make_one(Method::POST, "/faces", face).await;
        let faces = self.holder.get(&format!("/faces?id={}", photos[0])).await;
        self.keep("face", &faces[0]["id"]);
    }

    async fn share(&mut self, photos: &[String]) {
        let album = json!({"albumName": self.word, "description": self.word, "assetIds": photos});
        self.add("album", "/albums", album).await;
        let comment = json!({"albumId": self.id("album"), "type": "comment", "comment": self.word});
        self.add("activity", "/activities", comment).await;
        let link = json!({
            "type": "ALBUM", "albumId": self.id("album"), "description": self.word,
            "slug": format!("{}-link", self.word),
        });
        self.add("link", "/shared-links", link).await;
        let workflow = json!({
            "trigger": "AssetCreate", "name": self.word,
            "steps": [{"method": "heirloom#addTag", "config": {"tag": self.word}}],
        });
        self.add("workflow", "/workflows", workflow).await;
    }

    /// Sessions, keys, notifications, and an upload that has begun.
    async fn open_doors(&mut self) {
        let key = json!({"name": self.word, "permissions": ["asset.read"]});
        let made = self.make_one(Method::POST, "/api-keys", key).await;
        self.keep("key", &made["apiKey"]["id"]);
        let login =
            json!({"email": format!("{}@example.org", self.word), "password": "battery staple"});
        let (status, login) = self
            .holder
            .without_credentials()
            .call(Method::POST, "/auth/login", Some(login))
            .await;
        assert_eq!(status, StatusCode::CREATED, "{login}");
        let session = self
            .holder
            .acting_as(login["accessToken"].as_str().unwrap());
        let sessions = session.get("/sessions").await;
        let mut all = sessions.as_array().unwrap().iter();
        let own = all.find(|session| session["current"] == true);
        self.keep("session", &own.unwrap()["id"]);
        let begun = self
            .holder
            .client
            .post(format!("{}/api/uploads", self.holder.address))
            .header("x-api-key", &self.holder.key)
            .header("tus-resumable", "1.0.0")
            .header("upload-length", "100")
            // "photo.jpg", as the protocol writes it.
            .header("upload-metadata", "filename cGhvdG8uanBn")
            .send()
            .await
            .unwrap();
        assert_eq!(begun.status(), StatusCode::CREATED);
        let place = begun.headers()["location"].to_str().unwrap();
        self.keep("upload", &json!(place.rsplit('/').next().unwrap()));
    }
}
