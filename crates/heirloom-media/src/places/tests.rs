use super::*;

fn at(latitude: f64, longitude: f64) -> Position {
    Position {
        latitude,
        longitude,
    }
}

fn told(latitude: f64, longitude: f64) -> String {
    let place = place_at(at(latitude, longitude));
    [place.city, place.state, place.country]
        .map(|part| part.unwrap_or_else(|| "-".into()))
        .join(" / ")
}

const TOLD: &[(&str, f64, f64, &str)] = &[
    (
        "the Eiffel tower",
        48.8584,
        2.2945,
        "Paris / Île-de-France / France",
    ),
    (
        "a market in its suburb",
        48.835,
        2.24,
        "Boulogne-Billancourt / Île-de-France / France",
    ),
    (
        "Tower Bridge",
        51.5055,
        -0.0754,
        "London / England / United Kingdom",
    ),
    (
        "a street in Kreuzberg",
        52.4987,
        13.4035,
        "Berlin / State of Berlin / Germany",
    ),
    (
        "the opera of Sydney",
        -33.8568,
        151.2153,
        "Sydney / New South Wales / Australia",
    ),
    (
        "Times Square",
        40.7580,
        -73.9855,
        "New York City / New York / United States of America",
    ),
    (
        "a village by a lake",
        47.5622,
        13.6493,
        "Hallstatt / Upper Austria / Austria",
    ),
    (
        "a garden of a palace",
        52.4042,
        13.0385,
        "Potsdam / Brandenburg / Germany",
    ),
    (
        "a pier in California",
        34.0100,
        -118.4962,
        "Santa Monica / California / United States of America",
    ),
    (
        "across the border from Constance",
        47.6505,
        9.1750,
        "Kreuzlingen / Thurgau / Switzerland",
    ),
    (
        "the old town of Constance",
        47.6635,
        9.1755,
        "Konstanz / Baden-Wurttemberg / Germany",
    ),
    ("the middle of the Sahara", 23.0, 10.5, "- / - / Algeria"),
    ("the ice of Greenland", 75.0, -40.0, "- / - / Greenland"),
    ("the middle of the Pacific", -10.0, -130.0, "- / - / -"),
    ("the North Pole", 90.0, 0.0, "- / - / -"),
];

#[test]
fn positions_are_in_the_town_a_person_would_name() {
    for &(what, latitude, longitude, expected) in TOLD {
        assert_eq!(told(latitude, longitude), expected, "{what}");
    }
    assert_eq!(told(-16.78, 179.99), told(-16.78, -180.0), "the date line");
}

#[test]
fn towns_are_found_by_the_start_of_a_name_in_any_spelling() {
    let first = |name: &str| {
        let found = search(name, 5);
        let town = found
            .first()
            .map(|town| format!("{}, {}", town.name, town.country));
        town.unwrap_or_default()
    };
    assert_eq!(first("paris"), "Paris, France");
    assert_eq!(first("PARÍS"), "Paris, France");
    assert_eq!(first("münchen"), "Munich, Germany");
    assert_eq!(first("lodz"), "Łódź, Poland");
    // Quito, whose whole name is San Francisco de Quito, is larger.
    let found = search("san franc", 3);
    assert!(found.iter().any(|town| town.name == "San Francisco"));
    assert_eq!(first("東京"), "Tokyo, Japan");
    assert_eq!(first("Hallstatt"), "Hallstatt, Austria");
    assert_eq!(first("no such town at all"), "");
    assert_eq!(first(" -' "), "");
    assert_eq!(search("san", 20).len(), 20);
    let mut names: Vec<_> = search("san", 50)
        .iter()
        .map(|town| format!("{town:?}"))
        .collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 50, "no town is listed twice");
}

#[test]
fn zones_follow_borders_and_summer() {
    let zone = |latitude, longitude| zone_at(at(latitude, longitude)).map(chrono_tz::Tz::name);
    assert_eq!(zone(48.8584, 2.2945), Some("Europe/Paris"));
    assert_eq!(zone(27.7172, 85.3240), Some("Asia/Kathmandu"));
    assert_eq!(zone(36.1069, -112.1129), Some("America/Phoenix"));
    assert_eq!(zone(-10.0, -130.0), Some("Etc/GMT+9"));
    let paris = chrono_tz::Europe::Paris;
    let time = |text: &str| text.parse::<chrono::NaiveDateTime>().unwrap();
    assert_eq!(offset_of(paris, time("2024-07-01T12:00:00")), 7200);
    assert_eq!(offset_of(paris, time("2024-01-01T12:00:00")), 3600);
    assert_eq!(
        offset_of(paris, time("2024-03-31T02:30:00")),
        3600,
        "the hour that is left out"
    );
    assert_eq!(
        offset_of(paris, time("2024-10-27T02:30:00")),
        7200,
        "the hour that comes twice"
    );
    let (local, offset) = local_of(paris, time("2024-07-01T12:00:00"));
    assert_eq!((local, offset), (time("2024-07-01T14:00:00"), 7200));
}

#[test]
fn the_data_are_whole() {
    let atlas = Atlas::get();
    let mut count = 0;
    for town in atlas.every_town() {
        let Position {
            latitude,
            longitude,
        } = town.position();
        assert!((-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude));
        assert!(
            !atlas.text(town.name).is_empty() && atlas.country(&town).len() > 2,
            "{town:?}"
        );
        count += 1;
    }
    assert!(count > 200_000, "{count}");
    assert!(atlas.reach_of_every_town() <= atlas.largest_radius());
    let mut last = "";
    for (name, _) in atlas.named("") {
        assert!(last <= name, "{last:?} comes before {name:?}");
        assert_eq!(
            folded(name),
            name,
            "names are folded as they are looked for"
        );
        last = name;
    }
}
