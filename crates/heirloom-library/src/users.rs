//! Accounts.

use heirloom_store::{
    changes::{self, ChangeKind, Entry, Feeds},
    sessions, settings,
    users::{self, User},
};
use heirloom_types::{caller::Caller, ids::UserId, permission::Permission};
use serde_json::Value;

use crate::{
    Error, Library, Result,
    access::{require, require_admin},
    auth::hash_password,
    pin,
    preferences::{self, Preferences},
};

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
    /// One is chosen where none is named.
    pub avatar_color: Option<String>,
}

/// An account that an administrator makes for somebody.
#[derive(Clone, Debug)]
pub struct NewAccount {
    pub user: NewUser,
    pub pin: Option<String>,
    /// Whether they get a letter.
    pub is_welcomed: bool,
}

/// What a person may change of their own account.
#[derive(Clone, Debug, Default)]
pub struct UserChange {
    pub email: Option<String>,
    pub name: Option<String>,
    pub password: Option<String>,
    /// Without a name, one is chosen.
    pub avatar_color: Option<Option<String>>,
}

/// What an administrator may change of an account; what is absent stays.
#[derive(Clone, Debug, Default)]
pub struct AccountChange {
    pub own: UserChange,
    pub is_admin: Option<bool>,
    pub should_change_password: Option<bool>,
    pub quota_bytes: Option<Option<i64>>,
    pub storage_label: Option<Option<String>>,
    pub pin: Option<Option<String>>,
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
            avatar_color: None,
        };
        let user = self.user_from(new).await?;
        let mut tx = self.db.write().await?;
        if users::has_admin(&mut tx).await? {
            return Err(Error::Conflict("The server already has an admin".into()));
        }
        self.insert_user(tx, user).await
    }

    /// Makes an account, for an administrator.
    pub async fn create_user(&self, caller: &Caller, new: NewAccount) -> Result<User> {
        require_admin(caller)?;
        require(caller, Permission::AdminUserCreate)?;
        new.pin.as_deref().map_or(Ok(()), pin::check)?;
        let user = self.user_from(new.user).await?;
        let mut tx = self.db.write().await?;
        if new.is_welcomed {
            self.ask_to_welcome(&mut tx, user.id).await?;
        }
        let user = self.insert_user(tx, user).await?;
        self.wake.wake();
        if let Some(pin) = new.pin {
            self.write_pin(user.id, Some(&pin)).await?;
        }
        Ok(user)
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

    /// The accounts that the caller may see: all of them, unless the settings hide people from one another.
    pub async fn visible_users(&self, caller: &Caller) -> Result<Vec<User>> {
        require(caller, Permission::UserRead)?;
        let shows_all = caller.is_admin || self.config().await?.server.public_users;
        let mut found = self.users().await?;
        found.retain(|user| shows_all || user.id == caller.user);
        Ok(found)
    }

    pub async fn update_own_user(&self, caller: &Caller, change: UserChange) -> Result<User> {
        let color = change
            .avatar_color
            .map(|wanted| self.color(wanted))
            .transpose()?;
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
            user.avatar_color = color.unwrap_or_else(|| user.avatar_color.clone());
            user.password_hash = password_hash.or(user.password_hash.take());
        })
        .await
    }

    /// Every account, for an administrator.
    pub async fn accounts(&self, caller: &Caller, with_deleted: bool) -> Result<Vec<User>> {
        require_admin(caller)?;
        require(caller, Permission::AdminUserRead)?;
        let mut found = users::list_any(&mut self.db.read().await?).await?;
        found.retain(|user| with_deleted || user.deleted_at.is_none());
        Ok(found)
    }

    pub async fn account(&self, caller: &Caller, id: UserId) -> Result<User> {
        require_admin(caller)?;
        require(caller, Permission::AdminUserRead)?;
        users::get_any(&mut self.db.read().await?, id)
            .await?
            .ok_or(Error::not_found("user", id, Permission::AdminUserRead))
    }

    /// Changes anybody's account, for an administrator.
    pub async fn update_account(
        &self,
        caller: &Caller,
        id: UserId,
        change: AccountChange,
    ) -> Result<User> {
        require_admin(caller)?;
        require(caller, Permission::AdminUserUpdate)?;
        if id == caller.user && change.is_admin == Some(false) {
            return Err(Error::Conflict(
                "You cannot take administration from yourself".into(),
            ));
        }
        let hash = match change.own.password {
            Some(password) => Some(hash_password(password).await?),
            None => None,
        };
        let color = change
            .own
            .avatar_color
            .map(|wanted| self.color(wanted))
            .transpose()?;
        let email = change.own.email.as_deref().map(checked_email).transpose()?;
        let label = change.storage_label.map(checked_label).transpose()?;
        let changed = self
            .change_user(id, |user| {
                user.email = email.unwrap_or_else(|| user.email.clone());
                user.name = change.own.name.unwrap_or_else(|| user.name.clone());
                user.avatar_color = color.unwrap_or_else(|| user.avatar_color.clone());
                user.password_hash = hash.or(user.password_hash.take());
                user.is_admin = change.is_admin.unwrap_or(user.is_admin);
                user.should_change_password = change
                    .should_change_password
                    .unwrap_or(user.should_change_password);
                user.quota_bytes = change.quota_bytes.unwrap_or(user.quota_bytes);
                user.storage_label = label.unwrap_or_else(|| user.storage_label.clone());
            })
            .await?;
        if let Some(pin) = change.pin {
            self.write_pin(id, pin.as_deref()).await?;
        }
        Ok(changed)
    }

    /// Closes an account: it cannot log in, and nobody sees anything of it. It can be restored for some days, or with
    /// `for_good` until its turn comes.
    pub async fn close_account(&self, caller: &Caller, id: UserId, for_good: bool) -> Result<User> {
        require_admin(caller)?;
        require(caller, Permission::AdminUserDelete)?;
        if id == caller.user {
            return Err(Error::Conflict("Cannot delete your own account".into()));
        }
        let closed = self.set_closed(id, true).await?;
        if for_good {
            let mut tx = self.db.write().await?;
            self.want_removal(&mut tx, id).await?;
            tx.commit().await?;
            self.wake.wake();
        }
        Ok(closed)
    }

    pub async fn restore_account(&self, caller: &Caller, id: UserId) -> Result<User> {
        require_admin(caller)?;
        require(caller, Permission::AdminUserDelete)?;
        self.set_closed(id, false).await
    }

    async fn set_closed(&self, id: UserId, is_closed: bool) -> Result<User> {
        let now = self.now();
        let missing = || Error::not_found("user", id, Permission::AdminUserDelete);
        let mut tx = self.db.write().await?;
        let user = users::get_any(&mut tx, id).await?.ok_or_else(missing)?;
        if user.deleted_at.is_some() == is_closed {
            return Ok(user);
        }
        users::set_deleted(&mut tx, id, is_closed.then_some(now), now).await?;
        let mut feeds = tell_of_user(id);
        if is_closed {
            for session in sessions::delete_others(&mut tx, id, None).await? {
                feeds.add(id, Entry::delete(ChangeKind::Session, session));
            }
        }
        if is_closed {
            self.untie(&mut tx, id, feeds).await?;
        } else {
            self.tie_again(&mut tx, id, feeds).await?;
        }
        let user = users::get_any(&mut tx, id).await?.ok_or_else(missing)?;
        tx.commit().await?;
        self.callers.clear();
        Ok(user)
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
        self.set_setting(caller.user, key, value).await
    }

    pub(crate) async fn set_setting(&self, user: UserId, key: &str, value: Value) -> Result<()> {
        let mut tx = self.db.write().await?;
        settings::set_user(&mut tx, user, key, value).await?;
        changes::record(
            &mut tx,
            user,
            self.now(),
            &[Entry::upsert(ChangeKind::UserSetting, user).detail(key)],
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
        tell_of_user(id).record(&mut tx, self.now()).await?;
        tx.commit().await?;
        self.callers.clear();
        Ok(user)
    }

    pub(crate) async fn user_from(&self, new: NewUser) -> Result<User> {
        check_name(&new.name)?;
        let email = checked_email(&new.email)?;
        let avatar_color = self.color(new.avatar_color)?;
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
            avatar_color,
            profile_image_path: None,
            profile_changed_at: now,
            quota_bytes: new.quota_bytes,
            usage_bytes: 0,
            created_at: now,
            updated_at: now,
            deleted_at: None,
        })
    }

    /// The colour that is wanted, or any.
    fn color(&self, wanted: Option<String>) -> Result<String> {
        match wanted {
            None => Ok(self.pick(AVATAR_COLORS).into()),
            Some(color) if AVATAR_COLORS.contains(&color.as_str()) => Ok(color),
            Some(_) => Err(Error::invalid(
                "avatarColor",
                format!(
                    "Invalid option: expected one of {}",
                    AVATAR_COLORS.join(", ")
                ),
            )),
        }
    }

    pub(crate) async fn insert_user(&self, mut tx: heirloom_store::Tx, user: User) -> Result<User> {
        users::insert(&mut tx, &user).await.map_err(taken_email)?;
        // Phones hide what they have no preferences for.
        let preferences =
            serde_json::to_value(Preferences::default()).map_err(anyhow::Error::from)?;
        settings::set_user(&mut tx, user.id, preferences::KEY, preferences).await?;
        tell_of_user(user.id).record(&mut tx, self.now()).await?;
        tx.commit().await?;
        Ok(user)
    }
}

/// An account shows to its owner and to everybody.
pub(crate) fn tell_of_user(id: UserId) -> Feeds {
    let mut feeds = Feeds::default();
    for feed in [id.0, changes::EVERYONE] {
        feeds.add(feed, Entry::upsert(ChangeKind::User, id));
    }
    feeds
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

/// A label becomes a folder's name.
pub(crate) fn checked_label(label: Option<String>) -> Result<Option<String>> {
    let is_plain = |label: &String| {
        !label.is_empty()
            && label
                .chars()
                .all(|letter| letter.is_alphanumeric() || "-_.".contains(letter))
            && !label.starts_with('.')
    };
    match label.filter(|label| !label.is_empty()) {
        Some(label) if !is_plain(&label) => Err(Error::invalid(
            "storageLabel",
            "may hold letters, digits, dashes, dots and underscores only",
        )),
        label => Ok(label),
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
