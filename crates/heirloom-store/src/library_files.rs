//! The files of external libraries, and which asset each of them is.

use heirloom_types::{
    ids::{AssetId, LibraryId, UserId},
    time::Timestamp,
};
use sqlx::FromRow;

use crate::{Result, Tx, sql};

macro_rules! columns {
    () => {
        "library_id, path, owner_id, asset_id, size_bytes, modified_at, sidecar_path, sidecar_modified_at, \
         is_below_mount"
    };
}

/// One file of a library.
#[derive(Clone, Debug, FromRow)]
pub struct LibraryFile {
    pub library_id: LibraryId,
    /// Absolute.
    pub path: String,
    pub owner_id: UserId,
    /// None when the owner removed it from the library: it stays away until it changes.
    pub asset_id: Option<AssetId>,
    pub size_bytes: i64,
    pub modified_at: Timestamp,
    /// Its XMP sidecar.
    pub sidecar_path: Option<String>,
    pub sidecar_modified_at: Option<Timestamp>,
    /// Whether it lies on another disk than the folder that is imported.
    pub is_below_mount: bool,
}

pub async fn get(tx: &mut Tx, library: LibraryId, path: &str) -> Result<Option<LibraryFile>> {
    tx.optional(sql!(
        concat!(
            "select ",
            columns!(),
            " from library_files where library_id = $1 and path = $2"
        ),
        library,
        path
    ))
    .await
}

/// A page of the files at or below a path, in the order of their paths.
pub async fn list_below(
    tx: &mut Tx,
    library: LibraryId,
    below: &str,
    after: &str,
    limit: i64,
) -> Result<Vec<LibraryFile>> {
    // `0` follows `/`.
    let folder = below.trim_end_matches('/');
    tx.all(sql!(
        concat!(
            "select ",
            columns!(),
            " from library_files where library_id = $1 and path > $2
                 and (path = $3 or (path > $4 and path < $5)) order by path limit $6"
        ),
        library,
        after,
        below,
        format!("{folder}/"),
        format!("{folder}0"),
        limit,
    ))
    .await
}

/// Files whose path begins with that text.
pub async fn list_beginning(
    tx: &mut Tx,
    library: LibraryId,
    beginning: &str,
    limit: i64,
) -> Result<Vec<LibraryFile>> {
    tx.all(sql!(
        concat!(
            "select ",
            columns!(),
            " from library_files where library_id = $1 and path >= $2 and path < $3 order by path limit $4"
        ),
        library,
        beginning,
        format!("{beginning}\u{10ffff}"),
        limit,
    ))
    .await
}

/// The files that are one asset.
pub async fn list_of_asset(tx: &mut Tx, owner: UserId, asset: AssetId) -> Result<Vec<LibraryFile>> {
    tx.all(sql!(
        concat!(
            "select ",
            columns!(),
            " from library_files where owner_id = $1 and asset_id = $2 order by path"
        ),
        owner,
        asset,
    ))
    .await
}

/// Writes a file as it is now.
pub async fn upsert(tx: &mut Tx, file: &LibraryFile) -> Result<()> {
    tx.execute(sql!(
        concat!(
            "insert into library_files (",
            columns!(),
            ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             on conflict (library_id, path) do update set asset_id = excluded.asset_id,
                 size_bytes = excluded.size_bytes, modified_at = excluded.modified_at,
                 sidecar_path = excluded.sidecar_path, sidecar_modified_at = excluded.sidecar_modified_at,
                 is_below_mount = excluded.is_below_mount"
        ),
        file.library_id,
        &file.path,
        file.owner_id,
        file.asset_id,
        file.size_bytes,
        file.modified_at,
        file.sidecar_path.clone(),
        file.sidecar_modified_at,
        file.is_below_mount,
    ))
    .await?;
    Ok(())
}

pub async fn delete(tx: &mut Tx, library: LibraryId, path: &str) -> Result<()> {
    tx.execute(sql!(
        "delete from library_files where library_id = $1 and path = $2",
        library,
        path
    ))
    .await?;
    Ok(())
}

/// The asset goes because its owner wants so: its files stay away until they change.
pub async fn dismiss(tx: &mut Tx, owner: UserId, asset: AssetId) -> Result<()> {
    tx.execute(sql!(
        "update library_files set asset_id = null where owner_id = $1 and asset_id = $2",
        owner,
        asset,
    ))
    .await?;
    Ok(())
}

/// Notes since when no file of an asset is there any more.
pub async fn set_offline(
    tx: &mut Tx,
    owner: UserId,
    asset: AssetId,
    since: Timestamp,
) -> Result<()> {
    tx.execute(sql!(
        "insert into offline_assets (owner_id, asset_id, since) values ($1, $2, $3) on conflict do nothing",
        owner,
        asset,
        since,
    ))
    .await?;
    Ok(())
}

/// A file of the asset is back; since when there was none.
pub async fn take_offline(tx: &mut Tx, owner: UserId, asset: AssetId) -> Result<Option<Timestamp>> {
    let row: Option<(Timestamp,)> = tx
        .optional(sql!(
            "delete from offline_assets where owner_id = $1 and asset_id = $2 returning since",
            owner,
            asset,
        ))
        .await?;
    Ok(row.map(|(since,)| since))
}
