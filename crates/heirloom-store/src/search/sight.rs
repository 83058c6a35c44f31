//! What of a library is in sight of whoever searches it.

use sea_query::{Expr, ExprTrait, Query, SelectStatement};

use super::{Filter, asset, is_of};
use crate::assets::Visibility;

/// As far as its visibility says.
pub(super) fn seen(filter: &Filter) -> Expr {
    let shows_as = |visibility: Visibility| asset("visibility").eq(visibility.as_str());
    match (filter.visibility, filter.guest()) {
        (Some(visibility), _) if filter.is_locked_shut => {
            shows_as(visibility).and(asset("id").not_in_subquery(parts_of_locked(filter)))
        }
        (Some(visibility), _) => shows_as(visibility),
        (None, Some(reader)) if filter.albums.is_empty() => {
            shows_as(Visibility::Timeline).or(shows_as(Visibility::Archive).and(is_of(reader)))
        }
        (None, _) => {
            asset("visibility").is_in([Visibility::Timeline.as_str(), Visibility::Archive.as_str()])
        }
    }
}

fn parts_of_locked(filter: &Filter) -> SelectStatement {
    let owners = filter.owners.iter().map(|owner| owner.0);
    Query::select()
        .column("live_video_id")
        .from("assets")
        .and_where(Expr::col("owner_id").is_in(owners))
        .and_where(Expr::col("visibility").eq(Visibility::Locked.as_str()))
        .and_where(Expr::col("live_video_id").is_not_null())
        .to_owned()
}
