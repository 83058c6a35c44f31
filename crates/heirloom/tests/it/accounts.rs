//! Accounts, sessions, preferences, the PIN.

#![expect(clippy::too_many_lines, reason = "each test is one story")]

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    library::{call, second, with_photos},
    server::servers,
};

#[tokio::test]
async fn accounts_sessions_preferences_and_the_pin() {
    for server in servers().await {
        let ids = with_photos(&server).await;
        let (bob_id, bob) = second(&server).await;
        let (status, _) = bob.call(Method::GET, "/admin/users", None).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
        let path = format!("/admin/users/{bob_id}");
        let quota = json!({"quotaSizeInBytes": 1000, "storageLabel": "bob"});
        let changed = call(&server, Method::PUT, &path, quota, StatusCode::OK).await;
        assert_eq!(changed["quotaSizeInBytes"], 1000);
        let none = call(
            &server,
            Method::PUT,
            &path,
            json!({"quotaSizeInBytes": null}),
            StatusCode::OK,
        );
        assert_eq!(none.await["quotaSizeInBytes"], Value::Null);
        let label = json!({"storageLabel": "../ada"});
        call(&server, Method::PUT, &path, label, StatusCode::BAD_REQUEST).await;
        for part in ["preferences", "sessions", "statistics"] {
            server.get(&format!("{path}/{part}")).await;
        }

        let change = json!({"memories": {"enabled": false}});
        let changed = call(
            &bob,
            Method::PUT,
            "/users/me/preferences",
            change,
            StatusCode::OK,
        )
        .await;
        assert_eq!(
            (&changed["memories"]["enabled"], &changed["tags"]["enabled"]),
            (&json!(false), &json!(true))
        );
        let wrong = json!({"memories": {"enabled": "perhaps"}});
        call(
            &bob,
            Method::PUT,
            "/users/me/preferences",
            wrong,
            StatusCode::BAD_REQUEST,
        )
        .await;
        call(
            &bob,
            Method::PUT,
            "/users/me/onboarding",
            json!({"isOnboarded": true}),
            StatusCode::OK,
        )
        .await;
        assert_eq!(bob.get("/users/me/onboarding").await["isOnboarded"], true);
        let renamed = call(
            &bob,
            Method::PUT,
            "/users/me",
            json!({"name": "Bobby"}),
            StatusCode::OK,
        )
        .await;
        assert_eq!(renamed["name"], "Bobby");

        let child = json!({"deviceType": "TV", "duration": 900});
        let child = call(&bob, Method::POST, "/sessions", child, StatusCode::CREATED).await;
        let television = server.acting_as(child["token"].as_str().unwrap());
        assert_eq!(television.get("/users/me").await["id"], bob_id);
        assert_eq!(bob.get("/sessions").await.as_array().unwrap().len(), 2);
        let path = format!("/sessions/{}", child["id"].as_str().unwrap());
        assert_eq!(
            bob.call(Method::DELETE, &path, None).await.0,
            StatusCode::NO_CONTENT
        );
        let (status, _) = television.call(Method::GET, "/users/me", None).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);

        let login = json!({"email": "ada@example.org", "password": "correct horse"});
        let login = call(
            &server,
            Method::POST,
            "/auth/login",
            login,
            StatusCode::CREATED,
        )
        .await;
        let ada = server.acting_as(login["accessToken"].as_str().unwrap());
        let lock = json!({"ids": [ids[0]], "visibility": "locked"});
        call(
            &ada,
            Method::PUT,
            "/assets",
            lock.clone(),
            StatusCode::UNAUTHORIZED,
        )
        .await;
        call(
            &ada,
            Method::POST,
            "/auth/pin-code",
            json!({"pinCode": "12345"}),
            StatusCode::BAD_REQUEST,
        )
        .await;
        call(
            &ada,
            Method::POST,
            "/auth/pin-code",
            json!({"pinCode": "123456"}),
            StatusCode::NO_CONTENT,
        )
        .await;
        let wrong = json!({"pinCode": "654321"});
        call(
            &ada,
            Method::POST,
            "/auth/session/unlock",
            wrong,
            StatusCode::BAD_REQUEST,
        )
        .await;
        let right = json!({"pinCode": "123456"});
        call(
            &ada,
            Method::POST,
            "/auth/session/unlock",
            right,
            StatusCode::NO_CONTENT,
        )
        .await;
        assert_eq!(ada.get("/auth/status").await["isElevated"], true);
        call(&ada, Method::PUT, "/assets", lock, StatusCode::NO_CONTENT).await;
        ada.get(&format!("/assets/{}", ids[0])).await;
        call(
            &ada,
            Method::POST,
            "/auth/session/lock",
            json!({}),
            StatusCode::NO_CONTENT,
        )
        .await;
        let (status, _) = ada
            .call(Method::GET, &format!("/assets/{}", ids[0]), None)
            .await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        let locked = json!({"visibility": "locked"});
        call(
            &ada,
            Method::POST,
            "/search/metadata",
            locked,
            StatusCode::UNAUTHORIZED,
        )
        .await;

        let gone = server
            .call(
                Method::DELETE,
                &format!("/admin/users/{bob_id}"),
                Some(json!({})),
            )
            .await;
        assert_eq!(gone.1["status"], "deleted");
        let (status, _) = bob.call(Method::GET, "/users/me", None).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        call(
            &server,
            Method::POST,
            &format!("/admin/users/{bob_id}/restore"),
            json!({}),
            StatusCode::OK,
        )
        .await;
    }
}
