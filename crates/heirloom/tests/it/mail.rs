//! Letters, sent by way of a real mail server (the package `smtp-server`) and read by a real reader (`mailparser`).

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    library::{call, make_album, second, with_photos},
    node::{self, Program},
    server::{Server, servers},
};

const PACKAGES: &[&str] = &["mailparser@3.14.2", "smtp-server@3.21.6"];

/// Servers that write by way of a mail server of their own; none where no real clients are wanted.
async fn with_mail() -> Vec<(Server, Program, Value)> {
    if !node::are_clients_wanted() {
        return Vec::new();
    }
    let packages = node::install(PACKAGES);
    let mut all = Vec::new();
    for server in servers().await {
        let unknown = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let papers = [unknown.key_pair.serialize_pem(), unknown.cert.pem()];
        let mail = Program::start(
            &packages,
            "mail_server.mjs",
            &papers.each_ref().map(String::as_str),
        );
        let port =
            mail.wait_for("the mail server", |said| said["port"].is_number())["port"].clone();
        let smtp = json!({
            "enabled": true, "from": "Heirloom <photos@example.org>", "replyTo": "admin@example.org",
            "transport": {
                "host": "127.0.0.1", "port": port, "secure": false, "ignoreCert": true, "username": "heirloom",
                "password": "a secret: 100% & more"
            }
        });
        all.push((server, mail, smtp));
    }
    all
}

async fn save(server: &Server, smtp: &Value) -> (StatusCode, Value) {
    let mut config = server.get("/system-config").await;
    config["notifications"]["smtp"] = smtp.clone();
    config["server"]["externalDomain"] = json!("https://photos.example.org");
    server
        .call(Method::PUT, "/system-config", Some(config))
        .await
}

async fn test_letter(server: &Server, smtp: Value) -> (StatusCode, Value) {
    let path = "/admin/notifications/test-email";
    server.call(Method::POST, path, Some(smtp)).await
}

fn letter_to(mail: &Program, address: &str) -> Value {
    mail.wait_for(&format!("a letter to {address}"), |said| {
        said["to"].as_str().is_some_and(|to| to.contains(address))
    })
}

/// Makes an account that is welcomed by a letter.
async fn welcome(server: &Server, email: &str) -> Value {
    let new = json!({"email": email, "name": "Zoë & <Söhne>", "password": "correct horse", "notify": true});
    call(
        server,
        Method::POST,
        "/admin/users",
        new,
        StatusCode::CREATED,
    )
    .await
}

#[tokio::test]
async fn people_get_letters() {
    for (server, mail, smtp) in with_mail().await {
        assert_eq!(server.get("/server/features").await["email"], false);
        let (status, answer) = save(&server, &smtp).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        assert_eq!(server.get("/server/features").await["email"], true);
        welcome(&server, "zoe@example.org").await;
        let letter = letter_to(&mail, "zoe@example.org");
        assert_eq!(letter["to"], "\"Zoë & <Söhne>\" <zoe@example.org>");
        assert_eq!(letter["from"], "\"Heirloom\" <photos@example.org>");
        assert_eq!(letter["replyTo"], "admin@example.org");
        assert_eq!(
            (&letter["user"], &letter["isSecure"]),
            (&json!("heirloom"), &json!(true)),
            "the password goes over TLS"
        );
        let html = letter["html"].as_str().unwrap();
        assert!(html.contains("Zoë &amp; &lt;Söhne&gt;"), "{html}");
        assert!(html.contains("https://photos.example.org/"), "{html}");

        let (bob, other) = second(&server).await;
        let photos = with_photos(&server).await;
        let new = json!({"albumName": "At the lake", "assetIds": photos[..1], "albumUsers": [{"userId": bob, "role": "viewer"}]});
        let album = make_album(&server, new).await;
        let address = other.get("/users/me").await["email"]
            .as_str()
            .unwrap()
            .to_owned();
        let letter = letter_to(&mail, &address);
        assert_eq!(
            letter["subject"],
            "The album At the lake is shared with you"
        );

        let path = format!("/albums/{}/assets", album["id"].as_str().unwrap());
        for photo in &photos[1..] {
            let grown = json!({"ids": [photo]});
            call(&server, Method::PUT, &path, grown, StatusCode::OK).await;
        }
        let soon = "update jobs set visible_at = created_at where kind = $1";
        assert_eq!(
            server.write(soon, "send_mail").await,
            1,
            "it waits for more"
        );
        let letter = letter_to(&mail, &address);
        assert_eq!(letter["subject"], "The album At the lake has grown");

        let quiet = json!({"emailNotifications": {"albumInvite": false}});
        let path = "/users/me/preferences";
        call(&other, Method::PUT, path, quiet, StatusCode::OK).await;
        let new = json!({"albumName": "Unsaid", "albumUsers": [{"userId": bob, "role": "viewer"}]});
        make_album(&server, new).await;
        welcome(&server, "last@example.org").await;
        let seen = mail.wait_for("the last letter", |said| said["to"].is_string());
        assert_eq!(
            seen["to"], "\"Zoë & <Söhne>\" <last@example.org>",
            "nobody else was written to"
        );
    }
}

#[tokio::test]
async fn a_letter_that_is_put_off_comes_later_and_one_that_is_refused_stops_nothing() {
    for (server, mail, smtp) in with_mail().await {
        save(&server, &smtp).await;
        welcome(&server, "refused@example.org").await;
        welcome(&server, "later@example.org").await;
        mail.wait_for("the delay", |said| said["put"] == "off");
        letter_to(&mail, "later@example.org");
    }
}

#[tokio::test]
async fn administrators_try_letters_before_they_use_them() {
    for (server, mail, smtp) in with_mail().await {
        let (status, sent) = test_letter(&server, smtp.clone()).await;
        assert_eq!(status, StatusCode::OK, "{sent}");
        let letter = letter_to(&mail, "ada@example.org");
        assert_eq!(letter["id"], sent["messageId"]);

        let mut wrong = smtp.clone();
        wrong["transport"]["password"] = json!("wrong");
        let (status, said) = test_letter(&server, wrong).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(said.to_string().contains("unknown account"), "{said}");
        let mut strict = smtp.clone();
        strict["transport"]["ignoreCert"] = json!(false);
        let (status, said) = test_letter(&server, strict).await;
        assert_eq!(
            status,
            StatusCode::BAD_REQUEST,
            "nobody knows that certificate: {said}"
        );
        let mut nowhere = smtp.clone();
        nowhere["transport"]["port"] = json!(1);
        let (status, said) = test_letter(&server, nowhere.clone()).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{said}");
        for (field, value) in [("from", json!("nobody")), ("replyTo", json!("a b"))] {
            let mut broken = smtp.clone();
            broken[field] = value;
            let (status, said) = save(&server, &broken).await;
            assert_eq!(status, StatusCode::BAD_REQUEST);
            assert!(
                said.to_string()
                    .contains(&format!("notifications.smtp.{field}")),
                "{said}"
            );
        }
        let (_, other) = second(&server).await;
        assert_eq!(test_letter(&other, smtp).await.0, StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn administrators_see_what_letters_look_like() {
    let server = Server::start(None).await;
    let path = "/admin/notifications/templates/album-invite";
    let usual = call(
        &server,
        Method::POST,
        path,
        json!({"template": ""}),
        StatusCode::OK,
    )
    .await;
    assert_eq!(usual["name"], "album-invite");
    assert!(
        usual["html"].as_str().unwrap().contains("shares the album"),
        "{usual}"
    );
    let own = json!({"template": "<b>Look</b>, {recipientName}: {albumName}"});
    let own = call(&server, Method::POST, path, own, StatusCode::OK).await;
    let html = own["html"].as_str().unwrap();
    assert!(
        html.contains("&lt;b&gt;Look&lt;/b&gt;") && html.contains("Summer at the lake"),
        "{html}"
    );
    let path = "/admin/notifications/templates/unknown";
    let (status, _) = server
        .call(Method::POST, path, Some(json!({"template": ""})))
        .await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}
