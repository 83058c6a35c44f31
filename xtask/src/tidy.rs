//! What no compiler checks about the tree: which crate may know which, how long a file may be, what may not be left.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use crate::setup::root;

/// A room too full to live in.
const LINES_MAX: usize = 500;

/// Which of our crates each crate may use. A new edge is a decision: write it here and say why in ARCHITECTURE.md.
const EDGES: &[(&str, &[&str])] = &[
    ("heirloom-types", &[]),
    ("heirloom-media", &["types"]),
    ("heirloom-inference", &[]),
    ("heirloom-vision", &["types", "inference"]),
    ("heirloom-store", &["types"]),
    ("heirloom-oidc", &[]),
    (
        "heirloom-bench",
        &["types", "store", "media", "library", "inference", "vision"],
    ),
    ("heirloom-jobs", &["types", "store"]),
    (
        "heirloom-library",
        &["types", "store", "jobs", "media", "vision", "oidc"],
    ),
    ("heirloom-api", &["types"]),
    // Of the store only its rows, never a transaction; media and vision for `/predict`, which no library stands behind.
    (
        "heirloom-server",
        &[
            "types",
            "api",
            "library",
            "inference",
            "store",
            "media",
            "vision",
        ],
    ),
    (
        "heirloom",
        &[
            "types",
            "store",
            "jobs",
            "media",
            "library",
            "server",
            "inference",
            // `heirloom inference` answers `/predict` with whole pipelines.
            "vision",
        ],
    ),
    ("heirloom-testkit", &[]),
    ("xtask", &[]),
];

/// Who alone may use a library: what it does is that crate's business.
const OWNERS: &[(&str, &[&str])] = &[
    ("axum", &["heirloom-server", "heirloom"]),
    ("object_store", &["heirloom-store"]),
    ("ort", &["heirloom-inference"]),
    (
        "reqwest",
        // The server fetches the tiles of a map.
        &[
            "heirloom-inference",
            "heirloom-oidc",
            "heirloom-server",
            "heirloom",
        ],
    ),
    ("sea-query", &["heirloom-store"]),
    // Types gives its ids to the database, behind a feature.
    ("sqlx", &["heirloom-store", "heirloom-types"]),
    ("tonic", &["heirloom-server"]),
];

/// What a crate uses when it is not tested.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .current_dir(root())
        .args(["metadata", "--no-deps", "--format-version=1"])
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let used = |package: &Value| {
        let all = package["dependencies"].as_array().unwrap().iter();
        all.filter(|dependency| dependency["kind"].is_null())
            .map(|dependency| dependency["name"].as_str().unwrap().to_owned())
            .collect()
    };
    metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| (package["name"].as_str().unwrap().to_owned(), used(package)))
        .collect()
}

/// Files of the repository with one of these endings, and their texts.
fn files(endings: &[&str]) -> Vec<(PathBuf, String)> {
    let output = Command::new("git")
        .current_dir(root())
        .args(["ls-files", "-z"])
        .output()
        .unwrap();
    String::from_utf8(output.stdout)
        .unwrap()
        .split_terminator('\0')
        .filter(|name| endings.iter().any(|ending| name.ends_with(ending)))
        .filter_map(|name| {
            let text = std::fs::read_to_string(root().join(name)).ok()?;
            Some((PathBuf::from(name), text))
        })
        .collect()
}

#[test]
fn crates_know_only_what_they_may() {
    let found = dependencies();
    let allowed: BTreeMap<_, _> = EDGES.iter().copied().collect();
    for (name, uses) in &found {
        let allowed = allowed.get(name.as_str());
        let allowed = allowed.unwrap_or_else(|| panic!("{name} is not in the table of edges"));
        let ours = uses
            .iter()
            .filter_map(|used| used.strip_prefix("heirloom-"));
        for used in ours {
            assert!(
                allowed.contains(&used),
                "{name} may not know heirloom-{used}"
            );
        }
        for (library, owners) in OWNERS {
            assert!(
                !uses.contains(*library) || owners.contains(&name.as_str()),
                "{name} may not use {library}: that is the business of {owners:?}"
            );
        }
    }
    assert_eq!(found.len(), EDGES.len());
}

#[test]
fn rooms_are_not_too_full() {
    let long: Vec<_> = files(&[".rs", ".ts", ".svelte", ".mjs", ".py"])
        .into_iter()
        .filter(|(_, text)| text.lines().count() > LINES_MAX)
        .map(|(path, text)| format!("{}: {} lines", path.display(), text.lines().count()))
        .collect();
    assert!(long.is_empty(), "more than {LINES_MAX} lines: {long:#?}");
}

#[test]
fn nothing_is_left_for_later_in_the_code() {
    // Written so that this file does not find itself.
    let marks = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("XX", "X "),
    ];
    for (path, text) in files(&[".rs", ".ts", ".svelte", ".mjs", ".py"]) {
        for (number, line) in text.lines().enumerate() {
            let found = marks.iter().find(|mark| line.contains(*mark));
            assert!(found.is_none(), "{}:{}: {line}", path.display(), number + 1);
        }
    }
}

#[test]
fn the_server_opens_no_files_and_no_transactions() {
    let forbidden = [
        "std::fs",
        "tokio::fs",
        "heirloom_store::Tx",
        "heirloom_store::Db",
    ];
    for (path, text) in files(&[".rs"]) {
        if !path.starts_with(Path::new("crates/heirloom-server/src")) {
            continue;
        }
        for word in forbidden {
            assert!(!text.contains(word), "{} uses {word}", path.display());
        }
    }
}
