//! Workflows, and the methods that their steps are made of.

use heirloom_types::{ids::WorkflowId, time::Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::wire;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct WorkflowUpdate {
    #[serde(deserialize_with = "wire::present")]
    pub description: Option<Option<String>>,
    pub enabled: Option<bool>,
    #[serde(deserialize_with = "wire::present")]
    pub name: Option<Option<String>>,
    pub steps: Option<Vec<WorkflowStep>>,
    pub trigger: Option<String>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct WorkflowStep {
    pub method: String,
    pub config: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkflowResponse {
    pub id: WorkflowId,
    #[serde(serialize_with = "wire::time")]
    pub created_at: Timestamp,
    #[serde(serialize_with = "wire::time")]
    pub updated_at: Timestamp,
    pub enabled: bool,
    #[serde(flatten)]
    pub shared: WorkflowShareResponse,
}

/// A workflow without whose it is.
#[derive(Debug, Serialize)]
pub struct WorkflowShareResponse {
    pub description: Option<String>,
    pub name: Option<String>,
    pub steps: Vec<WorkflowStep>,
    pub trigger: &'static str,
}

#[derive(Debug, Serialize)]
pub struct WorkflowTriggerResponse {
    pub trigger: &'static str,
    pub types: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PluginResponse {
    pub author: &'static str,
    pub created_at: &'static str,
    pub description: &'static str,
    pub id: Uuid,
    pub methods: Vec<PluginMethodResponse>,
    pub name: &'static str,
    pub title: &'static str,
    pub updated_at: &'static str,
    pub version: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PluginMethodResponse {
    pub description: &'static str,
    /// Whether it changes something.
    pub host_functions: bool,
    pub key: &'static str,
    pub name: &'static str,
    pub schema: Value,
    pub title: &'static str,
    pub types: Vec<&'static str>,
    pub ui_hints: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PluginTemplateResponse {
    pub description: &'static str,
    pub key: &'static str,
    pub steps: Vec<WorkflowStep>,
    pub title: &'static str,
    pub trigger: &'static str,
    pub ui_hints: Vec<&'static str>,
}
