//! What the server tells people.

use chrono::TimeDelta;
pub use heirloom_store::notifications::{
    Notification, NotificationFilter, NotificationKind, NotificationLevel,
};
use heirloom_store::{
    Tx,
    albums::{self, Album, AlbumUser},
    changes::{self, ChangeKind, Entry, Feeds},
    notifications, stages, users,
};
use heirloom_types::{
    caller::Caller,
    ids::{AlbumId, NotificationId, UserId},
    permission::Permission,
    time::Timestamp,
};
use serde_json::{Value, json};

use crate::{
    Error, Library, Result,
    access::{require, require_admin},
};

/// Most notifications shown at a time.
const SHOWN_MAX: i64 = 1_000;
/// Longest title, in bytes.
const TITLE_MAX: usize = 256;
/// What was read is kept so long, and anything so long at most.
const READ_DAYS: i64 = 30;
const KEPT_DAYS: i64 = 365;
/// Something that goes on being so is told again after this time.
const AGAIN_AFTER: TimeDelta = TimeDelta::days(7);
/// Percent of a quota from which a person is warned.
const QUOTA_NEAR_PERCENT: i64 = 90;

/// A notification to be given to somebody.
#[derive(Clone, Debug)]
pub struct News {
    pub kind: NotificationKind,
    pub level: NotificationLevel,
    pub title: String,
    pub description: Option<String>,
    /// What a client needs to lead to the thing.
    pub data: Option<Value>,
}

impl News {
    /// Something a person may want to know.
    pub fn info(kind: NotificationKind, title: impl Into<String>) -> Self {
        Self {
            kind,
            level: NotificationLevel::Info,
            title: title.into(),
            description: None,
            data: None,
        }
    }
}

impl Library {
    /// The caller's notifications, the newest first.
    pub async fn notifications(
        &self,
        caller: &Caller,
        filter: NotificationFilter,
    ) -> Result<Vec<Notification>> {
        require(caller, Permission::NotificationRead)?;
        let mut tx = self.db.read().await?;
        Ok(notifications::list(&mut tx, caller.user, filter, SHOWN_MAX).await?)
    }

    /// One of them; `needed` to read it, or for what was done to it.
    pub async fn notification(
        &self,
        caller: &Caller,
        id: NotificationId,
        needed: Permission,
    ) -> Result<Notification> {
        require(caller, needed)?;
        let filter = NotificationFilter {
            id: Some(id),
            ..NotificationFilter::default()
        };
        let mut tx = self.db.read().await?;
        notifications::list(&mut tx, caller.user, filter, 1)
            .await?
            .pop()
            .ok_or(Error::not_found("notification", id, needed))
    }

    /// Marks notifications of the caller as read, or as unread; all or none.
    pub async fn read_notifications(
        &self,
        caller: &Caller,
        ids: &[NotificationId],
        at: Option<Timestamp>,
    ) -> Result<()> {
        require(caller, Permission::NotificationUpdate)?;
        let mut tx = self.db.write().await?;
        let changed = notifications::set_read(&mut tx, caller.user, ids, at).await?;
        all_of(ids, &changed, Permission::NotificationUpdate)?;
        self.tell_of_notifications(&mut tx, caller.user, &changed, Entry::upsert)
            .await?;
        Ok(tx.commit().await?)
    }

    /// Removes notifications of the caller; all or none.
    pub async fn delete_notifications(
        &self,
        caller: &Caller,
        ids: &[NotificationId],
    ) -> Result<()> {
        require(caller, Permission::NotificationDelete)?;
        let mut tx = self.db.write().await?;
        let gone = notifications::delete(&mut tx, caller.user, ids).await?;
        all_of(ids, &gone, Permission::NotificationDelete)?;
        self.tell_of_notifications(&mut tx, caller.user, &gone, Entry::delete)
            .await?;
        Ok(tx.commit().await?)
    }

    /// Tells somebody something, for an administrator.
    pub async fn send_notification(
        &self,
        caller: &Caller,
        to: UserId,
        news: News,
        read_at: Option<Timestamp>,
    ) -> Result<Notification> {
        require_admin(caller)?;
        require(caller, Permission::NotificationCreate)?;
        if news.title.is_empty() || news.title.len() > TITLE_MAX {
            return Err(Error::invalid(
                "title",
                format!("Invalid input: expected a title of 1 to {TITLE_MAX} bytes"),
            ));
        }
        let mut tx = self.db.write().await?;
        if users::get(&mut tx, to).await?.is_none() {
            return Err(Error::not_found("user", to, Permission::UserRead));
        }
        let mut feeds = Feeds::default();
        let mut sent = self.notify(&mut tx, &mut feeds, to, news).await?;
        if read_at.is_some() {
            notifications::set_read(&mut tx, to, &[sent.id], read_at).await?;
            sent.read_at = read_at;
        }
        feeds.record(&mut tx, self.now()).await?;
        tx.commit().await?;
        Ok(sent)
    }

    /// Tells everybody who administers the server, unless they were told the same lately.
    pub async fn tell_admins(&self, news: News) -> Result<()> {
        let mut tx = self.db.write().await?;
        let mut feeds = Feeds::default();
        for user in users::list(&mut tx).await? {
            if user.is_admin {
                self.notify_again(&mut tx, &mut feeds, user.id, news.clone())
                    .await?;
            }
        }
        feeds.record(&mut tx, self.now()).await?;
        Ok(tx.commit().await?)
    }

    /// Tells somebody something, in the transaction that is the reason.
    pub(crate) async fn notify(
        &self,
        tx: &mut Tx,
        feeds: &mut Feeds,
        to: UserId,
        news: News,
    ) -> Result<Notification> {
        let notification = Notification {
            id: self.new_id(NotificationId::new),
            user_id: to,
            kind: news.kind,
            level: news.level,
            title: news.title,
            description: news.description,
            data: news.data.map(Into::into),
            read_at: None,
            created_at: self.now(),
        };
        notifications::insert(tx, &notification).await?;
        let entry = Entry::upsert(ChangeKind::Notification, notification.id);
        feeds.add(to, entry);
        self.ask_to_tell(tx, &notification).await?;
        Ok(notification)
    }

    /// Tells somebody that they may see an album.
    pub(crate) async fn notify_invited(
        &self,
        tx: &mut Tx,
        feeds: &mut Feeds,
        caller: &Caller,
        part: AlbumUser,
    ) -> Result<()> {
        let (Some(by), Some(album)) = (
            users::get(tx, caller.user).await?,
            albums::get(tx, part.album_id).await?,
        ) else {
            return Ok(());
        };
        let news = News {
            description: Some(format!(
                "{} shares the album {} with you",
                by.name, album.name
            )),
            data: Some(json!({ "albumId": album.id })),
            ..News::info(NotificationKind::AlbumInvite, "An album is shared with you")
        };
        self.notify(tx, feeds, part.user_id, news).await?;
        Ok(())
    }

    /// Tells the other people of an album that it has grown. Who has not read the last such news has it say so much more
    /// instead of getting another.
    pub(crate) async fn notify_grown(
        &self,
        tx: &mut Tx,
        feeds: &mut Feeds,
        caller: &Caller,
        album: &Album,
        added: usize,
    ) -> Result<()> {
        for member in albums::list_users(tx, album.id).await? {
            // A visitor who came by a link acts in its owner's name.
            let is_news = member.user_id != caller.user || !caller.is_account();
            if is_news {
                self.notify_member(tx, feeds, member.user_id, album, added as u64)
                    .await?;
            }
        }
        Ok(())
    }

    async fn notify_member(
        &self,
        tx: &mut Tx,
        feeds: &mut Feeds,
        to: UserId,
        album: &Album,
        added: u64,
    ) -> Result<()> {
        let filter = NotificationFilter {
            kind: Some(NotificationKind::AlbumUpdate),
            is_unread: Some(true),
            ..NotificationFilter::default()
        };
        let unread = notifications::list(tx, to, filter, SHOWN_MAX).await?;
        let last = unread
            .into_iter()
            .find_map(|news| Some((added_to(&news, album.id)?, news)));
        let Some((before, mut last)) = last else {
            self.notify(tx, feeds, to, of_growth(album, added)).await?;
            return Ok(());
        };
        let news = of_growth(album, before + added);
        last.description = news.description;
        last.data = news.data.map(Into::into);
        last.created_at = self.now();
        notifications::revise(tx, &last).await?;
        feeds.add(to, Entry::upsert(ChangeKind::Notification, last.id));
        Ok(())
    }

    /// Tells somebody that they may see a whole library.
    pub(crate) async fn notify_partner(
        &self,
        tx: &mut Tx,
        feeds: &mut Feeds,
        caller: &Caller,
        with: UserId,
    ) -> Result<()> {
        let Some(by) = users::get(tx, caller.user).await? else {
            return Ok(());
        };
        let news = News {
            description: Some(format!("{} shares their library with you", by.name)),
            data: Some(json!({ "userId": by.id })),
            ..News::info(
                NotificationKind::SystemMessage,
                "A library is shared with you",
            )
        };
        self.notify(tx, feeds, with, news).await?;
        Ok(())
    }

    /// What people should know and nobody asked: failures, space that runs out. Forgets what is old.
    pub(crate) async fn refresh_notifications(&self) -> Result<()> {
        let now = self.now();
        let mut tx = self.db.write().await?;
        let mut feeds = Feeds::default();
        notifications::forget(
            &mut tx,
            now - TimeDelta::days(READ_DAYS),
            now - TimeDelta::days(KEPT_DAYS),
        )
        .await?;
        for (owner, count) in stages::failed_since(&mut tx, now - AGAIN_AFTER).await? {
            self.notify_again(&mut tx, &mut feeds, owner, of_failures(count))
                .await?;
        }
        for user in users::list(&mut tx).await? {
            let is_near = user.quota_bytes.is_some_and(|quota| {
                user.usage_bytes.saturating_mul(100) >= quota.saturating_mul(QUOTA_NEAR_PERCENT)
            });
            if is_near {
                self.notify_again(&mut tx, &mut feeds, user.id, of_quota())
                    .await?;
            }
        }
        feeds.record(&mut tx, now).await?;
        Ok(tx.commit().await?)
    }

    async fn notify_again(
        &self,
        tx: &mut Tx,
        feeds: &mut Feeds,
        to: UserId,
        news: News,
    ) -> Result<()> {
        let since = self.now() - AGAIN_AFTER;
        if !notifications::was_told(tx, to, news.kind, &news.title, since).await? {
            self.notify(tx, feeds, to, news).await?;
        }
        Ok(())
    }

    async fn tell_of_notifications(
        &self,
        tx: &mut Tx,
        user: UserId,
        ids: &[NotificationId],
        entry: fn(ChangeKind, NotificationId) -> Entry,
    ) -> Result<()> {
        let entries: Vec<Entry> = ids
            .iter()
            .map(|id| entry(ChangeKind::Notification, *id))
            .collect();
        changes::record(tx, user, self.now(), &entries).await?;
        Ok(())
    }
}

fn of_growth(album: &Album, added: u64) -> News {
    let what = match added {
        1 => "One more photo is".to_owned(),
        many => format!("{many} more photos are"),
    };
    News {
        description: Some(format!("{what} in the album {}", album.name)),
        data: Some(json!({ "albumId": album.id, "added": added })),
        ..News::info(NotificationKind::AlbumUpdate, "An album has grown")
    }
}

/// How many photos this news says that album got, if it is about it.
fn added_to(news: &Notification, album: AlbumId) -> Option<u64> {
    let data = &news.data.as_ref()?.0;
    (data["albumId"] == json!(album)).then(|| data["added"].as_u64())?
}

fn of_failures(count: i64) -> News {
    News {
        level: NotificationLevel::Error,
        description: Some(format!(
            "{count} of your files could not be processed lately. The originals are safe; the list of each queue's \
             failures says why."
        )),
        ..News::info(
            NotificationKind::JobFailed,
            "Some files could not be processed",
        )
    }
}

fn of_quota() -> News {
    News {
        level: NotificationLevel::Warning,
        description: Some(
            "Uploads are refused when it is used up. Ask an administrator for more, or empty the trash.".into(),
        ),
        ..News::info(
            NotificationKind::SystemMessage,
            "Your storage space is nearly used up",
        )
    }
}

fn all_of(wanted: &[NotificationId], found: &[NotificationId], needed: Permission) -> Result<()> {
    match wanted.iter().find(|id| !found.contains(id)) {
        None => Ok(()),
        Some(missing) => Err(Error::not_found("notification", *missing, needed)),
    }
}
