//! Everything that can be configured, as a table, from what the code says of itself.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::config::{Config, ENVIRONMENT};

/// Stands for a name that the operator chooses.
const CHOSEN: &str = "NAME";

/// One key.
struct Row {
    /// Names from the outermost section to the key.
    path: Vec<String>,
    default: String,
    /// What it is for.
    text: String,
}

/// The table in Markdown.
pub(crate) fn table() -> String {
    let settings =
        SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let schema = settings.into_generator().into_root_schema_for::<Config>();
    let mut rows = Vec::new();
    walk(&[], schema.as_value(), &mut rows);
    rows.sort_by(|one, other| one.path.cmp(&other.path));
    let mut table =
        String::from("| key | in the environment | default | what |\n|---|---|---|---|\n");
    for row in rows {
        table += &row.line();
    }
    table
}

fn walk(path: &[String], schema: &Value, rows: &mut Vec<Row>) {
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let path = [path, std::slice::from_ref(name)].concat();
        let inner = section(field);
        let named = section(&inner["additionalProperties"]);
        if inner["properties"].is_object() {
            walk(&path, inner, rows);
        } else if named["properties"].is_object() {
            walk(&[path, vec![CHOSEN.into()]].concat(), named, rows);
        } else {
            rows.push(Row {
                path,
                default: shown(&field["default"]),
                text: text(field),
            });
        }
    }
}

/// What is meant where it may also be absent.
fn section(schema: &Value) -> &Value {
    schema["anyOf"]
        .as_array()
        .and_then(|either| either.iter().find(|one| one["type"] != "null"))
        .unwrap_or(schema)
}

fn text(field: &Value) -> String {
    let text = field["description"].as_str().unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A default as it is written in the environment; nothing where there is none.
fn shown(value: &Value) -> String {
    let text = match value {
        Value::Null | Value::Object(_) => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(bare).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    };
    if text.is_empty() {
        text
    } else {
        format!("`{text}`")
    }
}

fn bare(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

impl Row {
    fn line(&self) -> String {
        let key = self.path.join(".");
        let environment = self.path.join("__").to_uppercase();
        let Self { default, text, .. } = self;
        format!("| `{key}` | `{ENVIRONMENT}{environment}` | {default} | {text} |\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_says_what_it_is_for() {
        let table = table();
        for line in table.lines().skip(2) {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            assert_eq!(cells.len(), 4, "{line}");
            assert!(cells[3].ends_with(['.', '`']), "{line}");
        }
        assert!(table.contains(
            "| `media.memory_mib` | `HEIRLOOM__MEDIA__MEMORY_MIB` | `3072` | Memory of one process"
        ));
        assert!(table.contains(
            "| `inference.model.NAME.threads` | `HEIRLOOM__INFERENCE__MODEL__NAME__THREADS` |"
        ));
        assert!(table.contains("| `storage.copy.s3.bucket` |"));
    }
}
