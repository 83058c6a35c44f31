//! Searching by what is known of assets.

pub mod columns;
mod random;
mod sight;
mod values;

use heirloom_types::{
    checksum::Sha1,
    ids::{AlbumId, AssetId, PersonId, TagId, UserId},
    media_type::MediaKind,
    time::Timestamp,
};
use sea_query::{
    Alias, Asterisk, Cond, Expr, ExprTrait, Func, LikeExpr, Order, Query, SelectStatement,
};
use sqlx::FromRow;
use uuid::Uuid;

pub use random::random;
use sight::seen;
pub use values::{Field, cities, values, vocabulary};

use crate::{
    Result, Tx,
    assets::{self, Asset, Rendition, Visibility},
    db::Bind,
    words::{self, WordSource},
};

/// A time before which and one after which something happened; both may be open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    pub after: Option<Timestamp>,
    pub before: Option<Timestamp>,
}

impl Span {
    fn is_open(self) -> bool {
        self.after.is_none() && self.before.is_none()
    }
}

/// A text that must be so (`Some(Some(_))`) or unknown (`Some(None)`); `None` leaves it open.
pub type Wanted<T> = Option<Option<T>>;

/// What assets must be like; whatever is left open does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Who looks. Of what belongs to others they find neither trash nor favourites, and in their libraries no archive. Nobody
    /// in particular finds all of it.
    pub reader: Option<UserId>,
    /// Whose libraries; empty when albums say it.
    pub owners: Vec<UserId>,
    /// In one of these albums.
    pub albums: Vec<AlbumId>,
    /// With all of these people in the picture.
    pub people: Vec<PersonId>,
    /// With all of these tags, or tags below them; `Some(None)`: with none.
    pub tags: Wanted<Vec<TagId>>,
    pub id: Option<AssetId>,
    pub sha1: Option<Sha1>,
    pub kind: Option<MediaKind>,
    pub visibility: Option<Visibility>,
    /// Leaves out the moving parts of what is locked away.
    pub is_locked_shut: bool,
    pub is_favorite: Option<bool>,
    pub is_offline: Option<bool>,
    pub is_motion: Option<bool>,
    pub is_encoded: Option<bool>,
    pub is_not_in_album: bool,
    pub with_trashed: bool,
    pub taken: Span,
    /// By the clock on the wall where it was taken, written as if it were UTC.
    pub local: Span,
    pub created: Span,
    pub updated: Span,
    pub trashed: Span,
    /// A part of the name, whatever its case.
    pub name: Option<String>,
    pub path: Option<String>,
    /// Words that the picture shows.
    pub text: Option<String>,
    /// Words that it shows or that its name or description have, all of each.
    pub words: Vec<String>,
    pub description: Option<String>,
    pub city: Wanted<String>,
    pub state: Wanted<String>,
    pub country: Wanted<String>,
    pub make: Wanted<String>,
    pub model: Wanted<String>,
    pub lens_model: Wanted<String>,
    pub library: Wanted<Uuid>,
    pub rating: Wanted<i32>,
    pub min_bytes: Option<i64>,
    /// Nothing can match: something was asked for that nobody knows.
    pub is_impossible: bool,
}

impl Filter {
    /// The same for the library of one owner alone.
    pub fn within(&self, owner: UserId) -> Self {
        let mut filter = Self {
            owners: vec![owner],
            reader: None,
            ..self.clone()
        };
        if self.reader.is_some_and(|reader| reader != owner) {
            filter.visibility = self.visibility.or(Some(Visibility::Timeline));
            filter.with_trashed = false;
            filter.is_impossible |= self.is_favorite.is_some() || !self.trashed.is_open();
        }
        filter
    }

    /// Who looks, if what belongs to others may be among what is found.
    fn guest(&self) -> Option<UserId> {
        self.reader.filter(|reader| {
            self.owners.iter().any(|owner| owner != reader) || !self.albums.is_empty()
        })
    }
}

/// The order of what is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrange {
    NewestFirst,
    OldestFirst,
    LargestFirst,
    Random,
}

/// One page: at most `limit` assets after the first `offset`.
pub async fn page(
    tx: &mut Tx,
    filter: &Filter,
    arrange: Arrange,
    offset: u64,
    limit: u64,
) -> Result<Vec<Asset>> {
    if filter.is_impossible {
        return Ok(Vec::new());
    }
    let mut query = selection();
    restrict(&mut query, filter);
    match arrange {
        Arrange::NewestFirst => {
            query
                .order_by(("assets", "file_created_at"), Order::Desc)
                .order_by(("assets", "id"), Order::Desc);
        }
        Arrange::OldestFirst => {
            query
                .order_by(("assets", "file_created_at"), Order::Asc)
                .order_by(("assets", "id"), Order::Asc);
        }
        Arrange::LargestFirst => {
            query
                .order_by(("assets", "size_bytes"), Order::Desc)
                .order_by(("assets", "id"), Order::Desc);
        }
        Arrange::Random => {
            query.order_by_expr(Expr::cust("random()"), Order::Asc);
        }
    }
    query.limit(limit).offset(offset);
    let statement = tx.build(&query);
    tx.all(statement).await
}

/// Whole assets.
fn selection() -> SelectStatement {
    let columns = assets::COLUMNS.split(", ");
    Query::select()
        .columns(columns.map(|column| ("assets", Alias::new(column.trim()))))
        .to_owned()
}

/// Everything that matches, as owner and asset, in no order.
pub async fn ids(tx: &mut Tx, filter: &Filter) -> Result<Vec<(UserId, AssetId)>> {
    if filter.is_impossible {
        return Ok(Vec::new());
    }
    let mut query = Query::select();
    query.columns([("assets", "owner_id"), ("assets", "id")]);
    restrict(&mut query, filter);
    let statement = tx.build(&query);
    tx.all(statement).await
}

/// Those of `ids` that match, in no order.
pub async fn matching(
    tx: &mut Tx,
    filter: &Filter,
    ids: &[AssetId],
) -> Result<Vec<(UserId, AssetId)>> {
    let mut found = Vec::new();
    for chunk in ids.chunks(crate::db::IDS_PER_STATEMENT) {
        let mut query = Query::select();
        query.columns([("assets", "owner_id"), ("assets", "id")]);
        restrict(&mut query, filter);
        query.and_where(asset("id").is_in(chunk.iter().map(|id| id.0)));
        let statement = tx.build(&query);
        found.extend(tx.all::<(UserId, AssetId)>(statement).await?);
    }
    Ok(found)
}

/// How many assets match.
pub async fn count(tx: &mut Tx, filter: &Filter) -> Result<i64> {
    if filter.is_impossible {
        return Ok(0);
    }
    let mut query = Query::select();
    query.expr(Func::count(Expr::col(Asterisk)));
    restrict(&mut query, filter);
    let statement = tx.build(&query);
    tx.scalar(statement).await
}

fn restrict(query: &mut SelectStatement, filter: &Filter) {
    query.from("assets").inner_join(
        "exif",
        Expr::col(("exif", "owner_id"))
            .equals(("assets", "owner_id"))
            .and(Expr::col(("exif", "asset_id")).equals(("assets", "id"))),
    );
    query.cond_where(
        Cond::all()
            .add(own_conditions(filter))
            .add(file_conditions(filter))
            .add(spans(filter))
            .add(memberships(filter)),
    );
}

fn asset(name: &'static str) -> Expr {
    Expr::col(("assets", name))
}

/// What an asset is.
fn own_conditions(filter: &Filter) -> Cond {
    let is_owned = !filter.owners.is_empty() || filter.albums.is_empty();
    let owners =
        is_owned.then(|| asset("owner_id").is_in(filter.owners.iter().map(|owner| owner.0)));
    Cond::all()
        .add_option(owners)
        .add(seen(filter))
        .add_option(filter.id.map(|id| asset("id").eq(id.0)))
        .add_option(filter.sha1.map(|sha1| asset("sha1").eq(sha1.0.to_vec())))
        .add_option(
            filter
                .kind
                .map(|kind| asset("kind").eq(Expr::val(kind.bind()))),
        )
        .add_option(
            filter
                .is_favorite
                .map(|wanted| asset("is_favorite").eq(wanted)),
        )
        .add_option(filter.is_favorite.and(filter.guest()).map(is_of))
        .add_option(
            filter
                .is_offline
                .map(|wanted| asset("is_offline").eq(wanted)),
        )
        .add_option(
            filter
                .is_motion
                .map(|wanted| known(asset("live_video_id"), wanted)),
        )
        .add_option(filter.is_encoded.map(|wanted| {
            let bit = asset("renditions").bit_and(Rendition::EncodedVideo as i32);
            if wanted { bit.ne(0) } else { bit.eq(0) }
        }))
        .add_option(filter.min_bytes.map(|bytes| asset("size_bytes").gte(bytes)))
        .add_option(
            filter
                .name
                .as_ref()
                .map(|part| contains(asset("original_name"), part)),
        )
        .add_option(
            filter
                .path
                .as_ref()
                .map(|part| contains(asset("original_path"), part)),
        )
        .add_option(equals(asset("library_id"), filter.library))
}

/// What its file says.
fn file_conditions(filter: &Filter) -> Cond {
    let exif = |name: &'static str| Expr::col(("exif", name));
    let description = filter.description.as_ref();
    let mut all = Cond::all()
        .add_option(description.map(|part| contains(exif("description"), part)))
        .add_option(equals(exif("rating"), filter.rating));
    for (name, wanted) in [
        ("city", &filter.city),
        ("state", &filter.state),
        ("country", &filter.country),
        ("make", &filter.make),
        ("model", &filter.model),
        ("lens_model", &filter.lens_model),
    ] {
        all = all.add_option(equals(exif(name), wanted.clone()));
    }
    all
}

/// When things happened to it.
fn spans(filter: &Filter) -> Cond {
    let mut all = Cond::all();
    for (name, span) in [
        ("file_created_at", filter.taken),
        ("local_date_time", filter.local),
        ("created_at", filter.created),
        ("updated_at", filter.updated),
        ("deleted_at", filter.trashed),
    ] {
        all = all
            .add_option(span.after.map(|after| asset(name).gte(after)))
            .add_option(span.before.map(|before| asset(name).lte(before)));
    }
    let is_here = || asset("deleted_at").is_null();
    if !filter.with_trashed && filter.trashed.is_open() {
        all = all.add(is_here());
    } else if let Some(reader) = filter.guest() {
        all = all.add(is_here().or(is_of(reader)));
    }
    all
}

/// Albums, tags and people.
fn memberships(filter: &Filter) -> Cond {
    let id = || Expr::col(("assets", "id"));
    let mut all = Cond::all();
    if !filter.albums.is_empty() {
        let albums = Expr::col("album_id").is_in(filter.albums.iter().map(|album| album.0));
        all = all.add(id().in_subquery(members("album_assets", Some(albums))));
    }
    if filter.is_not_in_album {
        all = all.add(id().not_in_subquery(members("album_assets", None)));
    }
    for person in &filter.people {
        let is_person = Expr::col("person_id").eq(person.0);
        all = all.add(id().in_subquery(members("faces", Some(is_person))));
    }
    let shown = filter
        .text
        .iter()
        .map(|text| (text, Some(WordSource::Text)));
    for (text, source) in shown.chain(filter.words.iter().map(|text| (text, None))) {
        all = match words::selections(&filter.owners, text, source) {
            Some(selections) => selections
                .into_iter()
                .fold(all, |all, having| all.add(id().in_subquery(having))),
            None => all.add(Expr::val(1).eq(0)),
        };
    }
    match &filter.tags {
        None => {}
        Some(None) => all = all.add(id().not_in_subquery(members("asset_tags", None))),
        Some(Some(tags)) => {
            for tag in tags {
                all = all.add(id().in_subquery(tagged(*tag)));
            }
        }
    }
    all
}

fn members(table: &'static str, condition: Option<Expr>) -> SelectStatement {
    Query::select()
        .column("asset_id")
        .from(table)
        .and_where_option(condition)
        .to_owned()
}

/// Assets with a tag or one below it.
fn tagged(tag: TagId) -> SelectStatement {
    let is_below = Expr::cust(
        "b.owner_id = t.owner_id
         and (b.id = t.id or substr(b.value, 1, length(t.value) + 1) = t.value || '/')",
    );
    let family = Query::select()
        .column(("b", "id"))
        .from_as("tags", "t")
        .join_as(sea_query::JoinType::InnerJoin, "tags", "b", is_below)
        .and_where(Expr::col(("t", "id")).eq(tag.0))
        .to_owned();
    let below = Expr::col("tag_id").in_subquery(family);
    members("asset_tags", Some(below))
}

fn is_of(owner: UserId) -> Expr {
    asset("owner_id").eq(owner.0)
}

fn known(column: Expr, wanted: bool) -> Expr {
    if wanted {
        column.is_not_null()
    } else {
        column.is_null()
    }
}

fn equals<T: Into<sea_query::Value>>(column: Expr, wanted: Wanted<T>) -> Option<Expr> {
    Some(match wanted? {
        Some(value) => column.eq(Expr::val(value)),
        None => column.is_null(),
    })
}

fn contains(column: Expr, part: &str) -> Expr {
    let mut pattern = String::with_capacity(part.len() + 2);
    pattern.push('%');
    for letter in part.to_lowercase().chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    Expr::expr(Func::lower(column)).like(LikeExpr::new(pattern).escape('\\'))
}

/// Where a picture was taken.
#[derive(Clone, Debug, FromRow)]
pub struct Marker {
    pub id: AssetId,
    pub latitude: f64,
    pub longitude: f64,
    pub city: Option<String>,
    pub state: Option<String>,
    pub country: Option<String>,
}

/// Where pictures were taken, the newest first, at most `limit`.
pub async fn markers(tx: &mut Tx, filter: &Filter, limit: u64) -> Result<Vec<Marker>> {
    let mut query = Query::select();
    query
        .column(("assets", "id"))
        .columns(
            ["latitude", "longitude", "city", "state", "country"].map(|column| ("exif", column)),
        )
        .order_by(("assets", "file_created_at"), Order::Desc)
        .limit(limit);
    restrict(&mut query, filter);
    query
        .and_where(Expr::col(("exif", "latitude")).is_not_null())
        .and_where(Expr::col(("exif", "longitude")).is_not_null());
    let statement = tx.build(&query);
    tx.all(statement).await
}

/// The folders in which an owner's originals lie, in no order, each with a slash at its end.
pub async fn folders(tx: &mut Tx, owner: UserId) -> Result<Vec<String>> {
    let rows: Vec<(String,)> = tx
        .all(crate::sql!(
            "select distinct rtrim(original_path, replace(original_path, '/', '')) from assets
             where owner_id = $1 and visibility = 'timeline' and deleted_at is null",
            owner
        ))
        .await?;
    Ok(rows.into_iter().map(|(path,)| path).collect())
}

/// The assets whose originals lie in that folder itself, in the order of their names.
pub async fn in_folder(tx: &mut Tx, owner: UserId, folder: &str) -> Result<Vec<AssetId>> {
    let folder = format!("{}/", folder.trim_end_matches('/'));
    let rows: Vec<(AssetId,)> = tx
        .all(crate::sql!(
            "select id from assets where owner_id = $1 and visibility = 'timeline' and deleted_at is null
                 and rtrim(original_path, replace(original_path, '/', '')) = $2
             order by original_path, id",
            owner,
            folder
        ))
        .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}
