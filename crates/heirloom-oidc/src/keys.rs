//! The keys a provider signs with, read again when it signs with one that is not known yet.

use std::time::{Duration, Instant};

use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, jwk::AlgorithmParameters, jwk::Jwk};
use reqwest::Client;
use tokio::sync::Mutex;

use crate::{Error, Result, Settings, http};

/// Keys are not read again sooner, so that made-up tokens cannot make this server flood the provider.
const READ_AGAIN_AFTER: Duration = Duration::from_secs(2);
/// Keys that were withdrawn are believed no longer than this.
const FRESH: Duration = Duration::from_hours(1);

#[derive(Default)]
pub(crate) struct Keys(Mutex<Option<(Instant, Vec<Jwk>)>>);

impl Keys {
    /// The keys that may have signed a token whose header says so.
    pub(crate) async fn find(
        &self,
        settings: &Settings,
        client: &Client,
        address: &str,
        (algorithm, id): (Algorithm, Option<&str>),
    ) -> Result<Vec<DecodingKey>> {
        if algorithm.family() == AlgorithmFamily::Hmac {
            return Ok(vec![DecodingKey::from_secret(
                settings.client_secret.as_bytes(),
            )]);
        }
        let mut known = self.0.lock().await;
        if let Some((read, keys)) = known.as_ref() {
            let found = fitting(keys, algorithm, id);
            let age = read.elapsed();
            if !found.is_empty() && age < FRESH {
                return Ok(found);
            }
            if age < READ_AGAIN_AFTER {
                return Err(unknown_key());
            }
        }
        let keys = http::keys(settings, client, address).await?;
        let found = fitting(&keys, algorithm, id);
        *known = Some((Instant::now(), keys));
        if found.is_empty() {
            return Err(unknown_key());
        }
        Ok(found)
    }
}

fn unknown_key() -> Error {
    Error::Invalid("the token is signed with a key that the provider does not publish".into())
}

fn fitting(keys: &[Jwk], algorithm: Algorithm, id: Option<&str>) -> Vec<DecodingKey> {
    keys.iter()
        .filter(|key| id.is_none() || key.common.key_id.as_deref() == id)
        .filter(|key| family(key) == Some(algorithm.family()))
        .filter_map(|key| DecodingKey::from_jwk(key).ok())
        .collect()
}

fn family(key: &Jwk) -> Option<AlgorithmFamily> {
    match &key.algorithm {
        AlgorithmParameters::RSA(_) => Some(AlgorithmFamily::Rsa),
        AlgorithmParameters::EllipticCurve(_) => Some(AlgorithmFamily::Ec),
        AlgorithmParameters::OctetKeyPair(_) => Some(AlgorithmFamily::Ed),
        _ => None,
    }
}
