use std::collections::{HashMap, HashSet};

use heirloom_store::{
    assets::{self, Asset},
    exif::{self, Exif},
    search::{Filter, random},
    testing::databases,
};
use heirloom_types::{
    checksum::Sha1,
    ids::{AssetId, UserId},
    media_type::MediaKind,
    time::at_millis,
};
use rand::Rng;
use uuid::Uuid;

use crate::{photo, rng, user};

const ASSETS: usize = 60;
const DRAWS: usize = 150;
const EACH: u64 = 12;

#[tokio::test]
async fn random_pictures_come_from_everywhere_and_match() {
    for test in databases().await {
        let mut rng = rng();
        let mut tx = test.db.write().await.unwrap();
        let ada = user(&mut tx, &mut rng, "ada@example.com").await.id;
        let bob = user(&mut tx, &mut rng, "bob@example.com").await.id;
        let mut all = HashMap::new();
        for number in 0..ASSETS {
            let owner = if number % 2 == 0 { ada } else { bob };
            let mut asset = photo(owner, &mut rng, at_millis(number as i64));
            // Some are of an external library, whose checksums are in another index.
            asset.library_id = (number % 5 == 0).then(Uuid::nil);
            asset.is_favorite = number % 3 == 0;
            if number % 10 == 9 {
                asset.kind = MediaKind::Video;
            }
            assets::insert(&mut tx, &asset).await.unwrap();
            exif::upsert(&mut tx, &Exif::empty(owner, asset.id))
                .await
                .unwrap();
            all.insert(asset.id, asset);
        }
        let mut drawn: HashMap<AssetId, usize> = HashMap::new();
        let both = of(&[ada, bob]);
        for _ in 0..DRAWS {
            let places: [Sha1; 4] = std::array::from_fn(|_| Sha1(rng.random()));
            let found = random(&mut tx, &both, &places, EACH).await.unwrap();
            assert_eq!(found.len(), EACH as usize, "{}", test.name);
            for asset in &found {
                *drawn.entry(asset.id).or_default() += 1;
            }
        }
        // Each is expected 30 times; whose checksum follows a wide gap is drawn more often.
        assert_eq!(drawn.len(), ASSETS, "{}: {drawn:?}", test.name);
        assert!(drawn.values().all(|&times| times < 90), "{drawn:?}");

        let places = [Sha1([255; 20]), Sha1([0; 20])];
        let favorites = Filter {
            is_favorite: Some(true),
            kind: Some(MediaKind::Image),
            ..of(&[ada])
        };
        let is_wanted = |asset: &Asset| {
            asset.is_favorite && asset.owner_id == ada && asset.kind == MediaKind::Image
        };
        let count = all.values().filter(|asset| is_wanted(asset)).count();
        for limit in [1, 4, 1_000] {
            let found = random(&mut tx, &favorites, &places, limit).await.unwrap();
            assert_eq!(found.len(), count.min(limit as usize));
            assert!(found.iter().all(is_wanted));
            let distinct: HashSet<_> = found.iter().map(|asset| asset.id).collect();
            assert_eq!(distinct.len(), found.len());
        }
        let nobody = random(&mut tx, &of(&[]), &places, 5).await.unwrap();
        assert!(nobody.is_empty());
    }
}

fn of(owners: &[UserId]) -> Filter {
    Filter {
        owners: owners.to_vec(),
        ..Filter::default()
    }
}
