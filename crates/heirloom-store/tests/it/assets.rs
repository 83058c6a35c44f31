use heirloom_store::{
    Error,
    assets::{self, Visibility},
    exif,
    system::{self, TotalsFilter},
    testing::databases,
    timeline::{self, Area, OrderBy, TimelineFilter},
};
use heirloom_types::{caller::Scope, time::at_millis};

use rand::{Rng, rngs::StdRng};

use crate::{now, photo, rng, user};

const EVERYTHING: TimelineFilter = TimelineFilter {
    with_partners: false,
    visibility: None,
    is_trashed: false,
    is_favorite: None,
    collapse_stacks: true,
    album: None,
    tag: None,
    person: None,
    area: None,
    ascending: false,
    by: OrderBy::Taken,
};

const DAY_MS: i64 = 86_400_000;

#[tokio::test]
async fn an_asset_reads_back_only_in_its_owners_scope() {
    for test in databases().await {
        let mut rng = rng();
        let mut tx = test.db.write().await.unwrap();
        let ada = user(&mut tx, &mut rng, "ada@example.com").await;
        let bob = user(&mut tx, &mut rng, "bob@example.com").await;
        let mut asset = photo(ada.id, &mut rng, at_millis(123));
        asset.thumbhash = Some(vec![1, 2, 3]);
        assets::insert(&mut tx, &asset).await.unwrap();

        let read = assets::get(&mut tx, Scope::of_owner(ada.id), asset.id)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(format!("{read:?}"), format!("{asset:?}"), "{}", test.name);
        assert!(
            assets::get(&mut tx, Scope::of_owner(bob.id), asset.id)
                .await
                .unwrap()
                .is_none()
        );
        let known = assets::list_known(&mut tx, ada.id, &[asset.sha1])
            .await
            .unwrap();
        assert_eq!((known[0].id, known[0].is_trashed), (asset.id, false));

        asset.visibility = Visibility::Archive;
        asset.deleted_at = Some(now());
        assets::update(&mut tx, &asset).await.unwrap();
        let listed = assets::list(&mut tx, Scope::of_owner(ada.id), &[asset.id])
            .await
            .unwrap();
        assert_eq!(format!("{listed:?}"), format!("[{asset:?}]"));
        let known = assets::list_known(&mut tx, ada.id, &[asset.sha1])
            .await
            .unwrap();
        assert!(known[0].is_trashed);
    }
}

#[tokio::test]
async fn the_same_content_is_kept_once_for_each_owner() {
    for test in databases().await {
        let mut rng = rng();
        let mut tx = test.db.write().await.unwrap();
        let ada = user(&mut tx, &mut rng, "ada@example.com").await;
        let first = photo(ada.id, &mut rng, now());
        assets::insert(&mut tx, &first).await.unwrap();
        let mut twin = photo(ada.id, &mut rng, now());
        twin.sha1 = first.sha1;
        let error = assets::insert(&mut tx, &twin).await.unwrap_err();
        assert!(
            matches!(error, Error::Conflict { .. }),
            "{}: {error:?}",
            test.name
        );
    }
}

#[tokio::test]
async fn month_counts_follow_every_change_and_agree_with_the_months() {
    for test in databases().await {
        let mut rng = rng();
        let mut tx = test.db.write().await.unwrap();
        let ada = user(&mut tx, &mut rng, "ada@example.com").await;
        let scope = Scope::of_owner(ada.id);
        let mut photos: Vec<_> = (0..40)
            .map(|day| photo(ada.id, &mut rng, at_millis(day * DAY_MS)))
            .collect();
        for asset in &photos {
            assets::insert(&mut tx, asset).await.unwrap();
        }
        photos[0].deleted_at = Some(now());
        photos[1].visibility = Visibility::Locked;
        photos[2].is_collapsed = true;
        photos[3].local_date_time = at_millis(35 * DAY_MS);
        photos[3].local_month = timeline::month_of(photos[3].local_date_time);
        for asset in &photos[..4] {
            assets::update(&mut tx, asset).await.unwrap();
        }
        assets::delete(&mut tx, ada.id, photos[4].id).await.unwrap();

        let months = timeline::list_months(&mut tx, scope, &EVERYTHING)
            .await
            .unwrap();
        let counts: Vec<_> = months
            .iter()
            .map(|month| (month.local_month - 1970 * 12, month.count))
            .collect();
        assert_eq!(counts, [(1, 10), (0, 26)], "{}", test.name);
        for month in months {
            let listed = timeline::list_assets(&mut tx, scope, &EVERYTHING, month.local_month)
                .await
                .unwrap();
            assert_eq!(listed.len() as i64, month.count);
            assert!(listed.is_sorted_by(|a, b| a.local_date_time >= b.local_date_time));
        }

        let totals = system::asset_totals(&mut tx, ada.id, TotalsFilter::default())
            .await
            .unwrap();
        assert_eq!((totals.images, totals.videos), (39, 0));
        let trashed = TotalsFilter {
            is_trashed: Some(true),
            ..TotalsFilter::default()
        };
        assert_eq!(
            system::asset_totals(&mut tx, ada.id, trashed)
                .await
                .unwrap()
                .images,
            1
        );
    }
}

#[tokio::test]
async fn what_a_file_says_reads_back() {
    for test in databases().await {
        let mut rng = rng();
        let mut tx = test.db.write().await.unwrap();
        let ada = user(&mut tx, &mut rng, "ada@example.com").await;
        let asset = photo(ada.id, &mut rng, now());
        assets::insert(&mut tx, &asset).await.unwrap();
        let mut row = exif::Exif::empty(ada.id, asset.id);
        exif::upsert(&mut tx, &row).await.unwrap();
        row.latitude = Some(47.5);
        row.iso = Some(200);
        row.description = "Lake 🏔".into();
        row.date_time_original = Some(at_millis(5));
        exif::upsert(&mut tx, &row).await.unwrap();
        let read = exif::get(&mut tx, ada.id, asset.id).await.unwrap().unwrap();
        assert_eq!(format!("{read:?}"), format!("{row:?}"), "{}", test.name);
    }
}

#[tokio::test]
async fn an_area_holds_what_was_taken_in_it_and_nothing_else() {
    // Halves too, where grids of whole degrees meet.
    let degrees =
        |rng: &mut StdRng, most: i32| f64::from(rng.random_range(-2 * most..=2 * most)) / 2.0;
    for test in databases().await {
        let mut rng = rng();
        let mut tx = test.db.write().await.unwrap();
        let ada = user(&mut tx, &mut rng, "ada@example.com").await.id;
        let mut places = Vec::new();
        for _ in 0..300 {
            let asset = photo(ada, &mut rng, at_millis(0));
            assets::insert(&mut tx, &asset).await.unwrap();
            let (latitude, longitude) = (degrees(&mut rng, 90), degrees(&mut rng, 180));
            let known = exif::Exif {
                latitude: Some(latitude),
                longitude: Some(longitude),
                ..exif::Exif::empty(ada, asset.id)
            };
            exif::upsert(&mut tx, &known).await.unwrap();
            places.push((latitude, longitude));
        }
        for _ in 0..200 {
            let (south, height) = (degrees(&mut rng, 90), degrees(&mut rng, 40).abs());
            let area = Area {
                south,
                north: south + height,
                west: degrees(&mut rng, 180),
                east: degrees(&mut rng, 180),
            };
            let across = |longitude: f64| {
                let (from_west, to_east) = (longitude >= area.west, longitude <= area.east);
                if area.west <= area.east {
                    from_west && to_east
                } else {
                    from_west || to_east
                }
            };
            let inside = places.iter().filter(|(latitude, longitude)| {
                (area.south..=area.north).contains(latitude) && across(*longitude)
            });
            let filter = TimelineFilter {
                area: Some(area),
                ..EVERYTHING
            };
            let months = timeline::list_months(&mut tx, Scope::of_owner(ada), &filter).await;
            let found: i64 = months.unwrap().iter().map(|month| month.count).sum();
            assert_eq!(found as usize, inside.count(), "{}: {area:?}", test.name);
        }
    }
}
