//! Maintenance of the server.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MaintenanceAction {
    Start,
    End,
    SelectDatabaseRestore,
    RestoreDatabase,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetMaintenanceMode {
    pub action: MaintenanceAction,
    pub restore_backup_filename: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct MaintenanceLogin {
    pub token: Option<String>,
}

#[derive(Debug, Serialize)]
pub struct MaintenanceAuth {
    pub username: String,
}

#[derive(Debug, Serialize)]
pub struct MaintenanceStatusResponse {
    pub action: MaintenanceAction,
    pub active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<&'static str>,
}

#[derive(Debug, Serialize)]
pub struct MaintenanceDetectInstallResponse {
    pub storage: Vec<MaintenanceDetectInstallStorageFolder>,
}

#[derive(Debug, Serialize)]
pub struct MaintenanceDetectInstallStorageFolder {
    pub files: u64,
    pub folder: &'static str,
    pub readable: bool,
    pub writable: bool,
}
