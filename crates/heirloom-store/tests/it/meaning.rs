//! Embeddings, labels, text lines.

use heirloom_store::{
    assets, embeddings,
    labels::{self, Label, LabelSource},
    testing::databases,
    text_lines::{self, TextLine},
};
use heirloom_types::ids::AssetId;
use uuid::Uuid;

use super::{now, photo, rng, user};

const MODEL: &str = "starter";

#[tokio::test]
async fn vectors_are_replaced_and_read_in_pages() {
    for test in databases().await {
        let (mut tx, mut rng) = (test.db.write().await.unwrap(), rng());
        let ada = user(&mut tx, &mut rng, "ada@example.org").await;
        let video = photo(ada.id, &mut rng, now());
        assets::insert(&mut tx, &video).await.unwrap();
        let moments = [(0, vec![1.0, 0.0]), (2_000, vec![0.0, -1.0])];
        for _ in 0..2 {
            embeddings::replace(&mut tx, ada.id, MODEL, video.id, &moments)
                .await
                .unwrap();
        }
        let start = (AssetId(Uuid::nil()), -1);
        let first = embeddings::list_page(&mut tx, ada.id, MODEL, start, 1)
            .await
            .unwrap();
        assert_eq!(first.len(), 1);
        assert_eq!(first[0].vector, [1.0, 0.0]);
        let rest = embeddings::list_page(&mut tx, ada.id, MODEL, (video.id, 0), 10)
            .await
            .unwrap();
        assert_eq!(rest.len(), 1);
        assert_eq!(
            (rest[0].moment_ms, rest[0].vector.as_slice()),
            (2_000, &[0.0, -1.0][..])
        );
        let gone = embeddings::delete_other_models(&mut tx, ada.id, &["next"])
            .await
            .unwrap();
        assert_eq!(gone, 2);
        assert!(
            embeddings::list(&mut tx, ada.id, MODEL, video.id)
                .await
                .unwrap()
                .is_empty()
        );
    }
}

#[tokio::test]
async fn labels_and_lines_are_replaced() {
    for test in databases().await {
        let (mut tx, mut rng) = (test.db.write().await.unwrap(), rng());
        let ada = user(&mut tx, &mut rng, "ada@example.org").await;
        let asset = photo(ada.id, &mut rng, now());
        assets::insert(&mut tx, &asset).await.unwrap();
        let dog = Label {
            name: "dog".into(),
            score: 0.5,
        };
        for source in [LabelSource::Classifier, LabelSource::Detector] {
            labels::replace(
                &mut tx,
                ada.id,
                asset.id,
                source,
                std::slice::from_ref(&dog),
            )
            .await
            .unwrap();
        }
        let found = labels::list(&mut tx, ada.id, asset.id).await.unwrap();
        assert_eq!(found, [dog]);
        let line = TextLine {
            id: asset.id.0,
            asset_id: asset.id,
            x1: 0.0,
            y1: 0.0,
            x2: 1.0,
            y2: 0.0,
            x3: 1.0,
            y3: 0.5,
            x4: 0.0,
            y4: 0.5,
            text: "キリン ✓".into(),
            box_score: 0.9,
            text_score: 0.8,
        };
        text_lines::replace(&mut tx, ada.id, asset.id, std::slice::from_ref(&line))
            .await
            .unwrap();
        assert_eq!(
            text_lines::list(&mut tx, ada.id, asset.id).await.unwrap(),
            std::slice::from_ref(&line)
        );
        let gone = text_lines::replace(&mut tx, ada.id, asset.id, &[])
            .await
            .unwrap();
        assert_eq!(gone, [line.id]);
    }
}
