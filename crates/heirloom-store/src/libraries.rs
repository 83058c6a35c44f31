//! External libraries: folders of an owner that are indexed where they lie.

use heirloom_types::{
    ids::{LibraryId, UserId},
    time::Timestamp,
};
use serde_json::json;
use sqlx::{FromRow, types::Json};

use crate::{Result, Tx, sql};

macro_rules! columns {
    () => {
        "id, owner_id, name, import_paths, exclusion_patterns, created_at, updated_at, refreshed_at, scan_asked_at, \
         deleted_at"
    };
}

/// One external library.
#[derive(Clone, Debug, FromRow)]
pub struct ExternalLibrary {
    pub id: LibraryId,
    pub owner_id: UserId,
    pub name: String,
    /// Absolute paths of folders.
    pub import_paths: Json<Vec<String>>,
    /// What is left out; see [`crate::blobs::external::patterns`].
    pub exclusion_patterns: Json<Vec<String>>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// When a scan last went through all of it.
    pub refreshed_at: Option<Timestamp>,
    pub scan_asked_at: Option<Timestamp>,
    /// It is being removed, a part at a time.
    pub deleted_at: Option<Timestamp>,
}

/// What is in a library, but for the trash and the moving parts of live photos.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromRow)]
pub struct LibraryTotals {
    pub photos: i64,
    pub videos: i64,
    pub bytes: i64,
}

pub async fn insert(tx: &mut Tx, library: &ExternalLibrary) -> Result<()> {
    tx.execute(sql!(
        concat!(
            "insert into libraries (",
            columns!(),
            ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
        ),
        library.id,
        library.owner_id,
        &library.name,
        json!(library.import_paths.0),
        json!(library.exclusion_patterns.0),
        library.created_at,
        library.updated_at,
        library.refreshed_at,
        library.scan_asked_at,
        library.deleted_at,
    ))
    .await?;
    Ok(())
}

/// By id, also while it is being removed.
pub async fn get(tx: &mut Tx, id: LibraryId) -> Result<Option<ExternalLibrary>> {
    tx.optional(sql!(
        concat!("select ", columns!(), " from libraries where id = $1"),
        id
    ))
    .await
}

/// All that are not being removed, the oldest first.
pub async fn list(tx: &mut Tx) -> Result<Vec<ExternalLibrary>> {
    tx.all(sql!(concat!(
        "select ",
        columns!(),
        " from libraries where deleted_at is null order by created_at, id"
    )))
    .await
}

/// Writes what people change.
pub async fn update(tx: &mut Tx, library: &ExternalLibrary) -> Result<()> {
    tx.execute(sql!(
        "update libraries set name = $2, import_paths = $3, exclusion_patterns = $4, updated_at = $5, deleted_at = $6
         where id = $1",
        library.id,
        &library.name,
        json!(library.import_paths.0),
        json!(library.exclusion_patterns.0),
        library.updated_at,
        library.deleted_at,
    ))
    .await?;
    Ok(())
}

/// Notes that a scan was asked for.
pub async fn set_scan_asked(tx: &mut Tx, id: LibraryId, now: Timestamp) -> Result<()> {
    tx.execute(sql!(
        "update libraries set scan_asked_at = $2 where id = $1",
        id,
        now
    ))
    .await?;
    Ok(())
}

/// Notes that a scan went through all of it.
pub async fn set_refreshed(tx: &mut Tx, id: LibraryId, now: Timestamp) -> Result<()> {
    tx.execute(sql!(
        "update libraries set refreshed_at = $2 where id = $1",
        id,
        now
    ))
    .await?;
    Ok(())
}

/// Removes the row and what is known of its files; its assets are the caller's concern.
pub async fn delete(tx: &mut Tx, id: LibraryId) -> Result<()> {
    tx.execute(sql!("delete from libraries where id = $1", id))
        .await?;
    Ok(())
}

pub async fn totals(tx: &mut Tx, owner: UserId, id: LibraryId) -> Result<LibraryTotals> {
    tx.one(sql!(
        "select count(*) filter (where kind = 'image') as photos,
                count(*) filter (where kind = 'video') as videos,
                cast(coalesce(sum(size_bytes), 0) as bigint) as bytes
         from assets
         where owner_id = $1 and library_id = $2 and deleted_at is null and visibility <> 'hidden'",
        owner,
        id,
    ))
    .await
}
