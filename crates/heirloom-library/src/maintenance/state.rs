//! What is known of maintenance, as it is stored.

use heirloom_types::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::{Error, Result};

/// Under which it is stored; no row, no maintenance.
pub(super) const KEY: &str = "maintenance";
/// How many people may hold a pass; the oldest goes.
const PASSES_MAX: usize = 16;

/// What is done in maintenance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    #[default]
    Start,
    End,
    /// Somebody chooses a backup.
    SelectDatabaseRestore,
    RestoreDatabase,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct State {
    pub action: Action,
    pub passes: Vec<Pass>,
    /// A backup that is to be restored, or is being.
    pub restore: Option<Restore>,
    /// Why the last one was not.
    pub error: Option<String>,
}

/// Somebody who administers the server while it is in maintenance.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Pass {
    pub hash: String,
    pub name: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Restore {
    pub file: String,
    /// The process that does it, and when it last said so.
    pub by: Option<(Uuid, Timestamp)>,
    pub task: Task,
    /// In percent.
    pub progress: u8,
}

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Task {
    /// No process has begun it.
    Wait,
    /// The backup is looked at.
    Check,
    /// Its rows are loaded.
    Load,
    /// What was loaded takes the place of the database.
    Switch,
}

impl Task {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Wait => "wait",
            Self::Check => "check",
            Self::Load => "load",
            Self::Switch => "switch",
        }
    }
}

impl Restore {
    pub(super) fn wanted(file: String) -> Self {
        Self {
            file,
            by: None,
            task: Task::Wait,
            progress: 0,
        }
    }
}

impl State {
    /// What another version wrote and this one cannot read is maintenance all the same.
    pub(super) fn of(value: Value) -> Self {
        serde_json::from_value(value).unwrap_or_default()
    }

    pub(super) fn as_json(&self) -> Result<Value> {
        Ok(serde_json::to_value(self).map_err(anyhow::Error::from)?)
    }

    pub(super) fn is_switching(&self) -> bool {
        let restore = self.restore.as_ref();
        restore.is_some_and(|restore| restore.task == Task::Switch)
    }

    pub(super) fn refuse_while_restoring(&self) -> Result<()> {
        if self.restore.is_none() {
            return Ok(());
        }
        let said = "A backup is being restored; wait until that has ended";
        Err(Error::Conflict(said.into()))
    }

    pub(super) fn admit(&mut self, pass: Option<Pass>) {
        self.passes.extend(pass);
        let beyond = self.passes.len().saturating_sub(PASSES_MAX);
        self.passes.drain(..beyond);
    }

    /// What a process that starts makes of it: the database is the one of before, so a restore that was about to end did
    /// not. Says whether anything changed.
    pub(super) fn settle(&mut self, gave_up: Option<String>) -> bool {
        if !self.is_switching() && gave_up.is_none() {
            return false;
        }
        let why = gave_up.unwrap_or_else(|| "it was interrupted".into());
        self.fail(&why);
        true
    }

    pub(super) fn fail(&mut self, why: &str) {
        self.restore = None;
        self.error = Some(why.to_owned());
    }
}
