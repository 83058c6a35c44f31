//! Faces that were found, what describes them, and what a person said of them.

use heirloom_types::{
    ids::{AssetId, FaceId, PersonId, UserId},
    time::Timestamp,
};
use sqlx::FromRow;

use crate::{
    Result, Tx, embeddings,
    people::{self, Face},
    sql,
};

/// A face with its descriptor, as clustering wants it.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribedFace {
    pub id: FaceId,
    pub asset_id: AssetId,
    pub person_id: Option<PersonId>,
    /// A person said whose it is, or that it is nobody's.
    pub is_confirmed: bool,
    /// The longer side of its box, as a fraction of the picture's longer side.
    pub extent: f64,
    /// The same in pixels of the picture it was found in.
    pub pixels: i32,
    pub vector: Vec<f32>,
}

/// What tells a face from others.
#[derive(Clone, Copy, Debug)]
pub struct Descriptor<'a> {
    /// Name and version of the models: vectors of others cannot be compared with it.
    pub model: &'a str,
    pub vector: &'a [f32],
    /// How sure the detector was.
    pub score: f64,
}

/// Where a face is, and who found it.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct FaceBox {
    pub id: FaceId,
    pub person_id: Option<PersonId>,
    pub x1: i32,
    pub y1: i32,
    pub x2: i32,
    pub y2: i32,
    /// Pixels of the picture in which the box was drawn.
    pub image_width: i32,
    pub image_height: i32,
    /// By whose models it is described; none where a person drew it and no model found it since.
    pub model: Option<String>,
}

#[derive(FromRow)]
struct DescribedRow {
    id: FaceId,
    asset_id: AssetId,
    person_id: Option<PersonId>,
    is_confirmed: bool,
    extent: f64,
    pixels: i32,
    vector: Vec<u8>,
}

/// The faces of an owner that these models describe, in the order in which they were found. Those that a person said are no
/// faces are left out.
pub async fn list_described(tx: &mut Tx, owner: UserId, model: &str) -> Result<Vec<DescribedFace>> {
    let rows: Vec<DescribedRow> = tx
        .all(sql!(
            "select id, asset_id, person_id, is_confirmed, vector,
                 case when x2 - x1 > y2 - y1 then x2 - x1 else y2 - y1 end as pixels,
                 cast(case when x2 - x1 > y2 - y1 then x2 - x1 else y2 - y1 end as double precision)
                     / (case when image_width > image_height then image_width else image_height end) as extent
             from faces
             where owner_id = $1 and model = $2 and vector is not null and not is_dismissed order by id",
            owner,
            model,
        ))
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| DescribedFace {
            id: row.id,
            asset_id: row.asset_id,
            person_id: row.person_id,
            is_confirmed: row.is_confirmed,
            extent: row.extent,
            pixels: row.pixels,
            vector: embeddings::from_bytes(&row.vector),
        })
        .collect())
}

/// All boxes of an asset, also those that a person said are no faces: finding faces again must not bring them back.
pub async fn list_boxes(tx: &mut Tx, owner: UserId, asset: AssetId) -> Result<Vec<FaceBox>> {
    tx.all(sql!(
        "select id, person_id, x1, y1, x2, y2, image_width, image_height, model from faces
         where owner_id = $1 and asset_id = $2 order by id",
        owner,
        asset,
    ))
    .await
}

/// Describes a face that is there already.
pub async fn describe(tx: &mut Tx, id: FaceId, descriptor: Descriptor<'_>) -> Result<()> {
    tx.execute(sql!(
        "update faces set model = $2, vector = $3, score = $4 where id = $1",
        id,
        descriptor.model,
        embeddings::to_bytes(descriptor.vector),
        descriptor.score,
    ))
    .await?;
    Ok(())
}

/// Adds a face that was found.
pub async fn insert(tx: &mut Tx, face: &Face, descriptor: Descriptor<'_>) -> Result<()> {
    people::upsert_face(tx, face).await?;
    describe(tx, face.id, descriptor).await
}

/// All faces of an owner: whose each is, and whether a person said so.
pub async fn list_owned(
    tx: &mut Tx,
    owner: UserId,
) -> Result<Vec<(FaceId, Option<PersonId>, bool)>> {
    tx.all(sql!(
        "select id, person_id, is_confirmed from faces where owner_id = $1 and not is_dismissed order by id",
        owner,
    ))
    .await
}

/// A page of an owner's assets in which faces were looked for, but not by these models.
pub async fn list_lacking(
    tx: &mut Tx,
    owner: UserId,
    model: &str,
    after: AssetId,
    limit: i64,
) -> Result<Vec<AssetId>> {
    let rows: Vec<(AssetId,)> = tx
        .all(sql!(
            "select asset_id from asset_stages
             where owner_id = $1 and stage = 'faces' and asset_id > $3 and model is distinct from $2
                 and done_version > 0 and done_version >= wanted_version
             order by asset_id limit $4",
            owner,
            model,
            after,
            limit,
        ))
        .await?;
    Ok(rows.into_iter().map(|(asset,)| asset).collect())
}

/// In how many assets of everybody these models have looked for faces, and in how many they are to be looked for.
pub async fn count_seen(tx: &mut Tx, model: &str) -> Result<(i64, i64)> {
    tx.one(sql!(
        "select coalesce(sum(case when model = $1 and done_version >= wanted_version then 1 else 0 end), 0), count(*)
         from asset_stages where stage = 'faces' and wanted_version > 0 and failure is null",
        model,
    ))
    .await
}

/// Gives a face to a person, unless somebody has given it to one meanwhile; says whether it did.
pub async fn assign(
    tx: &mut Tx,
    face: &DescribedFace,
    person: Option<PersonId>,
    now: Timestamp,
) -> Result<bool> {
    let changed = tx
        .execute(sql!(
            "update faces set person_id = $2, updated_at = $4
             where id = $1 and person_id is not distinct from $3 and not is_confirmed",
            face.id,
            person,
            face.person_id,
            now,
        ))
        .await?;
    Ok(changed > 0)
}

/// Takes a person's word for all of somebody's faces.
pub async fn confirm_all(tx: &mut Tx, owner: UserId, person: PersonId) -> Result<()> {
    tx.execute(sql!(
        "update faces set is_confirmed = true where owner_id = $1 and person_id = $2",
        owner,
        person,
    ))
    .await?;
    Ok(())
}

/// A person said that this is no face, or none to know: it stays known, so that it is not found again.
pub async fn dismiss(tx: &mut Tx, id: FaceId) -> Result<()> {
    tx.execute(sql!(
        "update faces set is_dismissed = true, person_id = null where id = $1",
        id
    ))
    .await?;
    Ok(())
}

/// A person said that this face is not that person's.
pub async fn reject(tx: &mut Tx, face: FaceId, person: PersonId) -> Result<()> {
    tx.execute(sql!(
        "insert into face_rejections (face_id, person_id) values ($1, $2) on conflict do nothing",
        face,
        person,
    ))
    .await?;
    Ok(())
}

/// The word of before does not hold any more.
pub async fn unreject(tx: &mut Tx, face: FaceId, person: PersonId) -> Result<()> {
    tx.execute(sql!(
        "delete from face_rejections where face_id = $1 and person_id = $2",
        face,
        person,
    ))
    .await?;
    Ok(())
}

/// What was said of one person holds for the other.
pub async fn move_rejections(tx: &mut Tx, from: PersonId, into: PersonId) -> Result<()> {
    tx.execute(sql!(
        "insert into face_rejections (face_id, person_id)
         select r.face_id, $2 from face_rejections r join faces f on f.id = r.face_id
         where r.person_id = $1 and (f.person_id is null or f.person_id <> $2)
         on conflict do nothing",
        from,
        into,
    ))
    .await?;
    Ok(())
}

/// Whose faces are said not to be, for an owner's faces: face, person.
pub async fn list_rejections(tx: &mut Tx, owner: UserId) -> Result<Vec<(FaceId, PersonId)>> {
    tx.all(sql!(
        "select r.face_id, r.person_id from face_rejections r join people p on p.id = r.person_id
         where p.owner_id = $1 order by r.face_id, r.person_id",
        owner,
    ))
    .await
}

/// How many faces of an owner have somebody, which says how much a single one means.
pub async fn count(tx: &mut Tx, owner: UserId) -> Result<i64> {
    tx.scalar(sql!(
        "select count(*) from faces where owner_id = $1 and person_id is not null and not is_dismissed",
        owner,
    ))
    .await
}

/// The faces of people: person, number of pictures that are to be seen.
pub async fn count_by_person(tx: &mut Tx, owner: UserId) -> Result<Vec<(PersonId, i64)>> {
    tx.all(sql!(
        "select f.person_id, count(distinct f.asset_id) from faces f
         join assets a on a.owner_id = f.owner_id and a.id = f.asset_id
         where f.owner_id = $1 and f.person_id is not null and not f.is_dismissed and a.deleted_at is null
         group by f.person_id",
        owner,
    ))
    .await
}
