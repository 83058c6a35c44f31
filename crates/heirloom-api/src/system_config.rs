//! What goes with the settings of the server; the settings themselves are the library's, in the contract's words.

use serde::{Deserialize, Serialize};

/// Words that a storage template may hold, by what they say, and whole templates to choose from.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StorageTemplateOptions {
    pub day_options: Vec<String>,
    pub hour_options: Vec<String>,
    pub minute_options: Vec<String>,
    pub month_options: Vec<String>,
    pub preset_options: Vec<String>,
    pub second_options: Vec<String>,
    pub week_options: Vec<String>,
    pub year_options: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AdminOnboarding {
    pub is_onboarded: bool,
}

/// Both are null while the names of places come with the program.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReverseGeocodingState {
    pub last_import_file_name: Option<String>,
    pub last_update: Option<String>,
}
