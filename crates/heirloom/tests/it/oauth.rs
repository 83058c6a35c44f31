//! Logging in at a real OpenID provider (the package `oidc-provider`), whose pages are used as a browser uses them.

#![expect(clippy::too_many_lines, reason = "each test is one story")]

mod provider;

use reqwest::{Client, Method, StatusCode, Url, header};
use serde_json::{Value, json};

pub(crate) use self::provider::with_providers;
use self::provider::{Browser, Provider, come_back, set};
use crate::{library::call, server::Server};

/// Logs in on the web as somebody; gives the answer to the whole.
async fn log_in(server: &Server, provider: &Provider, name: &str) -> (Server, StatusCode, Value) {
    let visitor = server.without_credentials();
    let back = come_back(&visitor, provider, &Browser::new(), name).await;
    let (status, answer) = visitor
        .call(Method::POST, "/oauth/callback", Some(back))
        .await;
    (visitor, status, answer)
}

/// As [`log_in`], which must be refused; gives why.
async fn refused(server: &Server, provider: &Provider, name: &str) -> String {
    let (visitor, status, answer) = log_in(server, provider, name).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{answer}");
    let (status, _) = visitor.call(Method::GET, "/users/me", None).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    answer["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn people_log_in_at_a_provider() {
    for (server, provider) in with_providers().await {
        assert_eq!(server.get("/server/features").await["oauth"], true);
        let claims = json!({"id": "bob", "immich_quota": 2, "immich_role": "user"});
        provider.control("account", claims).await;
        let (bob, status, session) = log_in(&server, &provider, "bob").await;
        assert_eq!(status, StatusCode::CREATED, "{session}");
        assert_eq!(
            (&session["userEmail"], &session["isAdmin"]),
            (&json!("bob@example.org"), &json!(false))
        );
        let me = bob.get("/users/me").await;
        assert_eq!(
            (
                &me["name"],
                &me["oauthId"],
                &me["storageLabel"],
                &me["quotaSizeInBytes"]
            ),
            (
                &json!("bob of the provider"),
                &json!("bob"),
                &json!("bob"),
                &json!(2_i64 << 30)
            )
        );
        assert_eq!(bob.get("/auth/status").await["password"], false);
        let (again, _, second) = log_in(&server, &provider, "bob").await;
        assert_eq!(
            second["userId"], session["userId"],
            "one account, however often"
        );
        assert_eq!(again.get("/sessions").await.as_array().unwrap().len(), 2);
        let out = call(
            &again,
            Method::POST,
            "/auth/logout",
            json!({}),
            StatusCode::OK,
        )
        .await;
        assert_eq!(
            out["redirectUri"],
            format!("{}/session/end", provider.issuer)
        );
        assert_eq!(bob.get("/sessions").await.as_array().unwrap().len(), 1);

        let chief = json!({"id": "chief", "immich_role": "admin", "preferred_username": "../bob"});
        provider.control("account", chief).await;
        let (chief, _, session) = log_in(&server, &provider, "chief").await;
        assert_eq!(session["isAdmin"], true);
        assert_eq!(chief.get("/users/me").await["storageLabel"], Value::Null);

        // The administrator's account of before has the same e-mail address.
        provider
            .control("account", json!({"id": "ada", "email_verified": false}))
            .await;
        let why = refused(&server, &provider, "ada").await;
        assert!(why.contains("vouch"), "{why}");
        provider
            .control("account", json!({"id": "ada", "email_verified": true}))
            .await;
        let (_, status, session) = log_in(&server, &provider, "ada").await;
        assert_eq!(
            (status, &session["isAdmin"]),
            (StatusCode::CREATED, &json!(true))
        );
        assert_eq!(server.get("/users/me").await["oauthId"], "ada");
        let twin = json!({"id": "twin", "email": "ADA@example.org"});
        provider.control("account", twin).await;
        let why = refused(&server, &provider, "twin").await;
        assert!(why.contains("another log-in"), "{why}");

        set(
            &server,
            json!({"autoRegister": false, "autoLaunch": true, "buttonText": "Come in"}),
        )
        .await;
        let why = refused(&server, &provider, "eve").await;
        assert!(why.contains("ask the administrator"), "{why}");
        assert_eq!(
            server.get("/server/features").await["oauthAutoLaunch"],
            true
        );
        assert_eq!(
            server.get("/server/config").await["oauthButtonText"],
            "Come in"
        );
    }
}

#[tokio::test]
async fn an_app_brings_its_own_proof_and_may_come_back_over_the_server() {
    for (server, provider) in with_providers().await {
        let verifier = "a-verifier-of-an-app-that-is-long-enough-for-everybody";
        // base64url(sha256(verifier)), by another program.
        let challenge = std::process::Command::new("python3")
            .args(["-c", "import base64, hashlib, sys; print(base64.urlsafe_b64encode(hashlib.sha256(sys.argv[1].encode()).digest()).decode().rstrip('='))", verifier])
            .output()
            .unwrap();
        let challenge = String::from_utf8(challenge.stdout).unwrap();
        let begin = json!({"redirectUri": "app.immich:///oauth-callback", "state": "of-an-app",
                           "codeChallenge": challenge.trim()});
        for overriding in [false, true] {
            let settings = json!({
                "mobileOverrideEnabled": overriding, "clientId": "by-basic", "tokenEndpointAuthMethod": "client_secret_basic",
                "mobileRedirectUri": format!("{}/api/oauth/mobile-redirect", server.address)
            });
            let (status, answer) = set(&server, settings).await;
            assert_eq!(status, StatusCode::OK, "{answer}");
            let app = server.without_credentials();
            let begun = call(
                &app,
                Method::POST,
                "/oauth/authorize",
                begin.clone(),
                StatusCode::CREATED,
            )
            .await;
            let mut back = Browser::new()
                .log_in(&provider, begun["url"].as_str().unwrap(), "dora")
                .await;
            if overriding {
                assert!(back.starts_with(&server.address), "{back}");
                let led = Browser::new().0.get(&back).send().await.unwrap();
                assert_eq!(led.status(), StatusCode::TEMPORARY_REDIRECT);
                back = led.headers()[header::LOCATION].to_str().unwrap().to_owned();
            }
            assert!(back.starts_with("app.immich:///oauth-callback?"), "{back}");
            // Without a cookie of the first step.
            let app = server.without_credentials();
            let wrong = json!({"url": back, "state": "of-an-app", "codeVerifier": format!("{verifier}-not")});
            let (status, answer) = app.call(Method::POST, "/oauth/callback", Some(wrong)).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{answer}");
            let begun = call(
                &app,
                Method::POST,
                "/oauth/authorize",
                begin.clone(),
                StatusCode::CREATED,
            )
            .await;
            let back = Browser::new()
                .log_in(&provider, begun["url"].as_str().unwrap(), "dora")
                .await;
            let back = format!(
                "app.immich:///oauth-callback?{}",
                back.split_once('?').unwrap().1
            );
            let app = server.without_credentials();
            let right = json!({"url": back, "state": "of-an-app", "codeVerifier": verifier});
            call(
                &app,
                Method::POST,
                "/oauth/callback",
                right,
                StatusCode::CREATED,
            )
            .await;
            assert_eq!(app.get("/users/me").await["email"], "dora@example.org");
        }
    }
}

#[tokio::test]
async fn an_account_is_linked_and_unlinked() {
    for (server, provider) in with_providers().await {
        let person =
            json!({"email": "carl@example.org", "name": "Carl", "password": "correct horse"});
        call(
            &server,
            Method::POST,
            "/admin/users",
            person.clone(),
            StatusCode::CREATED,
        )
        .await;
        let carl = server.without_credentials();
        call(
            &carl,
            Method::POST,
            "/auth/login",
            person,
            StatusCode::CREATED,
        )
        .await;
        let back = come_back(&carl, &provider, &Browser::new(), "charles").await;
        let linked = call(&carl, Method::POST, "/oauth/link", back, StatusCode::OK).await;
        assert_eq!(linked["oauthId"], "charles");
        let (_, _, session) = log_in(&server, &provider, "charles").await;
        assert_eq!(session["userEmail"], "carl@example.org");

        let (other, _, _) = log_in(&server, &provider, "olga").await;
        let back = come_back(&other, &provider, &Browser::new(), "charles").await;
        let (status, answer) = other.call(Method::POST, "/oauth/link", Some(back)).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(
            answer["message"]
                .as_str()
                .unwrap()
                .contains("already been linked")
        );
        let nobody = server.without_credentials();
        let back = come_back(&nobody, &provider, &Browser::new(), "zoe").await;
        let (status, _) = nobody.call(Method::POST, "/oauth/link", Some(back)).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);

        let unlinked = call(
            &carl,
            Method::POST,
            "/oauth/unlink",
            json!({}),
            StatusCode::OK,
        )
        .await;
        assert_eq!(unlinked["oauthId"], "");
        let (_, _, session) = log_in(&server, &provider, "charles").await;
        assert_eq!(
            session["userEmail"], "charles@example.org",
            "another account now"
        );

        let (status, _) = carl
            .call(Method::POST, "/admin/auth/unlink-all", None)
            .await;
        assert_eq!(status, StatusCode::FORBIDDEN);
        call(
            &server,
            Method::POST,
            "/admin/auth/unlink-all",
            json!({}),
            StatusCode::NO_CONTENT,
        )
        .await;
        for account in server.get("/admin/users").await.as_array().unwrap() {
            assert_eq!(account["oauthId"], "", "{account}");
        }
    }
}

#[tokio::test]
async fn what_cannot_be_believed_is_refused() {
    for (server, provider) in with_providers().await {
        let visitor = server.without_credentials();
        let back = come_back(&visitor, &provider, &Browser::new(), "bob").await;
        let mut wrong = back.clone();
        wrong["state"] = "another".into();
        let (status, answer) = visitor
            .call(Method::POST, "/oauth/callback", Some(wrong))
            .await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(
            answer["message"]
                .as_str()
                .unwrap()
                .contains("state mismatch")
        );
        // An address that somebody else was sent: the browser has no state for it.
        let (status, answer) = server
            .without_credentials()
            .call(Method::POST, "/oauth/callback", Some(back.clone()))
            .await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(
            answer["message"]
                .as_str()
                .unwrap()
                .contains("state is missing")
        );
        call(
            &visitor,
            Method::POST,
            "/oauth/callback",
            back.clone(),
            StatusCode::CREATED,
        )
        .await;
        let (status, _) = visitor
            .call(Method::POST, "/oauth/callback", Some(back))
            .await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "a code is good once");
        let denied = format!("{}/auth/login?error=access_denied&state=x", server.address);
        let denied = json!({"url": denied, "state": "x", "codeVerifier": "y"});
        let (_, answer) = visitor
            .call(Method::POST, "/oauth/callback", Some(denied))
            .await;
        assert!(
            answer["message"]
                .as_str()
                .unwrap()
                .contains("access_denied")
        );

        for (claims, part) in [
            (json!({"aud": "somebody-else"}), "somebody else"),
            (
                json!({"aud": ["heirloom", "somebody-else"], "azp": "somebody-else"}),
                "another party",
            ),
            (
                json!({"iss": "https://provider.example.org"}),
                "another provider",
            ),
            (json!({"exp": 1_700_000_000}), "expired"),
            (json!({"nonce": "of another log-in"}), "another log-in"),
            (json!({"sub": "ada"}), "another user"),
        ] {
            provider.control("forge", claims.clone()).await;
            let why = refused(&server, &provider, "bob").await;
            assert!(why.contains(part), "{claims}: {why}");
        }
        let (_, status, _) = log_in(&server, &provider, "bob").await;
        assert_eq!(status, StatusCode::CREATED);

        // Keys are changed now and then; the first token of a new one makes the server ask for it.
        tokio::time::sleep(std::time::Duration::from_secs(3)).await;
        provider.control("rotate", json!({})).await;
        let (_, status, answer) = log_in(&server, &provider, "bob").await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");

        set(&server, json!({"signingAlgorithm": "ES256"})).await;
        let why = refused(&server, &provider, "bob").await;
        assert!(why.contains("RS256") && why.contains("ES256"), "{why}");
        set(
            &server,
            json!({"signingAlgorithm": "RS256", "allowInsecureRequests": false}),
        )
        .await;
        let begin = json!({"redirectUri": format!("{}/auth/login", server.address)});
        let (status, answer) = visitor
            .call(Method::POST, "/oauth/authorize", Some(begin))
            .await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(
            answer["message"].as_str().unwrap().contains("https"),
            "{answer}"
        );
        for (settings, part) in [
            (json!({"issuerUrl": ""}), "oauth.issuerUrl"),
            (json!({"clientId": " "}), "oauth.clientId"),
            (
                json!({"signingAlgorithm": "none"}),
                "oauth.signingAlgorithm",
            ),
            (json!({"timeout": 0}), "oauth.timeout"),
            (
                json!({"mobileOverrideEnabled": true, "mobileRedirectUri": ""}),
                "oauth.mobileRedirectUri",
            ),
        ] {
            let (status, answer) = set(&server, settings).await;
            assert_eq!(status, StatusCode::BAD_REQUEST);
            assert!(
                answer["message"].as_str().unwrap().contains(part),
                "{answer}"
            );
        }
    }
}

#[tokio::test]
async fn the_provider_ends_sessions_and_may_be_down() {
    for (mut server, provider) in with_providers().await {
        let begin = json!({"redirectUri": format!("{}/auth/login", server.address)});
        let (browser, bob) = (Browser::new(), server.without_credentials());
        let back = come_back(&bob, &provider, &browser, "bob").await;
        call(
            &bob,
            Method::POST,
            "/oauth/callback",
            back,
            StatusCode::CREATED,
        )
        .await;
        let (elsewhere, _, _) = log_in(&server, &provider, "bob").await;
        let (eve, _, _) = log_in(&server, &provider, "eve").await;

        for (token, status) in [
            (
                json!({"client_id": "somebody-else", "sub": "bob", "sid": "s"}),
                400,
            ),
            (
                json!({"client_id": "heirloom", "sub": "nobody", "sid": "s"}),
                200,
            ),
        ] {
            assert_eq!(provider.control("logout", token).await, status);
        }
        let forged = "logout_token=eyJhbGciOiJub25lIn0.eyJzdWIiOiJib2IifQ.";
        let address = format!("{}/api/oauth/backchannel-logout", server.address);
        let request = Client::new()
            .post(address)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(forged);
        assert_eq!(
            request.send().await.unwrap().status(),
            StatusCode::BAD_REQUEST
        );
        bob.get("/users/me").await;

        // In the browser that bob logged in with; the provider tells the server.
        browser
            .log_out(&format!("{}/session/end", provider.issuer))
            .await;
        let (status, _) = bob.call(Method::GET, "/users/me", None).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        elsewhere.get("/users/me").await;
        eve.get("/users/me").await;

        let mut config = server.get("/system-config").await;
        config["passwordLogin"]["enabled"] = false.into();
        call(
            &server,
            Method::PUT,
            "/system-config",
            config,
            StatusCode::OK,
        )
        .await;
        assert_eq!(server.get("/server/features").await["passwordLogin"], false);
        let person = json!({"email": "ada@example.org", "password": "correct horse"});
        let (status, _) = server
            .without_credentials()
            .call(Method::POST, "/auth/login", Some(person))
            .await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);

        // What the provider said of itself is forgotten with the process.
        drop(provider.program);
        server.kill_and_restart();
        let visitor = server.without_credentials();
        let (status, answer) = visitor
            .call(Method::POST, "/oauth/authorize", Some(begin))
            .await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        let said = answer["message"].as_str().unwrap();
        assert!(
            said.contains("The OpenID provider does not answer"),
            "{said}"
        );
        let eve = moved(eve, &server);
        let out = call(
            &eve,
            Method::POST,
            "/auth/logout",
            json!({}),
            StatusCode::OK,
        )
        .await;
        assert_eq!(
            out["redirectUri"], "/auth/login?autoLaunch=0",
            "logging out works all the same"
        );
    }
}

/// The same person after the server was started again at another address.
fn moved(mut visitor: Server, server: &Server) -> Server {
    assert_eq!(
        Url::parse(&server.address).unwrap().host_str(),
        Some("127.0.0.1")
    );
    visitor.address.clone_from(&server.address);
    visitor
}
