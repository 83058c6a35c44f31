//! Who appears in pictures: people, and their faces.

use heirloom_types::{
    ids::{AssetId, FaceId, PersonId, UserId},
    time::Timestamp,
};
use sqlx::FromRow;
use uuid::Uuid;

use crate::{Result, Tx, sql, text_enum};

macro_rules! columns {
    () => {
        "id, owner_id, name, birth_date, color, face_id, is_favorite, is_hidden, created_at, updated_at"
    };
}

macro_rules! face_columns {
    () => {
        "id, owner_id, asset_id, person_id, image_width, image_height, x1, y1, x2, y2, source, is_confirmed, created_at, updated_at"
    };
}

/// As the statements here list them.
pub(crate) const COLUMNS: &str = columns!();
/// As the statements here list them.
pub(crate) const FACE_COLUMNS: &str = face_columns!();

/// One person, as one owner knows them.
#[derive(Clone, Debug, FromRow)]
pub struct Person {
    pub id: PersonId,
    pub owner_id: UserId,
    /// Empty until somebody says it.
    pub name: String,
    /// `1987-06-05`.
    pub birth_date: Option<String>,
    pub color: Option<String>,
    /// The face that stands for them.
    pub face_id: Option<FaceId>,
    pub is_favorite: bool,
    pub is_hidden: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

text_enum! {
    /// Where a face comes from.
    pub enum FaceSource {
        Exif = "exif",
        MachineLearning = "machine-learning",
        Manual = "manual",
    }
}

/// One face in one picture.
#[derive(Clone, Debug, FromRow)]
pub struct Face {
    pub id: FaceId,
    pub owner_id: UserId,
    pub asset_id: AssetId,
    pub person_id: Option<PersonId>,
    /// Pixels of the picture in which the box was drawn.
    pub image_width: i32,
    pub image_height: i32,
    pub x1: i32,
    pub y1: i32,
    pub x2: i32,
    pub y2: i32,
    pub source: FaceSource,
    /// A person said whose it is, or that it is nobody's to know; no clustering changes that.
    pub is_confirmed: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

pub async fn get(tx: &mut Tx, owner: UserId, id: PersonId) -> Result<Option<Person>> {
    tx.optional(sql!(
        concat!(
            "select ",
            columns!(),
            " from people where owner_id = $1 and id = $2"
        ),
        owner,
        id
    ))
    .await
}

/// Everybody an owner knows: favourites first, then the named, then those who appear most.
pub async fn list(tx: &mut Tx, owner: UserId) -> Result<Vec<Person>> {
    tx.all(sql!(
        concat!(
            "select ",
            columns!(),
            " from people p where owner_id = $1
              order by is_hidden, is_favorite desc, case when name = '' then 1 else 0 end,
                       (select count(*) from faces f where f.person_id = p.id) desc, name, id"
        ),
        owner
    ))
    .await
}

/// Those who have a name, with it.
pub async fn list_named(tx: &mut Tx, owner: UserId) -> Result<Vec<(PersonId, String)>> {
    tx.all(sql!(
        "select id, name from people where owner_id = $1 and name <> '' order by id",
        owner
    ))
    .await
}

/// Writes the whole row.
pub async fn upsert(tx: &mut Tx, person: &Person) -> Result<()> {
    tx.execute(sql!(
        concat!(
            "insert into people (",
            columns!(),
            ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
             on conflict (id) do update set name = excluded.name, birth_date = excluded.birth_date,
                 color = excluded.color, face_id = excluded.face_id, is_favorite = excluded.is_favorite,
                 is_hidden = excluded.is_hidden, updated_at = excluded.updated_at"
        ),
        person.id,
        person.owner_id,
        &person.name,
        person.birth_date.clone(),
        person.color.clone(),
        person.face_id,
        person.is_favorite,
        person.is_hidden,
        person.created_at,
        person.updated_at,
    ))
    .await?;
    Ok(())
}

/// Removes a person; their faces stay, without a name.
pub async fn delete(tx: &mut Tx, id: PersonId) -> Result<()> {
    tx.execute(sql!("delete from people where id = $1", id))
        .await?;
    Ok(())
}

/// In how many pictures a person can be seen.
pub async fn count_assets(tx: &mut Tx, owner: UserId, id: PersonId) -> Result<i64> {
    tx.scalar(sql!(
        "select count(distinct f.asset_id) from faces f join assets a on a.owner_id = f.owner_id and a.id = f.asset_id
         where f.owner_id = $1 and f.person_id = $2 and a.deleted_at is null and a.visibility = 'timeline'",
        owner,
        id,
    ))
    .await
}

/// Who can be seen in these assets of an owner: asset, person; nobody twice, and nobody hidden.
pub async fn list_of_assets(
    tx: &mut Tx,
    owner: UserId,
    assets: &[Uuid],
) -> Result<Vec<(AssetId, PersonId)>> {
    tx.all_of(
        "select distinct f.asset_id, f.person_id from faces f join people p on p.id = f.person_id
         where f.owner_id = $1 and not p.is_hidden and f.asset_id in (*)",
        &[owner.0.into()],
        assets,
    )
    .await
}

pub async fn get_face(tx: &mut Tx, owner: UserId, id: FaceId) -> Result<Option<Face>> {
    tx.optional(sql!(
        concat!(
            "select ",
            face_columns!(),
            " from faces where owner_id = $1 and id = $2 and not is_dismissed"
        ),
        owner,
        id
    ))
    .await
}

pub async fn list_faces_of_asset(tx: &mut Tx, owner: UserId, asset: AssetId) -> Result<Vec<Face>> {
    tx.all(sql!(
        concat!(
            "select ",
            face_columns!(),
            " from faces where owner_id = $1 and asset_id = $2 and not is_dismissed order by id"
        ),
        owner,
        asset
    ))
    .await
}

pub async fn list_faces_of_person(
    tx: &mut Tx,
    owner: UserId,
    person: PersonId,
) -> Result<Vec<Face>> {
    tx.all(sql!(
        concat!(
            "select ",
            face_columns!(),
            " from faces where owner_id = $1 and person_id = $2 and not is_dismissed order by id"
        ),
        owner,
        person
    ))
    .await
}

/// Writes the whole row.
pub async fn upsert_face(tx: &mut Tx, face: &Face) -> Result<()> {
    tx.execute(sql!(
        concat!(
            "insert into faces (",
            face_columns!(),
            ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
             on conflict (id) do update set person_id = excluded.person_id, is_confirmed = excluded.is_confirmed,
                 updated_at = excluded.updated_at"
        ),
        face.id,
        face.owner_id,
        face.asset_id,
        face.person_id,
        face.image_width,
        face.image_height,
        face.x1,
        face.y1,
        face.x2,
        face.y2,
        face.source,
        face.is_confirmed,
        face.created_at,
        face.updated_at,
    ))
    .await?;
    Ok(())
}

pub async fn delete_face(tx: &mut Tx, id: FaceId) -> Result<()> {
    tx.execute(sql!("delete from faces where id = $1", id))
        .await?;
    Ok(())
}
