//! The conversation with a provider.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use reqwest::{Client, RequestBuilder};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Mutex;

use crate::{
    Answer, ClientAuth, Error, Result, Settings,
    http::{self, Answered, odd},
    keys::Keys,
    metadata::Metadata,
    nonce,
    token::{self, Claims, Expected, text},
};

/// How long a provider's description is believed.
const FRESH: Duration = Duration::from_hours(1);

/// This side of all conversations; remembers what the provider says of itself.
pub struct RelyingParty {
    client: Client,
    provider: Mutex<Option<Arc<Provider>>>,
}

struct Provider {
    /// Of the settings: other settings, another provider.
    issuer: String,
    read: Instant,
    metadata: Metadata,
    keys: Keys,
}

/// A log-in to be begun.
#[derive(Clone, Copy, Debug)]
pub struct Authorization<'a> {
    pub redirect_uri: &'a str,
    pub state: &'a str,
    pub code_challenge: &'a str,
}

/// Who a provider says that somebody is.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Never given to anybody else by that provider.
    pub subject: String,
    /// The provider's session, which logout tokens name.
    pub session: Option<String>,
    /// Everything the provider says, of the ID token and of its answer about the user.
    pub claims: Claims,
}

/// Whom a provider has logged out: everybody's session of that name, or everything of that subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedOut {
    pub subject: Option<String>,
    pub session: Option<String>,
}

#[derive(Deserialize)]
struct Tokens {
    access_token: String,
    id_token: String,
}

impl Default for RelyingParty {
    fn default() -> Self {
        Self {
            client: http::client(),
            provider: Mutex::default(),
        }
    }
}

impl RelyingParty {
    /// Where a person's browser goes to log in.
    pub async fn authorization_url(
        &self,
        settings: &Settings,
        wanted: Authorization<'_>,
    ) -> Result<String> {
        let provider = self.provider(settings).await?;
        let mut address = settings.address(&provider.metadata.authorization_endpoint)?;
        address
            .query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &settings.client_id)
            .append_pair("redirect_uri", wanted.redirect_uri)
            .append_pair("scope", &settings.scope)
            .append_pair("state", wanted.state)
            .append_pair("nonce", &nonce(wanted.state))
            .append_pair("code_challenge", wanted.code_challenge)
            .append_pair("code_challenge_method", "S256");
        if !settings.prompt.is_empty() {
            address
                .query_pairs_mut()
                .append_pair("prompt", &settings.prompt);
        }
        Ok(address.into())
    }

    /// Who came back. `redirect_uri` and `state` are those that the log-in began with; the caller has compared the state.
    pub async fn identify(
        &self,
        settings: &Settings,
        answer: &Answer,
        redirect_uri: &str,
        code_verifier: &str,
        state: &str,
    ) -> Result<Identity> {
        let provider = self.provider(settings).await?;
        let issuer = &provider.metadata.issuer;
        if answer.issuer.as_ref().is_some_and(|said| said != issuer) {
            return Err(Error::Invalid("the answer is of another provider".into()));
        }
        let tokens = self
            .exchange(
                settings,
                &provider,
                &answer.code,
                redirect_uri,
                code_verifier,
            )
            .await?;
        let expected = &["iss", "aud", "sub", "exp"];
        let mut claims = self
            .claims(settings, &provider, &tokens.id_token, expected)
            .await?;
        token::check_id_token(&claims, &settings.client_id, &nonce(state))?;
        let subject = text(&claims, "sub")
            .ok_or_else(|| Error::invalid("the ID token", "it names nobody"))?
            .to_owned();
        let session = text(&claims, "sid").map(str::to_owned);
        claims.extend(
            self.profile(settings, &provider, &tokens.access_token, &subject)
                .await?,
        );
        Ok(Identity {
            subject,
            session,
            claims,
        })
    }

    /// Whom a logout token is about.
    pub async fn logged_out(&self, settings: &Settings, logout_token: &str) -> Result<LoggedOut> {
        let provider = self.provider(settings).await?;
        let claims = self
            .claims(settings, &provider, logout_token, &["iss", "aud", "exp"])
            .await?;
        token::check_logout_token(&claims)?;
        Ok(LoggedOut {
            subject: text(&claims, "sub").map(str::to_owned),
            session: text(&claims, "sid").map(str::to_owned),
        })
    }

    /// Where a person's browser goes to end the provider's session as well, if the provider has such a place.
    pub async fn end_session_endpoint(&self, settings: &Settings) -> Result<Option<String>> {
        let provider = self.provider(settings).await?;
        Ok(provider.metadata.end_session_endpoint.clone())
    }

    async fn provider(&self, settings: &Settings) -> Result<Arc<Provider>> {
        let mut known = self.provider.lock().await;
        if let Some(provider) = known.as_ref()
            && provider.issuer == settings.issuer()
            && provider.read.elapsed() < FRESH
        {
            return Ok(provider.clone());
        }
        let provider = Arc::new(Provider {
            issuer: settings.issuer().to_owned(),
            read: Instant::now(),
            metadata: Metadata::read(settings, &self.client).await?,
            keys: Keys::default(),
        });
        *known = Some(provider.clone());
        Ok(provider)
    }

    async fn exchange(
        &self,
        settings: &Settings,
        provider: &Provider,
        code: &str,
        redirect_uri: &str,
        code_verifier: &str,
    ) -> Result<Tokens> {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect_uri),
            ("code_verifier", code_verifier),
        ];
        let endpoint = settings.address(&provider.metadata.token_endpoint)?;
        let request = authenticated(settings, self.client.post(endpoint), &mut form);
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        let request = request
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body);
        let answered = http::send(settings, request).await?;
        if answered.status.is_client_error() {
            return Err(refusal(&answered));
        }
        serde_json::from_str(&answered.text)
            .map_err(|error| odd(settings, &format!("it gives no tokens: {error}")))
    }

    /// The verified claims of a token of the provider.
    async fn claims(
        &self,
        settings: &Settings,
        provider: &Provider,
        token: &str,
        required: &[&str],
    ) -> Result<Claims> {
        self.verified(settings, provider, token, settings.algorithm()?, required)
            .await
    }

    async fn verified(
        &self,
        settings: &Settings,
        provider: &Provider,
        token: &str,
        algorithm: jsonwebtoken::Algorithm,
        required: &[&str],
    ) -> Result<Claims> {
        let header = token::header(token, algorithm)?;
        let address = &provider.metadata.jwks_uri;
        let signed_by = (algorithm, header.kid.as_deref());
        let keys = provider
            .keys
            .find(settings, &self.client, address, signed_by)
            .await?;
        let expected = Expected {
            algorithm,
            issuer: &provider.metadata.issuer,
            audience: &settings.client_id,
            required,
        };
        token::verify(token, &keys, &expected)
    }

    /// What the provider says of a user beside the ID token (OpenID Connect Core 1.0, 5.3).
    async fn profile(
        &self,
        settings: &Settings,
        provider: &Provider,
        access_token: &str,
        subject: &str,
    ) -> Result<Claims> {
        let Some(endpoint) = &provider.metadata.userinfo_endpoint else {
            return Ok(Claims::new());
        };
        let request = self
            .client
            .get(settings.address(endpoint)?)
            .bearer_auth(access_token);
        let answered = http::send(settings, request).await?;
        if !answered.status.is_success() {
            return Err(odd(
                settings,
                &format!("{endpoint} answers {}", answered.status),
            ));
        }
        let mut claims = match settings.profile_algorithm()? {
            Some(algorithm) if answered.is_jwt => {
                self.verified(
                    settings,
                    provider,
                    &answered.text,
                    algorithm,
                    &["iss", "aud"],
                )
                .await?
            }
            None if !answered.is_jwt => serde_json::from_str(&answered.text)
                .map_err(|error| odd(settings, &format!("{endpoint}: {error}")))?,
            _ => {
                return Err(Error::Misconfigured(
                    "whether the provider signs what it says of a user is not as the settings say"
                        .into(),
                ));
            }
        };
        if text(&claims, "sub") != Some(subject) {
            return Err(Error::Invalid(
                "what the provider says is of another user".into(),
            ));
        }
        // These are about the answer, not about the user.
        for name in ["iss", "aud", "exp", "iat"] {
            claims.remove(name);
        }
        Ok(claims)
    }
}

/// Shows who asks.
fn authenticated<'a>(
    settings: &'a Settings,
    request: RequestBuilder,
    form: &mut Vec<(&'static str, &'a str)>,
) -> RequestBuilder {
    let (id, secret) = (settings.client_id.as_str(), settings.client_secret.as_str());
    if settings.client_auth == ClientAuth::Basic && !secret.is_empty() {
        return request.basic_auth(encoded(id), Some(encoded(secret)));
    }
    form.push(("client_id", id));
    if !secret.is_empty() {
        form.push(("client_secret", secret));
    }
    request
}

/// As forms write it (RFC 6749, 2.3.1).
fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// Why a provider gave no tokens (RFC 6749, 5.2).
fn refusal(answered: &Answered) -> Error {
    let said: Value = serde_json::from_str(&answered.text).unwrap_or_default();
    let part = |name: &str| said[name].as_str().unwrap_or_default().to_owned();
    let text = format!("{} {}", part("error"), part("error_description"));
    let text = text.trim();
    Error::Refused(if text.is_empty() {
        answered.status.to_string()
    } else {
        text.to_owned()
    })
}
