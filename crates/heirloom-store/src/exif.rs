//! What the files say: one row per asset, beside it.

use heirloom_types::{
    ids::{AssetId, UserId},
    media_type::MediaKind,
    time::Timestamp,
};
use sqlx::FromRow;
use uuid::Uuid;

use crate::{
    Result, Tx, sql,
    words::{self, WordSource},
};

macro_rules! columns {
    () => {
        "owner_id, asset_id, image_width, image_height, orientation, date_time_original, modify_date, time_zone, \
         latitude, longitude, city, state, country, make, model, lens_model, exposure_time, f_number, \
         focal_length_mm, iso, rating, description, projection_type, profile_description, frames_per_second, \
         live_photo_id, burst_id, edits"
    };
}

/// As the statements here list them.
pub(crate) const COLUMNS: &str = columns!();

/// What one file says of itself, with what a person said instead.
#[derive(Clone, Debug, FromRow)]
pub struct Exif {
    pub owner_id: UserId,
    pub asset_id: AssetId,
    /// As stored, before orientation.
    pub image_width: Option<i32>,
    pub image_height: Option<i32>,
    /// 1 to 8.
    pub orientation: Option<i32>,
    pub date_time_original: Option<Timestamp>,
    pub modify_date: Option<Timestamp>,
    /// IANA name or `UTC+2`.
    pub time_zone: Option<String>,
    /// Degrees, WGS 84.
    pub latitude: Option<f64>,
    pub longitude: Option<f64>,
    pub city: Option<String>,
    pub state: Option<String>,
    pub country: Option<String>,
    pub make: Option<String>,
    pub model: Option<String>,
    pub lens_model: Option<String>,
    /// Seconds, as people write them: `1/250`.
    pub exposure_time: Option<String>,
    pub f_number: Option<f64>,
    pub focal_length_mm: Option<f64>,
    pub iso: Option<i32>,
    /// One to five.
    pub rating: Option<i32>,
    pub description: String,
    pub projection_type: Option<String>,
    pub profile_description: Option<String>,
    pub frames_per_second: Option<f64>,
    pub live_photo_id: Option<String>,
    pub burst_id: Option<String>,
    /// What a person said instead of the file, in the library's own JSON; it wins.
    pub edits: Option<String>,
}

impl Exif {
    /// A row that says nothing yet.
    pub fn empty(owner_id: UserId, asset_id: AssetId) -> Self {
        Self {
            owner_id,
            asset_id,
            image_width: None,
            image_height: None,
            orientation: None,
            date_time_original: None,
            modify_date: None,
            time_zone: None,
            latitude: None,
            longitude: None,
            city: None,
            state: None,
            country: None,
            make: None,
            model: None,
            lens_model: None,
            exposure_time: None,
            f_number: None,
            focal_length_mm: None,
            iso: None,
            rating: None,
            description: String::new(),
            projection_type: None,
            profile_description: None,
            frames_per_second: None,
            live_photo_id: None,
            burst_id: None,
            edits: None,
        }
    }
}

pub async fn get(tx: &mut Tx, owner: UserId, asset: AssetId) -> Result<Option<Exif>> {
    tx.optional(sql!(
        concat!(
            "select ",
            columns!(),
            " from exif where owner_id = $1 and asset_id = $2"
        ),
        owner,
        asset
    ))
    .await
}

/// Of these assets of an owner, in no order.
pub async fn list(tx: &mut Tx, owner: UserId, assets: &[Uuid]) -> Result<Vec<Exif>> {
    let text = concat!(
        "select ",
        columns!(),
        " from exif where owner_id = $1 and asset_id in (*)"
    );
    tx.all_of(text, &[owner.0.into()], assets).await
}

/// Writes the whole row.
pub async fn upsert(tx: &mut Tx, exif: &Exif) -> Result<()> {
    tx.execute(sql!(
        concat!(
            "insert into exif (",
            columns!(),
            ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, \
             $22, $23, $24, $25, $26, $27, $28)
             on conflict (owner_id, asset_id) do update set
                image_width = excluded.image_width, image_height = excluded.image_height,
                orientation = excluded.orientation, date_time_original = excluded.date_time_original,
                modify_date = excluded.modify_date, time_zone = excluded.time_zone, latitude = excluded.latitude,
                longitude = excluded.longitude, city = excluded.city, state = excluded.state,
                country = excluded.country, make = excluded.make, model = excluded.model,
                lens_model = excluded.lens_model, exposure_time = excluded.exposure_time,
                f_number = excluded.f_number, focal_length_mm = excluded.focal_length_mm, iso = excluded.iso,
                rating = excluded.rating, description = excluded.description,
                projection_type = excluded.projection_type, profile_description = excluded.profile_description,
                frames_per_second = excluded.frames_per_second, live_photo_id = excluded.live_photo_id,
                burst_id = excluded.burst_id, edits = excluded.edits"
        ),
        exif.owner_id,
        exif.asset_id,
        exif.image_width,
        exif.image_height,
        exif.orientation,
        exif.date_time_original,
        exif.modify_date,
        exif.time_zone.clone(),
        exif.latitude,
        exif.longitude,
        exif.city.clone(),
        exif.state.clone(),
        exif.country.clone(),
        exif.make.clone(),
        exif.model.clone(),
        exif.lens_model.clone(),
        exif.exposure_time.clone(),
        exif.f_number,
        exif.focal_length_mm,
        exif.iso,
        exif.rating,
        &exif.description,
        exif.projection_type.clone(),
        exif.profile_description.clone(),
        exif.frames_per_second,
        exif.live_photo_id.clone(),
        exif.burst_id.clone(),
        exif.edits.clone(),
    ))
    .await?;
    let description = [exif.description.as_str()];
    words::replace(
        tx,
        exif.owner_id,
        exif.asset_id,
        WordSource::Description,
        &description,
    )
    .await
}

/// The other half of a live photo: an asset of that kind whose file carries the same content identifier.
pub async fn get_live_partner(
    tx: &mut Tx,
    owner: UserId,
    live_photo_id: &str,
    kind: MediaKind,
    library: Option<Uuid>,
) -> Result<Option<AssetId>> {
    let row: Option<(AssetId,)> = tx
        .optional(sql!(
            "select a.id from exif e join assets a on a.owner_id = e.owner_id and a.id = e.asset_id
             where e.owner_id = $1 and e.live_photo_id = $2 and a.kind = $3 and a.library_id is not distinct from $4
             order by a.id limit 1",
            owner,
            live_photo_id,
            kind,
            library,
        ))
        .await?;
    Ok(row.map(|(id,)| id))
}

/// Whether most of what an owner took last, and knows the place of, is of south of the equator.
pub async fn is_southern(tx: &mut Tx, owner: UserId) -> Result<bool> {
    let south: i64 = tx
        .scalar(sql!(
            "select cast(coalesce(sum(case when e.latitude < 0 then 1 else -1 end), 0) as bigint)
             from (select owner_id, id from assets where owner_id = $1 order by file_created_at desc, id desc limit 500) a
             join exif e on e.owner_id = a.owner_id and e.asset_id = a.id
             where e.latitude is not null",
            owner,
        ))
        .await?;
    Ok(south > 0)
}
