//! Faces with their descriptors, and what people said of them.

use heirloom_store::{
    Tx, assets,
    faces::{self, Descriptor, FaceBox},
    people::{self, Face, FaceSource, Person},
    stages::{self, Stage},
    testing::databases,
};
use heirloom_types::ids::{AssetId, FaceId, PersonId, UserId};
use rand::rngs::StdRng;

use super::{now, photo, rng, user};

fn person(rng: &mut StdRng, owner: UserId) -> Person {
    Person {
        id: PersonId::new(now(), rng),
        owner_id: owner,
        name: String::new(),
        birth_date: None,
        color: None,
        face_id: None,
        is_favorite: false,
        is_hidden: false,
        created_at: now(),
        updated_at: now(),
    }
}

fn descriptor(model: &str) -> Descriptor<'_> {
    Descriptor {
        model,
        vector: &[0.5, -0.5],
        score: 0.9,
    }
}

async fn face(tx: &mut Tx, rng: &mut StdRng, owner: UserId, asset: AssetId) -> Face {
    let face = Face {
        id: FaceId::new(now(), rng),
        owner_id: owner,
        asset_id: asset,
        person_id: None,
        image_width: 400,
        image_height: 300,
        x1: 100,
        y1: 50,
        x2: 180,
        y2: 150,
        source: FaceSource::MachineLearning,
        is_confirmed: false,
        created_at: now(),
        updated_at: now(),
    };
    faces::insert(tx, &face, descriptor("one")).await.unwrap();
    face
}

#[tokio::test]
async fn a_face_is_given_unless_somebody_was_quicker_or_said_otherwise() {
    for test in databases().await {
        let (mut tx, mut rng) = (test.db.write().await.unwrap(), rng());
        let ada = user(&mut tx, &mut rng, "ada@example.org").await.id;
        let asset = photo(ada, &mut rng, now());
        assets::insert(&mut tx, &asset).await.unwrap();
        let face = face(&mut tx, &mut rng, ada, asset.id).await;
        let people = [person(&mut rng, ada), person(&mut rng, ada)];
        for person in &people {
            people::upsert(&mut tx, person).await.unwrap();
        }
        let [first, second] = people.map(|person| person.id);

        let read = faces::list_described(&mut tx, ada, "one").await.unwrap();
        assert_eq!(read[0].vector, [0.5, -0.5]);
        assert!((read[0].extent - 0.25).abs() < 1e-9);
        assert!(
            faces::assign(&mut tx, &read[0], Some(first), now())
                .await
                .unwrap()
        );
        assert!(
            !faces::assign(&mut tx, &read[0], Some(second), now())
                .await
                .unwrap()
        );
        assert_eq!(faces::count(&mut tx, ada).await.unwrap(), 1);
        let counts = faces::count_by_person(&mut tx, ada).await.unwrap();
        assert_eq!(counts, [(first, 1)]);

        faces::confirm_all(&mut tx, ada, first).await.unwrap();
        let owned = faces::list_owned(&mut tx, ada).await.unwrap();
        assert_eq!(owned, [(face.id, Some(first), true)]);
        let read = faces::list_described(&mut tx, ada, "one").await.unwrap();
        assert!(read[0].is_confirmed);
        assert!(
            !faces::assign(&mut tx, &read[0], Some(second), now())
                .await
                .unwrap()
        );

        faces::dismiss(&mut tx, face.id).await.unwrap();
        assert!(
            faces::list_described(&mut tx, ada, "one")
                .await
                .unwrap()
                .is_empty()
        );
        let boxes = faces::list_boxes(&mut tx, ada, asset.id).await.unwrap();
        let FaceBox { x1, y2, model, .. } = &boxes[0];
        assert_eq!((boxes.len(), boxes[0].id), (1, face.id));
        assert_eq!((*x1, *y2, model.as_deref()), (100, 150, Some("one")));
    }
}

#[tokio::test]
async fn a_no_goes_where_the_person_goes() {
    for test in databases().await {
        let (mut tx, mut rng) = (test.db.write().await.unwrap(), rng());
        let ada = user(&mut tx, &mut rng, "ada@example.org").await.id;
        let asset = photo(ada, &mut rng, now());
        assets::insert(&mut tx, &asset).await.unwrap();
        let face = face(&mut tx, &mut rng, ada, asset.id).await.id;
        let people = [person(&mut rng, ada), person(&mut rng, ada)];
        for person in &people {
            people::upsert(&mut tx, person).await.unwrap();
        }
        let [first, second] = people.map(|person| person.id);

        for _ in 0..2 {
            faces::reject(&mut tx, face, first).await.unwrap();
        }
        faces::move_rejections(&mut tx, first, second)
            .await
            .unwrap();
        let said = faces::list_rejections(&mut tx, ada).await.unwrap();
        assert_eq!(said.len(), 2);
        faces::unreject(&mut tx, face, first).await.unwrap();
        let said = faces::list_rejections(&mut tx, ada).await.unwrap();
        assert_eq!(said, [(face, second)]);
    }
}

#[tokio::test]
async fn what_other_models_did_is_done_again_and_never_compared() {
    for test in databases().await {
        let (mut tx, mut rng) = (test.db.write().await.unwrap(), rng());
        let ada = user(&mut tx, &mut rng, "ada@example.org").await.id;
        let asset = photo(ada, &mut rng, now());
        assets::insert(&mut tx, &asset).await.unwrap();
        let found = face(&mut tx, &mut rng, ada, asset.id).await;
        let nil = AssetId(uuid::Uuid::nil());
        stages::want(&mut tx, ada, asset.id, Stage::Faces)
            .await
            .unwrap();
        // What is under way is not wanted again.
        let lacking = faces::list_lacking(&mut tx, ada, "one", nil, 9).await;
        assert!(lacking.unwrap().is_empty());
        assert_eq!(faces::count_seen(&mut tx, "one").await.unwrap(), (0, 1));
        stages::done_by(&mut tx, ada, asset.id, Stage::Faces, "one")
            .await
            .unwrap();
        stages::done(&mut tx, ada, asset.id, Stage::Faces, 1)
            .await
            .unwrap();
        assert_eq!(faces::count_seen(&mut tx, "one").await.unwrap(), (1, 1));
        for (model, wanted) in [("one", vec![]), ("other", vec![asset.id])] {
            let lacking = faces::list_lacking(&mut tx, ada, model, nil, 9).await;
            assert_eq!(lacking.unwrap(), wanted);
        }

        let none = faces::list_described(&mut tx, ada, "other").await.unwrap();
        assert!(none.is_empty());
        faces::describe(&mut tx, found.id, descriptor("other"))
            .await
            .unwrap();
        let faces = faces::list_described(&mut tx, ada, "other").await.unwrap();
        assert_eq!(faces.len(), 1);
    }
}
