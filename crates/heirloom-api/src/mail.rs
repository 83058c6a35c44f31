//! Letters to people.

use serde::{Deserialize, Serialize};

#[derive(Debug, Deserialize)]
pub struct TemplateRequest {
    /// Empty for the usual words.
    pub template: String,
}

#[derive(Debug, Serialize)]
pub struct TemplateResponse {
    pub html: String,
    pub name: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TestEmailResponse {
    pub message_id: String,
}
