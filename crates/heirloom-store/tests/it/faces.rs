//! Faces with their descriptors, and what people said of them.

use heirloom_store::{
    Tx, assets, faces,
    people::{self, Face, FaceSource, Person},
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
    faces::insert(tx, &face, &[0.5, -0.5], 0.9).await.unwrap();
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

        let read = faces::list_described(&mut tx, ada).await.unwrap();
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
        let read = faces::list_described(&mut tx, ada).await.unwrap();
        assert!(read[0].is_confirmed);
        assert!(
            !faces::assign(&mut tx, &read[0], Some(second), now())
                .await
                .unwrap()
        );

        faces::dismiss(&mut tx, face.id).await.unwrap();
        assert!(
            faces::list_described(&mut tx, ada)
                .await
                .unwrap()
                .is_empty()
        );
        let boxes = faces::list_boxes(&mut tx, ada, asset.id).await.unwrap();
        assert_eq!(boxes, [(face.id, [100, 50, 180, 150], [400, 300])]);
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
