//! Photos and videos: one row each.

mod moving;

use heirloom_types::{
    caller::Scope,
    checksum::{Blake3, Sha1},
    ids::{AssetId, LibraryId, StackId, UserId},
    media_type::MediaKind,
    time::Timestamp,
};
use sea_query::{Expr, ExprTrait, Query};
use sqlx::FromRow;
use uuid::Uuid;

pub use self::moving::{is_live_video, list_parts_of_locked, list_stills_of};
use crate::{
    Result, Tx,
    db::{IDS_PER_STATEMENT, Sql},
    sql, text_enum, words,
};

macro_rules! columns {
    () => {
        "owner_id, id, kind, visibility, original_name, original_path, sidecar_path, size_bytes, sha1, blake3, \
         created_at, updated_at, file_created_at, file_modified_at, local_date_time, local_month, is_favorite, \
         is_offline, is_edited, is_collapsed, deleted_at, duration_ms, width, height, thumbhash, renditions, \
         live_video_id, stack_id, library_id, duplicate_id"
    };
}

/// As the statements here list them.
pub(crate) const COLUMNS: &str = columns!();

text_enum! {
    /// Where an asset shows.
    pub enum Visibility {
        Timeline = "timeline",
        Archive = "archive",
        /// Part of another asset: the video of a live photo.
        Hidden = "hidden",
        /// Behind the PIN.
        Locked = "locked",
    }
}

impl Visibility {
    /// Whether an asset that shows there may go into albums.
    pub fn is_shareable(self) -> bool {
        matches!(self, Self::Timeline | Self::Archive)
    }
}

/// What can be computed again from the original, as bits of the column `renditions`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rendition {
    /// Small picture for grids.
    Thumbnail = 1,
    /// Picture for a whole screen.
    Preview = 2,
    /// Full resolution, for originals a browser cannot show.
    FullSize = 4,
    /// Video that browsers play.
    EncodedVideo = 8,
    /// Thumbnail, preview and full size of the picture as a person edited it.
    Edited = 16,
}

impl Rendition {
    /// Whether it is among those of the column.
    pub fn is_in(self, renditions: i32) -> bool {
        renditions & self as i32 != 0
    }
}

/// One photo or video.
#[derive(Clone, Debug, FromRow)]
pub struct Asset {
    pub owner_id: UserId,
    pub id: AssetId,
    pub kind: MediaKind,
    pub visibility: Visibility,
    /// As the client named it.
    pub original_name: String,
    /// Where the blob store keeps the original.
    pub original_path: String,
    pub sidecar_path: Option<String>,
    pub size_bytes: i64,
    pub sha1: Sha1,
    pub blake3: Blake3,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// The instant it was taken.
    pub file_created_at: Timestamp,
    pub file_modified_at: Timestamp,
    /// The clock on the wall where it was taken, written as if it were UTC.
    pub local_date_time: Timestamp,
    /// [`crate::timeline::month_of`] of `local_date_time`.
    pub local_month: i32,
    pub is_favorite: bool,
    pub is_offline: bool,
    pub is_edited: bool,
    pub is_collapsed: bool,
    pub deleted_at: Option<Timestamp>,
    pub duration_ms: Option<i64>,
    /// As displayed; never zero.
    pub width: Option<i32>,
    pub height: Option<i32>,
    pub thumbhash: Option<Vec<u8>>,
    /// Bits of [`Rendition`].
    pub renditions: i32,
    /// The hidden asset with the moving part of a live photo.
    pub live_video_id: Option<AssetId>,
    pub stack_id: Option<StackId>,
    pub library_id: Option<Uuid>,
    pub duplicate_id: Option<Uuid>,
}

impl Asset {
    pub fn has(&self, rendition: Rendition) -> bool {
        rendition.is_in(self.renditions)
    }

    pub fn is_trashed(&self) -> bool {
        self.deleted_at.is_some()
    }
}

/// By id, if it is in scope.
pub async fn get(tx: &mut Tx, scope: Scope, id: AssetId) -> Result<Option<Asset>> {
    tx.optional(sql!(
        concat!(
            "select ",
            columns!(),
            " from assets where owner_id = $1 and id = $2"
        ),
        scope.own(),
        id
    ))
    .await
}

/// What partners see of a library, as a condition on `assets a`. The moving part of a live photo shows where the still
/// does.
macro_rules! shown_to_partners {
    () => {
        "(a.visibility = 'timeline' or (a.visibility = 'hidden' and exists (
            select 1 from assets s where s.owner_id = a.owner_id and s.live_video_id = a.id
            and s.visibility = 'timeline' and s.deleted_at is null)))"
    };
}

/// As the statements here say it.
pub(crate) const SHOWN_TO_PARTNERS: &str = shown_to_partners!();

/// By id, if somebody else shows it to that reader: a partner their library, an album its assets. The moving part of a
/// live photo shows where the still does. `as_partner` leaves the albums out.
pub async fn get_shared(
    tx: &mut Tx,
    reader: UserId,
    id: AssetId,
    as_partner: bool,
) -> Result<Option<Asset>> {
    tx.optional(sql!(
        concat!(
            "select ",
            columns!(),
            " from assets a where id = $2 and visibility <> 'locked' and deleted_at is null and (
                (owner_id in (select shared_by_id from partners where shared_with_id = $1) and ",
            shown_to_partners!(),
            ") or (not $3 and exists (
                    select 1 from album_users u join album_assets m on m.album_id = u.album_id
                    where u.user_id = $1 and m.owner_id = a.owner_id and m.asset_id in (
                        select s.id from assets s where s.owner_id = a.owner_id
                        and s.visibility <> 'locked' and s.deleted_at is null
                        and (s.id = a.id or s.live_video_id = a.id)))))"
        ),
        reader,
        id,
        as_partner,
    ))
    .await
}

/// Those of `ids` that are in scope, in no order.
pub async fn list(tx: &mut Tx, scope: Scope, ids: &[AssetId]) -> Result<Vec<Asset>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    tx.all_of(
        concat!(
            "select ",
            columns!(),
            " from assets where owner_id = $1 and id in (*)"
        ),
        &[scope.own().0.into()],
        &ids,
    )
    .await
}

/// What is in these stacks of an owner, in no order.
pub async fn list_in_stacks(tx: &mut Tx, owner: UserId, ids: &[StackId]) -> Result<Vec<Asset>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    tx.all_of(
        concat!(
            "select ",
            columns!(),
            " from assets where owner_id = $1 and stack_id in (*)"
        ),
        &[owner.0.into()],
        &ids,
    )
    .await
}

/// Keeps rows from other writers until the commit, always in one order. Whoever reads a row in order to write it whole
/// locks it first.
pub async fn lock(tx: &mut Tx, owner: UserId, ids: &[AssetId]) -> Result<()> {
    for chunk in ids.chunks(IDS_PER_STATEMENT) {
        let ids: Vec<Uuid> = chunk.iter().map(|id| id.0).collect();
        let text = format!(
            "select id from assets where owner_id = $1 and id in (*) order by id{}",
            tx.for_update()
        );
        let statement = Sql::composed(&text, vec![owner.0.into()], &ids);
        tx.all::<(AssetId,)>(statement).await?;
    }
    Ok(())
}

/// The uploaded asset of that owner with that content; files of external libraries do not count.
pub async fn get_by_sha1(tx: &mut Tx, owner: UserId, sha1: Sha1) -> Result<Option<Asset>> {
    tx.optional(sql!(
        concat!(
            "select ",
            columns!(),
            " from assets where owner_id = $1 and sha1 = $2 and library_id is null"
        ),
        owner,
        sha1,
    ))
    .await
}

/// The asset of an external library with that content.
pub async fn get_in_library(
    tx: &mut Tx,
    owner: UserId,
    library: LibraryId,
    sha1: Sha1,
) -> Result<Option<Asset>> {
    tx.optional(sql!(
        concat!(
            "select ",
            columns!(),
            " from assets where owner_id = $1 and library_id = $2 and sha1 = $3"
        ),
        owner,
        library,
        sha1,
    ))
    .await
}

/// A page of the assets of an external library, in no order.
pub async fn list_in_library(
    tx: &mut Tx,
    owner: UserId,
    library: LibraryId,
    limit: i64,
) -> Result<Vec<Asset>> {
    tx.all(sql!(
        concat!(
            "select ",
            columns!(),
            " from assets where owner_id = $1 and library_id = $2 limit $3"
        ),
        owner,
        library,
        limit,
    ))
    .await
}

/// Some of an owner's assets.
pub async fn list_of_owner(tx: &mut Tx, owner: UserId, limit: i64) -> Result<Vec<Asset>> {
    tx.all(sql!(
        concat!(
            "select ",
            columns!(),
            " from assets where owner_id = $1 limit $2"
        ),
        owner,
        limit,
    ))
    .await
}

/// What a client that checks before sending wants to know of content that is there already.
#[derive(Clone, Copy, Debug, FromRow)]
pub struct Known {
    pub sha1: Sha1,
    pub id: AssetId,
    pub is_trashed: bool,
}

/// Which of these contents the owner has.
pub async fn list_known(tx: &mut Tx, owner: UserId, sha1s: &[Sha1]) -> Result<Vec<Known>> {
    let mut known = Vec::new();
    for chunk in sha1s.chunks(IDS_PER_STATEMENT) {
        let query = Query::select()
            .columns(["sha1", "id"])
            .expr_as(Expr::col("deleted_at").is_not_null(), "is_trashed")
            .from("assets")
            .and_where(Expr::col("owner_id").eq(owner.0))
            .and_where(Expr::col("sha1").is_in(chunk.iter().map(|sha1| sha1.0.to_vec())))
            .and_where(Expr::col("library_id").is_null())
            .to_owned();
        let statement = tx.build(&query);
        known.extend(tx.all::<Known>(statement).await?);
    }
    Ok(known)
}

pub async fn insert(tx: &mut Tx, asset: &Asset) -> Result<()> {
    tx.execute(sql!(
        concat!(
            "insert into assets (",
            columns!(),
            ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, \
             $22, $23, $24, $25, $26, $27, $28, $29, $30)"
        ),
        asset.owner_id,
        asset.id,
        asset.kind,
        asset.visibility,
        &asset.original_name,
        &asset.original_path,
        asset.sidecar_path.clone(),
        asset.size_bytes,
        asset.sha1,
        asset.blake3,
        asset.created_at,
        asset.updated_at,
        asset.file_created_at,
        asset.file_modified_at,
        asset.local_date_time,
        asset.local_month,
        asset.is_favorite,
        asset.is_offline,
        asset.is_edited,
        asset.is_collapsed,
        asset.deleted_at,
        asset.duration_ms,
        asset.width,
        asset.height,
        asset.thumbhash.clone(),
        asset.renditions,
        asset.live_video_id,
        asset.stack_id,
        asset.library_id,
        asset.duplicate_id,
    ))
    .await?;
    words::put_name(tx, asset.owner_id, asset.id, &asset.original_name).await
}

/// Writes everything of an asset that can change after it was taken in. What names the original never does.
pub async fn update(tx: &mut Tx, asset: &Asset) -> Result<()> {
    tx.execute(sql!(
        "update assets set visibility = $3, sidecar_path = $4, updated_at = $5, file_created_at = $6,
             local_date_time = $7, local_month = $8, is_favorite = $9, is_offline = $10, is_edited = $11,
             is_collapsed = $12, deleted_at = $13, duration_ms = $14, width = $15, height = $16, thumbhash = $17,
             renditions = $18, live_video_id = $19, stack_id = $20, duplicate_id = $21
         where owner_id = $1 and id = $2",
        asset.owner_id,
        asset.id,
        asset.visibility,
        asset.sidecar_path.clone(),
        asset.updated_at,
        asset.file_created_at,
        asset.local_date_time,
        asset.local_month,
        asset.is_favorite,
        asset.is_offline,
        asset.is_edited,
        asset.is_collapsed,
        asset.deleted_at,
        asset.duration_ms,
        asset.width,
        asset.height,
        asset.thumbhash.clone(),
        asset.renditions,
        asset.live_video_id,
        asset.stack_id,
        asset.duplicate_id,
    ))
    .await?;
    Ok(())
}

/// Writes what names the original of an asset and what its bytes are. Originals never change; files of external libraries,
/// which are not ours, do.
pub async fn set_original(tx: &mut Tx, asset: &Asset) -> Result<()> {
    tx.execute(sql!(
        "update assets set original_name = $3, original_path = $4, size_bytes = $5, sha1 = $6, blake3 = $7,
             file_modified_at = $8
         where owner_id = $1 and id = $2",
        asset.owner_id,
        asset.id,
        &asset.original_name,
        &asset.original_path,
        asset.size_bytes,
        asset.sha1,
        asset.blake3,
        asset.file_modified_at,
    ))
    .await?;
    words::put_name(tx, asset.owner_id, asset.id, &asset.original_name).await
}

/// Where the blob store keeps an original and its sidecar now.
pub async fn set_place(
    tx: &mut Tx,
    owner: UserId,
    id: AssetId,
    original_path: &str,
    sidecar_path: Option<&str>,
    now: Timestamp,
) -> Result<()> {
    tx.execute(sql!(
        "update assets set original_path = $3, sidecar_path = $4, updated_at = $5 where owner_id = $1 and id = $2",
        owner,
        id,
        original_path,
        sidecar_path,
        now,
    ))
    .await?;
    Ok(())
}

/// How sharp and well exposed a picture is, 0 to 1.
pub async fn set_quality(tx: &mut Tx, owner: UserId, id: AssetId, quality: f64) -> Result<()> {
    tx.execute(sql!(
        "update assets set quality = $3 where owner_id = $1 and id = $2",
        owner,
        id,
        quality,
    ))
    .await?;
    Ok(())
}

/// Removes the row, and with it everything that hangs on it. The files are the caller's concern.
pub async fn delete(tx: &mut Tx, owner: UserId, id: AssetId) -> Result<()> {
    tx.execute(sql!(
        "delete from assets where owner_id = $1 and id = $2",
        owner,
        id
    ))
    .await?;
    Ok(())
}

/// Ids of an owner's trash, the longest there first.
pub async fn list_trashed(
    tx: &mut Tx,
    owner: UserId,
    with_locked: bool,
    limit: i64,
) -> Result<Vec<AssetId>> {
    let rows: Vec<(AssetId,)> = tx
        .all(sql!(
            "select id from assets where owner_id = $1 and deleted_at is not null and ($2 or visibility <> 'locked')
             order by deleted_at, id limit $3",
            owner,
            with_locked,
            limit,
        ))
        .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}
