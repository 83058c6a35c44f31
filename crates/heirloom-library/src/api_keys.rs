//! Long-lived credentials with chosen permissions.

use heirloom_store::api_keys::{self, ApiKey};
use heirloom_types::{
    caller::{Caller, Credential},
    ids::ApiKeyId,
    permission::{Permission, Permissions},
};

use crate::{
    Error, Library, Result,
    auth::{hash_token, permissions_to_text},
};

/// A key that has just been made; the secret is told once.
#[derive(Clone, Debug)]
pub struct CreatedApiKey {
    pub key: ApiKey,
    pub secret: String,
}

/// What may change of a key.
#[derive(Clone, Debug, Default)]
pub struct ApiKeyChange {
    pub name: Option<String>,
    pub permissions: Option<Permissions>,
}

impl Library {
    /// Makes a key. It never allows more than the credential that makes it.
    pub async fn create_api_key(
        &self,
        caller: &Caller,
        name: String,
        permissions: Permissions,
    ) -> Result<CreatedApiKey> {
        refuse_more(caller, &permissions)?;
        let secret = self.new_token();
        let now = self.now();
        let key = ApiKey {
            id: self.new_id(ApiKeyId::new),
            user_id: caller.user,
            name,
            key_hash: hash_token(&secret).to_vec(),
            permissions: permissions_to_text(&permissions),
            created_at: now,
            updated_at: now,
        };
        let mut tx = self.db.write().await?;
        api_keys::insert(&mut tx, &key).await?;
        tx.commit().await?;
        Ok(CreatedApiKey { key, secret })
    }

    pub async fn api_keys(&self, caller: &Caller) -> Result<Vec<ApiKey>> {
        Ok(api_keys::list(&mut self.db.read().await?, caller.user).await?)
    }

    pub async fn api_key(&self, caller: &Caller, id: ApiKeyId) -> Result<ApiKey> {
        api_keys::get(&mut self.db.read().await?, caller.user, id)
            .await?
            .ok_or(Error::not_found("API key", id, Permission::ApiKeyRead))
    }

    /// The key a caller came with.
    pub async fn current_api_key(&self, caller: &Caller) -> Result<ApiKey> {
        match caller.credential {
            Credential::ApiKey(id) => self.api_key(caller, id).await,
            Credential::Session { .. }
            | Credential::SharedLink(_)
            | Credential::Maintenance
            | Credential::Workflow(_) => {
                Err(Error::Forbidden("Not authenticated with an API Key".into()))
            }
        }
    }

    pub async fn update_api_key(
        &self,
        caller: &Caller,
        id: ApiKeyId,
        change: ApiKeyChange,
    ) -> Result<ApiKey> {
        let mut tx = self.db.write().await?;
        let mut key = api_keys::get(&mut tx, caller.user, id)
            .await?
            .ok_or(Error::not_found("API key", id, Permission::ApiKeyUpdate))?;
        if let Some(permissions) = change.permissions {
            refuse_more(caller, &permissions)?;
            key.permissions = permissions_to_text(&permissions);
        }
        key.name = change.name.unwrap_or(key.name);
        key.updated_at = self.now();
        api_keys::update(&mut tx, &key).await?;
        tx.commit().await?;
        self.callers.clear();
        Ok(key)
    }

    pub async fn delete_api_key(&self, caller: &Caller, id: ApiKeyId) -> Result<()> {
        let mut tx = self.db.write().await?;
        if !api_keys::delete(&mut tx, caller.user, id).await? {
            return Err(Error::not_found("API key", id, Permission::ApiKeyDelete));
        }
        tx.commit().await?;
        self.callers.clear();
        Ok(())
    }
}

fn refuse_more(caller: &Caller, wanted: &Permissions) -> Result<()> {
    if caller.permissions.covers(wanted) {
        Ok(())
    } else {
        Err(Error::Conflict(
            "Cannot grant permissions you do not have".into(),
        ))
    }
}
