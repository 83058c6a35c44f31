//! Accounts.

use heirloom_store::{
    changes::{self, ChangeKind, Entry},
    settings,
    users::{self, User},
};
use heirloom_types::{caller::Caller, ids::UserId, permission::Permission};
use serde_json::Value;

use crate::{Error, Library, Result, access::require_admin, auth::hash_password};

/// Colours of accounts without a picture, as the contract names them.
pub const AVATAR_COLORS: &[&str] = &[
    "primary", "pink", "red", "yellow", "blue", "green", "purple", "orange", "gray", "amber",
];

/// Longest name of a person.
const NAME_LENGTH_MAX: usize = 256;

/// An account to be made.
#[derive(Clone, Debug)]
pub struct NewUser {
    pub email: String,
    pub name: String,
    /// Absent for an account that only logs in elsewhere.
    pub password: Option<String>,
    pub is_admin: bool,
    pub should_change_password: bool,
    pub quota_bytes: Option<i64>,
    pub storage_label: Option<String>,
}

/// What a person may change of their own account.
#[derive(Clone, Debug, Default)]
pub struct UserChange {
    pub email: Option<String>,
    pub name: Option<String>,
    pub password: Option<String>,
    pub avatar_color: Option<String>,
}

impl Library {
    /// Whether somebody administers this server yet.
    pub async fn has_admin(&self) -> Result<bool> {
        Ok(users::has_admin(&mut self.db.read().await?).await?)
    }

    /// Makes the first account, which administers the server; there is only one first.
    pub async fn sign_up_admin(
        &self,
        email: String,
        name: String,
        password: String,
    ) -> Result<User> {
        let new = NewUser {
            email,
            name,
            password: Some(password),
            is_admin: true,
            should_change_password: false,
            quota_bytes: None,
            storage_label: Some("admin".into()),
        };
        let user = self.user_from(new).await?;
        let mut tx = self.db.write().await?;
        if users::has_admin(&mut tx).await? {
            return Err(Error::Conflict("The server already has an admin".into()));
        }
        self.insert_user(tx, user).await
    }

    /// Makes an account, for an administrator.
    pub async fn create_user(&self, caller: &Caller, new: NewUser) -> Result<User> {
        require_admin(caller)?;
        self.create_user_unasked(new).await
    }

    /// Makes an account, for whoever has the machine.
    pub async fn create_user_unasked(&self, new: NewUser) -> Result<User> {
        let user = self.user_from(new).await?;
        self.insert_user(self.db.write().await?, user).await
    }

    /// The caller's own account.
    pub async fn user_of(&self, caller: &Caller) -> Result<User> {
        self.user(caller.user).await
    }

    /// Anybody's account, as other people of the server may see it.
    pub async fn user(&self, id: UserId) -> Result<User> {
        users::get(&mut self.db.read().await?, id)
            .await?
            .ok_or(Error::not_found("user", id, Permission::UserRead))
    }

    pub async fn users(&self) -> Result<Vec<User>> {
        Ok(users::list(&mut self.db.read().await?).await?)
    }

    pub async fn update_own_user(&self, caller: &Caller, change: UserChange) -> Result<User> {
        let password_hash = match change.password {
            Some(password) => Some(hash_password(password).await?),
            None => None,
        };
        let email = change
            .email
            .map(|email| checked_email(&email))
            .transpose()?;
        self.change_user(caller.user, |user| {
            user.email = email.unwrap_or_else(|| user.email.clone());
            user.name = change.name.unwrap_or_else(|| user.name.clone());
            user.avatar_color = change
                .avatar_color
                .unwrap_or_else(|| user.avatar_color.clone());
            user.password_hash = password_hash.or(user.password_hash.take());
        })
        .await
    }

    /// Sets a password, for whoever has the machine. The person is asked to choose their own at the next log-in.
    pub async fn reset_password(&self, email: &str, password: String) -> Result<User> {
        let hash = hash_password(password).await?;
        let user = self.user_by_email(email).await?;
        self.change_user(user.id, |user| {
            user.password_hash = Some(hash);
            user.should_change_password = true;
        })
        .await
    }

    /// Grants or revokes administration, for whoever has the machine.
    pub async fn set_admin(&self, email: &str, is_admin: bool) -> Result<User> {
        let user = self.user_by_email(email).await?;
        let is_last = !is_admin
            && self
                .users()
                .await?
                .iter()
                .filter(|user| user.is_admin)
                .all(|admin| admin.id == user.id);
        if is_last {
            return Err(Error::Conflict(
                "somebody must administer the server; grant it to another account first".into(),
            ));
        }
        self.change_user(user.id, |user| user.is_admin = is_admin)
            .await
    }

    /// A setting that lives with the caller's account, as it was last written.
    pub async fn user_setting(&self, caller: &Caller, key: &str) -> Result<Option<Value>> {
        Ok(settings::get_user(&mut self.db.read().await?, caller.user, key).await?)
    }

    /// Writes a setting of the caller's account.
    pub async fn set_user_setting(&self, caller: &Caller, key: &str, value: Value) -> Result<()> {
        let mut tx = self.db.write().await?;
        settings::set_user(&mut tx, caller.user, key, value).await?;
        changes::record(
            &mut tx,
            caller.user,
            self.now(),
            &[Entry::upsert(ChangeKind::UserSetting, caller.user)],
        )
        .await?;
        tx.commit().await?;
        Ok(())
    }

    async fn user_by_email(&self, email: &str) -> Result<User> {
        users::get_by_email(&mut self.db.read().await?, &email.trim().to_lowercase())
            .await?
            .ok_or_else(|| {
                Error::invalid(
                    "email",
                    format!("no account has the e-mail address {email}"),
                )
            })
    }

    async fn change_user(&self, id: UserId, change: impl FnOnce(&mut User)) -> Result<User> {
        let mut tx = self.db.write().await?;
        let mut user = users::get(&mut tx, id).await?.ok_or(Error::not_found(
            "user",
            id,
            Permission::UserUpdate,
        ))?;
        change(&mut user);
        check_name(&user.name)?;
        user.updated_at = self.now();
        users::update(&mut tx, &user).await.map_err(taken_email)?;
        changes::record(
            &mut tx,
            id,
            self.now(),
            &[Entry::upsert(ChangeKind::User, id)],
        )
        .await?;
        tx.commit().await?;
        self.callers.clear();
        Ok(user)
    }

    async fn user_from(&self, new: NewUser) -> Result<User> {
        check_name(&new.name)?;
        let email = checked_email(&new.email)?;
        let password_hash = match new.password {
            Some(password) => Some(hash_password(password).await?),
            None => None,
        };
        let now = self.now();
        Ok(User {
            id: self.new_id(UserId::new),
            email,
            name: new.name,
            password_hash,
            pin_hash: None,
            is_admin: new.is_admin,
            should_change_password: new.should_change_password,
            storage_label: new.storage_label,
            oauth_id: String::new(),
            avatar_color: self.pick(AVATAR_COLORS).into(),
            profile_image_path: None,
            profile_changed_at: now,
            quota_bytes: new.quota_bytes,
            usage_bytes: 0,
            created_at: now,
            updated_at: now,
            deleted_at: None,
        })
    }

    async fn insert_user(&self, mut tx: heirloom_store::Tx, user: User) -> Result<User> {
        users::insert(&mut tx, &user).await.map_err(taken_email)?;
        changes::record(
            &mut tx,
            user.id,
            self.now(),
            &[Entry::upsert(ChangeKind::User, user.id)],
        )
        .await?;
        tx.commit().await?;
        Ok(user)
    }
}

fn checked_email(email: &str) -> Result<String> {
    let email = email.trim().to_lowercase();
    let is_plausible = email.len() <= 254
        && email
            .split_once('@')
            .is_some_and(|(user, host)| !user.is_empty() && !host.is_empty());
    if is_plausible {
        Ok(email)
    } else {
        Err(Error::invalid("email", "is not an e-mail address"))
    }
}

fn check_name(name: &str) -> Result<()> {
    if name.len() > NAME_LENGTH_MAX {
        return Err(Error::invalid(
            "name",
            format!("is longer than {NAME_LENGTH_MAX} bytes"),
        ));
    }
    Ok(())
}

fn taken_email(error: heirloom_store::Error) -> Error {
    match error {
        heirloom_store::Error::Conflict { .. } => Error::Conflict("User exists".into()),
        other => other.into(),
    }
}
