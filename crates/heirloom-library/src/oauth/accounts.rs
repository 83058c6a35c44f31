//! From whom an OpenID provider names to an account.

use heirloom_oidc::Identity;
use heirloom_store::{
    Tx,
    users::{self, User},
};
use serde_json::Value;

use crate::{
    Error, Library, Result,
    system_config::OAuth,
    users::{NewUser, checked_label, tell_of_user},
};

/// Quotas are agreed in GiB.
const GIB: i64 = 1 << 30;
/// What the role claim says of administrators.
const ADMIN: &str = "admin";

impl Library {
    /// The account of an identity. It is found by what the provider calls it; then by an e-mail address that the provider
    /// vouches for, because anybody can claim an address; then it is made, if that is allowed.
    pub(super) async fn account_of(&self, config: &OAuth, identity: &Identity) -> Result<User> {
        let mut tx = self.db.write().await?;
        if let Some(user) = users::get_by_oauth_id(&mut tx, &identity.subject).await? {
            return Ok(user);
        }
        let email = text(identity, "email")
            .unwrap_or_default()
            .trim()
            .to_lowercase();
        if let Some(user) = users::get_by_email(&mut tx, &email).await? {
            return self.adopt(tx, user, identity).await;
        }
        if !config.auto_register {
            return Err(Error::Conflict(
                "No account here belongs to this log-in; ask the administrator for one".into(),
            ));
        }
        if email.is_empty() {
            return Err(Error::Conflict(
                "The OpenID provider did not say an e-mail address, which an account needs".into(),
            ));
        }
        self.register(tx, email, config, identity).await
    }

    /// Gives an account of the same e-mail address the provider's name.
    async fn adopt(&self, mut tx: Tx, mut user: User, identity: &Identity) -> Result<User> {
        if !is_true(identity, "email_verified") {
            return Err(Error::Conflict(
                "An account with this e-mail address exists, and the OpenID provider does not vouch for the address. \
                 Log in with the password and link the account in the settings"
                    .into(),
            ));
        }
        if !user.oauth_id.is_empty() {
            return Err(Error::Conflict(
                "The account with this e-mail address belongs to another log-in of the OpenID provider".into(),
            ));
        }
        let now = self.now();
        users::set_oauth_id(&mut tx, user.id, &identity.subject, now).await?;
        tell_of_user(user.id).record(&mut tx, now).await?;
        tx.commit().await?;
        user.oauth_id.clone_from(&identity.subject);
        Ok(user)
    }

    async fn register(
        &self,
        mut tx: Tx,
        email: String,
        config: &OAuth,
        identity: &Identity,
    ) -> Result<User> {
        let name = name(identity).unwrap_or_else(|| email.clone());
        let new = NewUser {
            email,
            name,
            password: None,
            is_admin: is_admin(config, identity),
            should_change_password: false,
            quota_bytes: quota(config, identity),
            storage_label: label(&mut tx, config, identity).await?,
            avatar_color: None,
        };
        let mut user = self.user_from(new).await?;
        user.oauth_id.clone_from(&identity.subject);
        self.insert_user(tx, user).await
    }
}

fn text<'a>(identity: &'a Identity, claim: &str) -> Option<&'a str> {
    identity
        .claims
        .get(claim)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
}

/// Some providers write truth values as text.
fn is_true(identity: &Identity, claim: &str) -> bool {
    matches!(identity.claims.get(claim), Some(Value::Bool(true)))
        || text(identity, claim) == Some("true")
}

/// How the person is called (OpenID Connect Core 1.0, 5.1).
fn name(identity: &Identity) -> Option<String> {
    let part = |claim| text(identity, claim).map(str::to_owned);
    part("name")
        .or_else(|| {
            let parts: Vec<String> = ["given_name", "family_name"]
                .into_iter()
                .filter_map(part)
                .collect();
            (!parts.is_empty()).then(|| parts.join(" "))
        })
        .or_else(|| part("preferred_username"))
}

/// The role claim is a word, or a list that the word is in.
fn is_admin(config: &OAuth, identity: &Identity) -> bool {
    match identity.claims.get(&config.role_claim) {
        Some(Value::String(role)) => role == ADMIN,
        Some(Value::Array(roles)) => roles.iter().any(|role| role == ADMIN),
        _ => false,
    }
}

/// In bytes; none for no limit.
fn quota(config: &OAuth, identity: &Identity) -> Option<i64> {
    let claimed = match identity.claims.get(&config.storage_quota_claim) {
        Some(Value::Number(gib)) => gib.as_f64(),
        Some(Value::String(gib)) => gib.trim().parse().ok(),
        _ => None,
    };
    claimed
        .filter(|gib: &f64| gib.is_finite() && *gib >= 0.0)
        .map(|gib| (gib * GIB as f64) as i64)
        .or_else(|| {
            config
                .default_storage_quota
                .map(|gib| gib.saturating_mul(GIB))
        })
}

/// The claimed folder name, if it can be one and nobody has it.
async fn label(tx: &mut Tx, config: &OAuth, identity: &Identity) -> Result<Option<String>> {
    let claimed = text(identity, &config.storage_label_claim).map(str::to_owned);
    let Ok(Some(label)) = checked_label(claimed) else {
        return Ok(None);
    };
    let is_taken = users::has_storage_label(tx, &label).await?;
    Ok((!is_taken).then_some(label))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn identity(claims: Value) -> Identity {
        Identity {
            subject: "s".into(),
            session: None,
            claims: serde_json::from_value(claims).unwrap(),
        }
    }

    #[test]
    fn claims_become_what_an_account_has() {
        let config = OAuth {
            default_storage_quota: Some(2),
            ..OAuth::default()
        };
        let of = |claims| {
            let identity = identity(claims);
            (
                name(&identity),
                is_admin(&config, &identity),
                quota(&config, &identity),
            )
        };
        assert_eq!(of(json!({})), (None, false, Some(2 * GIB)));
        assert_eq!(
            of(
                json!({"given_name": "Ada", "family_name": "L", "immich_role": "admin", "immich_quota": 0.5})
            ),
            (Some("Ada L".into()), true, Some(GIB / 2))
        );
        assert_eq!(
            of(json!({"name": "Ada", "immich_role": ["user", "admin"], "immich_quota": "3"})),
            (Some("Ada".into()), true, Some(3 * GIB))
        );
        assert_eq!(
            of(
                json!({"name": "", "preferred_username": "ada", "immich_role": true, "immich_quota": -1})
            ),
            (Some("ada".into()), false, Some(2 * GIB))
        );
    }

    #[test]
    fn an_address_is_vouched_for_in_so_many_words() {
        for (said, is_vouched) in [
            (json!(true), true),
            (json!("true"), true),
            (json!(false), false),
            (json!("yes"), false),
            (json!(null), false),
        ] {
            let identity = identity(json!({"email_verified": said}));
            assert_eq!(is_true(&identity, "email_verified"), is_vouched, "{said}");
        }
    }
}
