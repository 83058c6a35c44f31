use heirloom_store::{
    changes::{self, ChangeKind, Entry},
    testing::databases,
};
use uuid::Uuid;

use crate::now;

#[tokio::test]
async fn writers_at_once_leave_a_feed_without_gaps_in_the_order_of_their_commits() {
    for test in databases().await {
        let feed = Uuid::from_u128(1);
        let writers = (0..8u128).map(|writer| {
            let db = test.db.clone();
            tokio::spawn(async move {
                for entry in 0..10u128 {
                    let mut tx = db.write().await.unwrap();
                    let entity = Uuid::from_u128(writer * 100 + entry);
                    let entries = [
                        Entry::upsert(ChangeKind::Asset, entity),
                        Entry::upsert(ChangeKind::Exif, entity),
                    ];
                    changes::record(&mut tx, feed, now(), &entries)
                        .await
                        .unwrap();
                    tx.commit().await.unwrap();
                }
            })
        });
        for writer in writers.collect::<Vec<_>>() {
            writer.await.unwrap();
        }
        let mut tx = test.db.read().await.unwrap();
        let all = changes::list_after(&mut tx, feed, 0, 1000).await.unwrap();
        assert!(
            all.iter().map(|change| change.seq).eq(1..=160),
            "{}",
            test.name
        );
        assert_eq!(changes::position(&mut tx, feed).await.unwrap(), 160);
        assert_eq!(
            changes::list_after(&mut tx, feed, 158, 1000).await.unwrap(),
            all[158..]
        );
    }
}

#[tokio::test]
async fn a_transaction_that_is_given_up_leaves_no_change() {
    for test in databases().await {
        let feed = Uuid::from_u128(2);
        let mut tx = test.db.write().await.unwrap();
        changes::record(
            &mut tx,
            feed,
            now(),
            &[Entry::delete(ChangeKind::Asset, feed)],
        )
        .await
        .unwrap();
        drop(tx);
        let mut tx = test.db.read().await.unwrap();
        assert_eq!(
            changes::position(&mut tx, feed).await.unwrap(),
            0,
            "{}",
            test.name
        );
    }
}
