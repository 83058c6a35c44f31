//! Searching a large library goes by columns in memory; what is found is what the database would find, as of now.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    library::{be_partners, call, change, second, with_photos},
    server::{Server, servers_with},
};

/// Names of what is found, in order.
async fn found(server: &Server, filter: Value) -> Vec<String> {
    let path = "/search/metadata";
    let answer = call(server, Method::POST, path, filter, StatusCode::OK).await;
    let assets = answer["assets"]["items"].as_array().unwrap().iter();
    assets
        .map(|asset| asset["originalFileName"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn what_changes_is_found_as_it_is_now() {
    for server in servers_with(&[("HEIRLOOM__SEARCH__COLUMNS_FROM", "1")], 0..2).await {
        let ids = with_photos(&server).await;
        let all = ["photo 2.jpg", "photo 1.jpg", "photo 0.jpg"];
        // The database answers, then the columns that this search had loaded.
        for _ in 0..2 {
            assert_eq!(found(&server, json!({})).await, all);
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        }
        let newer = json!({"takenAfter": "2021-06-07T00:00:00Z", "order": "asc"});
        assert_eq!(found(&server, newer).await, ["photo 1.jpg", "photo 2.jpg"]);
        let path = format!("/assets/{}", ids[1]);
        let said = json!({"isFavorite": true, "rating": 4});
        change(&server, Method::PUT, &path, said).await;
        let liked = json!({"isFavorite": true, "rating": 4, "originalFileName": "HOTO 1"});
        assert_eq!(found(&server, liked).await, ["photo 1.jpg"]);
        let pages = [(1, "photo 2.jpg"), (2, "photo 1.jpg"), (3, "photo 0.jpg")];
        for (page, name) in pages {
            assert_eq!(
                found(&server, json!({"size": 1, "page": page})).await,
                [name]
            );
        }

        let (bob, other) = second(&server).await;
        assert_eq!(found(&other, json!({})).await.len(), 0);
        be_partners(&server, &bob, &other).await;
        assert_eq!(found(&other, json!({})).await, all);

        change(&server, Method::DELETE, "/assets", json!({"ids": [ids[2]]})).await;
        assert_eq!(found(&server, json!({})).await, &all[1..]);
        assert_eq!(found(&other, json!({})).await, &all[1..]);
        assert_eq!(found(&server, json!({"withDeleted": true})).await, all);
        change(
            &server,
            Method::DELETE,
            "/assets",
            json!({"ids": [ids[2]], "force": true}),
        )
        .await;
        assert_eq!(
            found(&server, json!({"withDeleted": true})).await,
            &all[1..]
        );
    }
}
