//! Settings of the server that an administrator changes while it runs.
//!
//! Three layers, the last wins: what is true of a new installation, what was changed here, what the configuration file
//! says under `[settings]`. Only what differs is stored, so that a later version may have better defaults. To honour one
//! more setting: read it from [`Library::config`] and name it in [`HONOURED`]; a change of any other is refused.

mod checks;
mod sections;

use std::{
    collections::BTreeMap,
    sync::{Arc, RwLock},
};

use chrono::TimeDelta;
use heirloom_store::{
    Tx,
    blobs::Template,
    changes::{self, ChangeKind, Entry},
    settings,
};
use heirloom_types::{caller::Caller, permission::Permission, time::Timestamp};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

pub(crate) use self::checks::is_address;
pub use self::sections::*;
use crate::{
    Error, Library, Result,
    access::{require, require_admin},
    library::VideoPolicy,
    vision::Eyes,
};

/// Under which changes are stored.
const KEY: &str = "system-config";
/// Under which the administrator's first steps are stored.
const ONBOARDING: &str = "admin-onboarding";
/// How long another process may go on with what was changed here.
const FRESH: TimeDelta = TimeDelta::seconds(5);

/// Settings that this version honours when they change, as paths; a path stands for everything below it.
const HONOURED: &[&str] = &[
    "backup.database",
    "ffmpeg.realtime.enabled",
    "ffmpeg.realtime.resolutions",
    "ffmpeg.transcode",
    "integrityChecks",
    "library",
    "machineLearning.clip.modelName",
    "machineLearning.facialRecognition.minScore",
    "machineLearning.facialRecognition.modelName",
    "map",
    "nightlyTasks.generateMemories",
    "notifications.smtp",
    "oauth",
    "passwordLogin.enabled",
    "server",
    "storageTemplate.template",
    "templates.email",
    "theme.customCss",
    "trash",
];

/// What the configuration file and the machine say of these settings, as parts of their JSON.
#[derive(Clone, Debug, Default)]
pub struct FileSettings {
    /// True of this machine, as the number of workers; an administrator may see it.
    pub facts: Value,
    /// What the file sets; it wins.
    pub fixed: Value,
}

/// The settings as they were last read.
#[derive(Default)]
pub(crate) struct ConfigCache {
    file: FileSettings,
    read: RwLock<Option<(Timestamp, Arc<SystemConfig>)>>,
}

impl ConfigCache {
    pub(crate) fn new(file: FileSettings) -> Self {
        Self {
            file,
            read: RwLock::default(),
        }
    }

    fn get(&self, now: Timestamp) -> Option<Arc<SystemConfig>> {
        let read = self
            .read
            .read()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        read.as_ref()
            .filter(|(at, _)| now - *at < FRESH)
            .map(|(_, config)| config.clone())
    }

    fn put(&self, now: Timestamp, config: Arc<SystemConfig>) {
        *self
            .read
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = Some((now, config));
    }

    /// What a new installation on this machine has.
    fn defaults(&self) -> Result<Value> {
        let mut value = json_of(&SystemConfig::default())?;
        merge(&mut value, &self.file.facts);
        Ok(value)
    }

    /// Everything together.
    fn merged(&self, changed: &Value) -> Result<SystemConfig> {
        let mut value = self.defaults()?;
        merge(&mut value, changed);
        merge(&mut value, &self.file.fixed);
        Ok(serde_json::from_value(value).map_err(anyhow::Error::from)?)
    }
}

impl Library {
    /// The settings now; another process's change is seen within seconds.
    pub async fn config(&self) -> Result<Arc<SystemConfig>> {
        match self.config.get(self.now()) {
            Some(config) => Ok(config),
            None => self.config_within(&mut self.db.read().await?).await,
        }
    }

    /// As [`Self::config`], for who holds a connection already.
    pub(crate) async fn config_within(&self, tx: &mut Tx) -> Result<Arc<SystemConfig>> {
        match self.config.get(self.now()) {
            Some(config) => Ok(config),
            None => self.config_now(tx).await,
        }
    }

    /// As [`Self::config_within`], with what another process changed a moment ago.
    pub(crate) async fn config_now(&self, tx: &mut Tx) -> Result<Arc<SystemConfig>> {
        let changed = settings::get_system(tx, KEY).await?;
        let config = self.config.merged(&changed.unwrap_or_default());
        let config = match config {
            Ok(config) => config,
            Err(error) => {
                // A later version's settings: what they said is lost until they are saved again, the server is not.
                tracing::error!(?error, "the stored settings cannot be read; defaults hold");
                self.config.merged(&Value::Null)?
            }
        };
        let config = Arc::new(config);
        self.config.put(self.now(), config.clone());
        Ok(config)
    }

    /// Whether the configuration file sets some of them.
    pub fn has_config_file(&self) -> bool {
        !leaves(&self.config.file.fixed).is_empty()
    }

    pub async fn system_config(&self, caller: &Caller) -> Result<Arc<SystemConfig>> {
        require_admin(caller)?;
        require(caller, Permission::SystemConfigRead)?;
        self.config().await
    }

    /// What holds when nobody changes anything.
    pub fn default_system_config(&self, caller: &Caller) -> Result<SystemConfig> {
        require_admin(caller)?;
        require(caller, Permission::SystemConfigRead)?;
        self.config.merged(&Value::Null)
    }

    /// Replaces the settings. What this version does not honour, and what the file sets, cannot change.
    pub async fn set_system_config(
        &self,
        caller: &Caller,
        wanted: SystemConfig,
    ) -> Result<Arc<SystemConfig>> {
        require_admin(caller)?;
        require(caller, Permission::SystemConfigUpdate)?;
        checks::check(&wanted)?;
        let mut tx = self.db.write().await?;
        let stored = settings::get_system(&mut tx, KEY).await?;
        let current = self.config.merged(&stored.unwrap_or_default())?;
        self.check_changes(&json_of(&current)?, &json_of(&wanted)?)?;
        let (before, after) = (&current.machine_learning, &wanted.machine_learning);
        let is_other_search = self.is_other_pack(
            &before.clip.model_name,
            &after.clip.model_name,
            Eyes::search_pack,
        )?;
        let are_other_faces = self.is_other_pack(
            &before.facial_recognition.model_name,
            &after.facial_recognition.model_name,
            Eyes::faces_pack,
        )?;
        let changed = difference(&self.config.defaults()?, &json_of(&wanted)?);
        settings::set_system(&mut tx, KEY, changed.clone()).await?;
        changes::record(
            &mut tx,
            changes::EVERYONE,
            self.now(),
            &[Entry::upsert(ChangeKind::SystemSetting, Uuid::nil())],
        )
        .await?;
        tx.commit().await?;
        let config = Arc::new(self.config.merged(&changed)?);
        self.config.put(self.now(), config.clone());
        if is_other_search {
            self.refresh_search_models().await?;
        }
        if are_other_faces {
            self.refresh_face_models().await?;
        }
        Ok(config)
    }

    fn check_changes(&self, current: &Value, wanted: &Value) -> Result<()> {
        let (current, wanted) = (leaves(current), leaves(wanted));
        let fixed = leaves(&self.config.file.fixed);
        for (path, value) in &wanted {
            if current.get(path) == Some(value) {
                continue;
            }
            if fixed.contains_key(path) {
                return Err(Error::Conflict(format!(
                    "{path} is set in the configuration file; change it there and restart the server"
                )));
            }
            if !HONOURED.iter().any(|known| covers(known, path)) {
                let kept = current.get(path).unwrap_or(&Value::Null);
                return Err(Error::Conflict(format!(
                    "This server cannot change {path} yet; leave it at {kept}"
                )));
            }
        }
        Ok(())
    }

    /// Whether the administrator went through the first steps.
    pub async fn admin_onboarding(&self, caller: &Caller) -> Result<bool> {
        require_admin(caller)?;
        require(caller, Permission::SystemMetadataRead)?;
        self.is_set_up().await
    }

    /// As [`Self::admin_onboarding`], for everybody.
    pub async fn is_set_up(&self) -> Result<bool> {
        let said = settings::get_system(&mut self.db.read().await?, ONBOARDING).await?;
        Ok(said == Some(Value::Bool(true)))
    }

    pub async fn set_admin_onboarding(&self, caller: &Caller, is_onboarded: bool) -> Result<()> {
        require_admin(caller)?;
        require(caller, Permission::SystemMetadataUpdate)?;
        let mut tx = self.db.write().await?;
        settings::set_system(&mut tx, ONBOARDING, is_onboarded.into()).await?;
        Ok(tx.commit().await?)
    }
}

impl SystemConfig {
    /// Where new originals go. It was read before it was stored; one of a later version falls back to the default.
    pub fn template(&self) -> Template {
        self.storage_template.template.parse().unwrap_or_default()
    }

    pub fn video_policy(&self) -> VideoPolicy {
        match self.ffmpeg.transcode {
            TranscodePolicy::Disabled => VideoPolicy::Never,
            _ => VideoPolicy::Required,
        }
    }
}

fn covers(known: &str, path: &str) -> bool {
    path.strip_prefix(known)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn json_of(value: &impl Serialize) -> Result<Value> {
    Ok(serde_json::to_value(value).map_err(anyhow::Error::from)?)
}

/// Writes `over` over `value`, object by object.
fn merge(value: &mut Value, over: &Value) {
    match (value, over) {
        (_, Value::Null) => {}
        (Value::Object(fields), Value::Object(over)) => {
            for (key, inner) in over {
                match fields.get_mut(key) {
                    // A field that may be null is set to null by name.
                    Some(field) if !inner.is_null() => merge(field, inner),
                    _ => {
                        fields.insert(key.clone(), inner.clone());
                    }
                }
            }
        }
        (value, over) => *value = over.clone(),
    }
}

/// What `wanted` says otherwise than `base`.
fn difference(base: &Value, wanted: &Value) -> Value {
    let (Value::Object(base), Value::Object(wanted)) = (base, wanted) else {
        return wanted.clone();
    };
    let changed: serde_json::Map<String, Value> = wanted
        .iter()
        .filter(|(key, value)| base.get(*key) != Some(value))
        .map(|(key, value)| {
            let inner = base
                .get(key)
                .map_or_else(|| value.clone(), |base| difference(base, value));
            (key.clone(), inner)
        })
        .collect();
    changed.into()
}

/// Every value that is not an object, by its path.
fn leaves(value: &Value) -> BTreeMap<String, Value> {
    fn walk(path: &str, value: &Value, found: &mut BTreeMap<String, Value>) {
        match value {
            Value::Object(fields) => {
                for (key, inner) in fields {
                    let path = if path.is_empty() {
                        key.clone()
                    } else {
                        format!("{path}.{key}")
                    };
                    walk(&path, inner, found);
                }
            }
            value => {
                found.insert(path.to_owned(), value.clone());
            }
        }
    }
    let mut found = BTreeMap::new();
    if value.is_object() {
        walk("", value, &mut found);
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_file_wins_over_what_was_changed_and_that_over_the_defaults() {
        let cache = ConfigCache::new(FileSettings {
            facts: json!({"job": {"ocr": {"concurrency": 7}}}),
            fixed: json!({"trash": {"days": 5}}),
        });
        let config = cache
            .merged(&json!({"trash": {"days": 9, "enabled": false}}))
            .unwrap();
        assert_eq!((config.trash.days, config.trash.enabled), (5, false));
        assert_eq!(config.job.ocr.concurrency, 7);
        assert!(config.map.enabled);
    }

    #[test]
    fn only_what_differs_is_stored_and_gives_back_what_was_wanted() {
        let base = json_of(&SystemConfig::default()).unwrap();
        let mut wanted = SystemConfig::default();
        wanted.trash.days = 3;
        wanted.oauth.default_storage_quota = Some(1);
        let wanted = json_of(&wanted).unwrap();
        let stored = difference(&base, &wanted);
        assert_eq!(
            stored,
            json!({"trash": {"days": 3}, "oauth": {"defaultStorageQuota": 1}})
        );
        let mut again = base;
        merge(&mut again, &stored);
        assert_eq!(again, wanted);
    }

    #[test]
    fn every_honoured_path_is_one_of_the_settings() {
        let all = leaves(&json_of(&SystemConfig::default()).unwrap());
        for known in HONOURED {
            assert!(all.keys().any(|path| covers(known, path)), "{known}");
        }
    }
}
