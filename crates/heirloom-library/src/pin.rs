//! The PIN that opens the locked folder, for a while and for one device.

use chrono::TimeDelta;
use heirloom_store::{sessions, users};
use heirloom_types::{
    caller::Caller,
    ids::{SessionId, UserId},
    permission::Permission,
    time::Timestamp,
};

use crate::{
    Error, Library, Result,
    access::require,
    auth::{hash_password, verify_password},
};

/// How long the folder stays open.
const OPEN_FOR: TimeDelta = TimeDelta::minutes(15);
const DIGITS: usize = 6;

/// How the caller stands to passwords and PIN.
#[derive(Clone, Copy, Debug)]
pub struct AuthStatus {
    pub has_password: bool,
    pub has_pin: bool,
    pub is_elevated: bool,
    pub expires_at: Option<Timestamp>,
    pub pin_expires_at: Option<Timestamp>,
}

/// What proves that a person may change or pass the PIN.
#[derive(Clone, Debug, Default)]
pub struct Proof {
    pub pin: Option<String>,
    pub password: Option<String>,
}

impl Library {
    pub async fn auth_status(&self, caller: &Caller) -> Result<AuthStatus> {
        let user = self.user_of(caller).await?;
        let session = self.current_session(caller).await?;
        let open_until = session
            .as_ref()
            .and_then(|session| session.elevated_until)
            .filter(|until| *until > self.now());
        Ok(AuthStatus {
            has_password: user.password_hash.is_some(),
            has_pin: user.pin_hash.is_some(),
            is_elevated: open_until.is_some(),
            expires_at: session.and_then(|session| session.expires_at),
            pin_expires_at: open_until,
        })
    }

    /// Sets the first PIN.
    pub async fn set_pin(&self, caller: &Caller, pin: &str) -> Result<()> {
        require(caller, Permission::PinCodeCreate)?;
        if self.user_of(caller).await?.pin_hash.is_some() {
            return Err(Error::Conflict("User already has a PIN code".into()));
        }
        self.write_pin(caller.user, Some(pin)).await
    }

    pub async fn change_pin(&self, caller: &Caller, proof: Proof, new: &str) -> Result<()> {
        require(caller, Permission::PinCodeUpdate)?;
        self.prove(caller, proof).await?;
        self.write_pin(caller.user, Some(new)).await
    }

    /// Takes the PIN away; what is locked stays locked until there is a new one.
    pub async fn reset_pin(&self, caller: &Caller, proof: Proof) -> Result<()> {
        require(caller, Permission::PinCodeDelete)?;
        self.prove(caller, proof).await?;
        self.write_pin(caller.user, None).await
    }

    /// Opens the locked folder for the caller's device.
    pub async fn unlock_session(&self, caller: &Caller, proof: Proof) -> Result<()> {
        let session = session_of(caller)?;
        self.prove(caller, proof).await?;
        self.set_open_until(session, Some(self.now() + OPEN_FOR))
            .await
    }

    /// Closes it again.
    pub async fn lock_session(&self, caller: &Caller) -> Result<()> {
        self.set_open_until(session_of(caller)?, None).await
    }

    pub(crate) async fn set_open_until(
        &self,
        session: SessionId,
        until: Option<Timestamp>,
    ) -> Result<()> {
        let mut tx = self.db.write().await?;
        sessions::set_elevated(&mut tx, session, until).await?;
        tx.commit().await?;
        self.callers.clear();
        Ok(())
    }

    /// Six digits are few: failures grow slower, as at log-in.
    async fn prove(&self, caller: &Caller, proof: Proof) -> Result<()> {
        let user = self.user_of(caller).await?;
        let account = format!("pin of {}", user.id);
        let _turn = self.throttle.wait_turn(&account, None).await;
        let is_proven = match (proof.pin, proof.password) {
            (Some(pin), _) => verify_password(pin, user.pin_hash).await?,
            (None, Some(password)) => verify_password(password, user.password_hash).await?,
            (None, None) => false,
        };
        if is_proven {
            self.throttle.succeeded(&account, None);
            Ok(())
        } else {
            self.throttle.failed(&account, None);
            Err(Error::Conflict("Wrong PIN code".into()))
        }
    }

    pub(crate) async fn write_pin(&self, user: UserId, pin: Option<&str>) -> Result<()> {
        let hash = match pin {
            None => None,
            Some(pin) => {
                check(pin)?;
                Some(hash_password(pin.to_owned()).await?)
            }
        };
        let mut tx = self.db.write().await?;
        users::set_pin(&mut tx, user, hash.as_deref(), self.now()).await?;
        sessions::lock_all(&mut tx, user).await?;
        crate::users::tell_of_user(user)
            .record(&mut tx, self.now())
            .await?;
        tx.commit().await?;
        self.callers.clear();
        Ok(())
    }
}

/// Refuses what is no PIN.
pub(crate) fn check(pin: &str) -> Result<()> {
    if pin.len() == DIGITS && pin.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(())
    } else {
        Err(Error::invalid(
            "pinCode",
            "Invalid PIN code: expected six digits",
        ))
    }
}

fn session_of(caller: &Caller) -> Result<SessionId> {
    caller.session().ok_or_else(|| {
        Error::Conflict("This endpoint can only be used with a session token".into())
    })
}
