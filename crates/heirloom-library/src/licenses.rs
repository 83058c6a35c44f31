//! Keys of a purchase that clients may put here. Heirloom sells none and checks none: they are kept as they were given.

use heirloom_store::{
    changes::{self, ChangeKind, Entry},
    settings,
};
use heirloom_types::{caller::Caller, permission::Permission, time::Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    Error, Library, Result,
    access::{require, require_admin},
};

const KEY: &str = "license";
/// Groups of four letters or digits in a key, after its prefix.
const GROUPS: usize = 8;

/// A key as it was given.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct License {
    pub license_key: String,
    pub activation_key: String,
    pub activated_at: Timestamp,
}

/// Whose key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    Server,
    Caller,
}

impl Library {
    pub async fn license(&self, caller: &Caller, of: Holder) -> Result<License> {
        allow(
            caller,
            of,
            Permission::ServerLicenseRead,
            Permission::UserLicenseRead,
        )?;
        let mut tx = self.db.read().await?;
        let stored = match of {
            Holder::Server => settings::get_system(&mut tx, KEY).await?,
            Holder::Caller => settings::get_user(&mut tx, caller.user, KEY).await?,
        };
        stored
            .and_then(|value| serde_json::from_value(value).ok())
            .ok_or(Error::Missing("License not found"))
    }

    pub async fn set_license(
        &self,
        caller: &Caller,
        of: Holder,
        license_key: String,
        activation_key: String,
    ) -> Result<License> {
        allow(
            caller,
            of,
            Permission::ServerLicenseUpdate,
            Permission::UserLicenseUpdate,
        )?;
        if !is_key(&license_key) {
            return Err(Error::invalid("licenseKey", "Invalid license key"));
        }
        let license = License {
            license_key,
            activation_key,
            activated_at: self.now(),
        };
        let value = serde_json::to_value(&license).map_err(anyhow::Error::from)?;
        match of {
            Holder::Caller => self.set_setting(caller.user, KEY, value).await?,
            Holder::Server => {
                let mut tx = self.db.write().await?;
                settings::set_system(&mut tx, KEY, value).await?;
                tx.commit().await?;
            }
        }
        Ok(license)
    }

    pub async fn delete_license(&self, caller: &Caller, of: Holder) -> Result<()> {
        allow(
            caller,
            of,
            Permission::ServerLicenseDelete,
            Permission::UserLicenseDelete,
        )?;
        let mut tx = self.db.write().await?;
        match of {
            Holder::Server => settings::delete_system(&mut tx, KEY).await?,
            Holder::Caller => {
                settings::delete_user(&mut tx, caller.user, KEY).await?;
                let gone = Entry::delete(ChangeKind::UserSetting, caller.user).detail(KEY);
                changes::record(&mut tx, caller.user, self.now(), &[gone]).await?;
            }
        }
        Ok(tx.commit().await?)
    }
}

fn allow(caller: &Caller, of: Holder, server: Permission, own: Permission) -> Result<()> {
    match of {
        Holder::Server => {
            require_admin(caller)?;
            require(caller, server)
        }
        Holder::Caller => require(caller, own),
    }
}

/// `IMSV-` or `IMCL-`, then groups of four letters or digits.
fn is_key(text: &str) -> bool {
    let mut parts = text.split('-');
    matches!(parts.next(), Some("IMSV" | "IMCL"))
        && parts.clone().count() == GROUPS
        && parts.all(|part| {
            part.len() == 4 && part.bytes().all(|letter| letter.is_ascii_alphanumeric())
        })
}

#[cfg(test)]
mod tests {
    use super::is_key;

    #[test]
    fn a_key_has_its_form() {
        assert!(is_key("IMCL-0KEY-CAN1-00BU-Y00C-LIEN-T000-0000-0000"));
        assert!(is_key("IMSV-aaaa-1111-aaaa-1111-aaaa-1111-aaaa-1111"));
        for text in [
            "",
            "IMCL",
            "IMXX-0000-0000-0000-0000-0000-0000-0000-0000",
            "IMCL-0000-0000-0000-0000-0000-0000-0000",
            "IMCL-0000-0000-0000-0000-0000-0000-0000-000ü",
            "IMCL-0000-0000-0000-0000-0000-0000-0000-0000-0000",
        ] {
            assert!(!is_key(text), "{text}");
        }
    }
}
