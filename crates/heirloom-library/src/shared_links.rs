//! Shared links: ways in for people without an account.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use heirloom_jobs::priority;
pub use heirloom_store::shared_links::{LinkKind, SharedLink};
use heirloom_store::{Tx, albums, albums::AlbumRole, shared_links, stages::Stage};
use heirloom_types::{
    caller::{Caller, Credential},
    ids::{AlbumId, AssetId, SharedLinkId},
    permission::{Permission, Permissions},
    time::Timestamp,
};
use sha2::{Digest, Sha256};

use crate::{
    Error, Library, Result,
    access::{self, require},
    albums::{AlbumDetails, Placed},
    assets::{AssetDetails, details_of},
    auth::{hash_password, verify_password},
};

/// A link with what it shows.
#[derive(Debug)]
pub struct LinkDetails {
    pub link: SharedLink,
    pub album: Option<AlbumDetails>,
    pub assets: Vec<AssetDetails>,
}

/// A link to be made.
#[derive(Clone, Debug)]
pub struct NewLink {
    pub kind: LinkKind,
    pub album: Option<AlbumId>,
    pub assets: Vec<AssetId>,
    pub change: LinkChange,
}

/// What a person changes; what is absent stays, `Some(None)` takes away.
#[derive(Clone, Debug, Default)]
pub struct LinkChange {
    pub description: Option<Option<String>>,
    pub password: Option<Option<String>>,
    pub slug: Option<Option<String>>,
    pub expires_at: Option<Option<Timestamp>>,
    pub allow_upload: Option<bool>,
    pub allow_download: Option<bool>,
    pub show_metadata: Option<bool>,
}

/// How a visitor names a link.
#[derive(Clone, Copy, Debug, Default)]
pub struct LinkWord<'a> {
    pub key: Option<&'a str>,
    pub slug: Option<&'a str>,
}

impl Library {
    /// The caller's links; with `album`, those to that album.
    pub async fn shared_links(
        &self,
        caller: &Caller,
        album: Option<AlbumId>,
    ) -> Result<Vec<LinkDetails>> {
        require(caller, Permission::SharedLinkRead)?;
        let mut tx = self.db.read().await?;
        let mut all = Vec::new();
        for link in shared_links::list(&mut tx, caller.user).await? {
            if album.is_none_or(|album| link.album_id == Some(album)) {
                all.push(details(&mut tx, link).await?);
            }
        }
        Ok(all)
    }

    pub async fn shared_link(&self, caller: &Caller, id: SharedLinkId) -> Result<LinkDetails> {
        require(caller, Permission::SharedLinkRead)?;
        let mut tx = self.db.read().await?;
        let link = own(&mut tx, caller, id, Permission::SharedLinkRead).await?;
        details(&mut tx, link).await
    }

    pub async fn create_shared_link(&self, caller: &Caller, new: NewLink) -> Result<LinkDetails> {
        require(caller, Permission::SharedLinkCreate)?;
        let mut link = SharedLink {
            id: self.new_id(SharedLinkId::new),
            owner_id: caller.user,
            key_text: self.new_token(),
            slug: None,
            kind: new.kind,
            album_id: new.album,
            description: None,
            password_hash: None,
            allow_upload: false,
            allow_download: true,
            show_metadata: true,
            expires_at: None,
            created_at: self.now(),
        };
        change(&mut link, new.change).await?;
        let mut tx = self.db.write().await?;
        match (new.kind, new.album) {
            (LinkKind::Album, Some(album)) => {
                let needed = Permission::AlbumShare;
                access::album(&mut tx, caller, album, AlbumRole::Owner, needed).await?;
            }
            (LinkKind::Album, None) => {
                return Err(Error::invalid("albumId", "Invalid albumId"));
            }
            (LinkKind::Individual, _) if new.assets.is_empty() => {
                return Err(Error::invalid("assetIds", "Invalid assetIds"));
            }
            (LinkKind::Individual, _) => link.album_id = None,
        }
        shared_links::upsert(&mut tx, &link)
            .await
            .map_err(taken_slug)?;
        for id in &new.assets {
            let asset = access::asset(&mut tx, caller, *id, Permission::AssetShare).await?;
            shared_links::add_asset(&mut tx, link.id, asset.owner_id, *id).await?;
        }
        let made = details(&mut tx, link).await?;
        if !made.link.show_metadata {
            self.want_bare_videos(&mut tx, made.link.id).await?;
        }
        tx.commit().await?;
        self.wake.wake();
        Ok(made)
    }

    pub async fn update_shared_link(
        &self,
        caller: &Caller,
        id: SharedLinkId,
        wanted: LinkChange,
    ) -> Result<LinkDetails> {
        require(caller, Permission::SharedLinkUpdate)?;
        let mut tx = self.db.write().await?;
        let mut link = own(&mut tx, caller, id, Permission::SharedLinkUpdate).await?;
        change(&mut link, wanted).await?;
        shared_links::upsert(&mut tx, &link)
            .await
            .map_err(taken_slug)?;
        let changed = details(&mut tx, link).await?;
        if !changed.link.show_metadata {
            self.want_bare_videos(&mut tx, id).await?;
        }
        tx.commit().await?;
        self.wake.wake();
        Ok(changed)
    }

    pub async fn delete_shared_link(&self, caller: &Caller, id: SharedLinkId) -> Result<()> {
        require(caller, Permission::SharedLinkDelete)?;
        let mut tx = self.db.write().await?;
        own(&mut tx, caller, id, Permission::SharedLinkDelete).await?;
        shared_links::delete(&mut tx, id).await?;
        Ok(tx.commit().await?)
    }

    /// Adds assets to a link of chosen assets, or takes them out; each answer stands for the asset at its place.
    pub async fn change_link_assets(
        &self,
        caller: &Caller,
        id: SharedLinkId,
        assets: &[AssetId],
        is_added: bool,
    ) -> Result<Vec<Placed>> {
        require(caller, Permission::SharedLinkUpdate)?;
        let mut tx = self.db.write().await?;
        let link = own(&mut tx, caller, id, Permission::SharedLinkUpdate).await?;
        if link.kind == LinkKind::Album {
            return Err(Error::Conflict("Invalid shared link type".into()));
        }
        let mut placed = Vec::with_capacity(assets.len());
        for asset in assets {
            placed.push(if !is_added {
                let was_there = shared_links::remove_asset(&mut tx, id, *asset).await?;
                if was_there {
                    Placed::Done
                } else {
                    Placed::NotThere
                }
            } else if let Ok(found) =
                access::asset(&mut tx, caller, *asset, Permission::AssetShare).await
            {
                let is_new = shared_links::add_asset(&mut tx, id, found.owner_id, *asset).await?;
                if is_new {
                    Placed::Done
                } else {
                    Placed::Already
                }
            } else {
                Placed::NotAllowed
            });
        }
        if !link.show_metadata {
            self.want_bare_videos(&mut tx, id).await?;
        }
        tx.commit().await?;
        self.wake.wake();
        Ok(placed)
    }

    /// Has what a link without metadata shows of videos made into files that say nothing of where they were taken.
    pub(crate) async fn want_bare_videos(&self, tx: &mut Tx, link: SharedLinkId) -> Result<()> {
        for video in shared_links::list_plain_videos(tx, link).await? {
            self.want(tx, &video, &[Stage::Transcode], priority::NEW)
                .await?;
        }
        Ok(())
    }

    /// Whether a link without metadata shows an asset.
    pub(crate) async fn is_shown_bare(&self, id: AssetId) -> Result<bool> {
        let mut tx = self.db.read().await?;
        for link in shared_links::list_bare(&mut tx, None).await? {
            if shared_links::get_asset(&mut tx, link, id).await?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Lets a visitor in. A link with a password wants the token that [`Library::open_link`] gave.
    pub async fn visit(&self, word: LinkWord<'_>, token: Option<&str>) -> Result<Caller> {
        let link = self.link_of(word).await?;
        if let Some(expected) = token_of(&link)
            && token != Some(expected.as_str())
        {
            return Err(Error::Unauthenticated("Password required"));
        }
        Ok(visitor(&link))
    }

    /// Gives the token for a link's password, and the visitor. Failures grow slower, as at log-in.
    pub async fn open_link(
        &self,
        word: LinkWord<'_>,
        password: String,
    ) -> Result<(Caller, Option<String>)> {
        let link = self.link_of(word).await?;
        let subject = format!("link {}", link.id);
        let _turn = self.throttle.wait_turn(&subject, None).await;
        if link.password_hash.is_some()
            && !verify_password(password, link.password_hash.clone()).await?
        {
            self.throttle.failed(&subject, None);
            return Err(Error::Unauthenticated("Invalid password"));
        }
        self.throttle.succeeded(&subject, None);
        Ok((visitor(&link), token_of(&link)))
    }

    /// What a visitor's own link shows.
    pub async fn visited_link(&self, caller: &Caller) -> Result<LinkDetails> {
        let Credential::SharedLink(id) = caller.credential else {
            return Err(Error::Forbidden("Forbidden".into()));
        };
        let mut tx = self.db.read().await?;
        let link = own(&mut tx, caller, id, Permission::SharedLinkRead).await?;
        details(&mut tx, link).await
    }

    async fn link_of(&self, word: LinkWord<'_>) -> Result<SharedLink> {
        let mut tx = self.db.read().await?;
        shared_links::get_by_word(&mut tx, word.key, word.slug, self.now())
            .await?
            .ok_or(Error::Unauthenticated("Invalid share key"))
    }
}

/// Who comes through a link: nobody, with what the link allows. The original tells what metadata hides.
fn visitor(link: &SharedLink) -> Caller {
    let mut allowed = vec![
        Permission::AlbumRead,
        Permission::AssetRead,
        Permission::AssetView,
        Permission::SharedLinkRead,
    ];
    if link.allow_download && link.show_metadata {
        allowed.push(Permission::AssetDownload);
    }
    if link.allow_upload && link.album_id.is_some() {
        allowed.push(Permission::AssetUpload);
    }
    Caller {
        user: link.owner_id,
        is_admin: false,
        credential: Credential::SharedLink(link.id),
        permissions: allowed.into_iter().collect::<Permissions>(),
    }
}

/// Only who knows the password can have it, and it changes with the password.
fn token_of(link: &SharedLink) -> Option<String> {
    let hash = link.password_hash.as_ref()?;
    let digest = Sha256::new()
        .chain_update(link.id.0.as_bytes())
        .chain_update(hash)
        .finalize();
    Some(URL_SAFE_NO_PAD.encode(digest))
}

async fn change(link: &mut SharedLink, wanted: LinkChange) -> Result<()> {
    let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
    if let Some(description) = wanted.description {
        link.description = filled(description);
    }
    if let Some(slug) = wanted.slug {
        link.slug = filled(slug);
    }
    if let Some(password) = wanted.password {
        link.password_hash = match filled(password) {
            Some(password) => Some(hash_password(password).await?),
            None => None,
        };
    }
    if let Some(expires_at) = wanted.expires_at {
        link.expires_at = expires_at;
    }
    link.allow_upload = wanted.allow_upload.unwrap_or(link.allow_upload);
    link.allow_download = wanted.allow_download.unwrap_or(link.allow_download);
    link.show_metadata = wanted.show_metadata.unwrap_or(link.show_metadata);
    Ok(())
}

fn taken_slug(error: heirloom_store::Error) -> Error {
    match error {
        heirloom_store::Error::Conflict { .. } => {
            Error::Conflict("Shared link with this slug already exists".into())
        }
        other => other.into(),
    }
}

async fn own(
    tx: &mut Tx,
    caller: &Caller,
    id: SharedLinkId,
    needed: Permission,
) -> Result<SharedLink> {
    shared_links::get(tx, caller.user, id)
        .await?
        .ok_or(Error::not_found("shared link", id, needed))
}

async fn details(tx: &mut Tx, link: SharedLink) -> Result<LinkDetails> {
    let album = match link.album_id {
        Some(id) => albums::get(tx, id).await?,
        None => None,
    };
    let album = match album {
        Some(album) => Some(crate::albums::details(tx, album).await?),
        None => None,
    };
    let found = shared_links::list_assets(tx, link.id).await?;
    let mut assets = details_of(tx, None, found).await?;
    if !link.show_metadata {
        assets.iter_mut().for_each(AssetDetails::hide_metadata);
    }
    Ok(LinkDetails {
        link,
        album,
        assets,
    })
}
