//! The steps that there are: conditions that an asset meets or not, and deeds.

use globset::{GlobBuilder, GlobMatcher};
use heirloom_store::{assets::Asset, exif::Exif};
use heirloom_types::{ids::AlbumId, media_type::MediaKind};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Step;

/// A method as a client offers it.
#[derive(Debug)]
pub struct Method {
    /// As steps name it.
    pub key: &'static str,
    pub name: &'static str,
    pub title: &'static str,
    pub description: &'static str,
    /// Whether it only asks.
    pub is_filter: bool,
    /// JSON Schema of its configuration.
    pub schema: Value,
}

/// A step, checked.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(tag = "method", content = "config", rename_all_fields = "camelCase")]
pub(super) enum Deed {
    /// Whether the file's name fits a pattern in which `*` stands for anything, whatever the case.
    #[serde(rename = "heirloom#fileName")]
    FileName { pattern: String },
    #[serde(rename = "heirloom#kind")]
    Kind { kind: AssetKind },
    /// Whether the camera's maker or model has that in its name.
    #[serde(rename = "heirloom#camera")]
    Camera { name: String },
    /// Whether it was taken in a city, state or country of that name.
    #[serde(rename = "heirloom#place")]
    Place { name: String },
    #[serde(rename = "heirloom#favorite")]
    Favorite {},
    #[serde(rename = "heirloom#archive")]
    Archive {},
    #[serde(rename = "heirloom#addToAlbum")]
    AddToAlbum { album_id: AlbumId },
    /// Levels of a tag are joined by `/`.
    #[serde(rename = "heirloom#addTag")]
    AddTag { tag: String },
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum AssetKind {
    Image,
    Video,
}

impl Deed {
    /// What a step says, or why it says nothing.
    pub(super) fn of(step: &Step) -> Result<Self, String> {
        let config = step.config.clone().unwrap_or_else(|| json!({}));
        let deed: Self =
            serde_json::from_value(json!({"method": step.method, "config": config}))
                .map_err(|error| format!("The step {} is not understood: {error}", step.method))?;
        match &deed {
            Self::FileName { pattern } => {
                glob(pattern).map_err(|error| error.to_string())?;
            }
            Self::AddTag { tag } if tag.trim_matches(['/', ' ']).is_empty() => {
                return Err("The tag has no name".into());
            }
            _ => {}
        }
        Ok(deed)
    }

    /// Whether an asset meets the condition; None for what is no condition.
    pub(super) fn is_met(&self, asset: &Asset, exif: &Exif) -> Option<bool> {
        let has = |fact: &Option<String>, wanted: &str| {
            let fact = fact.as_deref().unwrap_or_default().to_lowercase();
            fact.contains(&wanted.to_lowercase())
        };
        let is = |fact: &Option<String>, wanted: &str| {
            let fact = fact.as_deref().map(str::to_lowercase);
            fact.is_some_and(|fact| fact == wanted.to_lowercase())
        };
        Some(match self {
            Self::FileName { pattern } => {
                glob(pattern).is_ok_and(|glob| glob.is_match(&asset.original_name))
            }
            Self::Kind { kind } => match kind {
                AssetKind::Image => asset.kind == MediaKind::Image,
                AssetKind::Video => asset.kind == MediaKind::Video,
            },
            Self::Camera { name } => has(&exif.make, name) || has(&exif.model, name),
            Self::Place { name } => {
                is(&exif.city, name) || is(&exif.state, name) || is(&exif.country, name)
            }
            Self::Favorite {}
            | Self::Archive {}
            | Self::AddToAlbum { .. }
            | Self::AddTag { .. } => {
                return None;
            }
        })
    }
}

fn glob(pattern: &str) -> Result<GlobMatcher, globset::Error> {
    let glob = GlobBuilder::new(pattern).case_insensitive(true).build()?;
    Ok(glob.compile_matcher())
}

/// Every method there is.
pub fn methods() -> Vec<Method> {
    let mut all = filters();
    all.extend(actions());
    all
}

fn filters() -> Vec<Method> {
    let filter = |(key, name), title, description, schema| Method {
        key,
        name,
        title,
        description,
        is_filter: true,
        schema,
    };
    let kinds = json!({"type": "string", "title": "Kind", "enum": ["IMAGE", "VIDEO"]});
    vec![
        filter(
            ("heirloom#fileName", "fileName"),
            "File name",
            "Goes on if the file's name fits a pattern, in which * stands for anything",
            text("pattern", "Pattern, as in *screenshot*"),
        ),
        filter(
            ("heirloom#kind", "kind"),
            "Photo or video",
            "Goes on for photos or for videos",
            one("kind", &kinds),
        ),
        filter(
            ("heirloom#camera", "camera"),
            "Camera",
            "Goes on if the camera's maker or model has this in its name",
            text("name", "Maker or model"),
        ),
        filter(
            ("heirloom#place", "place"),
            "Place",
            "Goes on for what was taken in a city, state or country",
            text("name", "City, state or country"),
        ),
    ]
}

fn actions() -> Vec<Method> {
    let action = |(key, name), title, description, schema| Method {
        key,
        name,
        title,
        description,
        is_filter: false,
        schema,
    };
    let nothing = || json!({"type": "object", "properties": {}});
    let album = json!({"type": "string", "format": "uuid", "title": "Album"});
    vec![
        action(
            ("heirloom#favorite", "favorite"),
            "Make a favourite",
            "Marks it as a favourite",
            nothing(),
        ),
        action(
            ("heirloom#archive", "archive"),
            "Archive",
            "Takes it out of the timeline into the archive",
            nothing(),
        ),
        action(
            ("heirloom#addToAlbum", "addToAlbum"),
            "Add to an album",
            "Puts it into an album",
            one("albumId", &album),
        ),
        action(
            ("heirloom#addTag", "addTag"),
            "Add a tag",
            "Gives it a tag; levels are joined by /",
            text("tag", "Tag"),
        ),
    ]
}

/// The schema of a configuration with one text.
fn text(field: &str, title: &str) -> Value {
    one(field, &json!({"type": "string", "title": title}))
}

/// The schema of a configuration with one field.
fn one(field: &str, schema: &Value) -> Value {
    json!({"type": "object", "required": [field], "properties": {field: schema}})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(method: &str, config: Value) -> Step {
        Step {
            method: method.into(),
            config: Some(config),
            enabled: true,
        }
    }

    #[test]
    fn every_method_that_is_offered_is_understood() {
        for method in methods() {
            let properties = method.schema["properties"].as_object().unwrap();
            let mut config = serde_json::Map::new();
            for (name, schema) in properties {
                let value = match (schema["format"].as_str(), schema["enum"].get(0)) {
                    (Some("uuid"), _) => json!("01a20db7-ff15-4e9f-aa0a-a2892c7a6c8e"),
                    (_, Some(first)) => first.clone(),
                    _ => json!("x"),
                };
                config.insert(name.clone(), value);
            }
            let deed = Deed::of(&step(method.key, config.into()));
            assert!(deed.is_ok(), "{}: {deed:?}", method.key);
        }
    }

    #[test]
    fn what_says_nothing_is_refused() {
        for (method, config) in [
            ("heirloom#fly", json!({})),
            ("heirloom#fileName", json!({})),
            ("heirloom#fileName", json!({"pattern": "[z-a]"})),
            ("heirloom#kind", json!({"kind": "AUDIO"})),
            ("heirloom#addToAlbum", json!({"albumId": "x"})),
            ("heirloom#addTag", json!({"tag": " / "})),
        ] {
            assert!(Deed::of(&step(method, config)).is_err(), "{method}");
        }
        let bare = Step {
            config: None,
            ..step("heirloom#archive", json!({}))
        };
        assert_eq!(Deed::of(&bare), Ok(Deed::Archive {}));
    }
}
