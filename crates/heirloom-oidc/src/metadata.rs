//! What a provider says of itself (OpenID Connect Discovery 1.0).

use reqwest::Client;
use serde::Deserialize;

use crate::{
    Error, Result, Settings,
    http::{document, odd},
    settings::WELL_KNOWN,
};

/// The part of the description that is used.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Metadata {
    /// As tokens say it.
    pub issuer: String,
    pub authorization_endpoint: String,
    pub token_endpoint: String,
    pub jwks_uri: String,
    pub userinfo_endpoint: Option<String>,
    pub end_session_endpoint: Option<String>,
}

impl Metadata {
    pub(crate) async fn read(settings: &Settings, client: &Client) -> Result<Self> {
        let address = format!("{}{WELL_KNOWN}", settings.issuer());
        let found: Self = document(settings, client, &address).await?;
        if found.issuer.trim_end_matches('/') != settings.issuer() {
            return Err(Error::Misconfigured(format!(
                "The OpenID provider at {} says that it is {}",
                settings.issuer(),
                found.issuer
            )));
        }
        for endpoint in [
            &found.authorization_endpoint,
            &found.token_endpoint,
            &found.jwks_uri,
        ] {
            settings
                .address(endpoint)
                .map_err(|error| odd(settings, &error.to_string()))?;
        }
        Ok(found)
    }
}
