//! The values that fields have: suggestions, places, cameras.

use heirloom_types::ids::{AssetId, UserId};
use sea_query::Query;
use uuid::Uuid;

use super::{Filter, restrict};
use crate::{Result, Tx, db::Sql};

/// What suggestions are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    City,
    State,
    Country,
    Make,
    Model,
    LensModel,
}

impl Field {
    const fn column(self) -> &'static str {
        match self {
            Self::City => "city",
            Self::State => "state",
            Self::Country => "country",
            Self::Make => "make",
            Self::Model => "model",
            Self::LensModel => "lens_model",
        }
    }
}

/// The values a field has among what matches, in no order; null among them if some have none.
pub async fn values(tx: &mut Tx, filter: &Filter, field: Field) -> Result<Vec<Option<String>>> {
    let mut query = Query::select();
    query.distinct().column(("exif", field.column()));
    restrict(&mut query, filter);
    let statement = tx.build(&query);
    let rows: Vec<(Option<String>,)> = tx.all(statement).await?;
    Ok(rows.into_iter().map(|(value,)| value).collect())
}

/// The values a field has anywhere in an owner's library, in their order; one step for each value, however many assets.
pub async fn vocabulary(tx: &mut Tx, owner: UserId, field: Field) -> Result<Vec<String>> {
    macro_rules! steps {
        ($column:literal) => {
            concat!(
                "with recursive steps (value) as (
                     select min(",
                $column,
                ") from exif where owner_id = $1 and ",
                $column,
                " is not null
                     union all
                     select (select min(",
                $column,
                ") from exif where owner_id = $1 and ",
                $column,
                " > steps.value) from steps where steps.value is not null
                 ) select value from steps where value is not null"
            )
        };
    }
    let text = match field {
        Field::City => steps!("city"),
        Field::State => steps!("state"),
        Field::Country => steps!("country"),
        Field::Make => steps!("make"),
        Field::Model => steps!("model"),
        Field::LensModel => steps!("lens_model"),
    };
    let rows: Vec<(String,)> = tx.all(crate::sql!(text, owner)).await?;
    Ok(rows.into_iter().map(|(value,)| value).collect())
}

/// The newest asset of every city, and the city; the cities with most pictures first.
pub async fn cities(tx: &mut Tx, owners: &[UserId]) -> Result<Vec<(String, AssetId)>> {
    let owners: Vec<Uuid> = owners.iter().map(|owner| owner.0).collect();
    tx.all(Sql::composed(
        "select city, id from (
             select e.city as city, a.id as id, count(*) over (partition by e.city) as pictures,
                    row_number() over (partition by e.city order by a.file_created_at desc, a.id desc) as place
             from exif e join assets a on a.owner_id = e.owner_id and a.id = e.asset_id
             where e.owner_id in (*) and e.city is not null and a.visibility = 'timeline' and a.deleted_at is null
         ) found where place = 1 order by pictures desc, city",
        Vec::new(),
        &owners,
    ))
    .await
}
