//! What a device of one reader may hold, part by part: the rows behind the sync stream, read by scan or by key.
//!
//! Every part is one selection with two key columns, the parent and the entity, in whose order it can be scanned. What
//! a selection leaves out does not exist for the reader, so it is also the rule of who may see what.

use sea_query::Value;
use serde_json::Value as Json;
use sqlx::FromRow;
use uuid::Uuid;

use crate::{
    Result, Tx,
    albums::{Album, AlbumUser},
    asset_edits::{self, AssetEdit},
    assets::{self, Asset},
    changes::ChangeKind,
    db::{Row, Sql},
    exif::{self, Exif},
    memories::{self, Memory},
    partners::{self, Partner},
    people::{self, Face, Person},
    stacks::{self, Stack},
    text_lines::{self, TextLine},
    users::{self, User},
};
use heirloom_types::ids::UserId;

/// One sort of rows that devices keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    AuthUser,
    User,
    Partner,
    Asset,
    Stack,
    PartnerAsset,
    PartnerStack,
    /// Other people's assets in the reader's albums.
    AlbumAsset,
    Album,
    AlbumUser,
    AlbumToAsset,
    Exif,
    AlbumExif,
    PartnerExif,
    Memory,
    MemoryToAsset,
    Person,
    Face,
    TextLine,
    UserSetting,
    AssetMetadata,
    AssetEdit,
}

/// Parent and entity: the owner or container, and the thing.
pub type Key = (Uuid, Uuid);

/// One row of a part.
#[derive(Clone, Debug)]
pub enum Record {
    AuthUser(Box<User>),
    User(Box<User>),
    Partner(Partner),
    Asset(Box<Asset>),
    Stack(Stack),
    Album(Box<Album>),
    AlbumUser(AlbumUser),
    /// The key says it all: album and asset.
    AlbumToAsset,
    /// With the size of the file in bytes.
    Exif(Box<Exif>, i64),
    Memory(Box<Memory>),
    /// The key says it all: memory and asset.
    MemoryToAsset,
    Person(Box<Person>),
    Face(Box<Face>),
    TextLine(Box<TextLine>),
    AssetEdit(Box<AssetEdit>),
    Value {
        key: String,
        value: Json,
    },
}

/// Which rows of a part.
#[derive(Clone, Copy, Debug)]
pub enum Which<'a> {
    /// In the order of keys, after that one.
    After(Key),
    /// Of one parent, in the order of entities, after that one.
    Within(Uuid, Option<Uuid>),
    /// Those of these entities, of whatever parent.
    Entities(&'a [Uuid]),
}

/// As one statement reads them. Keys compared as pairs would have either database read a parent from its beginning for each
/// page.
#[derive(Clone, Copy)]
enum Stretch<'a> {
    /// Of one parent, after that entity.
    Within(Uuid, Uuid),
    /// Of the parents after that one.
    Beyond(Uuid),
    Of(&'a [Uuid]),
}

const MY_ALBUMS: &str = "(select album_id from album_users where user_id = $1)";
const MY_PARTNERS: &str = "(select shared_by_id from partners where shared_with_id = $1)";

/// One selection: columns, tables with the condition of visibility, and the two key columns.
struct Selection {
    columns: String,
    from: String,
    parent: &'static str,
    entity: &'static str,
}

impl Selection {
    fn new(
        columns: &str,
        from: impl Into<String>,
        parent: &'static str,
        entity: &'static str,
    ) -> Self {
        Self {
            columns: columns.into(),
            from: from.into(),
            parent,
            entity,
        }
    }

    fn statement(&self, reader: UserId, stretch: Stretch<'_>, limit: i64) -> Sql {
        let Self {
            columns,
            from,
            parent,
            entity,
        } = self;
        let comma = if columns.is_empty() { "" } else { ", " };
        let head = format!(
            "select {parent} as key_parent, {entity} as key_entity{comma}{columns} from {from}"
        );
        let reader = Value::from(reader.0);
        match stretch {
            Stretch::Within(of, after) => Sql::composed(
                &format!("{head} and {parent} = $2 and {entity} > $3 order by {entity} limit $4"),
                vec![reader, of.into(), after.into(), limit.into()],
                &[],
            ),
            Stretch::Beyond(parents) => Sql::composed(
                &format!("{head} and {parent} > $2 order by {parent}, {entity} limit $3"),
                vec![reader, parents.into(), limit.into()],
                &[],
            ),
            Stretch::Of(entities) => Sql::composed(
                &format!("{head} and {entity} in (*)"),
                vec![reader],
                entities,
            ),
        }
    }
}

#[derive(FromRow)]
struct Keyed<T> {
    key_parent: Uuid,
    key_entity: Uuid,
    #[sqlx(flatten)]
    row: T,
}

#[derive(FromRow)]
struct SizedExif {
    size_bytes: i64,
    #[sqlx(flatten)]
    exif: Exif,
}

#[derive(FromRow)]
struct Setting {
    key: String,
    value: sqlx::types::Json<Json>,
}

#[derive(FromRow)]
struct Nothing {}

impl Part {
    /// The kind of change that tells of this part.
    pub const fn kind(self) -> ChangeKind {
        match self {
            Self::AuthUser | Self::User => ChangeKind::User,
            Self::Partner => ChangeKind::Partner,
            Self::Asset => ChangeKind::Asset,
            Self::Stack => ChangeKind::Stack,
            Self::PartnerAsset => ChangeKind::PartnerAsset,
            Self::PartnerStack => ChangeKind::PartnerStack,
            Self::AlbumAsset | Self::AlbumExif | Self::AlbumToAsset => ChangeKind::AlbumAsset,
            Self::Album => ChangeKind::Album,
            Self::AlbumUser => ChangeKind::AlbumUser,
            Self::Exif => ChangeKind::Exif,
            Self::PartnerExif => ChangeKind::PartnerExif,
            Self::Memory => ChangeKind::Memory,
            Self::MemoryToAsset => ChangeKind::MemoryAsset,
            Self::Person => ChangeKind::Person,
            Self::Face => ChangeKind::Face,
            Self::TextLine => ChangeKind::TextLine,
            Self::UserSetting => ChangeKind::UserSetting,
            Self::AssetMetadata => ChangeKind::AssetMetadata,
            Self::AssetEdit => ChangeKind::AssetEdit,
        }
    }

    #[expect(
        clippy::too_many_lines,
        reason = "a table of selections, one beside the other"
    )]
    fn selection(self) -> Selection {
        let sized_exif = || format!("a.size_bytes, {}", prefixed("e", exif::COLUMNS));
        let exif_of_asset = "exif e join assets a on a.owner_id = e.owner_id and a.id = e.asset_id";
        let member =
            "album_assets m join assets a on a.owner_id = m.owner_id and a.id = m.asset_id";
        let foreign =
            format!("m.album_id in {MY_ALBUMS} and a.owner_id <> $1 and a.visibility <> 'locked'");
        let of_partner = format!("in {MY_PARTNERS} and {}", assets::SHOWN_TO_PARTNERS);
        match self {
            Self::AuthUser => Selection::new(users::COLUMNS, "users where id = $1", "id", "id"),
            Self::User => Selection::new(
                users::COLUMNS,
                // Also who is closed: as long as the row is there, something may name it.
                "users where $1 = $1",
                "id",
                "id",
            ),
            Self::Partner => Selection::new(
                partners::COLUMNS,
                "partners where (shared_by_id = $1 or shared_with_id = $1)",
                "shared_by_id",
                "shared_with_id",
            ),
            Self::Asset => Selection::new(
                assets::COLUMNS,
                "assets where owner_id = $1",
                "owner_id",
                "id",
            ),
            Self::Stack => Selection::new(
                stacks::COLUMNS,
                "stacks where owner_id = $1",
                "owner_id",
                "id",
            ),
            Self::PartnerAsset => Selection::new(
                &prefixed("a", assets::COLUMNS),
                format!("assets a where a.owner_id {of_partner}"),
                "a.owner_id",
                "a.id",
            ),
            Self::PartnerStack => Selection::new(
                stacks::COLUMNS,
                format!("stacks where owner_id in {MY_PARTNERS}"),
                "owner_id",
                "id",
            ),
            Self::AlbumAsset => Selection::new(
                &prefixed("a", assets::COLUMNS),
                format!("{member} where {foreign}"),
                "m.album_id",
                "m.asset_id",
            ),
            Self::Album => Selection::new(
                "id, name, description, thumbnail_asset_id, asset_order, is_activity_enabled, created_at, updated_at",
                format!("albums where id in {MY_ALBUMS}"),
                "id",
                "id",
            ),
            Self::AlbumUser => Selection::new(
                "album_id, user_id, role",
                format!("album_users where album_id in {MY_ALBUMS}"),
                "album_id",
                "user_id",
            ),
            Self::AlbumToAsset => Selection::new(
                "",
                format!(
                    "{member} where m.album_id in {MY_ALBUMS} and (a.owner_id = $1 or a.visibility <> 'locked')"
                ),
                "m.album_id",
                "m.asset_id",
            ),
            Self::Exif => Selection::new(
                &sized_exif(),
                format!("{exif_of_asset} where a.owner_id = $1"),
                "a.owner_id",
                "a.id",
            ),
            Self::AlbumExif => Selection::new(
                &sized_exif(),
                format!(
                    "{member} join exif e on e.owner_id = a.owner_id and e.asset_id = a.id where {foreign}"
                ),
                "m.album_id",
                "m.asset_id",
            ),
            Self::PartnerExif => Selection::new(
                &sized_exif(),
                format!("{exif_of_asset} where a.owner_id {of_partner}"),
                "a.owner_id",
                "a.id",
            ),
            Self::Memory => Selection::new(
                memories::COLUMNS,
                "memories where owner_id = $1",
                "owner_id",
                "id",
            ),
            Self::MemoryToAsset => Selection::new(
                "",
                "memory_assets where owner_id = $1",
                "memory_id",
                "asset_id",
            ),
            Self::Person => Selection::new(
                people::COLUMNS,
                "people where owner_id = $1",
                "owner_id",
                "id",
            ),
            Self::Face => Selection::new(
                people::FACE_COLUMNS,
                "faces where owner_id = $1 and not is_dismissed",
                "owner_id",
                "id",
            ),
            Self::TextLine => Selection::new(
                text_lines::COLUMNS,
                "text_lines where owner_id = $1",
                "asset_id",
                "id",
            ),
            Self::UserSetting => Selection::new(
                "key, value",
                "user_settings where user_id = $1",
                "user_id",
                "user_id",
            ),
            Self::AssetMetadata => Selection::new(
                "key, value",
                "asset_metadata where owner_id = $1",
                "owner_id",
                "asset_id",
            ),
            Self::AssetEdit => Selection::new(
                asset_edits::COLUMNS,
                "asset_edits where owner_id = $1",
                "asset_id",
                "id",
            ),
        }
    }
}

/// Rows of a part that the reader may see, at most `limit` unless asked for by entity. Rows with one key stay together.
pub async fn select(
    tx: &mut Tx,
    part: Part,
    reader: UserId,
    which: Which<'_>,
    limit: i64,
) -> Result<Vec<(Key, Record)>> {
    let mut found = match which {
        Which::Entities([]) => return Ok(Vec::new()),
        Which::Entities(ids) => return read(tx, part, reader, Stretch::Of(ids), limit).await,
        Which::Within(of, after) => {
            let stretch = Stretch::Within(of, after.unwrap_or_default());
            read(tx, part, reader, stretch, limit).await?
        }
        Which::After((of, after)) => {
            let mut found = read(tx, part, reader, Stretch::Within(of, after), limit).await?;
            let left = limit - found.len() as i64;
            if left > 0 {
                found.extend(read(tx, part, reader, Stretch::Beyond(of), left).await?);
            }
            found
        }
    };
    if found.len() as i64 == limit {
        drop_last_key(&mut found);
    }
    Ok(found)
}

async fn read(
    tx: &mut Tx,
    part: Part,
    reader: UserId,
    stretch: Stretch<'_>,
    limit: i64,
) -> Result<Vec<(Key, Record)>> {
    let sql = part.selection().statement(reader, stretch, limit);
    Ok(match part {
        Part::AuthUser => rows(tx, sql, |row| Record::AuthUser(Box::new(row))).await?,
        Part::User => rows(tx, sql, |row| Record::User(Box::new(row))).await?,
        Part::Partner => rows(tx, sql, Record::Partner).await?,
        Part::Asset | Part::PartnerAsset | Part::AlbumAsset => {
            rows(tx, sql, |row| Record::Asset(Box::new(row))).await?
        }
        Part::Stack | Part::PartnerStack => rows(tx, sql, Record::Stack).await?,
        Part::Album => rows(tx, sql, |row| Record::Album(Box::new(row))).await?,
        Part::AlbumUser => rows(tx, sql, Record::AlbumUser).await?,
        Part::AlbumToAsset => rows(tx, sql, |Nothing {}| Record::AlbumToAsset).await?,
        Part::Exif | Part::AlbumExif | Part::PartnerExif => {
            rows(tx, sql, |SizedExif { size_bytes, exif }| {
                Record::Exif(Box::new(exif), size_bytes)
            })
            .await?
        }
        Part::Memory => rows(tx, sql, |row| Record::Memory(Box::new(row))).await?,
        Part::MemoryToAsset => rows(tx, sql, |Nothing {}| Record::MemoryToAsset).await?,
        Part::Person => rows(tx, sql, |row| Record::Person(Box::new(row))).await?,
        Part::Face => rows(tx, sql, |row| Record::Face(Box::new(row))).await?,
        Part::TextLine => rows(tx, sql, |row| Record::TextLine(Box::new(row))).await?,
        Part::AssetEdit => rows(tx, sql, |row| Record::AssetEdit(Box::new(row))).await?,
        Part::UserSetting | Part::AssetMetadata => {
            rows(tx, sql, |Setting { key, value }| Record::Value {
                key,
                value: value.0,
            })
            .await?
        }
    })
}

async fn rows<T: Row + Unpin>(
    tx: &mut Tx,
    sql: Sql,
    record: impl Fn(T) -> Record,
) -> Result<Vec<(Key, Record)>>
where
    Keyed<T>: Row,
{
    let found = tx.all::<Keyed<T>>(sql).await?;
    Ok(found
        .into_iter()
        .map(|row| ((row.key_parent, row.key_entity), record(row.row)))
        .collect())
}

/// A full page may end within the rows of one key: they wait for the next page.
fn drop_last_key(found: &mut Vec<(Key, Record)>) {
    let Some(last) = found.last().map(|(key, _)| *key) else {
        return;
    };
    let whole = found.partition_point(|(key, _)| *key < last);
    let has_ties = found.len() - whole > 1;
    if has_ties && whole > 0 {
        found.truncate(whole);
    }
}

fn prefixed(table: &str, columns: &str) -> String {
    let columns: Vec<String> = columns
        .split(", ")
        .map(|column| format!("{table}.{}", column.trim()))
        .collect();
    columns.join(", ")
}

/// Albums that came to be shared with the reader after a position of their feed: when, and which, in that order.
pub async fn albums_since(tx: &mut Tx, reader: UserId, seq: i64) -> Result<Vec<(i64, Uuid)>> {
    tx.all(crate::sql!(
        "select since_seq, album_id from album_users where user_id = $1 and since_seq > $2
         order by since_seq, album_id",
        reader,
        seq,
    ))
    .await
}

/// As [`albums_since`], of partners.
pub async fn partners_since(tx: &mut Tx, reader: UserId, seq: i64) -> Result<Vec<(i64, Uuid)>> {
    tx.all(crate::sql!(
        "select since_seq, shared_by_id from partners where shared_with_id = $1 and since_seq > $2
         order by since_seq, shared_by_id",
        reader,
        seq,
    ))
    .await
}

#[cfg(test)]
mod tests;
