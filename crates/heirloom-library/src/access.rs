//! The one place that decides what a caller may do. Default deny.

use heirloom_store::{
    Tx,
    albums::{self, Album, AlbumRole},
    assets::{self, Asset, Visibility},
    shared_links,
};
use heirloom_types::{
    caller::{Caller, Credential},
    ids::{AlbumId, AssetId},
    permission::Permission,
};

use crate::{Error, Result};

/// Refuses a credential that lacks a permission.
pub fn require(caller: &Caller, needed: Permission) -> Result<()> {
    if caller.may(needed) {
        Ok(())
    } else {
        Err(Error::Forbidden(format!(
            "Missing required permission: {needed}"
        )))
    }
}

/// Refuses everybody who does not administer the server.
pub fn require_admin(caller: &Caller) -> Result<()> {
    if caller.is_admin {
        Ok(())
    } else {
        Err(Error::Forbidden("Forbidden".into()))
    }
}

/// An asset the caller may use for `needed`: their own, or for looking at it one that somebody shows them. What is
/// locked away is not there until the PIN was given.
pub(crate) async fn asset(
    tx: &mut Tx,
    caller: &Caller,
    id: AssetId,
    needed: Permission,
) -> Result<Asset> {
    if let Credential::SharedLink(link) = caller.credential {
        let shown = shared_links::get_asset(tx, link, id).await?;
        return shown
            .filter(|_| is_looking(needed))
            .ok_or(Error::not_found("asset", id, needed));
    }
    let own = assets::get(tx, caller.scope(), id)
        .await?
        .filter(|asset| sees_own(caller, asset));
    let found = match own {
        Some(asset) => Some(asset),
        None if is_looking(needed) => assets::get_shared(tx, caller.user, id, false).await?,
        None if needed == Permission::AssetShare => {
            assets::get_shared(tx, caller.user, id, true).await?
        }
        None => None,
    };
    found.ok_or(Error::not_found("asset", id, needed))
}

/// Whether an asset of the caller's own account is there for them.
pub(crate) fn sees_own(caller: &Caller, asset: &Asset) -> bool {
    asset.visibility != Visibility::Locked || caller.sees_locked()
}

/// Whether the caller may know more of a picture than the picture shows.
pub(crate) async fn sees_metadata(tx: &mut Tx, caller: &Caller) -> Result<bool> {
    let Credential::SharedLink(link) = caller.credential else {
        return Ok(true);
    };
    let link = shared_links::get(tx, caller.user, link).await?;
    Ok(link.is_some_and(|link| link.show_metadata))
}

/// What everybody may do to whom an asset is shown.
fn is_looking(needed: Permission) -> bool {
    matches!(
        needed,
        Permission::AssetRead | Permission::AssetView | Permission::AssetDownload
    )
}

/// All of these assets to be changed, locked, or a refusal that names the first the caller may not use.
pub(crate) async fn all_assets(
    tx: &mut Tx,
    caller: &Caller,
    ids: &[AssetId],
    needed: Permission,
) -> Result<Vec<Asset>> {
    assets::lock(tx, caller.user, ids).await?;
    let mut found = assets::list(tx, caller.scope(), ids).await?;
    found.retain(|asset| sees_own(caller, asset));
    match ids
        .iter()
        .find(|id| !found.iter().any(|asset| asset.id == **id))
    {
        None => Ok(found),
        Some(missing) => Err(Error::not_found("asset", *missing, needed)),
    }
}

/// An album in which the caller has at least that part.
pub(crate) async fn album(
    tx: &mut Tx,
    caller: &Caller,
    id: AlbumId,
    least: AlbumRole,
    needed: Permission,
) -> Result<Album> {
    let refused = || Error::not_found("album", id, needed);
    if let Credential::SharedLink(link) = caller.credential {
        let link = shared_links::get(tx, caller.user, link).await?;
        let is_shown =
            least == AlbumRole::Viewer && link.is_some_and(|link| link.album_id == Some(id));
        let album = albums::get(tx, id).await?.filter(|_| is_shown);
        return album.ok_or_else(refused);
    }
    let part = albums::get_user(tx, id, caller.user)
        .await?
        .ok_or_else(refused)?;
    // Roles are declared from the strongest to the weakest.
    if part.role > least {
        return Err(refused());
    }
    albums::get(tx, id).await?.ok_or_else(refused)
}
