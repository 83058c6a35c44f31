//! Who is asking: passwords, tokens, log-in and the way from a credential to a [`Caller`].

mod callers;
mod password;
mod throttle;

use std::net::IpAddr;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use heirloom_store::{
    Tx, api_keys,
    changes::{self, ChangeKind, Entry},
    sessions,
    sessions::Session,
    users::{self, User},
};
use heirloom_types::{
    caller::{Caller, Credential},
    ids::{SessionId, UserId},
    permission::{Permission, Permissions},
    time::Timestamp,
};
use sha2::{Digest, Sha256};

pub(crate) use self::{
    callers::CallerCache,
    password::{hash as hash_password, verify as verify_password},
    throttle::LoginThrottle,
};
use crate::{Error, Library, Result};

/// A session's last use is written at most this often.
const TOUCH_EVERY: chrono::TimeDelta = chrono::TimeDelta::hours(1);

/// What a request brought to prove who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presented<'a> {
    SessionToken(&'a str),
    ApiKey(&'a str),
}

/// What is known of the device that logs in.
#[derive(Clone, Debug, Default)]
pub struct Device {
    /// For instance `iOS`, `Chrome`.
    pub kind: String,
    /// For instance `macOS`.
    pub os: String,
    pub app_version: Option<String>,
}

/// A log-in with a password.
#[derive(Clone, Debug)]
pub struct LogIn {
    pub email: String,
    pub password: String,
    pub device: Device,
    /// Where the request came from, when known.
    pub address: Option<IpAddr>,
}

/// A session that has just begun; the token is told once.
#[derive(Clone, Debug)]
pub struct LoggedIn {
    pub user: User,
    pub session: SessionId,
    pub token: String,
    /// Whether they have been through the first steps.
    pub is_onboarded: bool,
}

/// How a session begins, other than with a password.
#[derive(Clone, Debug, Default)]
pub(crate) struct Beginning {
    pub parent: Option<SessionId>,
    pub expires_at: Option<Timestamp>,
    /// As in [`Session`].
    pub oauth_subject: Option<String>,
    pub oauth_session: Option<String>,
}

impl Library {
    /// Who presents that credential. The answer is remembered for a few seconds.
    pub async fn authenticate(&self, presented: Presented<'_>) -> Result<Caller> {
        let (secret, refusal) = match presented {
            Presented::SessionToken(token) => (token, "Invalid user token"),
            Presented::ApiKey(key) => (key, "Invalid API key"),
        };
        let hash = hash_token(secret);
        if let Some(caller) = self.callers.get(&hash, self.now()) {
            return Ok(caller);
        }
        let found = match presented {
            Presented::SessionToken(_) => self.caller_of_session(&hash).await?,
            Presented::ApiKey(_) => self.caller_of_api_key(&hash).await?,
        };
        let caller = found.ok_or(Error::Unauthenticated(refusal))?;
        self.callers.put(hash, caller.clone(), self.now());
        Ok(caller)
    }

    /// Begins a session for whoever knows the password. Failures grow slower, per account and per address.
    pub async fn log_in(&self, request: LogIn) -> Result<LoggedIn> {
        if !self.config().await?.password_login.enabled {
            return Err(Error::Unauthenticated("Password login has been disabled"));
        }
        let email = request.email.trim().to_lowercase();
        let _turn = self.throttle.wait_turn(&email, request.address).await;
        let user = users::get_by_email(&mut self.db.read().await?, &email).await?;
        let hash = user.as_ref().and_then(|user| user.password_hash.clone());
        if !password::verify(request.password, hash).await? {
            self.throttle.failed(&email, request.address);
            return Err(Error::Unauthenticated("Incorrect email or password"));
        }
        self.throttle.succeeded(&email, request.address);
        let user = user.expect("a password can only match an account's hash");
        self.begin_session(user, request.device, Beginning::default())
            .await
    }

    /// Ends the session of the caller; other credentials have nothing to end. Gives where the browser ends the session
    /// of the OpenID provider, if this one began there.
    pub async fn log_out(&self, caller: &Caller) -> Result<Option<String>> {
        let Some(session) = caller.session() else {
            return Ok(None);
        };
        let began = sessions::get(&mut self.db.read().await?, caller.user, session).await?;
        let mut tx = self.db.write().await?;
        let ended = sessions::delete(&mut tx, caller.user, session).await?;
        tell_of_ended(&mut tx, caller.user, &ended, self.now()).await?;
        tx.commit().await?;
        self.callers.clear();
        if began.is_some_and(|session| session.oauth_subject.is_some()) {
            return self.oauth_end_session().await;
        }
        Ok(None)
    }

    /// Replaces the caller's password; `keep_sessions` false logs out every other device.
    pub async fn change_password(
        &self,
        caller: &Caller,
        current: String,
        new: String,
        keep_sessions: bool,
    ) -> Result<User> {
        let mut user = self.user_of(caller).await?;
        // Whoever sits at somebody's open session guesses as slowly as at the door.
        let account = format!("password of {}", user.id);
        let _turn = self.throttle.wait_turn(&account, None).await;
        if !password::verify(current, user.password_hash.clone()).await? {
            self.throttle.failed(&account, None);
            return Err(Error::invalid("password", "Wrong password"));
        }
        self.throttle.succeeded(&account, None);
        user.password_hash = Some(password::hash(new).await?);
        user.should_change_password = false;
        user.updated_at = self.now();
        let mut tx = self.db.write().await?;
        users::update(&mut tx, &user).await?;
        if !keep_sessions {
            let ended = sessions::delete_others(&mut tx, user.id, caller.session()).await?;
            tell_of_ended(&mut tx, user.id, &ended, self.now()).await?;
        }
        tx.commit().await?;
        self.callers.clear();
        Ok(user)
    }

    pub(crate) async fn begin_session(
        &self,
        user: User,
        device: Device,
        beginning: Beginning,
    ) -> Result<LoggedIn> {
        let (session, token) = self.new_session(user.id, device, beginning).await?;
        Ok(LoggedIn {
            is_onboarded: self.has_been_onboarded(user.id).await?,
            user,
            session: session.id,
            token,
        })
    }

    pub(crate) async fn new_session(
        &self,
        user: UserId,
        device: Device,
        beginning: Beginning,
    ) -> Result<(Session, String)> {
        let token = self.new_token();
        let now = self.now();
        let session = Session {
            id: self.new_id(SessionId::new),
            user_id: user,
            parent_id: beginning.parent,
            token_hash: hash_token(&token).to_vec(),
            device_type: device.kind,
            device_os: device.os,
            app_version: device.app_version,
            created_at: now,
            updated_at: now,
            expires_at: beginning.expires_at,
            elevated_until: None,
            oauth_subject: beginning.oauth_subject,
            oauth_session: beginning.oauth_session,
        };
        let mut tx = self.db.write().await?;
        sessions::insert(&mut tx, &session).await?;
        tx.commit().await?;
        Ok((session, token))
    }

    /// A secret that is shown once; only its hash is kept.
    pub(crate) fn new_token(&self) -> String {
        loop {
            let token = URL_SAFE_NO_PAD.encode(self.random_bytes::<32>());
            // Programs take what begins with a hyphen for an option.
            if !token.starts_with('-') {
                return token;
            }
        }
    }

    async fn caller_of_session(&self, token_hash: &[u8]) -> Result<Option<Caller>> {
        let now = self.now();
        let mut tx = self.db.read().await?;
        let Some(session) = sessions::get_by_token_hash(&mut tx, token_hash, now).await? else {
            return Ok(None);
        };
        let Some(user) = users::get(&mut tx, session.user_id).await? else {
            return Ok(None);
        };
        drop(tx);
        if now - session.updated_at > TOUCH_EVERY {
            let mut tx = self.db.write().await?;
            sessions::touch(&mut tx, session.id, None, now).await?;
            tx.commit().await?;
        }
        let elevated = session.elevated_until.is_some_and(|until| until > now);
        Ok(Some(Caller {
            user: user.id,
            is_admin: user.is_admin,
            credential: Credential::Session {
                id: session.id,
                elevated,
            },
            permissions: Permissions::all(),
        }))
    }

    async fn caller_of_api_key(&self, key_hash: &[u8]) -> Result<Option<Caller>> {
        let mut tx = self.db.read().await?;
        let Some(key) = api_keys::get_by_key_hash(&mut tx, key_hash).await? else {
            return Ok(None);
        };
        let Some(user) = users::get(&mut tx, key.user_id).await? else {
            return Ok(None);
        };
        Ok(Some(Caller {
            user: user.id,
            is_admin: user.is_admin,
            credential: Credential::ApiKey(key.id),
            permissions: permissions_from_text(&key.permissions),
        }))
    }
}

/// Tells whoever looks that these sessions are over.
pub(crate) async fn tell_of_ended(
    tx: &mut Tx,
    user: UserId,
    ended: &[SessionId],
    now: Timestamp,
) -> Result<()> {
    let entries: Vec<Entry> = ended
        .iter()
        .map(|id| Entry::delete(ChangeKind::Session, *id))
        .collect();
    changes::record(tx, user, now, &entries).await?;
    Ok(())
}

/// SHA-256 of a token. Tokens are 256 random bits, so a slow hash would protect nothing.
pub(crate) fn hash_token(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// Reads the column of an API key. A permission that this version no longer knows grants nothing.
pub fn permissions_from_text(text: &str) -> Permissions {
    text.split(' ')
        .filter_map(|word| word.parse::<Permission>().ok())
        .collect()
}

pub(crate) fn permissions_to_text(permissions: &Permissions) -> String {
    permissions
        .iter()
        .map(Permission::as_str)
        .collect::<Vec<_>>()
        .join(" ")
}
