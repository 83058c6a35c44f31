//! Tokens a provider signed (RFC 7519): one check for ID tokens, answers about a user and logout tokens.

use jsonwebtoken::{
    Algorithm, DecodingKey, Header, Validation, decode, decode_header, errors::ErrorKind,
};
use serde_json::{Map, Value};

use crate::{Error, Result};

pub(crate) type Claims = Map<String, Value>;

/// The member of `events` that makes a token one of logout (OpenID Connect Back-Channel Logout 1.0, 2.4).
pub(crate) const LOGOUT_EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// How far two clocks may differ, in seconds.
const LEEWAY: u64 = 60;

/// The header of a token, if it is signed as agreed.
pub(crate) fn header(token: &str, algorithm: Algorithm) -> Result<Header> {
    let header = decode_header(token).map_err(|error| Error::invalid("the token", error))?;
    if header.alg != algorithm {
        return Err(Error::Misconfigured(format!(
            "the provider signs with {:?}, and {algorithm:?} is agreed",
            header.alg
        )));
    }
    Ok(header)
}

/// What must hold of a token.
pub(crate) struct Expected<'a> {
    pub algorithm: Algorithm,
    pub issuer: &'a str,
    pub audience: &'a str,
    /// Claims that must be there.
    pub required: &'a [&'a str],
}

/// The claims of a token that one of the keys signed, for this audience, by this issuer, and that has not expired.
pub(crate) fn verify(token: &str, keys: &[DecodingKey], expected: &Expected<'_>) -> Result<Claims> {
    let mut validation = Validation::new(expected.algorithm);
    validation.leeway = LEEWAY;
    validation.validate_nbf = true;
    validation.set_issuer(&[expected.issuer]);
    validation.set_audience(&[expected.audience]);
    validation.set_required_spec_claims(expected.required);
    let mut refusal = Error::Invalid("the provider publishes no key".into());
    for key in keys {
        match decode::<Claims>(token, key, &validation) {
            Ok(data) => return Ok(data.claims),
            Err(error) => refusal = refused(error.kind(), &error),
        }
    }
    Err(refusal)
}

fn refused(kind: &ErrorKind, error: &jsonwebtoken::errors::Error) -> Error {
    match kind {
        ErrorKind::InvalidAudience => Error::invalid("the token", "it is for somebody else"),
        ErrorKind::InvalidIssuer => Error::invalid("the token", "it is of another provider"),
        ErrorKind::ExpiredSignature => Error::invalid("the token", "it has expired"),
        ErrorKind::InvalidSignature => Error::invalid("the token", "its signature is wrong"),
        _ => Error::invalid("the token", error),
    }
}

/// What is special to an ID token (OpenID Connect Core 1.0, 3.1.3.7).
pub(crate) fn check_id_token(claims: &Claims, client_id: &str, nonce: &str) -> Result<()> {
    if claims.contains_key("events") {
        return Err(Error::invalid("the ID token", "it is one of logout"));
    }
    if text(claims, "nonce") != Some(nonce) {
        return Err(Error::invalid("the ID token", "it is of another log-in"));
    }
    let is_shared = claims
        .get("aud")
        .and_then(Value::as_array)
        .is_some_and(|audience| audience.len() > 1);
    match text(claims, "azp") {
        Some(party) if party != client_id => Err(Error::invalid(
            "the ID token",
            "it was given to another party",
        )),
        None if is_shared => Err(Error::invalid(
            "the ID token",
            "it is for several and does not say who asked",
        )),
        _ => Ok(()),
    }
}

/// What is special to a logout token (OpenID Connect Back-Channel Logout 1.0, 2.6).
pub(crate) fn check_logout_token(claims: &Claims) -> Result<()> {
    let is_event = claims
        .get("events")
        .and_then(|events| events.get(LOGOUT_EVENT))
        .is_some_and(Value::is_object);
    if !is_event || claims.contains_key("nonce") {
        return Err(Error::invalid(
            "the logout token",
            "it is a token of another kind",
        ));
    }
    if text(claims, "sub").is_none() && text(claims, "sid").is_none() {
        return Err(Error::invalid("the logout token", "it names nobody"));
    }
    Ok(())
}

pub(crate) fn text<'a>(claims: &'a Claims, name: &str) -> Option<&'a str> {
    claims
        .get(name)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{EncodingKey, encode, get_current_timestamp};
    use serde_json::json;

    use super::*;

    fn claims(value: Value) -> Claims {
        serde_json::from_value(value).unwrap()
    }

    fn verified(change: impl FnOnce(&mut Value)) -> Result<Claims> {
        let mut said = json!({"iss": "https://p", "aud": "us", "sub": "ada", "exp": get_current_timestamp() + 60});
        change(&mut said);
        let token = encode(
            &Header::new(Algorithm::HS256),
            &said,
            &EncodingKey::from_secret(b"secret"),
        )
        .unwrap();
        let expected = Expected {
            algorithm: Algorithm::HS256,
            issuer: "https://p",
            audience: "us",
            required: &["iss", "aud", "sub", "exp"],
        };
        verify(&token, &[DecodingKey::from_secret(b"secret")], &expected)
    }

    #[test]
    fn a_token_must_be_for_us_by_them_and_of_now() {
        assert_eq!(verified(|_| {}).unwrap()["sub"], "ada");
        for (name, value) in [
            ("aud", json!("them")),
            ("aud", Value::Null),
            ("iss", json!("https://q")),
            ("sub", Value::Null),
            ("exp", json!(1)),
            ("exp", json!("soon")),
            ("nbf", json!(get_current_timestamp() + 600)),
        ] {
            let refused = verified(|claims| claims[name] = value.clone());
            assert!(refused.is_err(), "{name}: {value}");
        }
        assert!(verified(|claims| claims["aud"] = json!(["them", "us"])).is_ok());
    }

    #[test]
    fn an_id_token_belongs_to_one_log_in_of_one_party() {
        let check = |value| check_id_token(&claims(value), "us", "n");
        assert!(check(json!({"nonce": "n", "aud": "us"})).is_ok());
        assert!(check(json!({"nonce": "n", "aud": ["us", "them"], "azp": "us"})).is_ok());
        for wrong in [
            json!({"aud": "us"}),
            json!({"nonce": "m", "aud": "us"}),
            json!({"nonce": "n", "aud": ["us", "them"]}),
            json!({"nonce": "n", "aud": "us", "azp": "them"}),
            json!({"nonce": "n", "aud": "us", "events": {LOGOUT_EVENT: {}}}),
        ] {
            assert!(check(wrong.clone()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_logout_token_is_no_id_token() {
        let check = |value| check_logout_token(&claims(value));
        assert!(check(json!({"events": {LOGOUT_EVENT: {}}, "sub": "ada"})).is_ok());
        for wrong in [
            json!({"sub": "ada"}),
            json!({"events": {}, "sub": "ada"}),
            json!({"events": {LOGOUT_EVENT: {}}}),
            json!({"events": {LOGOUT_EVENT: {}}, "sub": "ada", "nonce": "n"}),
        ] {
            assert!(check(wrong.clone()).is_err(), "{wrong}");
        }
    }
}
