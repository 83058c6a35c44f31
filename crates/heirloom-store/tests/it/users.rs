use heirloom_store::{Error, testing::databases, users};

use crate::{rng, user};

#[tokio::test]
async fn an_account_reads_back_and_its_email_is_unique() {
    for test in databases().await {
        let mut rng = rng();
        let mut tx = test.db.write().await.unwrap();
        let ada = user(&mut tx, &mut rng, "ada@example.com").await;
        tx.commit().await.unwrap();

        let mut tx = test.db.read().await.unwrap();
        let read = users::get_by_email(&mut tx, "ada@example.com")
            .await
            .unwrap()
            .unwrap();
        assert_eq!(format!("{read:?}"), format!("{ada:?}"), "{}", test.name);
        assert!(users::has_admin(&mut tx).await.unwrap());
        drop(tx);

        let mut tx = test.db.write().await.unwrap();
        let twin = users::User {
            id: heirloom_types::ids::UserId::new(crate::now(), &mut rng),
            ..ada
        };
        let error = users::insert(&mut tx, &twin).await.unwrap_err();
        assert!(
            matches!(error, Error::Conflict { .. }),
            "{}: {error:?}",
            test.name
        );
    }
}

#[tokio::test]
async fn usage_stops_at_the_quota() {
    for test in databases().await {
        let mut tx = test.db.write().await.unwrap();
        let mut ada = user(&mut tx, &mut rng(), "ada@example.com").await;
        ada.quota_bytes = Some(100);
        users::update(&mut tx, &ada).await.unwrap();
        assert!(users::add_usage(&mut tx, ada.id, 100).await.unwrap());
        assert!(!users::add_usage(&mut tx, ada.id, 1).await.unwrap());
        assert!(users::add_usage(&mut tx, ada.id, -50).await.unwrap());
        assert_eq!(
            users::get(&mut tx, ada.id)
                .await
                .unwrap()
                .unwrap()
                .usage_bytes,
            50,
            "{}",
            test.name
        );
    }
}
