//! What a provider sends a person's browser back with.

use reqwest::Url;

use crate::{Error, Result};

/// The address a person came back to, taken apart (RFC 6749, 4.1.2; RFC 9207).
#[derive(Clone, Debug)]
pub struct Answer {
    /// The address without what the provider added: what it was sent to.
    pub redirect_uri: String,
    pub state: Option<String>,
    pub(crate) code: String,
    pub(crate) issuer: Option<String>,
}

impl Answer {
    /// Reads the address; a provider that said no is [`Error::Refused`].
    pub fn read(address: &str) -> Result<Self> {
        let parsed = Url::parse(address).map_err(|error| Error::invalid("the address", error))?;
        let find = |name: &str| {
            parsed
                .query_pairs()
                .find_map(|(key, value)| (key == name).then(|| value.into_owned()))
        };
        if let Some(error) = find("error") {
            let description = find("error_description").unwrap_or_default();
            return Err(Error::Refused(
                format!("{error} {description}").trim().into(),
            ));
        }
        let code = find("code")
            .filter(|code| !code.is_empty())
            .ok_or_else(|| Error::Invalid("the address holds no code of a provider".into()))?;
        // As it was written: the provider compares it letter by letter.
        let end = address.find(['?', '#']).unwrap_or(address.len());
        Ok(Self {
            redirect_uri: address[..end].to_owned(),
            state: find("state"),
            issuer: find("iss"),
            code,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_an_app_is_taken_apart() {
        let answer =
            Answer::read("app.immich:///oauth-callback?code=a%2Fb&state=s&iss=https%3A%2F%2Fp")
                .unwrap();
        assert_eq!(answer.redirect_uri, "app.immich:///oauth-callback");
        assert_eq!(answer.code, "a/b");
        assert_eq!(answer.state.as_deref(), Some("s"));
        assert_eq!(answer.issuer.as_deref(), Some("https://p"));
    }

    #[test]
    fn a_refusal_says_what_the_provider_said() {
        let refused = Answer::read("https://a/b?error=access_denied&error_description=not+you");
        assert!(matches!(refused, Err(Error::Refused(said)) if said == "access_denied not you"));
        assert!(matches!(
            Answer::read("https://a/b?state=x"),
            Err(Error::Invalid(_))
        ));
    }
}
