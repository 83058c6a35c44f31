//! What the configuration file says of the settings that administrators change while the server runs.

use anyhow::{Context, bail};
use heirloom_library::{
    library::VideoPolicy,
    system_config::{FileSettings, SystemConfig},
};
use serde_json::{Map, Value, json};

use crate::config::Config;

/// The file's part, in the settings' own words; refuses what is none of them. `pack` are the models that look at pictures.
pub(crate) fn of_file(
    config: &Config,
    workers: usize,
    pack: Option<&str>,
) -> anyhow::Result<FileSettings> {
    let known = serde_json::to_value(SystemConfig::default())?;
    let said = serde_json::to_value(&config.settings)?;
    let mut fixed = spelled("settings", &said, &known)?;
    if let Some(template) = &config.storage.template {
        template
            .parse::<heirloom_store::blobs::Template>()
            .context("storage.template")?;
        fixed["storageTemplate"]["template"] = template.as_str().into();
    }
    if let Some(policy) = config.media.transcode {
        let word = match policy {
            VideoPolicy::Required => "required",
            VideoPolicy::Never => "disabled",
        };
        fixed["ffmpeg"]["transcode"] = word.into();
    }
    let jobs: Map<String, Value> = known["job"]
        .as_object()
        .into_iter()
        .flat_map(Map::keys)
        .map(|queue| (queue.clone(), json!({ "concurrency": workers })))
        .collect();
    let mut facts = json!({ "job": jobs });
    if let Some(pack) = pack {
        for choice in ["clip", "facialRecognition"] {
            facts["machineLearning"][choice]["modelName"] = pack.into();
        }
    }
    Ok(FileSettings { facts, fixed })
}

/// `said` with the letters' case of `known`: names of the environment have none.
fn spelled(path: &str, said: &Value, known: &Value) -> anyhow::Result<Value> {
    let (Value::Object(said), Value::Object(known)) = (said, known) else {
        if said.is_object() {
            bail!("{path} is one setting, not a table");
        }
        let is_same =
            said.is_number() == known.is_number() && said.is_boolean() == known.is_boolean();
        if !is_same && !known.is_null() {
            bail!("{path} must be like {known}, not {said}");
        }
        return Ok(said.clone());
    };
    let mut all = Map::new();
    for (key, value) in said {
        let Some((name, inner)) = known
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(key))
        else {
            let names: Vec<&str> = known.keys().map(String::as_str).collect();
            bail!("{path}.{key} is unknown; {path} has {}", names.join(", "));
        };
        all.insert(
            name.clone(),
            spelled(&format!("{path}.{name}"), value, inner)?,
        );
    }
    Ok(all.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixed(text: &str) -> anyhow::Result<Value> {
        let config = Config {
            settings: text.parse()?,
            ..Config::default()
        };
        Ok(of_file(&config, 3, None)?.fixed)
    }

    #[test]
    fn settings_are_found_whatever_their_case() {
        assert_eq!(
            fixed("passwordlogin.enabled = false\n[trash]\ndays = 4").unwrap(),
            json!({"passwordLogin": {"enabled": false}, "trash": {"days": 4}})
        );
    }

    #[test]
    fn what_is_no_setting_says_why() {
        for (text, part) in [
            ("trsh.days = 1", "settings.trsh is unknown"),
            ("trash.days = 'x'", "settings.trash.days must be like 30"),
            ("trash.days.hours = 1", "settings.trash.days is one setting"),
        ] {
            let error = fixed(text).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
