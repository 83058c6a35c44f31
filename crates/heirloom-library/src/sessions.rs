//! Logged-in devices.

use heirloom_store::sessions::{self, Session};
use heirloom_types::{caller::Caller, ids::SessionId, permission::Permission};

use crate::{Error, Library, Result};

impl Library {
    /// The caller's devices, the last used first.
    pub async fn sessions(&self, caller: &Caller) -> Result<Vec<Session>> {
        Ok(sessions::list(&mut self.db.read().await?, caller.user).await?)
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
        let mut tx = self.db.write().await?;
        if !sessions::delete(&mut tx, caller.user, id).await? {
            return Err(Error::not_found(
                "session",
                id,
                Permission::AuthDeviceDelete,
            ));
        }
        tx.commit().await?;
        self.callers.clear();
        Ok(())
    }

    /// Logs out every device but this one.
    pub async fn delete_other_sessions(&self, caller: &Caller) -> Result<()> {
        let mut tx = self.db.write().await?;
        sessions::delete_others(&mut tx, caller.user, caller.session()).await?;
        tx.commit().await?;
        self.callers.clear();
        Ok(())
    }
}
