//! Picture frames: a screen is paired by a code, and its token opens what was chosen for it and nothing else.

#![expect(clippy::too_many_lines, reason = "each test is one story")]

use std::{collections::BTreeSet, time::Instant};

use heirloom_types::time::Clock;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::{
    library::{call, elevated, make_album, with_photos},
    media,
    server::{Server, servers},
};

/// A screen, which has nothing but its token.
struct Screen<'a> {
    server: &'a Server,
    token: String,
    code: String,
}

impl<'a> Screen<'a> {
    async fn new(server: &'a Server) -> Self {
        let visitor = server.without_credentials();
        let made = call(
            &visitor,
            Method::POST,
            "/frames/pairings",
            json!({}),
            StatusCode::CREATED,
        )
        .await;
        let text = |field: &str| made[field].as_str().unwrap().to_owned();
        Self {
            server,
            token: text("token"),
            code: text("code"),
        }
    }

    async fn ask(&self, method: Method, path: &str) -> Response {
        let address = format!("{}/api{path}", self.server.address);
        let request = reqwest::Client::new()
            .request(method, address)
            .header("x-heirloom-frame", &self.token);
        request.send().await.unwrap()
    }

    async fn shows(&self) -> (StatusCode, Value) {
        let answer = self.ask(Method::GET, "/frames/screen").await;
        (answer.status(), answer.json().await.unwrap())
    }

    async fn photos(&self) -> BTreeSet<String> {
        let (status, shown) = self.shows().await;
        assert_eq!(status, StatusCode::OK, "{shown}");
        assert_eq!(shown["isWaiting"], false);
        let photos = shown["photos"].as_array().unwrap();
        let id = |photo: &Value| photo["id"].as_str().unwrap().to_owned();
        photos.iter().map(id).collect()
    }

    async fn preview(&self, id: &str) -> StatusCode {
        let path = format!("/frames/screen/{id}/preview");
        self.ask(Method::GET, &path).await.status()
    }

    async fn pair(&self, choice: Value) -> Value {
        let mut body = json!({"code": self.code, "name": "Kitchen"});
        body.as_object_mut()
            .unwrap()
            .extend(choice.as_object().unwrap().clone());
        call(
            self.server,
            Method::POST,
            "/frames",
            body,
            StatusCode::CREATED,
        )
        .await
    }
}

fn set<const N: usize>(ids: [&String; N]) -> BTreeSet<String> {
    ids.into_iter().cloned().collect()
}

async fn change(server: &Server, id: &str, body: Value) -> Value {
    let path = format!("/frames/{id}");
    call(server, Method::PUT, &path, body, StatusCode::OK).await
}

#[tokio::test]
async fn a_screen_is_paired_by_its_code_and_ended() {
    for server in servers().await {
        let ids = with_photos(&server).await;
        let screen = Screen::new(&server).await;
        assert_eq!(
            screen.shows().await.1,
            json!({"isWaiting": true, "name": null, "shows": null, "photos": []})
        );
        assert_eq!(screen.preview(&ids[0]).await, StatusCode::UNAUTHORIZED);

        // However it is written; and once.
        let code = format!("{} {}", screen.code[..3].to_lowercase(), &screen.code[3..]);
        let body = json!({"code": code, "name": " Kitchen ", "shows": "recent"});
        let made = call(
            &server,
            Method::POST,
            "/frames",
            body.clone(),
            StatusCode::CREATED,
        )
        .await;
        assert_eq!(
            (&made["name"], &made["seenAt"]),
            (&json!("Kitchen"), &Value::Null)
        );
        call(
            &server,
            Method::POST,
            "/frames",
            body,
            StatusCode::BAD_REQUEST,
        )
        .await;
        let (_, shown) = screen.shows().await;
        assert_eq!(
            (&shown["name"], &shown["shows"]),
            (&json!("Kitchen"), &json!("recent"))
        );
        assert_eq!(screen.photos().await, set([&ids[0], &ids[1], &ids[2]]));
        let answer = screen
            .ask(Method::GET, &format!("/frames/screen/{}/preview", ids[0]))
            .await;
        assert_eq!(answer.headers()["content-type"], "image/jpeg");
        assert_eq!(answer.headers()["cache-control"], "no-store");
        assert!(answer.bytes().await.unwrap().starts_with(b"\xff\xd8"));
        assert!(server.get("/frames").await[0]["seenAt"].is_string());

        let path = format!("/frames/{}", made["id"].as_str().unwrap());
        // Somebody else's frame is not there.
        let ben = json!({"email": "ben@example.org", "name": "Ben", "password": "horse"});
        call(
            &server,
            Method::POST,
            "/admin/users",
            ben.clone(),
            StatusCode::CREATED,
        )
        .await;
        let (_, session) = server.call(Method::POST, "/auth/login", Some(ben)).await;
        let ben = server.acting_as(session["accessToken"].as_str().unwrap());
        assert_eq!(ben.get("/frames").await, json!([]));
        for method in [Method::PUT, Method::DELETE] {
            let body = json!({"shows": "recent"});
            call(&ben, method, &path, body, StatusCode::BAD_REQUEST).await;
        }

        let (status, _) = server.call(Method::DELETE, &path, None).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
        assert_eq!(screen.shows().await.0, StatusCode::UNAUTHORIZED);
        assert_eq!(screen.preview(&ids[0]).await, StatusCode::UNAUTHORIZED);
        assert_eq!(server.get("/frames").await, json!([]));
    }
}

#[tokio::test]
async fn a_frame_shows_what_was_chosen_and_nothing_else() {
    for server in servers().await {
        let ids = with_photos(&server).await;
        let [a, b, c] = [&ids[0], &ids[1], &ids[2]];
        let album = json!({"albumName": "trip", "assetIds": [a, b]});
        let album = make_album(&server, album).await;
        let album = album["id"].as_str().unwrap();
        let ann = call(
            &server,
            Method::POST,
            "/people",
            json!({"name": "Ann"}),
            StatusCode::CREATED,
        )
        .await;
        let ann = ann["id"].as_str().unwrap();
        let face = json!({"assetId": c, "personId": ann, "imageWidth": 64, "imageHeight": 48,
                          "x": 1, "y": 2, "width": 10, "height": 12});
        call(&server, Method::POST, "/faces", face, StatusCode::CREATED).await;

        let screen = Screen::new(&server).await;
        let made = screen
            .pair(json!({"shows": "album", "albumId": album}))
            .await;
        assert_eq!(made["subject"], "trip");
        let frame = made["id"].as_str().unwrap();
        assert_eq!(screen.photos().await, set([a, b]));
        assert_eq!(screen.preview(a).await, StatusCode::OK);
        assert_eq!(screen.preview(c).await, StatusCode::NOT_FOUND);

        // Nothing that was put away: locked, hidden, in the trash.
        let ada = elevated(&server).await;
        for away in ["locked", "hidden"] {
            let put = json!({"ids": [a], "visibility": away});
            call(&ada, Method::PUT, "/assets", put, StatusCode::NO_CONTENT).await;
            assert!(!screen.photos().await.contains(a), "{away}");
            assert_eq!(screen.preview(a).await, StatusCode::NOT_FOUND, "{away}");
        }
        let trash = json!({"ids": [b]});
        call(
            &server,
            Method::DELETE,
            "/assets",
            trash,
            StatusCode::NO_CONTENT,
        )
        .await;
        assert!(!screen.photos().await.contains(b));
        assert_eq!(screen.preview(b).await, StatusCode::NOT_FOUND);

        let changed = change(&server, frame, json!({"shows": "person", "personId": ann})).await;
        assert_eq!(
            (&changed["subject"], &changed["albumId"]),
            (&json!("Ann"), &Value::Null)
        );
        assert_eq!(screen.photos().await, set([c]));
        // Whoever Ann is merged into is shown in her place.
        let beth = call(
            &server,
            Method::POST,
            "/people",
            json!({"name": "Beth"}),
            StatusCode::CREATED,
        )
        .await;
        let beth = beth["id"].as_str().unwrap();
        let merge = json!({"ids": [ann]});
        call(
            &server,
            Method::POST,
            &format!("/people/{beth}/merge"),
            merge,
            StatusCode::OK,
        )
        .await;
        assert_eq!(server.get("/frames").await[0]["subject"], "Beth");
        assert_eq!(screen.photos().await, set([c]));

        change(&server, frame, json!({"shows": "favorites"})).await;
        assert_eq!(screen.photos().await, BTreeSet::new());
        let liked = json!({"ids": [c], "isFavorite": true});
        call(
            &server,
            Method::PUT,
            "/assets",
            liked,
            StatusCode::NO_CONTENT,
        )
        .await;
        assert_eq!(screen.photos().await, set([c]));

        // The album goes; the frame stays, with nothing to show.
        change(&server, frame, json!({"shows": "album", "albumId": album})).await;
        server
            .call(Method::DELETE, &format!("/albums/{album}"), None)
            .await;
        assert_eq!(screen.photos().await, BTreeSet::new());
        assert_eq!(server.get("/frames").await[0]["subject"], Value::Null);
        let gone = json!({"shows": "album", "albumId": album});
        call(
            &server,
            Method::PUT,
            &format!("/frames/{frame}"),
            gone,
            StatusCode::BAD_REQUEST,
        )
        .await;
    }
}

#[tokio::test]
async fn a_frame_shows_the_memories_of_its_day_alone() {
    for server in servers().await {
        let today = Clock::system().now();
        let years_ago = |years: i32, day: i64| {
            let then = today + chrono::TimeDelta::days(day);
            let year = then.format("%Y").to_string().parse::<i32>().unwrap() - years;
            format!("{year}:{}", then.format("%m:%d 12:00:00"))
        };
        let mut ids = Vec::new();
        for (seed, taken) in [years_ago(4, 0), years_ago(8, 0), years_ago(4, 40)]
            .iter()
            .enumerate()
        {
            let bytes = media::jpeg_with_exif(64, 48, seed as u8, 1, taken, "+00:00");
            ids.push(server.upload(&format!("{seed}.jpg"), bytes).await);
        }
        server.settle().await;
        let body = json!({"name": "memory-create"});
        call(&server, Method::POST, "/jobs", body, StatusCode::NO_CONTENT).await;
        let screen = Screen::new(&server).await;
        screen.pair(json!({"shows": "memories"})).await;
        let start = Instant::now();
        while screen.photos().await != set([&ids[0], &ids[1]]) {
            assert!(start.elapsed().as_secs() < 60);
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        assert_eq!(screen.preview(&ids[2]).await, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn the_token_opens_nothing_else() {
    let server = Server::start(None).await;
    let ids = with_photos(&server).await;
    let screen = Screen::new(&server).await;
    screen.pair(json!({"shows": "recent"})).await;
    let own = [
        ("GET", "/frames/screen"),
        ("GET", "/frames/screen/{id}/preview"),
    ];
    // What anybody may ask tells nothing of photos.
    let public = crate::access::PUBLIC;
    let beyond = heirloom_server::served_beyond();
    let all = heirloom_server::served().into_iter().chain(beyond);
    for (method, path) in all.filter(|one| !own.contains(one) && !public.contains(one)) {
        let path = path
            .replace("{id}", &ids[0])
            .replace("{name}", "sidecar")
            .replace("{filename}", "a.gz")
            .replace("{type}", "missing_file");
        let method: Method = method.parse().unwrap();
        let address = format!("{}/api{path}", server.address);
        // In its own header, and where sessions and keys stand.
        let plain = reqwest::Client::new()
            .request(method.clone(), &address)
            .header("tus-resumable", "1.0.0");
        for request in [
            plain
                .try_clone()
                .unwrap()
                .header("x-heirloom-frame", &screen.token),
            plain.try_clone().unwrap().bearer_auth(&screen.token),
            plain
                .try_clone()
                .unwrap()
                .header("x-api-key", &screen.token),
            plain
                .try_clone()
                .unwrap()
                .header("x-immich-share-key", &screen.token),
        ] {
            let status = request.send().await.unwrap().status();
            let is_refused = matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
            assert!(is_refused, "{method} {path}: {status}");
        }
    }
}

#[tokio::test]
async fn codes_end_and_guessing_grows_slower() {
    for server in servers().await {
        let screen = Screen::new(&server).await;
        let late = Screen::new(&server).await;
        age(&server, &late.code).await;
        assert_eq!(late.shows().await.0, StatusCode::UNAUTHORIZED);
        let enter = async |code: &str| {
            let body = json!({"code": code, "name": "Kitchen", "shows": "recent"});
            server.call(Method::POST, "/frames", Some(body)).await.0
        };
        assert_eq!(enter(&late.code).await, StatusCode::BAD_REQUEST);
        for _ in 0..6 {
            assert_eq!(enter("222222").await, StatusCode::BAD_REQUEST);
        }
        let start = Instant::now();
        assert_eq!(enter("222222").await, StatusCode::BAD_REQUEST);
        assert!(start.elapsed().as_millis() >= 900, "{:?}", start.elapsed());
        // Who knows it gets in all the same.
        assert_eq!(enter(&screen.code).await, StatusCode::CREATED);

        let body = json!({"code": "222222", "name": "Kitchen", "shows": "everything"});
        call(
            &server,
            Method::POST,
            "/frames",
            body,
            StatusCode::BAD_REQUEST,
        )
        .await;
    }
}

/// Lets a code's ten minutes be over.
async fn age(server: &Server, code: &str) {
    let statement = "update frame_pairings set expires_at = created_at where code = $1";
    assert_eq!(server.write(statement, code).await, 1);
}
