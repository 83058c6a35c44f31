//! Logging in at an OpenID provider, and what that provider calls people.

mod accounts;

use std::time::Duration;

use anyhow::anyhow;
use heirloom_oidc::{Answer, Authorization, ClientAuth, Identity, Settings, code_challenge};
use heirloom_store::{
    changes::{ChangeKind, Entry, Feeds},
    sessions,
    users::{self, User},
};
use heirloom_types::{caller::Caller, ids::UserId, permission::Permission};

use crate::{
    Error, Library, Result,
    access::{require, require_admin},
    auth::{Beginning, Device, LoggedIn},
    system_config::{OAuth, TokenAuth, is_address},
    users::tell_of_user,
};

/// Before the addresses that open Immich's phone apps.
const APP_SCHEME: &str = "app.immich:";
/// How long clients should wait for a provider that does not answer.
const PROVIDER_RETRY: Duration = Duration::from_secs(10);

/// A log-in that somebody wants to begin.
#[derive(Clone, Debug)]
pub struct BeginOAuth {
    /// Where the provider sends the browser back to.
    pub redirect_uri: String,
    /// Absent where the client leaves it to the server to make one.
    pub state: Option<String>,
    /// Absent where the client leaves it to the server to keep the verifier.
    pub code_challenge: Option<String>,
}

/// A log-in that was begun.
#[derive(Clone, Debug)]
pub struct BegunOAuth {
    /// The provider's page.
    pub url: String,
    /// To be kept by the browser, where the client brought none of its own.
    pub state: Option<String>,
    /// To be kept by the browser, where the client brought no challenge of its own.
    pub code_verifier: Option<String>,
}

/// What somebody comes back with.
#[derive(Clone, Debug)]
pub struct FinishOAuth {
    /// The whole address that the provider sent the browser to.
    pub url: String,
    pub state: Option<String>,
    pub code_verifier: Option<String>,
}

impl Library {
    /// Where a browser goes to log in.
    pub async fn begin_oauth(&self, wanted: BeginOAuth) -> Result<BegunOAuth> {
        let config = self.oauth_config().await?;
        let brought = wanted.state.filter(|state| !state.is_empty());
        let made = brought.is_none().then(|| self.new_token());
        let state = brought.or_else(|| made.clone()).unwrap_or_default();
        let (code_challenge, code_verifier) = if let Some(challenge) = wanted.code_challenge {
            (challenge, None)
        } else {
            let verifier = self.new_token();
            (code_challenge(&verifier), Some(verifier))
        };
        let authorization = Authorization {
            redirect_uri: redirect_uri(&config, &wanted.redirect_uri),
            state: &state,
            code_challenge: &code_challenge,
        };
        let url = self
            .oauth
            .authorization_url(&settings(&config), authorization)
            .await?;
        Ok(BegunOAuth {
            url,
            state: made,
            code_verifier,
        })
    }

    /// Begins a session for whoever the provider names: the account of that name, or of that verified e-mail address, or
    /// a new one.
    pub async fn finish_oauth(&self, answer: FinishOAuth, device: Device) -> Result<LoggedIn> {
        let config = self.oauth_config().await?;
        let identity = self.identify(&config, answer).await?;
        let user = self.account_of(&config, &identity).await?;
        let beginning = Beginning {
            oauth_subject: Some(identity.subject),
            oauth_session: identity.session,
            ..Beginning::default()
        };
        self.begin_session(user, device, beginning).await
    }

    /// Lets the caller log in as whoever the provider names.
    pub async fn link_oauth(&self, caller: &Caller, answer: FinishOAuth) -> Result<User> {
        let config = self.oauth_config().await?;
        let identity = self.identify(&config, answer).await?;
        self.set_oauth_id(caller.user, &identity.subject).await
    }

    /// Takes that back.
    pub async fn unlink_oauth(&self, caller: &Caller) -> Result<User> {
        self.set_oauth_id(caller.user, "").await
    }

    /// Takes it back for everybody, for instance before another provider is used.
    pub async fn unlink_all_oauth(&self, caller: &Caller) -> Result<()> {
        require_admin(caller)?;
        require(caller, Permission::AdminAuthUnlinkAll)?;
        let now = self.now();
        let mut tx = self.db.write().await?;
        for user in users::clear_oauth_ids(&mut tx, now).await? {
            tell_of_user(user).record(&mut tx, now).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Ends the sessions that a logout token of the provider names.
    pub async fn end_oauth_sessions(&self, logout_token: &str) -> Result<()> {
        let config = self.oauth_config().await?;
        let named = self
            .oauth
            .logged_out(&settings(&config), logout_token)
            .await?;
        let mut tx = self.db.write().await?;
        let ended =
            sessions::delete_by_oauth(&mut tx, named.subject.as_deref(), named.session.as_deref())
                .await?;
        let mut feeds = Feeds::default();
        for (user, session) in ended {
            feeds.add(user, Entry::delete(ChangeKind::Session, session));
        }
        feeds.record(&mut tx, self.now()).await?;
        tx.commit().await?;
        self.callers.clear();
        Ok(())
    }

    /// Where the provider's own session is ended. A provider that does not answer keeps nobody from logging out here.
    pub(crate) async fn oauth_end_session(&self) -> Result<Option<String>> {
        let config = self.config().await?.oauth.clone();
        if !config.enabled {
            return Ok(None);
        }
        if !config.end_session_endpoint.is_empty() {
            return Ok(Some(config.end_session_endpoint));
        }
        let found = self.oauth.end_session_endpoint(&settings(&config)).await;
        Ok(found.unwrap_or_else(|error| {
            tracing::warn!(%error, "the session of the OpenID provider was left as it is");
            None
        }))
    }

    async fn oauth_config(&self) -> Result<OAuth> {
        let config = self.config().await?.oauth.clone();
        if config.enabled {
            Ok(config)
        } else {
            Err(Error::Conflict("OAuth is not enabled".into()))
        }
    }

    async fn identify(&self, config: &OAuth, given: FinishOAuth) -> Result<Identity> {
        let answer = Answer::read(&given.url)?;
        let state = given
            .state
            .ok_or_else(|| Error::invalid("state", "OAuth state is missing; log in again"))?;
        if answer.state.as_deref() != Some(state.as_str()) {
            return Err(Error::invalid(
                "state",
                "OAuth state mismatch: this log-in was begun elsewhere; log in again",
            ));
        }
        let verifier = given.code_verifier.ok_or_else(|| {
            Error::invalid(
                "codeVerifier",
                "OAuth code verifier is missing; log in again",
            )
        })?;
        let redirect_uri = redirect_uri(config, &answer.redirect_uri);
        let identity = self
            .oauth
            .identify(&settings(config), &answer, redirect_uri, &verifier, &state)
            .await?;
        Ok(identity)
    }

    async fn set_oauth_id(&self, id: UserId, oauth_id: &str) -> Result<User> {
        let now = self.now();
        let mut tx = self.db.write().await?;
        let known = users::get_by_oauth_id(&mut tx, oauth_id).await?;
        if known.is_some_and(|known| known.id != id) {
            return Err(Error::Conflict(
                "This OAuth account has already been linked to another user".into(),
            ));
        }
        users::set_oauth_id(&mut tx, id, oauth_id, now).await?;
        tell_of_user(id).record(&mut tx, now).await?;
        let user = users::get(&mut tx, id).await?.ok_or(Error::not_found(
            "user",
            id,
            Permission::UserRead,
        ))?;
        tx.commit().await?;
        Ok(user)
    }
}

impl From<heirloom_oidc::Error> for Error {
    fn from(error: heirloom_oidc::Error) -> Self {
        use heirloom_oidc::Error as Oidc;
        match error {
            Oidc::Unavailable(why) => Self::Unavailable {
                what: "The OpenID provider",
                retry_after: PROVIDER_RETRY,
                source: Some(anyhow!(why)),
            },
            Oidc::Misconfigured(why) => {
                tracing::warn!(why, "the settings of OAuth do not fit the provider");
                Self::Conflict(format!("OAuth is not set up as it must be: {why}"))
            }
            Oidc::Refused(_) | Oidc::Invalid(_) => {
                Self::invalid("url", format!("OAuth log-in failed: {error}"))
            }
        }
    }
}

/// Refuses what cannot work.
pub(crate) fn check(config: &OAuth) -> Result<()> {
    let is_set = |text: &str| !config.enabled || !text.trim().is_empty();
    let is_algorithm = heirloom_oidc::is_signing_algorithm;
    for (field, is_valid, rule) in [
        (
            "oauth.issuerUrl",
            is_set(&config.issuer_url) && is_address(&config.issuer_url),
            "must be the address of the OpenID provider",
        ),
        (
            "oauth.clientId",
            is_set(&config.client_id),
            "must be what the provider calls this server",
        ),
        (
            "oauth.mobileRedirectUri",
            is_address(&config.mobile_redirect_uri)
                && (!config.mobile_override_enabled || is_set(&config.mobile_redirect_uri)),
            "must be an address that leads back to the app, as in https://photos.example.org/api/oauth/mobile-redirect",
        ),
        (
            "oauth.endSessionEndpoint",
            is_address(&config.end_session_endpoint),
            "must be an address",
        ),
        (
            "oauth.signingAlgorithm",
            is_algorithm(&config.signing_algorithm),
            "must be an algorithm as in RS256",
        ),
        (
            "oauth.profileSigningAlgorithm",
            config.profile_signing_algorithm == "none"
                || is_algorithm(&config.profile_signing_algorithm),
            "must be `none` or an algorithm as in RS256",
        ),
        (
            "oauth.timeout",
            config.timeout >= 1,
            "must be 1 or more milliseconds",
        ),
        (
            "oauth.defaultStorageQuota",
            config.default_storage_quota.is_none_or(|gib| gib >= 0),
            "must be 0 or more GiB",
        ),
    ] {
        if !is_valid {
            return Err(Error::invalid(field, format!("{field} {rule}")));
        }
    }
    Ok(())
}

/// Where the provider sends the browser back to. Some providers refuse an app's own scheme; then a page of this server
/// that leads on to the app stands for it.
fn redirect_uri<'a>(config: &'a OAuth, asked: &'a str) -> &'a str {
    if config.mobile_override_enabled && asked.starts_with(APP_SCHEME) {
        &config.mobile_redirect_uri
    } else {
        asked
    }
}

fn settings(config: &OAuth) -> Settings {
    Settings {
        issuer: config.issuer_url.clone(),
        client_id: config.client_id.clone(),
        client_secret: config.client_secret.clone(),
        client_auth: match config.token_endpoint_auth_method {
            TokenAuth::Post => ClientAuth::Post,
            TokenAuth::Basic => ClientAuth::Basic,
        },
        scope: config.scope.clone(),
        prompt: config.prompt.clone(),
        signing_algorithm: config.signing_algorithm.clone(),
        profile_signing_algorithm: config.profile_signing_algorithm.clone(),
        timeout: Duration::from_millis(config.timeout.unsigned_abs()),
        allow_insecure: config.allow_insecure_requests,
    }
}
