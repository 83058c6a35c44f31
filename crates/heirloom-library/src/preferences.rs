//! What people choose for their own account: how clients look and behave for them.

use heirloom_store::{Tx, settings};
use heirloom_types::{caller::Caller, ids::UserId, permission::Permission};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Error, Library, Result, access::require};

/// The setting under which clients look for them.
pub(crate) const KEY: &str = "preferences";
const ONBOARDING: &str = "onboarding";

macro_rules! preferences {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty = $default:expr,)+ })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase", default)]
        pub struct $name { $($(#[$field_doc])* pub $field: $type,)+ }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)+ }
            }
        }
    )+};
}

/// Which end of the time albums begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    Asc,
    Desc,
}

preferences! {
    /// All of them, in the contract's words.
    Preferences {
        albums: Albums = Albums::default(),
        cast: Cast = Cast::default(),
        download: Download = Download::default(),
        email_notifications: EmailNotifications = EmailNotifications::default(),
        folders: Folders = Folders::default(),
        memories: Memories = Memories::default(),
        people: People = People::default(),
        purchase: Purchase = Purchase::default(),
        ratings: Ratings = Ratings::default(),
        recently_added: RecentlyAdded = RecentlyAdded::default(),
        shared_links: SharedLinks = SharedLinks::default(),
        tags: Tags = Tags::default(),
    }
    Albums {
        default_asset_order: Order = Order::Desc,
    }
    Cast {
        #[serde(rename = "gCastEnabled")]
        g_cast_enabled: bool = false,
    }
    Download {
        /// Bytes of one archive.
        archive_size: i64 = 4 << 30,
        include_embedded_videos: bool = false,
    }
    EmailNotifications {
        enabled: bool = true,
        album_invite: bool = true,
        album_update: bool = true,
    }
    Folders {
        enabled: bool = true,
        sidebar_web: bool = false,
    }
    Memories {
        enabled: bool = true,
        /// Seconds that one picture shows.
        duration: i64 = 5,
    }
    People {
        enabled: bool = true,
        sidebar_web: bool = true,
        minimum_faces: i64 = 3,
    }
    /// Heirloom sells nothing: the button stays hidden.
    Purchase {
        show_support_badge: bool = false,
        hide_buy_button_until: String = "2099-01-01T00:00:00.000Z".into(),
    }
    Ratings {
        enabled: bool = true,
    }
    RecentlyAdded {
        sidebar_web: bool = true,
    }
    SharedLinks {
        enabled: bool = true,
        sidebar_web: bool = true,
    }
    Tags {
        enabled: bool = true,
        sidebar_web: bool = true,
    }
}

impl Library {
    pub async fn preferences(&self, caller: &Caller) -> Result<Preferences> {
        require(caller, Permission::UserPreferenceRead)?;
        read(&mut self.db.read().await?, caller.user).await
    }

    /// Of anybody, for an administrator.
    pub async fn preferences_of(&self, caller: &Caller, user: UserId) -> Result<Preferences> {
        crate::access::require_admin(caller)?;
        require(caller, Permission::AdminUserRead)?;
        self.user(user).await?;
        read(&mut self.db.read().await?, user).await
    }

    /// Changes what `change` names and leaves the rest.
    pub async fn update_preferences(&self, caller: &Caller, change: &Value) -> Result<Preferences> {
        require(caller, Permission::UserPreferenceUpdate)?;
        self.write_preferences(caller.user, change).await
    }

    /// As [`Library::update_preferences`], of anybody, for an administrator.
    pub async fn update_preferences_of(
        &self,
        caller: &Caller,
        user: UserId,
        change: &Value,
    ) -> Result<Preferences> {
        crate::access::require_admin(caller)?;
        require(caller, Permission::AdminUserUpdate)?;
        self.user(user).await?;
        self.write_preferences(user, change).await
    }

    /// Whether the person has been shown around.
    pub async fn is_onboarded(&self, caller: &Caller) -> Result<bool> {
        require(caller, Permission::UserOnboardingRead)?;
        self.has_been_onboarded(caller.user).await
    }

    pub(crate) async fn has_been_onboarded(&self, user: UserId) -> Result<bool> {
        let stored = settings::get_user(&mut self.db.read().await?, user, ONBOARDING).await?;
        Ok(stored.is_some_and(|value| value["isOnboarded"] == true))
    }

    pub async fn set_onboarded(&self, caller: &Caller, is_onboarded: bool) -> Result<()> {
        require(caller, Permission::UserOnboardingUpdate)?;
        let value = serde_json::json!({ "isOnboarded": is_onboarded });
        self.set_setting(caller.user, ONBOARDING, value).await
    }

    /// Has the first steps shown again.
    pub async fn reset_onboarding(&self, caller: &Caller) -> Result<()> {
        require(caller, Permission::UserOnboardingDelete)?;
        let value = serde_json::json!({ "isOnboarded": false });
        self.set_setting(caller.user, ONBOARDING, value).await
    }

    async fn write_preferences(&self, user: UserId, change: &Value) -> Result<Preferences> {
        let current = read(&mut self.db.read().await?, user).await?;
        let mut merged = serde_json::to_value(&current).map_err(anyhow::Error::from)?;
        merge(&mut merged, change);
        let changed: Preferences = serde_json::from_value(merged)
            .map_err(|error| Error::invalid(KEY, format!("Invalid input: {error}")))?;
        let value = serde_json::to_value(&changed).map_err(anyhow::Error::from)?;
        self.set_setting(user, KEY, value).await?;
        Ok(changed)
    }
}

pub(crate) async fn read(tx: &mut Tx, user: UserId) -> Result<Preferences> {
    let stored = settings::get_user(tx, user, KEY).await?;
    Ok(stored
        .and_then(|value| serde_json::from_value(value).ok())
        .unwrap_or_default())
}

/// In how many pictures somebody nameless must be to be shown: as this person wants it, and as everybody does who says
/// nothing.
pub(crate) async fn minimum_faces(tx: &mut Tx, user: UserId) -> Result<(i64, i64)> {
    let wanted = read(tx, user).await?.people.minimum_faces;
    Ok((wanted, People::default().minimum_faces))
}

/// Puts `change` over `value`, object by object; null changes nothing.
fn merge(value: &mut Value, change: &Value) {
    match (value, change) {
        (Value::Object(fields), Value::Object(changes)) => {
            for (name, change) in changes {
                if let Some(field) = fields.get_mut(name) {
                    merge(field, change);
                }
            }
        }
        (_, Value::Null) => {}
        (value, change) => value.clone_from(change),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_change_leaves_the_rest() {
        let mut value = serde_json::to_value(Preferences::default()).expect("plain data");
        merge(
            &mut value,
            &json!({"tags": {"enabled": false}, "memories": null, "unknown": 1}),
        );
        let changed: Preferences = serde_json::from_value(value).expect("still preferences");
        assert!(!changed.tags.enabled && changed.tags.sidebar_web);
        assert_eq!(changed.memories, Memories::default());
    }
}
