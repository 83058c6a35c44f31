//! OpenID Connect Core 1.0 from the side that relies on it: log-in by authorization code with PKCE (RFC 7636), ID tokens,
//! back-channel logout. Knows no accounts, sessions or databases.
//!
//! Start reading at [`RelyingParty`].

mod answer;
mod error;
mod http;
mod keys;
mod metadata;
mod relying_party;
mod settings;
mod token;

pub use answer::Answer;
pub use error::{Error, Result};
pub use relying_party::{Authorization, Identity, LoggedOut, RelyingParty};
pub use settings::{ClientAuth, Settings, is_signing_algorithm};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// What a verifier is sent as (RFC 7636, method S256).
pub fn code_challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

/// The nonce of a log-in, made from its state: whoever may finish the log-in knows the state, so nothing more needs to
/// be kept between the two steps.
pub(crate) fn nonce(state: &str) -> String {
    code_challenge(&format!("nonce {state}"))
}
