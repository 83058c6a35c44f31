//! What is agreed with a provider.

use std::{str::FromStr, time::Duration};

use jsonwebtoken::Algorithm;
use reqwest::Url;

use crate::{Error, Result};

/// Where a provider's description lies below its issuer (OpenID Connect Discovery 1.0, 4).
pub(crate) const WELL_KNOWN: &str = "/.well-known/openid-configuration";

/// How this side is known to a provider, and what it asks of it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The issuer, or the address of its description.
    pub issuer: String,
    pub client_id: String,
    /// Empty for a client without a secret.
    pub client_secret: String,
    pub client_auth: ClientAuth,
    /// Words with spaces between them.
    pub scope: String,
    /// As in `select_account`; empty leaves it to the provider.
    pub prompt: String,
    /// The algorithm that ID tokens and logout tokens must be signed with, as in `RS256` (RFC 7518, 3.1).
    pub signing_algorithm: String,
    /// The same for the answer about the user; `none` takes it as it comes over the connection.
    pub profile_signing_algorithm: String,
    /// Of one request to the provider.
    pub timeout: Duration,
    /// Takes a provider without TLS.
    pub allow_insecure: bool,
}

/// How the client's secret is shown to the token endpoint (OpenID Connect Core 1.0, 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuth {
    Post,
    Basic,
}

impl Settings {
    /// The issuer without the description's path and without a slash at its end.
    pub(crate) fn issuer(&self) -> &str {
        let issuer = self.issuer.trim();
        issuer
            .strip_suffix(WELL_KNOWN)
            .unwrap_or(issuer)
            .trim_end_matches('/')
    }

    pub(crate) fn algorithm(&self) -> Result<Algorithm> {
        algorithm(&self.signing_algorithm)
    }

    pub(crate) fn profile_algorithm(&self) -> Result<Option<Algorithm>> {
        match self.profile_signing_algorithm.as_str() {
            "none" | "" => Ok(None),
            name => algorithm(name).map(Some),
        }
    }

    /// An address of the provider that may be asked.
    pub(crate) fn address(&self, text: &str) -> Result<Url> {
        let address = Url::parse(text).map_err(|error| {
            Error::Misconfigured(format!("{text} is not an address of a provider: {error}"))
        })?;
        match address.scheme() {
            "https" => Ok(address),
            "http" if self.allow_insecure => Ok(address),
            _ => Err(Error::Misconfigured(format!(
                "{text} is not safe: a provider is asked over https, unless insecure requests are allowed"
            ))),
        }
    }
}

/// Whether tokens with that algorithm can be verified.
pub fn is_signing_algorithm(name: &str) -> bool {
    Algorithm::from_str(name).is_ok()
}

fn algorithm(name: &str) -> Result<Algorithm> {
    name.parse()
        .map_err(|_| Error::Misconfigured(format!("{name} is no signing algorithm")))
}
