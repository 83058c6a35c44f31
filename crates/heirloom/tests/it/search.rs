//! Asking for photos in words: what is understood, what can be read, and what the pictures show.

use std::path::PathBuf;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    media,
    server::{Server, seeing_servers, servers},
};

/// Asks, and gives the whole answer.
async fn ask(server: &Server, question: Value) -> Value {
    let (status, answer) = server
        .call(Method::POST, "/search/smart", Some(question.clone()))
        .await;
    assert_eq!(status, StatusCode::OK, "{question}: {answer}");
    answer
}

/// The ids of what an answer found, in its order.
fn ids(answer: &Value) -> Vec<&str> {
    let items = answer["assets"]["items"].as_array().unwrap();
    items
        .iter()
        .map(|item| item["id"].as_str().unwrap())
        .collect()
}

async fn found(server: &Server, text: &str) -> Vec<String> {
    let answer = ask(server, json!({"query": text})).await;
    ids(&answer).into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn summer_is_when_it_is_summer_where_most_was_taken() {
    for server in servers().await {
        let [lake, snow, _] = with_photos(&server).await;
        assert_eq!(found(&server, "summer 2021").await, [lake.as_str()]);
        for id in [&lake, &snow] {
            let place = json!({"latitude": -33.9, "longitude": 18.4});
            let path = format!("/assets/{id}");
            server.call(Method::PUT, &path, Some(place)).await;
        }
        assert_eq!(found(&server, "winter 2021").await, [lake.as_str()]);
        assert_eq!(found(&server, "summer 2021").await, [snow.as_str()]);
    }
}

/// Two photos of two summers and a video, with names.
async fn with_photos(server: &Server) -> [String; 3] {
    let lake = media::jpeg_with_exif(64, 48, 1, 1, "2021:07:06 08:00:00", "+00:00");
    let snow = media::jpeg_with_exif(64, 48, 2, 1, "2022:01:07 08:00:00", "+00:00");
    let ids = [
        server.upload("Gardasee-été_0042.jpg", lake).await,
        server.upload("東京タワー.jpg", snow).await,
        server.upload("clip.mp4", media::video()).await,
    ];
    server.settle().await;
    ids
}

#[tokio::test]
async fn what_can_be_read_is_found_without_any_model() {
    for server in servers().await {
        let [lake, snow, clip] = with_photos(&server).await;
        for (question, expected) in [
            ("gardasee", vec![&lake]),
            ("GARDASEE ete", vec![&lake]),
            ("photos of garda", vec![&lake]),
            ("京タ", vec![&snow]),
            ("clip", vec![&clip]),
            ("gardasee 東京", vec![]),
            ("gardasee-été_0042.JPG", vec![&lake]),
            ("videos", vec![&clip]),
            ("july 2021", vec![&lake]),
            ("between 2021 and june 2022", vec![&snow, &lake]),
            ("before 2020", vec![]),
            ("the", vec![]),
            ("\"0042\"", vec![&lake]),
        ] {
            let found = found(&server, question).await;
            assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{question}");
        }

        let described = json!({"description": "Opa Heinz angelt"});
        let path = format!("/assets/{snow}");
        server.call(Method::PUT, &path, Some(described)).await;
        assert_eq!(found(&server, "heinz").await, std::slice::from_ref(&snow));
        let tags = json!({"tags": ["Urlaub/Berge"]});
        let (_, tags) = server.call(Method::PUT, "/tags", Some(tags)).await;
        let berge = tags[0]["id"].as_str().unwrap();
        let path = format!("/tags/{berge}/assets");
        let body = json!({"ids": [lake]});
        server.call(Method::PUT, &path, Some(body)).await;
        assert_eq!(found(&server, "#berge").await, std::slice::from_ref(&lake));
        assert_eq!(found(&server, "berge").await, std::slice::from_ref(&lake));

        // What goes to the trash is not found any more.
        let body = json!({"ids": [lake]});
        server.call(Method::DELETE, "/assets", Some(body)).await;
        assert!(found(&server, "gardasee").await.is_empty());
        assert!(found(&server, "berge").await.is_empty());
        let with_trash = json!({"query": "gardasee", "withDeleted": true});
        assert_eq!(ids(&ask(&server, with_trash).await), [&lake]);
    }
}

#[tokio::test]
async fn a_question_is_shown_as_it_was_understood_and_can_be_undone() {
    for server in servers().await {
        let [lake, snow, _] = with_photos(&server).await;
        let (_, anna) = server
            .call(Method::POST, "/people", Some(json!({"name": "Anna Weber"})))
            .await;
        let face = json!({
            "assetId": lake, "personId": anna["id"], "imageWidth": 64, "imageHeight": 48,
            "x": 1, "y": 1, "width": 20, "height": 20
        });
        let (status, _) = server.call(Method::POST, "/faces", Some(face)).await;
        assert_eq!(status, StatusCode::CREATED);

        let question = json!({"query": "Anna in summer 2021"});
        let answer = ask(&server, question).await;
        assert_eq!(ids(&answer), [&lake]);
        let parts = &answer["interpretation"];
        assert_eq!(
            parts[0],
            json!({"kind": "person", "text": "Anna", "value": "Anna Weber", "start": 0, "end": 4})
        );
        assert_eq!(parts[1]["kind"], "date");
        assert_eq!(parts[1]["value"], "2021-06-01/2021-08-31");
        assert_eq!(answer["meaning"], "");

        let other = json!({"query": "Anna in 2022"});
        assert!(ids(&ask(&server, other).await).is_empty());
        let undone = json!({"query": "Anna in 2022", "ignore": ["person"]});
        let answer = ask(&server, undone).await;
        assert_eq!(answer["meaning"], "Anna");
        let undone = json!({"query": "東京 Anna", "ignore": ["Anna"]});
        let answer = ask(&server, undone).await;
        assert_eq!(answer["interpretation"], json!([]));

        // What a client asks for besides holds as well.
        for (more, expected) in [
            (
                json!({"takenAfter": "2021-12-01T00:00:00.000Z"}),
                vec![&snow],
            ),
            (json!({"personIds": [anna["id"]]}), vec![&lake]),
            (json!({"type": "VIDEO"}), vec![]),
            (json!({"isFavorite": true}), vec![]),
            (json!({"isNotInAlbum": true, "size": 1}), vec![&snow]),
            (
                json!({"isNotInAlbum": true, "size": 1, "page": 2}),
                vec![&lake],
            ),
            (json!({"ocr": "nothing"}), vec![]),
            (json!({"visibility": "archive"}), vec![]),
        ] {
            let mut question = json!({"query": "between 2021 and 2022"});
            let more = more.as_object().unwrap().clone();
            question.as_object_mut().unwrap().extend(more);
            assert_eq!(
                ids(&ask(&server, question.clone()).await),
                expected,
                "{question}"
            );
        }
    }
}

#[tokio::test]
async fn strange_questions_are_answered() {
    let server = Server::start(None).await;
    let [lake, ..] = with_photos(&server).await;
    for question in [
        "a".repeat(10_000),
        "слон ".repeat(2_000),
        "\"".repeat(9_999),
        "😀🐶".into(),
        "👨‍👩‍👧‍👦".into(),
        "סוס".into(),
        "कुत्ता".into(),
        "' or 1=1 --".into(),
        "%_\\".into(),
        "\u{202e}abc".into(),
        "a\u{301}\u{301}\u{301}".into(),
    ] {
        let answer = ask(&server, json!({"query": question})).await;
        assert!(ids(&answer).is_empty(), "{question}");
    }
    let nobody = "00000000-0000-4000-8000-000000000000";
    for (wrong, field) in [
        (json!({}), "query"),
        (json!({"query": "  "}), "query"),
        (json!({"query": 5}), "expected string"),
        (json!({"query": "\u{0}abc"}), "NUL"),
        (json!({"queryAssetId": "x"}), "uuid"),
        (json!({"queryAssetId": lake}), "models"),
        (json!({"query": "x", "size": 0}), "size"),
        (json!({"query": "x", "size": 1_001}), "size"),
        (json!({"query": "x", "type": "SOUND"}), "type"),
        (json!({"query": "x", "takenAfter": "soon"}), "takenAfter"),
        (json!({"query": "x", "albumIds": [nobody]}), "album"),
    ] {
        let (status, answer) = server
            .call(Method::POST, "/search/smart", Some(wrong.clone()))
            .await;
        assert!(status.is_client_error(), "{wrong}: {status}");
        let said = answer.to_string().to_lowercase();
        assert!(said.contains(&field.to_lowercase()), "{wrong}: {answer}");
    }
    let far = json!({"query": "gardasee", "page": 9_007_199_254_740_991_u64});
    assert!(ids(&ask(&server, far).await).is_empty());
    assert_eq!(server.get("/server/features").await["smartSearch"], false);
}

/// Photos that the setting-up fetched, by name and with their ids.
async fn with_real_photos(server: &Server) -> Option<[String; 4]> {
    let folder = PathBuf::from(std::env::var_os("HEIRLOOM_TEST_PHOTOS")?);
    let mut ids = Vec::new();
    // The names say nothing, so that only what the pictures show can be found.
    for (name, file) in ["chelsea.png", "coffee.png", "page.png", "astronaut.png"]
        .into_iter()
        .enumerate()
    {
        let bytes = std::fs::read(folder.join(file)).unwrap();
        ids.push(server.upload(&format!("{name}.png"), bytes).await);
    }
    server.settle().await;
    ids.try_into().ok()
}

#[tokio::test]
async fn what_pictures_show_is_found() {
    for server in seeing_servers().await {
        let Some([cat, coffee, page, portrait]) = with_real_photos(&server).await else {
            return;
        };
        assert_eq!(server.get("/server/features").await["smartSearch"], true);
        for (question, best) in [
            ("cat", &cat),
            ("a kitten", &cat),
            ("🐱", &cat),
            ("coffee", &coffee),
            ("photos of a cup of espresso", &coffee),
            ("segmentation", &page),
            ("portrait of a person", &portrait),
        ] {
            let found = found(&server, question).await;
            assert_eq!(found.first(), Some(best), "{question}: {found:?}");
        }
        for nothing in ["unicorn", "helicopter", "xyzzy"] {
            assert!(found(&server, nothing).await.is_empty(), "{nothing}");
        }

        let people = server.get("/people").await;
        let someone = people["people"][0]["id"].as_str().unwrap();
        let name = json!({"name": "Eileen Collins"});
        let path = format!("/people/{someone}");
        server.call(Method::PUT, &path, Some(name)).await;
        assert_eq!(
            found(&server, "Eileen").await,
            std::slice::from_ref(&portrait)
        );
        assert!(found(&server, "Eileen with a cat").await.is_empty());

        // What is asked for besides holds for meaning as well.
        let wrong = json!({"query": "cat", "type": "VIDEO"});
        assert!(ids(&ask(&server, wrong).await).is_empty());
        let like = json!({"queryAssetId": cat});
        assert_eq!(ids(&ask(&server, like).await)[0], cat);
        let favorite = json!({"isFavorite": true});
        server
            .call(Method::PUT, &format!("/assets/{cat}"), Some(favorite))
            .await;
        let both = json!({"query": "cat", "isFavorite": true});
        assert_eq!(ids(&ask(&server, both).await), [&cat]);
        let body = json!({"ids": [cat]});
        server.call(Method::DELETE, "/assets", Some(body)).await;
        assert!(!found(&server, "cat").await.contains(&cat));
    }
}

#[tokio::test]
async fn nobody_finds_what_is_not_theirs() {
    for server in servers().await {
        with_photos(&server).await;
        let new = json!({"email": "bob@example.org", "name": "Bob", "password": "battery staple"});
        server
            .call(Method::POST, "/admin/users", Some(new.clone()))
            .await;
        let (_, session) = server.call(Method::POST, "/auth/login", Some(new)).await;
        let bob = server.acting_as(session["accessToken"].as_str().unwrap());
        for question in ["gardasee", "2021", "videos"] {
            assert!(found(&bob, question).await.is_empty(), "{question}");
        }
    }
}
