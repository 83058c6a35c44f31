//! Ways in for people without an account: to one album, or to chosen assets.

use heirloom_types::{
    ids::{AlbumId, AssetId, SharedLinkId, UserId},
    time::Timestamp,
};
use sqlx::FromRow;

use crate::{
    Result, Tx,
    assets::{self, Asset, Rendition},
    db::Sql,
    sql, text_enum,
};

macro_rules! columns {
    () => {
        "id, owner_id, key_text, slug, kind, album_id, description, password_hash, allow_upload, allow_download, \
         show_metadata, expires_at, created_at"
    };
}

text_enum! {
    /// What a link shows.
    pub enum LinkKind {
        Album = "ALBUM",
        Individual = "INDIVIDUAL",
    }
}

/// One link.
#[derive(Clone, Debug, FromRow)]
pub struct SharedLink {
    pub id: SharedLinkId,
    pub owner_id: UserId,
    /// What the address holds: who knows it is let in.
    pub key_text: String,
    /// A word of the owner's choice in place of the key.
    pub slug: Option<String>,
    pub kind: LinkKind,
    pub album_id: Option<AlbumId>,
    pub description: Option<String>,
    pub password_hash: Option<String>,
    pub allow_upload: bool,
    pub allow_download: bool,
    pub show_metadata: bool,
    pub expires_at: Option<Timestamp>,
    pub created_at: Timestamp,
}

pub async fn get(tx: &mut Tx, owner: UserId, id: SharedLinkId) -> Result<Option<SharedLink>> {
    tx.optional(sql!(
        concat!(
            "select ",
            columns!(),
            " from shared_links where owner_id = $1 and id = $2"
        ),
        owner,
        id
    ))
    .await
}

/// By key or slug, if its time is not over.
pub async fn get_by_word(
    tx: &mut Tx,
    key: Option<&str>,
    slug: Option<&str>,
    now: Timestamp,
) -> Result<Option<SharedLink>> {
    tx.optional(sql!(
        concat!(
            "select ",
            columns!(),
            " from shared_links where (key_text = $1 or slug = $2) and (expires_at is null or expires_at > $3)
             and owner_id in (select id from users where deleted_at is null)"
        ),
        key,
        slug,
        now
    ))
    .await
}

/// A person's links, the newest first.
pub async fn list(tx: &mut Tx, owner: UserId) -> Result<Vec<SharedLink>> {
    tx.all(sql!(
        concat!(
            "select ",
            columns!(),
            " from shared_links where owner_id = $1 order by created_at desc, id"
        ),
        owner
    ))
    .await
}

/// Writes the whole row.
pub async fn upsert(tx: &mut Tx, link: &SharedLink) -> Result<()> {
    tx.execute(sql!(
        concat!(
            "insert into shared_links (",
            columns!(),
            ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
             on conflict (id) do update set slug = excluded.slug, description = excluded.description,
                 password_hash = excluded.password_hash, allow_upload = excluded.allow_upload,
                 allow_download = excluded.allow_download, show_metadata = excluded.show_metadata,
                 expires_at = excluded.expires_at"
        ),
        link.id,
        link.owner_id,
        &link.key_text,
        link.slug.clone(),
        link.kind,
        link.album_id,
        link.description.clone(),
        link.password_hash.clone(),
        link.allow_upload,
        link.allow_download,
        link.show_metadata,
        link.expires_at,
        link.created_at,
    ))
    .await?;
    Ok(())
}

pub async fn delete(tx: &mut Tx, id: SharedLinkId) -> Result<()> {
    tx.execute(sql!("delete from shared_links where id = $1", id))
        .await?;
    Ok(())
}

pub async fn add_asset(
    tx: &mut Tx,
    link: SharedLinkId,
    owner: UserId,
    asset: AssetId,
) -> Result<bool> {
    let added = tx
        .execute(sql!(
            "insert into shared_link_assets (link_id, owner_id, asset_id) values ($1, $2, $3) on conflict do nothing",
            link,
            owner,
            asset,
        ))
        .await?;
    Ok(added == 1)
}

pub async fn remove_asset(tx: &mut Tx, link: SharedLinkId, asset: AssetId) -> Result<bool> {
    let removed = tx
        .execute(sql!(
            "delete from shared_link_assets where link_id = $1 and asset_id = $2",
            link,
            asset
        ))
        .await?;
    Ok(removed == 1)
}

/// Where a link finds what it shows; the moving part of a live photo shows with its still.
const SHOWN: &str = "visibility <> 'locked' and deleted_at is null and exists (
    select 1 from assets s where s.owner_id = a.owner_id and (s.id = a.id or s.live_video_id = a.id)
    and s.visibility <> 'locked' and s.deleted_at is null and (
        exists (select 1 from shared_link_assets x where x.link_id = $1 and x.owner_id = s.owner_id
                    and x.asset_id = s.id)
        or exists (select 1 from shared_links l join album_assets m on m.album_id = l.album_id
                   where l.id = $1 and m.owner_id = s.owner_id and m.asset_id = s.id)))";

/// An asset, if the link shows it.
pub async fn get_asset(tx: &mut Tx, link: SharedLinkId, asset: AssetId) -> Result<Option<Asset>> {
    let text = format!(
        "select {} from assets a where id = $2 and {SHOWN}",
        assets::COLUMNS
    );
    tx.optional(Sql::composed(
        &text,
        vec![link.0.into(), asset.0.into()],
        &[],
    ))
    .await
}

/// Videos that a link shows and of which there is only the original.
pub async fn list_plain_videos(tx: &mut Tx, link: SharedLinkId) -> Result<Vec<Asset>> {
    let text = format!(
        "select {} from assets a where kind = 'video' and (renditions & {}) = 0 and {SHOWN}",
        assets::COLUMNS,
        Rendition::EncodedVideo as i32
    );
    tx.all(Sql::composed(&text, vec![link.0.into()], &[])).await
}

/// The links that tell nothing of what they show, of an album or of all.
pub async fn list_bare(tx: &mut Tx, album: Option<AlbumId>) -> Result<Vec<SharedLinkId>> {
    let rows: Vec<(SharedLinkId,)> = tx
        .all(sql!(
            "select id from shared_links where not show_metadata and ($1 is null or album_id = $1)",
            album
        ))
        .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// The chosen assets of a link, in the order they were taken; an album's are not among them.
pub async fn list_assets(tx: &mut Tx, link: SharedLinkId) -> Result<Vec<Asset>> {
    let text = format!(
        "select {} from assets a where (owner_id, id) in
             (select owner_id, asset_id from shared_link_assets where link_id = $1)
             and visibility <> 'locked' and deleted_at is null order by local_date_time, id",
        assets::COLUMNS
    );
    tx.all(Sql::composed(&text, vec![link.0.into()], &[])).await
}
