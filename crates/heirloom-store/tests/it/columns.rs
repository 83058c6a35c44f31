//! Columns answer as the database does.

use heirloom_store::{
    Tx,
    assets::{self, Visibility},
    exif::{self, Exif},
    search::{self, Arrange, Filter, Span, columns::Columns},
    testing::databases,
};
use heirloom_types::{
    caller::Scope,
    ids::{AssetId, UserId},
    media_type::MediaKind,
    time::at_millis,
};
use rand::{Rng, rngs::StdRng};
use uuid::Uuid;

use crate::{photo, rng, user};

const ASSETS: i64 = 400;
const FILTERS: usize = 300;
const PLACES: [&str; 3] = ["Lima", "Oslo", "Kyoto"];
/// Where hardly anything was taken.
const FAR: &str = "Alert";
const MAKES: [&str; 2] = ["Canon", "Apple"];
const SEEN: [Visibility; 4] = [
    Visibility::Timeline,
    Visibility::Archive,
    Visibility::Hidden,
    Visibility::Locked,
];

fn pick(rng: &mut StdRng, texts: &[&str]) -> Option<String> {
    let at = rng.random_range(0..=texts.len());
    texts.get(at).map(ToString::to_string)
}

/// Sometimes something.
fn perhaps<T>(rng: &mut StdRng, make: impl FnOnce(&mut StdRng) -> T) -> Option<T> {
    rng.random_bool(0.3).then(|| make(rng))
}

fn filter(owner: UserId, rng: &mut StdRng) -> Filter {
    Filter {
        owners: vec![owner],
        kind: perhaps(rng, |_| MediaKind::Image),
        visibility: perhaps(rng, |rng| SEEN[rng.random_range(0..4)]),
        is_favorite: perhaps(rng, StdRng::random),
        is_motion: perhaps(rng, StdRng::random),
        with_trashed: rng.random(),
        taken: Span {
            after: perhaps(rng, |rng| at_millis(rng.random_range(0..ASSETS) * 500)),
            before: perhaps(rng, |rng| at_millis(rng.random_range(0..ASSETS) * 1_000)),
        },
        name: perhaps(rng, |rng| {
            let start = ["g_", "IMG_", "_"][rng.random_range(0..3)];
            format!("{start}{}", rng.random_range(0..ASSETS / 4))
        }),
        city: perhaps(rng, |rng| {
            pick(rng, &[PLACES[0], PLACES[1], PLACES[2], FAR])
        }),
        make: perhaps(rng, |rng| pick(rng, &["Canon", "Apple", "Nobody"])),
        rating: perhaps(rng, |rng| perhaps(rng, |rng| rng.random_range(1..4))),
        ..Filter::default()
    }
}

fn facts(owner: UserId, asset: AssetId, rng: &mut StdRng) -> Exif {
    Exif {
        city: match rng.random_range(0..80) {
            0 => Some(FAR.into()),
            _ => pick(rng, &PLACES),
        },
        make: pick(rng, &MAKES),
        rating: perhaps(rng, |rng| rng.random_range(1..4)),
        ..Exif::empty(owner, asset)
    }
}

/// Another place, and for some another name and time; few are gone, or come back.
async fn change(tx: &mut Tx, owner: UserId, id: AssetId, rng: &mut StdRng) {
    let scope = Scope::of_owner(owner);
    let Some(mut asset) = assets::get(tx, scope, id).await.unwrap() else {
        let taken = at_millis(rng.random_range(0..ASSETS) * 500);
        let mut asset = photo(owner, rng, taken);
        asset.id = id;
        asset.original_name = "IMG_back.jpg".into();
        assets::insert(tx, &asset).await.unwrap();
        exif::upsert(tx, &facts(owner, id, rng)).await.unwrap();
        return;
    };
    match rng.random_range(0..4) {
        0 => {
            assets::delete(tx, owner, id).await.unwrap();
            return;
        }
        1 => {
            asset.file_created_at = at_millis(rng.random_range(0..ASSETS) * 500);
            asset.original_name = format!("IMG_{}.jpg", rng.random_range(0..ASSETS));
            assets::update(tx, &asset).await.unwrap();
        }
        _ => {}
    }
    exif::upsert(tx, &facts(owner, id, rng)).await.unwrap();
}

#[tokio::test]
async fn columns_answer_as_the_database_does_and_follow_it() {
    for test in databases().await {
        let mut rng = rng();
        let mut tx = test.db.write().await.unwrap();
        let ada = user(&mut tx, &mut rng, "ada@example.com").await.id;
        let bob = user(&mut tx, &mut rng, "bob@example.com").await.id;
        let mut ids = Vec::new();
        for number in 0..ASSETS {
            let owner = if number % 10 == 0 { bob } else { ada };
            // Several of one moment, so that the order needs more than the time.
            let mut asset = photo(owner, &mut rng, at_millis(number / 3 * 1_000));
            asset.original_name = format!("IMG_{number}.jpg");
            asset.is_favorite = rng.random_bool(0.3);
            asset.visibility = SEEN[rng.random_range(0..4)];
            asset.deleted_at = perhaps(&mut rng, |_| at_millis(1));
            if rng.random_bool(0.2) {
                asset.kind = MediaKind::Video;
            }
            assets::insert(&mut tx, &asset).await.unwrap();
            let said = facts(owner, asset.id, &mut rng);
            exif::upsert(&mut tx, &said).await.unwrap();
            if owner == ada {
                ids.push(asset.id);
            }
        }
        let mut columns = Columns::load(&mut tx, ada).await.unwrap();
        for round in 0..FILTERS {
            if round % 50 == 49 {
                let changed: Vec<Uuid> = (0..20)
                    .map(|_| ids[rng.random_range(0..ids.len())].0)
                    .collect();
                for &id in &changed {
                    change(&mut tx, ada, AssetId(id), &mut rng).await;
                }
                columns.refresh(&mut tx, ada, &changed).await.unwrap();
            }
            let filter = filter(ada, &mut rng);
            assert!(Columns::cover(&filter));
            let most = rng.random_range(1..100);
            for (arrange, is_newest_first) in
                [(Arrange::NewestFirst, true), (Arrange::OldestFirst, false)]
            {
                let said = search::page(&mut tx, &filter, arrange, 0, most as u64).await;
                let said: Vec<AssetId> = said.unwrap().into_iter().map(|asset| asset.id).collect();
                let found = columns.first(&filter, is_newest_first, most);
                let found: Vec<AssetId> = found.into_iter().map(|(_, id)| id).collect();
                assert_eq!(found, said, "{}: {filter:?}", test.name);
            }
        }
        let unknown = Filter {
            description: Some("a".into()),
            ..filter(ada, &mut rng)
        };
        assert!(!Columns::cover(&unknown));
    }
}
