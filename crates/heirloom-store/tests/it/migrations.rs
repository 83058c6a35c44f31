//! Both folders describe the same tables: columns in the same order with types of the same family, and the same
//! indexes.

use std::{collections::BTreeMap, fs, path::Path};

type Tables = BTreeMap<String, Vec<(String, &'static str)>>;

const FAMILIES: &[(&str, &str, &str)] = &[
    ("blob", "uuid", "bytes"),
    ("blob", "bytea", "bytes"),
    ("text", "timestamptz", "text"),
    ("text", "text", "text"),
    ("text", "jsonb", "text"),
    ("integer", "boolean", "integer"),
    ("integer", "integer", "integer"),
    ("integer", "bigint", "integer"),
    ("real", "double", "real"),
];

#[test]
fn both_dialects_have_the_same_migrations_tables_and_indexes() {
    let (sqlite, postgres) = (folder("sqlite"), folder("postgres"));
    assert!(
        sqlite.keys().eq(postgres.keys()),
        "the same file names on both sides"
    );
    for (name, text) in &sqlite {
        assert_eq!(tables(text, true), tables(&postgres[name], false), "{name}");
        assert_eq!(indexes(text), indexes(&postgres[name]), "{name}");
    }
}

fn folder(dialect: &str) -> BTreeMap<String, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("migrations")
        .join(dialect);
    fs::read_dir(path)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            (
                entry.file_name().into_string().unwrap(),
                fs::read_to_string(entry.path()).unwrap(),
            )
        })
        .collect()
}

fn tables(text: &str, is_sqlite: bool) -> Tables {
    let mut tables = Tables::new();
    let mut current = None;
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["create", "table", name, "("] => current = Some((*name).to_owned()),
            [end, ..] if end.starts_with(')') => current = None,
            ["--" | "primary" | "foreign" | "unique", ..] => {}
            [column, kind, ..] if current.is_some() => {
                let kind = kind.trim_end_matches(',');
                let family = FAMILIES
                    .iter()
                    .find(|(sqlite, postgres, _)| {
                        kind == if is_sqlite { *sqlite } else { *postgres }
                    })
                    .unwrap_or_else(|| panic!("unknown type in `{line}`"));
                let table = tables.entry(current.clone().unwrap()).or_default();
                table.push(((*column).to_owned(), family.2));
            }
            _ => {}
        }
    }
    tables
}

fn indexes(text: &str) -> Vec<&str> {
    text.lines()
        .filter(|line| line.starts_with("create index") || line.starts_with("create unique index"))
        .collect()
}
