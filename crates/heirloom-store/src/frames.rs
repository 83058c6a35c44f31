//! Picture frames: screens that show photos of one person without an account, and those that wait to be paired.

use heirloom_types::{
    ids::{AlbumId, AssetId, FrameId, PersonId, UserId},
    time::Timestamp,
};
use sea_query::Value;
use sqlx::FromRow;

use crate::{
    Result, Tx,
    assets::{self, Asset},
    db::{Bind, Sql},
    sql, text_enum,
};

macro_rules! columns {
    () => {
        "id, owner_id, name, token_hash, shows, album_id, person_id, created_at, updated_at, seen_at"
    };
}

text_enum! {
    /// What a frame shows.
    pub enum FrameShows {
        Album = "album",
        Person = "person",
        /// Of the day on which the frame asks.
        Memories = "memories",
        Favorites = "favorites",
        /// What was taken last.
        Recent = "recent",
    }
}

/// One frame.
#[derive(Clone, Debug, FromRow)]
pub struct Frame {
    pub id: FrameId,
    pub owner_id: UserId,
    pub name: String,
    /// SHA-256 of the token; the token itself is never stored.
    pub token_hash: Vec<u8>,
    pub shows: FrameShows,
    /// None once the album is gone.
    pub album_id: Option<AlbumId>,
    /// None once the person is gone.
    pub person_id: Option<PersonId>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// When it last asked what to show.
    pub seen_at: Option<Timestamp>,
}

/// A screen that shows a code and waits.
#[derive(Clone, Debug, FromRow)]
pub struct FramePairing {
    pub token_hash: Vec<u8>,
    pub code: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// A photo on a frame, with what its caption is made of.
#[derive(Clone, Debug, FromRow)]
pub struct FramePhoto {
    pub id: AssetId,
    pub local_date_time: Timestamp,
    pub width: Option<i32>,
    pub height: Option<i32>,
    pub thumbhash: Option<Vec<u8>>,
    pub city: Option<String>,
    pub country: Option<String>,
    pub description: Option<String>,
}

pub async fn insert_pairing(tx: &mut Tx, pairing: &FramePairing) -> Result<()> {
    tx.execute(sql!(
        "insert into frame_pairings (token_hash, code, created_at, expires_at) values ($1, $2, $3, $4)",
        pairing.token_hash.clone(),
        &pairing.code,
        pairing.created_at,
        pairing.expires_at,
    ))
    .await?;
    Ok(())
}

pub async fn get_pairing(
    tx: &mut Tx,
    token_hash: &[u8],
    now: Timestamp,
) -> Result<Option<FramePairing>> {
    tx.optional(sql!(
        "select token_hash, code, created_at, expires_at from frame_pairings
         where token_hash = $1 and expires_at > $2",
        token_hash.to_vec(),
        now
    ))
    .await
}

pub async fn get_pairing_by_code(
    tx: &mut Tx,
    code: &str,
    now: Timestamp,
) -> Result<Option<FramePairing>> {
    tx.optional(sql!(
        "select token_hash, code, created_at, expires_at from frame_pairings
         where code = $1 and expires_at > $2",
        code,
        now
    ))
    .await
}

/// Says whether it was there: of two people who enter one code, one gets the frame.
pub async fn delete_pairing(tx: &mut Tx, token_hash: &[u8]) -> Result<bool> {
    let deleted = tx
        .execute(sql!(
            "delete from frame_pairings where token_hash = $1",
            token_hash.to_vec()
        ))
        .await?;
    Ok(deleted == 1)
}

/// Removes pairings whose time is over, and the oldest, so that no more than `kept` remain.
pub async fn delete_old_pairings(tx: &mut Tx, now: Timestamp, kept: i64) -> Result<()> {
    tx.execute(sql!(
        "delete from frame_pairings where expires_at <= $1 or token_hash not in (
             select token_hash from frame_pairings order by created_at desc, token_hash limit $2)",
        now,
        kept
    ))
    .await?;
    Ok(())
}

/// Writes the whole row.
pub async fn upsert(tx: &mut Tx, frame: &Frame) -> Result<()> {
    tx.execute(sql!(
        concat!(
            "insert into frames (",
            columns!(),
            ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
             on conflict (id) do update set name = excluded.name, shows = excluded.shows, album_id = excluded.album_id,
                 person_id = excluded.person_id, updated_at = excluded.updated_at"
        ),
        frame.id,
        frame.owner_id,
        &frame.name,
        frame.token_hash.clone(),
        frame.shows,
        frame.album_id,
        frame.person_id,
        frame.created_at,
        frame.updated_at,
        frame.seen_at,
    ))
    .await?;
    Ok(())
}

pub async fn get(tx: &mut Tx, owner: UserId, id: FrameId) -> Result<Option<Frame>> {
    tx.optional(sql!(
        concat!(
            "select ",
            columns!(),
            " from frames where owner_id = $1 and id = $2"
        ),
        owner,
        id
    ))
    .await
}

pub async fn get_by_token_hash(tx: &mut Tx, token_hash: &[u8]) -> Result<Option<Frame>> {
    tx.optional(sql!(
        concat!("select ", columns!(), " from frames where token_hash = $1"),
        token_hash.to_vec()
    ))
    .await
}

/// A person's frames, by name.
pub async fn list(tx: &mut Tx, owner: UserId) -> Result<Vec<Frame>> {
    tx.all(sql!(
        concat!(
            "select ",
            columns!(),
            " from frames where owner_id = $1 order by name, id"
        ),
        owner
    ))
    .await
}

pub async fn touch(tx: &mut Tx, id: FrameId, now: Timestamp) -> Result<()> {
    tx.execute(sql!(
        "update frames set seen_at = $2 where id = $1",
        id,
        now
    ))
    .await?;
    Ok(())
}

pub async fn delete(tx: &mut Tx, owner: UserId, id: FrameId) -> Result<bool> {
    let deleted = tx
        .execute(sql!(
            "delete from frames where owner_id = $1 and id = $2",
            owner,
            id
        ))
        .await?;
    Ok(deleted == 1)
}

/// Frames that show somebody show whom they were merged into.
pub async fn follow_person(tx: &mut Tx, from: PersonId, into: PersonId) -> Result<()> {
    tx.execute(sql!(
        "update frames set person_id = $2 where person_id = $1",
        from,
        into
    ))
    .await?;
    Ok(())
}

/// Some of the photos that a frame shows, at most `limit`: the newest of what is recent, of everything else those that
/// follow `start` in the order of checksums, which is as good as chance.
pub async fn list_photos(
    tx: &mut Tx,
    frame: &Frame,
    at: Timestamp,
    start: &[u8],
    limit: i64,
) -> Result<Vec<FramePhoto>> {
    let Some((condition, mut values)) = shown(frame, at) else {
        return Ok(Vec::new());
    };
    let order = if frame.shows == FrameShows::Recent {
        "a.local_date_time desc, a.id".to_owned()
    } else {
        values.push(start.to_vec().bind());
        let start = values.len();
        format!("case when a.sha1 >= ${start} then 0 else 1 end, a.sha1, a.id")
    };
    values.push(limit.bind());
    let text = format!(
        "select a.id, a.local_date_time, a.width, a.height, a.thumbhash, e.city, e.country, e.description
         from assets a left join exif e on e.owner_id = a.owner_id and e.asset_id = a.id
         where {condition} order by {order} limit ${}",
        values.len()
    );
    tx.all(Sql::composed(&text, values, &[])).await
}

/// An asset, if the frame shows it.
pub async fn get_asset(
    tx: &mut Tx,
    frame: &Frame,
    at: Timestamp,
    asset: AssetId,
) -> Result<Option<Asset>> {
    let Some((condition, mut values)) = shown(frame, at) else {
        return Ok(None);
    };
    values.push(asset.bind());
    let text = format!(
        "select {} from assets a where {condition} and a.id = ${}",
        assets::COLUMNS,
        values.len()
    );
    tx.optional(Sql::composed(&text, values, &[])).await
}

/// Pictures with a preview that nobody put away: nothing locked, hidden or in the trash is ever on a frame.
const PICTURE: &str = "a.deleted_at is null and a.kind = 'image' and (a.renditions & 2) <> 0";
const OWN: &str = "a.owner_id = $1 and a.visibility = 'timeline'";

/// The condition for rows of `assets a`, with its values; none when what it was to show is gone.
fn shown(frame: &Frame, at: Timestamp) -> Option<(String, Vec<Value>)> {
    let owner = frame.owner_id.bind();
    let (condition, values) = match frame.shows {
        FrameShows::Album => (
            // Only as long as the frame's owner may see the album.
            "a.visibility in ('timeline', 'archive') and (a.owner_id, a.id) in (
                 select m.owner_id, m.asset_id from album_assets m join album_users u on u.album_id = m.album_id
                 where u.user_id = $1 and m.album_id = $2)"
                .to_owned(),
            vec![owner, frame.album_id?.bind()],
        ),
        FrameShows::Person => (
            format!(
                "{OWN} and a.id in (select f.asset_id from faces f
                     where f.owner_id = $1 and f.person_id = $2 and not f.is_dismissed)"
            ),
            vec![owner, frame.person_id?.bind()],
        ),
        FrameShows::Memories => (
            format!(
                "{OWN} and a.id in (select m.asset_id from memory_assets m join memories r on r.id = m.memory_id
                     where r.owner_id = $1 and (r.show_at is null or r.show_at <= $2)
                         and (r.hide_at is null or r.hide_at >= $2))"
            ),
            vec![owner, at.bind()],
        ),
        FrameShows::Favorites => (
            format!("{OWN} and a.is_favorite and not a.is_collapsed"),
            vec![owner],
        ),
        FrameShows::Recent => (format!("{OWN} and not a.is_collapsed"), vec![owner]),
    };
    Some((format!("{PICTURE} and {condition}"), values))
}
