//! Entries of a feed to what they mean for somebody who looks.

use std::collections::{BTreeSet, HashMap, HashSet};

use heirloom_store::{
    Tx, asset_edits,
    assets::{self, Rendition, Visibility},
    changes::{Change, ChangeKind, ChangeOp, EVERYONE, moment},
    notifications::{self, NotificationFilter},
    users,
};
use heirloom_types::{
    caller::Scope,
    ids::{AlbumId, AssetId, NotificationId, PersonId, SessionId, UserId},
};
use uuid::Uuid;

use super::{Audience, Happening};
use crate::{
    Result,
    assets::{AssetDetails, details_of},
};

/// What these entries of one feed mean. Things that changed several times are told once, as they are now.
pub(super) async fn happenings(
    tx: &mut Tx,
    feed: Uuid,
    entries: Vec<Change>,
) -> Result<Vec<(Audience, Happening)>> {
    if feed == EVERYONE {
        return of_everyone(tx, entries).await;
    }
    let user = UserId(feed);
    let mut told = Told::default();
    let mut rest = Vec::new();
    for entry in entries {
        told.take(&entry);
        rest.push(entry);
    }
    let mut happened = told.of_assets(tx, user).await?;
    happened.extend(of_others(tx, user, rest).await?);
    let audience = |happening: &Happening| match happening {
        Happening::SessionEnded(id) => Audience::Session(*id),
        _ => Audience::User(user),
    };
    Ok(happened
        .into_iter()
        .map(|happening| (audience(&happening), happening))
        .collect())
}

/// What happened to assets.
#[derive(Default)]
struct Told {
    ready: BTreeSet<AssetId>,
    changed: BTreeSet<AssetId>,
    edited: BTreeSet<AssetId>,
    trashed: BTreeSet<AssetId>,
    restored: BTreeSet<AssetId>,
    deleted: BTreeSet<AssetId>,
}

impl Told {
    fn take(&mut self, entry: &Change) {
        let id = AssetId(entry.entity_id);
        match (entry.kind, entry.op, entry.detail.as_deref()) {
            (ChangeKind::Asset, ChangeOp::Delete, _) => self.deleted.insert(id),
            (ChangeKind::Asset, _, Some(moment::READY)) => self.ready.insert(id),
            (ChangeKind::Asset, _, Some(moment::EDITED)) => self.edited.insert(id),
            (ChangeKind::Asset, _, Some(moment::TRASHED)) => self.trashed.insert(id),
            (ChangeKind::Asset, _, Some(moment::RESTORED)) => self.restored.insert(id),
            (ChangeKind::Asset | ChangeKind::Exif | ChangeKind::AssetTag, ..) => {
                self.changed.insert(id)
            }
            _ => false,
        };
    }

    async fn of_assets(self, tx: &mut Tx, user: UserId) -> Result<Vec<Happening>> {
        let mut ids: Vec<AssetId> = self.ready.union(&self.changed).copied().collect();
        ids.extend(&self.edited);
        let rows = assets::list(tx, Scope::of_owner(user), &ids).await?;
        let mut details: HashMap<AssetId, AssetDetails> = details_of(tx, Some(user), rows)
            .await?
            .into_iter()
            .map(|details| (details.asset.id, details))
            .collect();
        let mut happened = Vec::new();
        for id in &self.edited {
            if let Some(found) = details.get(id) {
                let edits = asset_edits::list(tx, user, *id).await?;
                happened.push(Happening::Edited(Box::new(found.asset.clone()), edits));
            }
        }
        for id in self.ready.union(&self.changed) {
            let Some(found) = details.remove(id) else {
                continue;
            };
            let is_ready = self.ready.contains(id);
            happened.extend(of_asset(found, is_ready));
        }
        // Somebody may look at a thing that was taken out of the trash and put there again: the row decides.
        for (ids, is_trashed) in [(self.trashed, true), (self.restored, false)] {
            let ids: Vec<AssetId> = ids.into_iter().collect();
            let mut now: Vec<AssetId> = assets::list(tx, Scope::of_owner(user), &ids)
                .await?
                .into_iter()
                .filter(|asset| asset.is_trashed() == is_trashed)
                .map(|asset| asset.id)
                .collect();
            now.sort_unstable();
            if !now.is_empty() {
                happened.push(if is_trashed {
                    Happening::Trashed(now)
                } else {
                    Happening::Restored(now)
                });
            }
        }
        happened.extend(self.deleted.into_iter().map(Happening::Deleted));
        Ok(happened)
    }
}

fn of_asset(details: AssetDetails, is_ready: bool) -> Option<Happening> {
    let is_seen = matches!(
        details.asset.visibility,
        Visibility::Timeline | Visibility::Archive
    );
    match (is_ready, is_seen) {
        (true, true) => Some(Happening::Ready(Box::new(details))),
        (true, false) => Some(Happening::ReadyUnseen(
            Box::new(details.asset),
            Box::new(details.exif),
        )),
        // Nobody has been told of it yet.
        (false, _) if !details.asset.has(Rendition::Thumbnail) => None,
        (false, true) => Some(Happening::Updated(Box::new(details))),
        (false, false) => Some(Happening::Hidden(details.asset.id)),
    }
}

async fn of_others(tx: &mut Tx, user: UserId, entries: Vec<Change>) -> Result<Vec<Happening>> {
    let mut happened = Vec::new();
    let mut seen = HashSet::new();
    let mut is_stacked = false;
    for entry in entries {
        let about = match entry.kind {
            ChangeKind::AlbumAsset | ChangeKind::AlbumUser => entry.parent_id,
            ChangeKind::Person if entry.detail.as_deref() != Some(moment::PICTURED) => None,
            ChangeKind::Session if entry.op != ChangeOp::Delete => None,
            _ => Some(entry.entity_id),
        };
        let Some(about) = about.filter(|about| seen.insert((group(entry.kind), *about))) else {
            continue;
        };
        match entry.kind {
            ChangeKind::Stack => is_stacked = true,
            ChangeKind::Album | ChangeKind::AlbumAsset | ChangeKind::AlbumUser => {
                happened.push(Happening::AlbumChanged(AlbumId(about)));
            }
            ChangeKind::Person => happened.push(Happening::Pictured(PersonId(about))),
            ChangeKind::Session => {
                happened.push(Happening::SessionEnded(SessionId(about)));
            }
            ChangeKind::Notification => {
                let filter = NotificationFilter {
                    id: Some(NotificationId(about)),
                    is_unread: Some(true),
                    ..NotificationFilter::default()
                };
                let found = notifications::list(tx, user, filter, 1).await?;
                happened.extend(
                    found
                        .into_iter()
                        .map(|row| Happening::Notified(Box::new(row))),
                );
            }
            _ => {}
        }
    }
    if is_stacked {
        happened.push(Happening::Stacked);
    }
    Ok(happened)
}

/// Kinds that tell of the same thing.
fn group(kind: ChangeKind) -> ChangeKind {
    match kind {
        ChangeKind::AlbumAsset | ChangeKind::AlbumUser => ChangeKind::Album,
        kind => kind,
    }
}

async fn of_everyone(tx: &mut Tx, entries: Vec<Change>) -> Result<Vec<(Audience, Happening)>> {
    let mut happened = Vec::new();
    let (mut people, mut settings) = (BTreeSet::new(), false);
    for entry in entries {
        match entry.kind {
            ChangeKind::User => {
                people.insert(UserId(entry.entity_id));
            }
            ChangeKind::SystemSetting => settings = true,
            _ => {}
        }
    }
    for id in people {
        if users::get(tx, id).await?.is_none() {
            happened.push((Audience::Everyone, Happening::AccountClosed(id)));
        }
    }
    if settings {
        happened.push((Audience::Everyone, Happening::SettingsChanged));
    }
    Ok(happened)
}
