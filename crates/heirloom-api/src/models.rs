//! Models on this machine. Not part of the contract.

use serde::Serialize;

/// Which models there are, and which of them answer questions.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ModelsResponse {
    pub engine: EngineKind,
    /// Absent where no models look at pictures.
    pub search: Option<SearchModelResponse>,
    /// Absent where no models look at pictures, or the chosen ones cannot be used.
    pub faces: Option<FaceModelResponse>,
    pub packs: Vec<ModelPackResponse>,
}

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum EngineKind {
    Here,
    /// On other machines, whose models are their own affair.
    Elsewhere,
    None,
}

/// The pack that is to answer what people look for, and how much it has seen.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SearchModelResponse {
    pub chosen: String,
    pub seen: i64,
    pub total: i64,
    /// People whose questions another pack answers until the chosen one has seen their photos.
    pub waiting_users: usize,
}

/// The pack that looks for faces, and how much it has seen.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FaceModelResponse {
    pub chosen: String,
    pub seen: i64,
    pub total: i64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ModelPackResponse {
    pub name: String,
    /// Its models look at pictures.
    pub is_used: bool,
    /// It can be chosen for search.
    pub can_search: bool,
    /// It can be chosen for faces.
    pub can_find_faces: bool,
    pub licence: Option<String>,
    /// The repository that it came from.
    pub origin: Option<String>,
    pub bytes: u64,
    pub models: Vec<ModelResponse>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ModelResponse {
    pub file: String,
    pub task: String,
    pub bytes: u64,
    pub licence: Option<String>,
    /// Absent where another machine runs it.
    pub state: Option<ModelState>,
    /// Why it cannot answer.
    pub problem: Option<String>,
}

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ModelState {
    /// Loaded when it is needed.
    Asleep,
    Loading,
    Ready,
    Failed,
}
