use heirloom_types::time::at_millis;
use rand::{SeedableRng, rngs::StdRng};

use super::*;

fn vocabulary() -> Vocabulary {
    let mut rng = StdRng::seed_from_u64(1);
    let mut person = || PersonId::new(at_millis(0), &mut rng);
    let people = ["Anna Weber", "Ben Li", "Ben Ode", "May", "Zoë"]
        .map(|name| (person(), name.to_owned()))
        .to_vec();
    let mut rng = StdRng::seed_from_u64(2);
    let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Vocabulary {
        people,
        tags: vec![(TagId::new(at_millis(0), &mut rng), "Travel/Hiking".into())],
        cities: list(&["Berlin", "New York", "München", "Nice"]),
        states: list(&["Bavaria", "New York"]),
        countries: list(&["Germany", "France"]),
        makes: list(&["Apple", "Canon"]),
        models: list(&["iPhone 12", "EOS 5D", "Pixel"]),
    }
}

const SETTING: Setting = Setting {
    today: NaiveDate::from_ymd_opt(2024, 5, 15).unwrap(),
    is_southern: false,
};

/// `kind=value` of every part, then what is left.
fn told(text: &str, ignored: &[&str]) -> String {
    let ignored: Vec<String> = ignored.iter().map(|text| (*text).to_owned()).collect();
    let question = read(text, &vocabulary(), SETTING, &ignored);
    let mut told: Vec<String> = question
        .parts
        .iter()
        .map(|part| format!("{}={}", part.meaning.kind(), part.value))
        .collect();
    told.push(question.rest);
    told.join(" | ")
}

#[test]
fn questions_are_understood() {
    for (text, expected) in [
        ("dog", "dog"),
        ("Photos of a red bicycle", "red bicycle"),
        ("show me all pictures of the sea", "sea"),
        (
            "Anna at the beach last summer",
            "person=Anna Weber | date=2023-06-01/2023-08-31 | beach",
        ),
        (
            "anna weber's birthday cake",
            "person=Anna Weber | birthday cake",
        ),
        (
            "Anna and Zoe in Berlin",
            "person=Anna Weber | person=Zoë | place=Berlin | ",
        ),
        ("Ben playing football", "Ben playing football"),
        (
            "ben li playing football",
            "person=Ben Li | playing football",
        ),
        (
            "munchen 2019",
            "place=München | date=2019-01-01/2019-12-31 | ",
        ),
        ("new york skyline", "place=New York | skyline"),
        (
            "snow in Germany in december 2021",
            "place=Germany | date=2021-12-01/2021-12-31 | snow",
        ),
        ("sunset in june", "date=2023-06-01/2023-06-30 | sunset"),
        ("a walk in may", "date=2024-05-01/2024-05-31 | walk"),
    ] {
        assert_eq!(told(text, &[]), expected, "{text}");
    }
}

#[test]
fn times_are_understood() {
    for (text, expected) in [
        ("summer 2022", "date=2022-06-01/2022-08-31 | "),
        ("winter of 2022", "date=2022-12-01/2023-02-28 | "),
        ("last winter", "date=2023-12-01/2024-02-29 | "),
        ("beach in summer", "beach in summer"),
        ("christmas tree", "christmas tree"),
        ("christmas 2020", "date=2020-12-24/2020-12-26 | "),
        ("new year's eve", "date=2023-12-31/2023-12-31 | "),
        ("cats yesterday", "date=2024-05-14/2024-05-14 | cats"),
        ("last week", "date=2024-05-06/2024-05-12 | "),
        ("two years ago", "date=2022-01-01/2022-12-31 | "),
        ("3 days ago", "date=2024-05-12/2024-05-12 | "),
        ("3rd of april 2020", "date=2020-04-03/2020-04-03 | "),
        ("on june 7", "date=2023-06-07/2023-06-07 | "),
        ("feb 29", "date=2024-02-29/2024-02-29 | "),
        ("2020-02-30", "2020-02-30"),
        ("since 2020", "date=2020-01-01/.. | "),
        ("dogs before june 2015", "date=../2015-05-31 | dogs"),
        ("between 2018 and 2020", "date=2018-01-01/2020-12-31 | "),
        (
            "from march 2018 to may 2018",
            "date=2018-03-01/2018-05-31 | ",
        ),
        ("the 1990s", "date=1990-01-01/1999-12-31 | "),
    ] {
        assert_eq!(told(text, &[]), expected, "{text}");
    }
}

#[test]
fn cameras_sorts_and_marks_are_understood_and_nonsense_is_left_alone() {
    for (text, expected) in [
        ("shot with canon", "camera=Canon | "),
        ("an apple on a table", "apple on a table"),
        ("iphone 12 selfies", "camera=iPhone 12 | selfies"),
        ("videos of anna", "type=video | person=Anna Weber | "),
        (
            "my favourite photos from france",
            "favorite=favorite | place=France | ",
        ),
        ("#hiking", "tag=Travel/Hiking | "),
        ("#unknown", "#unknown"),
        ("receipt \"Total 12,50\"", "text=Total 12,50 | receipt"),
        ("IMG_0042.jpg", "fileName=IMG_0042.jpg | "),
        ("「東京」 タワー", "text=東京 | タワー"),
        ("", ""),
        ("the of in", "the of in"),
        ("show me all photos", ""),
        ("?!", "?!"),
        ("\"", "\""),
        ("😀", "😀"),
        ("last", "last"),
        ("in", "in"),
        ("99999999999999999999 ago", "99999999999999999999 ago"),
    ] {
        assert_eq!(told(text, &[]), expected, "{text}");
    }
}

#[test]
fn what_was_understood_can_be_switched_off() {
    let text = "Anna in Nice last summer";
    assert_eq!(
        told(text, &["place"]),
        "person=Anna Weber | date=2023-06-01/2023-08-31 | Nice"
    );
    assert_eq!(
        told(text, &["last summer", "anna"]),
        "place=Nice | Anna last summer"
    );
}

#[test]
fn parts_say_where_they_stand_as_browsers_count() {
    let question = read("😀 Anna 2019", &vocabulary(), SETTING, &[]);
    let places: Vec<(usize, usize, &str)> = question
        .parts
        .iter()
        .map(|part| (part.start, part.end, part.text.as_str()))
        .collect();
    assert_eq!(places, [(3, 7, "Anna"), (8, 12, "2019")]);
}

#[test]
fn the_south_has_its_own_seasons() {
    let setting = Setting {
        is_southern: true,
        ..SETTING
    };
    let question = read("last summer", &vocabulary(), setting, &[]);
    assert_eq!(question.parts[0].value, "2023-12-01/2024-02-29");
}

#[test]
fn nonsense_of_any_length_does_no_harm() {
    for text in [
        "a\"".repeat(9_999),
        "last ".repeat(9_999),
        "\u{301}".repeat(500),
        "''s".into(),
    ] {
        read(&text, &vocabulary(), SETTING, &[]);
    }
}
