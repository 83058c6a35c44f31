//! What ties an account to others: partners, parts in albums, photos in other people's albums. A closed account is untied, so
//! that nobody sees anything of it, and tied again when it is restored.

use std::collections::BTreeMap;

use heirloom_store::{
    Tx,
    albums::{self, AlbumRole, AlbumUser},
    assets,
    changes::{self, ChangeKind, Entry, Feeds},
    closed_accounts,
    partners::{self, Partner},
    users,
};
use heirloom_types::{
    caller::Scope,
    ids::{AlbumId, AssetId, UserId},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Library, Result,
    albums::members::{send_whole, tell_members, tell_of_leaving},
    partners::tell_both,
};

/// As it is kept while the account is closed.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Ties {
    partners: Vec<Partnership>,
    parts: Vec<Part>,
    photos: Vec<Photo>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Partnership {
    by: UserId,
    with: UserId,
    in_timeline: bool,
}

#[derive(Debug, Serialize, Deserialize)]
struct Part {
    album: AlbumId,
    user: UserId,
    role: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Photo {
    album: AlbumId,
    asset: AssetId,
}

impl Ties {
    fn read(json: &str) -> Result<Self> {
        Ok(serde_json::from_str(json).map_err(anyhow::Error::from)?)
    }

    /// Keeps them with that account, beside what is kept there already.
    async fn keep(mut self, tx: &mut Tx, user: UserId) -> Result<()> {
        if let Some(before) = closed_accounts::take(tx, user).await? {
            let before = Self::read(&before)?;
            self.partners.extend(before.partners);
            self.parts.extend(before.parts);
            self.photos.extend(before.photos);
        }
        let json = serde_json::to_string(&self).map_err(anyhow::Error::from)?;
        Ok(closed_accounts::upsert(tx, user, &json).await?)
    }
}

impl Library {
    /// Takes an account out of everything that it has with others. Records `feeds`, which tell of it.
    pub(crate) async fn untie(&self, tx: &mut Tx, user: UserId, mut feeds: Feeds) -> Result<()> {
        let ties = Ties {
            photos: take_back_photos(tx, &mut feeds, user).await?,
            parts: end_parts(tx, &mut feeds, user).await?,
            partners: end_partnerships(tx, &mut feeds, user).await?,
        };
        feeds.record(tx, self.now()).await?;
        for partner in &ties.partners {
            changes::record_withdrawal(tx, partner.with, partner.by, self.now()).await?;
        }
        ties.keep(tx, user).await
    }

    /// Gives an account back what it had with others, as far as that is still there. Records `feeds`, which tell of it.
    pub(crate) async fn tie_again(
        &self,
        tx: &mut Tx,
        user: UserId,
        mut feeds: Feeds,
    ) -> Result<()> {
        let ties = match closed_accounts::take(tx, user).await? {
            Some(json) => Ties::read(&json)?,
            None => Ties::default(),
        };
        let mut begun = Vec::new();
        for partner in ties.partners {
            begun.extend(self.begin_again(tx, &mut feeds, user, partner).await?);
        }
        let mut joined = Vec::new();
        for part in ties.parts {
            joined.extend(join_again(tx, &mut feeds, user, part).await?);
        }
        for photo in ties.photos {
            self.show_again(tx, &mut feeds, user, photo).await?;
        }
        let positions = feeds.record(tx, self.now()).await?;
        for (by, with) in begun {
            if let Some(seq) = positions.get(&with.0) {
                partners::set_since(tx, by, with, *seq).await?;
            }
        }
        send_whole_albums(tx, &joined, &positions).await
    }

    async fn begin_again(
        &self,
        tx: &mut Tx,
        feeds: &mut Feeds,
        user: UserId,
        partnership: Partnership,
    ) -> Result<Option<(UserId, UserId)>> {
        let Partnership {
            by,
            with,
            in_timeline,
        } = partnership;
        let other = if by == user { with } else { by };
        if is_closed(tx, other).await? {
            let ties = Ties {
                partners: vec![partnership],
                ..Ties::default()
            };
            ties.keep(tx, other).await?;
            return Ok(None);
        }
        let is_gone = users::get(tx, other).await?.is_none();
        if is_gone || partners::get(tx, by, with).await?.is_some() {
            return Ok(None);
        }
        let partner = Partner {
            shared_by_id: by,
            shared_with_id: with,
            in_timeline,
            since_seq: 0,
            created_at: self.now(),
        };
        partners::insert(tx, partner).await?;
        tell_both(feeds, by, with, Entry::upsert);
        Ok(Some((by, with)))
    }

    async fn show_again(
        &self,
        tx: &mut Tx,
        feeds: &mut Feeds,
        user: UserId,
        Photo { album, asset }: Photo,
    ) -> Result<()> {
        let is_there = assets::get(tx, Scope::of_owner(user), asset)
            .await?
            .is_some_and(|asset| asset.visibility.is_shareable());
        if is_there
            && albums::get(tx, album).await?.is_some()
            && albums::add_asset(tx, album, user, asset, self.now()).await?
        {
            let entry = Entry::upsert(ChangeKind::AlbumAsset, asset).within(album);
            tell_members(tx, feeds, album, vec![entry]).await?;
        }
        Ok(())
    }
}

async fn is_closed(tx: &mut Tx, user: UserId) -> Result<bool> {
    let user = users::get_any(tx, user).await?;
    Ok(user.is_some_and(|user| user.deleted_at.is_some()))
}

async fn end_partnerships(
    tx: &mut Tx,
    feeds: &mut Feeds,
    user: UserId,
) -> Result<Vec<Partnership>> {
    let mut ended = Vec::new();
    for partner in partners::list_of_user(tx, user).await? {
        let (by, with) = (partner.shared_by_id, partner.shared_with_id);
        partners::delete(tx, by, with).await?;
        tell_both(feeds, by, with, Entry::delete);
        ended.push(Partnership {
            by,
            with,
            in_timeline: partner.in_timeline,
        });
    }
    Ok(ended)
}

/// Ends the account's parts in other people's albums, and theirs in its own.
async fn end_parts(tx: &mut Tx, feeds: &mut Feeds, user: UserId) -> Result<Vec<Part>> {
    let mut ended = Vec::new();
    for album in albums::list_of_user(tx, user).await? {
        let people = albums::list_users(tx, album.id).await?;
        let is_own = |part: &AlbumUser| part.role == AlbumRole::Owner && part.user_id == user;
        let is_of_user = people.iter().any(is_own);
        for part in people {
            let goes = part.role != AlbumRole::Owner && (is_of_user || part.user_id == user);
            if !goes {
                continue;
            }
            albums::delete_user(tx, album.id, part.user_id).await?;
            tell_of_leaving(tx, feeds, album.id, part.user_id).await?;
            ended.push(Part {
                album: album.id,
                user: part.user_id,
                role: part.role.as_str().to_owned(),
            });
        }
    }
    Ok(ended)
}

/// Takes the account's photos out of other people's albums.
async fn take_back_photos(tx: &mut Tx, feeds: &mut Feeds, user: UserId) -> Result<Vec<Photo>> {
    let mut taken = Vec::new();
    for (id, asset) in albums::list_lent(tx, user).await? {
        albums::remove_asset(tx, id, asset).await?;
        let mut entries = vec![Entry::delete(ChangeKind::AlbumAsset, asset).within(id)];
        if let Some(mut album) = albums::get(tx, id).await?
            && album.thumbnail_asset_id == Some(asset)
        {
            album.thumbnail_asset_id = None;
            albums::update(tx, &album).await?;
            entries.push(Entry::upsert(ChangeKind::Album, id));
        }
        tell_members(tx, feeds, id, entries).await?;
        taken.push(Photo { album: id, asset });
    }
    Ok(taken)
}

async fn join_again(
    tx: &mut Tx,
    feeds: &mut Feeds,
    user: UserId,
    part: Part,
) -> Result<Option<(AlbumId, UserId, AlbumRole)>> {
    let (album, person) = (part.album, part.user);
    let owner = albums::list_users(tx, album).await?.into_iter().next();
    let Some((owner, role)) = owner.zip(AlbumRole::from_text(&part.role)) else {
        return Ok(None);
    };
    let other = if person == user {
        owner.user_id
    } else {
        person
    };
    if is_closed(tx, other).await? {
        let ties = Ties {
            parts: vec![part],
            ..Ties::default()
        };
        ties.keep(tx, other).await?;
        return Ok(None);
    }
    let is_gone = users::get(tx, person).await?.is_none();
    if is_gone || albums::get_user(tx, album, person).await?.is_some() {
        return Ok(None);
    }
    let again = AlbumUser {
        album_id: album,
        user_id: person,
        role,
    };
    albums::upsert_user(tx, again).await?;
    feeds.add(person, Entry::upsert(ChangeKind::Album, album));
    let entry = Entry::upsert(ChangeKind::AlbumUser, person).within(album);
    tell_members(tx, feeds, album, vec![entry]).await?;
    Ok(Some((album, person, role)))
}

async fn send_whole_albums(
    tx: &mut Tx,
    joined: &[(AlbumId, UserId, AlbumRole)],
    positions: &BTreeMap<Uuid, i64>,
) -> Result<()> {
    for (album, person, role) in joined {
        send_whole(tx, *album, &[(*person, *role)], positions).await?;
    }
    Ok(())
}
