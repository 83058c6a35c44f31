use heirloom_store::{
    assets,
    stages::{self, Stage, StageCounts},
    testing::databases,
};

use crate::{now, photo, rng, user};

#[tokio::test]
async fn a_stage_is_due_until_it_is_done_or_given_up() {
    let read = Stage::Metadata;
    for test in databases().await {
        let mut rng = rng();
        let mut tx = test.db.write().await.unwrap();
        let ada = user(&mut tx, &mut rng, "ada@example.com").await;
        let asset = photo(ada.id, &mut rng, now());
        assets::insert(&mut tx, &asset).await.unwrap();
        for stage in [read, Stage::Render] {
            stages::want(&mut tx, ada.id, asset.id, stage)
                .await
                .unwrap();
        }
        assert_eq!(
            stages::counts(&mut tx, Stage::Render).await.unwrap(),
            StageCounts { due: 1, failed: 0 }
        );

        stages::done(&mut tx, ada.id, asset.id, read, read.version())
            .await
            .unwrap();
        stages::fail(
            &mut tx,
            ada.id,
            asset.id,
            Stage::Render,
            "damaged",
            false,
            now(),
        )
        .await
        .unwrap();
        assert_eq!(
            stages::counts(&mut tx, read).await.unwrap(),
            StageCounts::default(),
            "{}",
            test.name
        );
        assert_eq!(stages::counts(&mut tx, Stage::Render).await.unwrap().due, 1);

        stages::fail(
            &mut tx,
            ada.id,
            asset.id,
            Stage::Render,
            "damaged",
            true,
            now(),
        )
        .await
        .unwrap();
        assert_eq!(
            stages::counts(&mut tx, Stage::Render).await.unwrap(),
            StageCounts { due: 0, failed: 1 }
        );
        let rows = stages::list(&mut tx, ada.id, asset.id).await.unwrap();
        let render = rows.iter().find(|row| row.stage == Stage::Render).unwrap();
        assert_eq!(
            (render.attempts, render.failure.as_deref()),
            (2, Some("damaged"))
        );

        stages::want(&mut tx, ada.id, asset.id, Stage::Render)
            .await
            .unwrap();
        assert_eq!(
            stages::counts(&mut tx, Stage::Render).await.unwrap(),
            StageCounts { due: 1, failed: 0 }
        );
    }
}
