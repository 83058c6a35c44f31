//! The timeline: how many assets each month has, and the assets of one month in columns.

use chrono::{Datelike, NaiveDate, NaiveTime};
use heirloom_types::{
    caller::Scope,
    ids::{AlbumId, AssetId, PersonId, StackId, TagId, UserId},
    media_type::MediaKind,
    time::Timestamp,
};
use sea_query::{
    Alias, Asterisk, Cond, Expr, ExprTrait, Func, JoinType, Order, Query, SelectStatement,
    UnionType,
};
use sqlx::FromRow;

use crate::{Result, Tx, assets::Visibility};

/// Which cell of a grid of whole degrees a picture was taken in, as the index `exif_cell` has it.
const CELL: &str = "round(latitude) * 1000 + round(longitude)";
/// Rows of that grid that are looked at one by one; in a higher area, whole belts are.
const GRID_ROWS_MAX: f64 = 16.0;

/// The bucket of a local time: year * 12 + month - 1.
pub fn month_of(local: Timestamp) -> i32 {
    local.year() * 12 + local.month0() as i32
}

/// The months in which an owner's timeline has something, in no order.
pub async fn list_known_months(tx: &mut Tx, owner: UserId) -> Result<Vec<i32>> {
    let rows: Vec<(i32,)> = tx
        .all(crate::sql!(
            "select distinct local_month from asset_counts
             where owner_id = $1 and visibility = 'timeline' and not is_trashed and count > 0",
            owner
        ))
        .await?;
    Ok(rows.into_iter().map(|(month,)| month).collect())
}

/// What part of a library is asked for.
#[derive(Clone, Debug)]
pub struct TimelineFilter {
    /// Absent means everything that is neither hidden nor locked.
    pub visibility: Option<Visibility>,
    pub is_trashed: bool,
    pub is_favorite: Option<bool>,
    /// Whether only the first picture of a stack shows.
    pub collapse_stacks: bool,
    pub album: Option<AlbumId>,
    pub tag: Option<TagId>,
    pub person: Option<PersonId>,
    pub area: Option<Area>,
    /// Whether partners who are in the owner's timeline show beside the owner; the library knows who they are.
    pub with_partners: bool,
    /// Oldest first instead of newest first.
    pub ascending: bool,
    pub by: OrderBy,
}

/// The time that puts an asset into a month, and its place there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OrderBy {
    /// When it was taken, where it was taken.
    #[default]
    Taken,
    /// When it came into the library, in UTC.
    Added,
}

/// A rectangle of the map, in degrees; `west` is greater than `east` where it lies over the date line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    pub west: f64,
    pub south: f64,
    pub east: f64,
    pub north: f64,
}

impl TimelineFilter {
    /// Whether it asks for nothing but a plain timeline, which is what partners see of one another.
    pub fn is_plain(&self) -> bool {
        self.visibility == Some(Visibility::Timeline)
            && !self.is_trashed
            && self.is_favorite.is_none()
    }

    /// Whether the maintained counts answer it.
    fn is_counted(&self) -> bool {
        self.is_of_everything() && self.by == OrderBy::Taken
    }

    /// Whether it asks for no album, tag, person or place.
    pub fn is_of_everything(&self) -> bool {
        self.album.is_none() && self.tag.is_none() && self.person.is_none() && self.area.is_none()
    }

    fn time(&self) -> (&'static str, &'static str) {
        let column = match self.by {
            OrderBy::Taken => "local_date_time",
            OrderBy::Added => "created_at",
        };
        ("assets", column)
    }

    /// An album shows what its members put in it; what is put away stays with its owner.
    fn shows_others(&self) -> bool {
        let is_put_away = matches!(
            self.visibility,
            Some(Visibility::Locked | Visibility::Hidden)
        );
        self.album.is_some() && !is_put_away && !self.is_trashed
    }

    fn order(&self) -> Order {
        if self.ascending {
            Order::Asc
        } else {
            Order::Desc
        }
    }
}

/// One month that has assets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromRow)]
pub struct Month {
    pub local_month: i32,
    pub count: i64,
}

/// One asset of a month, as much as a grid needs.
#[derive(Clone, Debug, FromRow)]
pub struct TimelineAsset {
    pub id: AssetId,
    pub owner_id: UserId,
    pub kind: MediaKind,
    pub visibility: Visibility,
    pub created_at: Timestamp,
    pub file_created_at: Timestamp,
    pub local_date_time: Timestamp,
    pub is_favorite: bool,
    pub deleted_at: Option<Timestamp>,
    pub duration_ms: Option<i64>,
    pub width: Option<i32>,
    pub height: Option<i32>,
    pub thumbhash: Option<Vec<u8>>,
    pub original_name: String,
    /// Bits of [`crate::assets::Rendition`].
    pub renditions: i32,
    pub live_video_id: Option<AssetId>,
    pub stack_id: Option<StackId>,
    pub city: Option<String>,
    pub country: Option<String>,
    pub latitude: Option<f64>,
    pub longitude: Option<f64>,
    pub projection_type: Option<String>,
}

/// The months that have assets, in the filter's order.
pub async fn list_months(tx: &mut Tx, scope: Scope, filter: &TimelineFilter) -> Result<Vec<Month>> {
    if filter.by == OrderBy::Added {
        return list_months_of_addition(tx, scope, filter).await;
    }
    let mut query = Query::select();
    query
        .column("local_month")
        .group_by_col("local_month")
        .order_by("local_month", filter.order());
    if filter.is_counted() {
        let total = Func::sum(Expr::col("count"));
        query
            .expr_as(Expr::expr(total).cast_as("bigint"), "count")
            .from("asset_counts")
            .cond_where(counted_condition(scope, filter))
            .and_having(Expr::expr(Func::sum(Expr::col("count"))).gt(0));
    } else {
        query
            .expr_as(Func::count(Expr::col(Asterisk)), "count")
            .from("assets");
        restrict(&mut query, scope, filter);
    }
    let statement = tx.build(&query);
    tx.all(statement).await
}

async fn list_months_of_addition(
    tx: &mut Tx,
    scope: Scope,
    filter: &TimelineFilter,
) -> Result<Vec<Month>> {
    let month = format!("substr({}, 1, 7)", tx.day_of("assets.created_at"));
    let mut query = Query::select();
    query
        .expr_as(Expr::cust(month), "month")
        .expr_as(Func::count(Expr::col(Asterisk)), "count")
        .from("assets")
        .group_by_col("month")
        .order_by("month", filter.order());
    restrict(&mut query, scope, filter);
    let statement = tx.build(&query);
    let rows: Vec<(String, i64)> = tx.all(statement).await?;
    let of = |(month, count): (String, i64)| {
        let day: NaiveDate = format!("{month}-01").parse().ok()?;
        let local_month = month_of(day.and_time(NaiveTime::MIN).and_utc());
        Some(Month { local_month, count })
    };
    Ok(rows.into_iter().filter_map(of).collect())
}

/// From the beginning of a bucket to the beginning of the next; none for a month that no calendar has.
fn span(month: i32) -> Option<(Timestamp, Timestamp)> {
    let start = |month: i32| {
        let first = month.rem_euclid(12) as u32 + 1;
        let day = NaiveDate::from_ymd_opt(month.div_euclid(12), first, 1)?;
        Some(day.and_time(NaiveTime::MIN).and_utc())
    };
    Some((start(month)?, start(month.checked_add(1)?)?))
}

/// The assets of one month, in the filter's order.
pub async fn list_assets(
    tx: &mut Tx,
    scope: Scope,
    filter: &TimelineFilter,
    local_month: i32,
) -> Result<Vec<TimelineAsset>> {
    let mut query = Query::select();
    query
        .columns(
            "id owner_id kind visibility created_at file_created_at local_date_time is_favorite deleted_at duration_ms \
             width height thumbhash original_name renditions live_video_id stack_id"
                .split(' ')
                .map(|column| ("assets", Alias::new(column))),
        )
        .columns(
            "city country latitude longitude projection_type".split(' ').map(|column| ("exif", Alias::new(column))),
        )
        .from("assets")
        .join(
            JoinType::LeftJoin,
            "exif",
            Expr::col(("exif", "owner_id"))
                .equals(("assets", "owner_id"))
                .and(Expr::col(("exif", "asset_id")).equals(("assets", "id"))),
        )
        .order_by(filter.time(), filter.order())
        .order_by(("assets", "id"), filter.order());
    match filter.by {
        OrderBy::Taken => query.and_where(Expr::col(("assets", "local_month")).eq(local_month)),
        OrderBy::Added => {
            let Some((start, end)) = span(local_month) else {
                return Ok(Vec::new());
            };
            let added = Expr::col(filter.time());
            query.and_where(added.clone().gte(start).and(added.lt(end)))
        }
    };
    restrict(&mut query, scope, filter);
    let statement = tx.build(&query);
    tx.all(statement).await
}

fn counted_condition(scope: Scope, filter: &TimelineFilter) -> Cond {
    Cond::all()
        .add(Expr::col("owner_id").eq(scope.own().0))
        .add(visibility_condition(
            Expr::col("visibility"),
            filter.visibility,
        ))
        .add(Expr::col("is_trashed").eq(filter.is_trashed))
        .add_option(
            filter
                .is_favorite
                .map(|wanted| Expr::col("is_favorite").eq(wanted)),
        )
        .add_option(
            filter
                .collapse_stacks
                .then(|| Expr::col("is_collapsed").eq(false)),
        )
}

fn restrict(query: &mut SelectStatement, scope: Scope, filter: &TimelineFilter) {
    let column = |name: &'static str| Expr::col(("assets", name));
    let trashed = if filter.is_trashed {
        column("deleted_at").is_not_null()
    } else {
        column("deleted_at").is_null()
    };
    if !filter.shows_others() {
        query.and_where(column("owner_id").eq(scope.own().0));
    }
    query
        .and_where(visibility_condition(
            column("visibility"),
            filter.visibility,
        ))
        .and_where(trashed)
        .and_where_option(
            filter
                .is_favorite
                .map(|wanted| column("is_favorite").eq(wanted)),
        )
        .and_where_option(
            filter
                .collapse_stacks
                .then(|| column("is_collapsed").eq(false)),
        );
    if let Some(album) = filter.album {
        let members = Query::select()
            .column("asset_id")
            .from("album_assets")
            .and_where(Expr::col("album_id").eq(album.0))
            .to_owned();
        query.and_where(column("id").in_subquery(members));
    }
    if let Some(tag) = filter.tag {
        let tagged = Query::select()
            .column("asset_id")
            .from("asset_tags")
            .and_where(Expr::col("tag_id").eq(tag.0))
            .to_owned();
        query.and_where(column("id").in_subquery(tagged));
    }
    if let Some(person) = filter.person {
        let seen = Query::select()
            .column("asset_id")
            .from("faces")
            .and_where(Expr::col("person_id").eq(person.0))
            .to_owned();
        query.and_where(column("id").in_subquery(seen));
    }
    if let Some(area) = filter.area {
        query.and_where(column("id").in_subquery(taken_in(area, scope.own())));
    }
}

/// Ids of an owner's assets that were taken in that area. They are looked for in the cells of a grid of whole degrees,
/// which an index knows; by latitude alone, everything of a whole belt would be looked at.
fn taken_in(area: Area, owner: UserId) -> SelectStatement {
    // Of each row of the grid: its number, and the columns that the area touches, whichever way halves are rounded.
    let (south, north) = ((area.south - 0.5).ceil(), (area.north + 0.5).floor());
    let (west, east) = if area.west <= area.east {
        ((area.west - 0.5).ceil(), (area.east + 0.5).floor())
    } else {
        (-180.0, 180.0)
    };
    let cell = |row: f64, column: f64| row * 1000.0 + column;
    let count = north - south + 1.0;
    let mut ranges: Vec<(f64, f64)> = if count <= GRID_ROWS_MAX {
        (0..count as i32)
            .map(|row| south + f64::from(row))
            .map(|row| (cell(row, west), cell(row, east)))
            .collect()
    } else {
        vec![(cell(south, -180.0), cell(north, 180.0))]
    };
    let within = |(first, last): (f64, f64)| {
        Query::select()
            .column("asset_id")
            .from("exif")
            .and_where(Expr::col("owner_id").eq(owner.0))
            .and_where(Expr::cust(CELL).between(first, last))
            .cond_where(area_condition(area))
            .to_owned()
    };
    let mut all = within(ranges.pop().unwrap_or_default());
    for range in ranges {
        all.union(UnionType::All, within(range));
    }
    all
}

fn area_condition(area: Area) -> Cond {
    let east_of = Expr::col("longitude").gte(area.west);
    let west_of = Expr::col("longitude").lte(area.east);
    let across = if area.west <= area.east {
        Cond::all().add(east_of).add(west_of)
    } else {
        Cond::any().add(east_of).add(west_of)
    };
    Cond::all()
        .add(Expr::col("latitude").between(area.south, area.north))
        .add(across)
}

fn visibility_condition(column: Expr, wanted: Option<Visibility>) -> Expr {
    match wanted {
        Some(visibility) => column.eq(visibility.as_str()),
        None => column.is_in([Visibility::Timeline.as_str(), Visibility::Archive.as_str()]),
    }
}
