//! Logged-in devices.

use chrono::TimeDelta;
use heirloom_store::sessions;
pub use heirloom_store::sessions::Session;
use heirloom_types::{
    caller::Caller,
    ids::{SessionId, UserId},
    permission::Permission,
};

use crate::{
    Error, Library, Result,
    access::{require, require_admin},
    auth::{Beginning, Device, tell_of_ended},
    sync,
};

impl Library {
    /// The caller's devices, the last used first.
    pub async fn sessions(&self, caller: &Caller) -> Result<Vec<Session>> {
        require(caller, Permission::SessionRead)?;
        Ok(sessions::list(&mut self.db.read().await?, caller.user).await?)
    }

    /// Anybody's devices, for an administrator.
    pub async fn sessions_of(&self, caller: &Caller, user: UserId) -> Result<Vec<Session>> {
        require_admin(caller)?;
        require(caller, Permission::AdminSessionRead)?;
        Ok(sessions::list(&mut self.db.read().await?, user).await?)
    }

    /// Makes a session below the caller's own, with its token: for a television that is shown something.
    pub async fn create_child_session(
        &self,
        caller: &Caller,
        device: Device,
        lasts: Option<TimeDelta>,
    ) -> Result<(Session, String)> {
        require(caller, Permission::SessionCreate)?;
        let Some(parent) = caller.session() else {
            return Err(Error::Conflict(
                "This endpoint can only be used with a session token".into(),
            ));
        };
        let beginning = Beginning {
            parent: Some(parent),
            expires_at: lasts.map(|lasts| self.now() + lasts),
            ..Beginning::default()
        };
        self.new_session(caller.user, device, beginning).await
    }

    /// Makes a device start its copy of the library over, if asked to; gives the session.
    pub async fn update_session(
        &self,
        caller: &Caller,
        id: SessionId,
        starts_over: bool,
    ) -> Result<Session> {
        require(caller, Permission::SessionUpdate)?;
        let mut tx = self.db.write().await?;
        let session = sessions::get(&mut tx, caller.user, id)
            .await?
            .ok_or(Error::not_found("session", id, Permission::SessionUpdate))?;
        if starts_over {
            sync::want_reset(&mut tx, id, self.now()).await?;
        }
        tx.commit().await?;
        Ok(session)
    }

    /// The caller's devices that have still to start their copy of the library over.
    pub async fn pending_resets(&self, caller: &Caller) -> Result<Vec<SessionId>> {
        require(caller, Permission::SessionRead)?;
        Ok(sync::pending_resets(&mut self.db.read().await?, caller.user).await?)
    }

    /// Closes the locked folder on a device.
    pub async fn lock_device(&self, caller: &Caller, id: SessionId) -> Result<()> {
        require(caller, Permission::SessionLock)?;
        let found = sessions::get(&mut self.db.read().await?, caller.user, id).await?;
        if found.is_none() {
            return Err(Error::not_found("session", id, Permission::SessionLock));
        }
        self.set_open_until(id, None).await
    }

    /// The session a caller came through.
    pub async fn current_session(&self, caller: &Caller) -> Result<Option<Session>> {
        let Some(id) = caller.session() else {
            return Ok(None);
        };
        Ok(sessions::get(&mut self.db.read().await?, caller.user, id).await?)
    }

    /// Logs out one device.
    pub async fn delete_session(&self, caller: &Caller, id: SessionId) -> Result<()> {
        require(caller, Permission::SessionDelete)?;
        let mut tx = self.db.write().await?;
        let ended = sessions::delete(&mut tx, caller.user, id).await?;
        if ended.is_empty() {
            return Err(Error::not_found("session", id, Permission::SessionDelete));
        }
        tell_of_ended(&mut tx, caller.user, &ended, self.now()).await?;
        tx.commit().await?;
        self.callers.clear();
        Ok(())
    }

    /// Logs out every device but this one.
    pub async fn delete_other_sessions(&self, caller: &Caller) -> Result<()> {
        require(caller, Permission::SessionDelete)?;
        let mut tx = self.db.write().await?;
        let ended = sessions::delete_others(&mut tx, caller.user, caller.session()).await?;
        tell_of_ended(&mut tx, caller.user, &ended, self.now()).await?;
        tx.commit().await?;
        self.callers.clear();
        Ok(())
    }
}
