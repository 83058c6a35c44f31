//! The one place that decides what a caller may do. Default deny.

use std::collections::HashSet;

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
    let own: Vec<Asset> = assets::get(tx, caller.scope(), id)
        .await?
        .into_iter()
        .collect();
    let found = match there(tx, caller, own).await?.pop() {
        Some(asset) => Some(asset),
        None if is_looking(needed) => assets::get_shared(tx, caller.user, id, false).await?,
        None if needed == Permission::AssetShare => {
            assets::get_shared(tx, caller.user, id, true).await?
        }
        None => None,
    };
    found.ok_or(Error::not_found("asset", id, needed))
}

/// Those of the caller's own assets that are there for them. What is locked away is not until the PIN was given, and
/// neither is its moving part.
pub(crate) async fn there(tx: &mut Tx, caller: &Caller, mut own: Vec<Asset>) -> Result<Vec<Asset>> {
    if caller.sees_locked() {
        return Ok(own);
    }
    own.retain(|asset| asset.visibility != Visibility::Locked);
    let parts: Vec<AssetId> = own
        .iter()
        .filter(|asset| asset.visibility == Visibility::Hidden)
        .map(|asset| asset.id)
        .collect();
    if !parts.is_empty() {
        let locked = assets::list_parts_of_locked(tx, caller.user, &parts).await?;
        own.retain(|asset| !locked.contains(&asset.id));
    }
    Ok(own)
}

/// Whether an asset of the caller's own account is certainly there for them, whatever else the database says.
pub(crate) fn certainly_sees(caller: &Caller, asset: &Asset) -> bool {
    asset.visibility.is_shareable() || caller.sees_locked()
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
    let found = assets::list(tx, caller.scope(), ids).await?;
    let found = there(tx, caller, found).await?;
    let there: HashSet<AssetId> = found.iter().map(|asset| asset.id).collect();
    match ids.iter().find(|id| !there.contains(id)) {
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
