//! Backups of the database.

use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize)]
pub struct DatabaseBackup {
    pub filename: String,
    pub filesize: u64,
    pub timezone: &'static str,
}

#[derive(Debug, Serialize)]
pub struct DatabaseBackupList {
    pub backups: Vec<DatabaseBackup>,
}

#[derive(Debug, Deserialize)]
pub struct DatabaseBackupDelete {
    pub backups: Vec<String>,
}
