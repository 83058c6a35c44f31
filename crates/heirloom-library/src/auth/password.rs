//! Passwords: Argon2id (RFC 9106) with the parameters OWASP recommends as least, in PHC form.

use anyhow::{Context as _, anyhow};
use argon2::{
    Argon2,
    password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString, rand_core::OsRng},
};

use crate::Result;

/// Longest password that is looked at: hashing must not be a way to keep the server busy.
const LENGTH_MAX: usize = 1024;

/// Hashes a new password.
pub(crate) async fn hash(password: String) -> Result<String> {
    if password.len() > LENGTH_MAX {
        return Err(crate::Error::invalid(
            "password",
            format!("is longer than {LENGTH_MAX} bytes"),
        ));
    }
    let hashed = tokio::task::spawn_blocking(move || {
        let salt = SaltString::generate(&mut OsRng);
        Argon2::default()
            .hash_password(password.as_bytes(), &salt)
            .map(|hash| hash.to_string())
    });
    let hashed = hashed.await.context("the hashing task died")?;
    Ok(hashed.map_err(|error| anyhow!("could not hash a password: {error}"))?)
}

/// Whether a password matches. Without a hash it costs the same and the answer is no, so that timing does not tell
/// which accounts exist.
pub(crate) async fn verify(password: String, hash: Option<String>) -> Result<bool> {
    if password.len() > LENGTH_MAX {
        return Ok(false);
    }
    let verified = tokio::task::spawn_blocking(move || {
        if let Some(hash) = hash {
            let hash = PasswordHash::new(&hash)
                .map_err(|error| anyhow!("a stored password hash is damaged: {error}"))?;
            Ok::<_, anyhow::Error>(
                Argon2::default()
                    .verify_password(password.as_bytes(), &hash)
                    .is_ok(),
            )
        } else {
            let salt = SaltString::generate(&mut OsRng);
            let _ = Argon2::default().hash_password(password.as_bytes(), &salt);
            Ok(false)
        }
    });
    Ok(verified.await.context("the verifying task died")??)
}
