//! What people are told, by electronic mail too, once an administrator has named a server that sends it.
//!
//! A letter is a job of its own: what is told never waits for a mail server, and a letter that cannot be sent now is sent
//! later. What a letter says is read when it is written, so that of an album that goes on growing one letter comes.

mod letters;
mod post;

use std::sync::Arc;

use async_trait::async_trait;
use chrono::TimeDelta;
use heirloom_jobs::{Claim, Failure, Handler, priority};
use heirloom_store::{
    Tx, albums,
    notifications::{self, Notification, NotificationFilter, NotificationKind},
    users::{self, User},
};
use heirloom_types::{
    caller::Caller,
    ids::{AlbumId, NotificationId, UserId},
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use self::letters::{Letter, Occasion};
pub use self::post::PostError;
use crate::{
    Error, Library, Result,
    access::require_admin,
    jobs::Wanted,
    preferences::{self, EmailNotifications},
    system_config::{EmailTemplates, Smtp, SystemConfig},
};

/// Kind of the job.
pub const KIND: &str = "send_mail";
/// How long an album may go on growing before its people get a letter.
const GROWTH_SETTLES: TimeDelta = TimeDelta::minutes(5);
/// A letter that no server took for so long is news no more.
const ATTEMPTS_MAX: i32 = 8;

/// The handler of [`KIND`].
pub struct SendMail(pub Arc<Library>);

/// Why somebody is written to.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Reason {
    /// They have an account now.
    Welcome(UserId),
    /// They were told something.
    News { to: UserId, news: NotificationId },
}

/// A letter and whom it goes to.
struct Addressed {
    to: User,
    letter: Letter,
}

#[async_trait]
impl Handler for SendMail {
    fn kind(&self) -> &'static str {
        KIND
    }

    async fn run(&self, claim: &Claim) -> Result<(), Failure> {
        let reason = serde_json::from_value(claim.job.payload.0.clone())?;
        if let Err(error) = self.0.write_to(reason).await {
            let is_hopeless = matches!(error, Undelivered::Refused(_));
            if !is_hopeless && claim.job.attempts < ATTEMPTS_MAX {
                return Err(Failure::Retry(error.into()));
            }
            tracing::warn!(%error, "a letter could not be sent and is given up");
        }
        let mut tx = self.0.db.write().await?;
        claim.finish(&mut tx).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// Why a letter is not sent.
#[derive(Debug, thiserror::Error)]
enum Undelivered {
    /// It will be refused again.
    #[error("{0}")]
    Refused(PostError),
    #[error("{0}")]
    Failed(#[from] Error),
    #[error("{0}")]
    Later(PostError),
}

impl From<PostError> for Undelivered {
    fn from(error: PostError) -> Self {
        if error.is_final() {
            Self::Refused(error)
        } else {
            Self::Later(error)
        }
    }
}

impl Library {
    /// Sends the caller a letter by way of that server, now, and gives the letter's id; for an administrator.
    pub async fn send_test_mail(&self, caller: &Caller, smtp: &Smtp) -> Result<String> {
        require_admin(caller)?;
        let to = self.user_of(caller).await?;
        let config = self.config().await?;
        let letter = Occasion::Test.letter(&to.name, None, home(&config));
        let sent = post::send(smtp, &to, &letter, &self.new_token()).await;
        sent.map_err(|error| {
            Error::invalid("transport", format!("The letter was not sent: {error}"))
        })
    }

    /// How a letter of that name looks with that text in it, for an administrator. An empty text is the usual one.
    pub async fn mail_template(&self, caller: &Caller, name: &str, text: &str) -> Result<String> {
        require_admin(caller)?;
        let config = self.config().await?;
        let occasion = Occasion::example(name).ok_or_else(|| {
            let known = Occasion::NAMES.join(", ");
            Error::invalid("name", format!("Invalid option: expected one of {known}"))
        })?;
        let to = self.user_of(caller).await?;
        Ok(occasion.letter(&to.name, chosen(text), home(&config)).html)
    }

    /// Has somebody welcomed who has a new account.
    pub(crate) async fn ask_to_welcome(&self, tx: &mut Tx, user: UserId) -> Result<()> {
        let reason = Reason::Welcome(user);
        self.ask_to_write(tx, user.to_string(), &reason, TimeDelta::zero())
            .await
    }

    /// Has somebody written to about what they were just told, if that is something for a letter and they want it.
    pub(crate) async fn ask_to_tell(&self, tx: &mut Tx, news: &Notification) -> Result<()> {
        let after = match news.kind {
            NotificationKind::AlbumInvite => TimeDelta::zero(),
            NotificationKind::AlbumUpdate => GROWTH_SETTLES,
            _ => return Ok(()),
        };
        let reason = Reason::News {
            to: news.user_id,
            news: news.id,
        };
        self.ask_to_write(tx, news.id.to_string(), &reason, after)
            .await
    }

    async fn ask_to_write(
        &self,
        tx: &mut Tx,
        subject: String,
        reason: &Reason,
        after: TimeDelta,
    ) -> Result<()> {
        let config = self.config_within(tx).await?;
        if !config.notifications.smtp.enabled {
            return Ok(());
        }
        let wanted = Wanted {
            kind: KIND,
            subject,
            payload: json!(reason),
            priority: priority::UPKEEP,
            after,
        };
        self.enqueue(tx, wanted).await
    }

    async fn write_to(&self, reason: Reason) -> Result<(), Undelivered> {
        let config = self.config().await?;
        let smtp = &config.notifications.smtp;
        if !smtp.enabled {
            return Ok(());
        }
        if let Some(Addressed { to, letter }) = self.compose(&config, reason).await? {
            post::send(smtp, &to, &letter, &self.new_token()).await?;
        }
        Ok(())
    }

    /// What is to be said now; none where there is nothing to say any more, or nobody who wants to hear it.
    async fn compose(&self, config: &SystemConfig, reason: Reason) -> Result<Option<Addressed>> {
        let mut tx = self.db.read().await?;
        let (to, news) = match reason {
            Reason::Welcome(user) => (user, None),
            Reason::News { to, news } => match unread(&mut tx, to, news).await? {
                Some(news) => (to, Some(news)),
                None => return Ok(None),
            },
        };
        let Some(to) = users::get(&mut tx, to).await? else {
            return Ok(None);
        };
        let occasion = match news {
            None => Occasion::Welcome {
                email: to.email.clone(),
            },
            Some(news) => {
                let wanted = preferences::read(&mut tx, to.id).await?.email_notifications;
                match occasion_of(&mut tx, &wanted, news).await? {
                    Some(occasion) => occasion,
                    None => return Ok(None),
                }
            }
        };
        let text = template_of(&config.templates.email, &occasion);
        let letter = occasion.letter(&to.name, text, home(config));
        Ok(Some(Addressed { to, letter }))
    }
}

/// Refuses a server for letters that cannot be one.
pub(crate) fn check(smtp: &Smtp) -> Result<()> {
    if !smtp.enabled {
        return Ok(());
    }
    for (field, is_valid, rule) in [
        (
            "notifications.smtp.from",
            post::is_address(&smtp.from),
            "must be an address of mail, as in `Heirloom <photos@example.org>`",
        ),
        (
            "notifications.smtp.replyTo",
            smtp.reply_to.is_empty() || post::is_address(&smtp.reply_to),
            "must be an address of mail, or empty",
        ),
        (
            "notifications.smtp.transport.host",
            !smtp.transport.host.trim().is_empty(),
            "must name the mail server",
        ),
        (
            "notifications.smtp.transport.port",
            (1..=i64::from(u16::MAX)).contains(&smtp.transport.port),
            "must be between 1 and 65535",
        ),
    ] {
        if !is_valid {
            return Err(Error::invalid(field, format!("{field} {rule}")));
        }
    }
    Ok(())
}

/// What was told, unless it was read meanwhile.
async fn unread(tx: &mut Tx, to: UserId, news: NotificationId) -> Result<Option<Notification>> {
    let filter = NotificationFilter {
        id: Some(news),
        is_unread: Some(true),
        ..NotificationFilter::default()
    };
    Ok(notifications::list(tx, to, filter, 1).await?.pop())
}

async fn occasion_of(
    tx: &mut Tx,
    wanted: &EmailNotifications,
    news: Notification,
) -> Result<Option<Occasion>> {
    let is_wanted = match news.kind {
        NotificationKind::AlbumInvite => wanted.album_invite,
        NotificationKind::AlbumUpdate => wanted.album_update,
        _ => false,
    };
    let data = news.data.map(|data| data.0).unwrap_or_default();
    let album: Option<AlbumId> = serde_json::from_value(data["albumId"].clone()).ok();
    let (true, Some(id)) = (wanted.enabled && is_wanted, album) else {
        return Ok(None);
    };
    let Some(album) = albums::get(tx, id).await? else {
        return Ok(None);
    };
    let said = news.description.unwrap_or(news.title);
    Ok(Some(match news.kind {
        NotificationKind::AlbumInvite => Occasion::AlbumInvite {
            id,
            album: album.name,
            said,
        },
        _ => Occasion::AlbumUpdate {
            id,
            album: album.name,
            said,
        },
    }))
}

fn template_of<'a>(templates: &'a EmailTemplates, occasion: &Occasion) -> Option<&'a str> {
    chosen(match occasion {
        Occasion::Test => return None,
        Occasion::Welcome { .. } => &templates.welcome_template,
        Occasion::AlbumInvite { .. } => &templates.album_invite_template,
        Occasion::AlbumUpdate { .. } => &templates.album_update_template,
    })
}

fn chosen(text: &str) -> Option<&str> {
    (!text.trim().is_empty()).then_some(text)
}

/// Where people find this server, if it knows.
fn home(config: &SystemConfig) -> Option<&str> {
    chosen(config.server.external_domain.trim_end_matches('/'))
}
