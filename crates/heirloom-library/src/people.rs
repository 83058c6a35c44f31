//! People and their faces, as their owner names, corrects and draws them.

use std::collections::HashMap;

use heirloom_media::renditions;
pub use heirloom_store::people::{Face, FaceSource, Person};
use heirloom_store::{
    Tx,
    blobs::BlobPath,
    changes::{ChangeKind, Entry},
    faces, frames, people,
};
use heirloom_types::{
    caller::Caller,
    ids::{AssetId, FaceId, PersonId, UserId},
    permission::Permission,
};

use crate::{
    Error, Library, Result,
    access::{self, require},
    edits, feed,
    files::{AssetFile, Kind},
};

/// What a person changes of somebody; what is absent stays.
#[derive(Clone, Debug, Default)]
pub struct PersonChange {
    pub name: Option<String>,
    /// `1987-06-05`; `Some(None)` takes it away.
    pub birth_date: Option<Option<String>>,
    pub color: Option<Option<String>>,
    pub is_favorite: Option<bool>,
    pub is_hidden: Option<bool>,
    /// The picture whose face stands for them.
    pub face_asset: Option<AssetId>,
}

/// A face drawn by hand: a box in pixels of a picture of that size.
#[derive(Clone, Copy, Debug)]
pub struct NewFace {
    pub asset: AssetId,
    pub person: PersonId,
    pub image_width: i32,
    pub image_height: i32,
    pub x: i32,
    pub y: i32,
    pub width: i32,
    pub height: i32,
}

impl Library {
    /// Everybody the caller knows: favourites first, then the named, then those who appear most. Somebody nameless who
    /// was found by themselves is left out while they appear in fewer pictures than the caller wants.
    pub async fn people(&self, caller: &Caller) -> Result<Vec<Person>> {
        require(caller, Permission::PersonRead)?;
        let mut tx = self.db.read().await?;
        let least = self.least_faces(&mut tx, caller.user).await?;
        let mut found = people::list(&mut tx, caller.user).await?;
        if least > 1 {
            let counts: HashMap<PersonId, i64> = faces::count_by_person(&mut tx, caller.user)
                .await?
                .into_iter()
                .collect();
            found.retain(|person| {
                is_said(person) || counts.get(&person.id).is_some_and(|count| *count >= least)
            });
        }
        Ok(found)
    }

    pub async fn person(&self, caller: &Caller, id: PersonId) -> Result<Person> {
        require(caller, Permission::PersonRead)?;
        own(
            &mut self.db.read().await?,
            caller,
            id,
            Permission::PersonRead,
        )
        .await
    }

    /// In how many pictures somebody can be seen.
    pub async fn person_pictures(&self, caller: &Caller, id: PersonId) -> Result<i64> {
        require(caller, Permission::PersonStatistics)?;
        let mut tx = self.db.read().await?;
        own(&mut tx, caller, id, Permission::PersonStatistics).await?;
        Ok(people::count_assets(&mut tx, caller.user, id).await?)
    }

    /// A square picture of somebody's face, cut out of the preview when it is first asked for.
    pub async fn person_thumbnail(&self, caller: &Caller, id: PersonId) -> Result<AssetFile> {
        const MISSING: Error = Error::Missing("Person thumbnail not found");
        require(caller, Permission::PersonRead)?;
        let mut tx = self.db.read().await?;
        let person = own(&mut tx, caller, id, Permission::PersonRead).await?;
        let face = match person.face_id {
            Some(face) => people::get_face(&mut tx, caller.user, face).await?,
            None => None,
        };
        let face = face.ok_or(MISSING)?;
        drop(tx);
        let path = face_crop(caller.user, &face);
        if self.blobs.head(&path).await.is_err() {
            let preview =
                BlobPath::rendition(caller.user, face.asset_id, Kind::PREVIEW.0, Kind::PREVIEW.1);
            let preview = self.blobs.read(&preview).await.map_err(|_| MISSING)?;
            let bounds = fractions(&face);
            let crop = tokio::task::spawn_blocking(move || renditions::face(&preview, bounds))
                .await
                .map_err(anyhow::Error::from)?
                .map_err(anyhow::Error::from)?;
            self.blobs.put(&path, crop.into()).await?;
        }
        Ok(AssetFile {
            path,
            mime: "image/jpeg",
            name: format!("{id}.jpeg"),
            may_stay: true,
        })
    }

    pub async fn create_person(&self, caller: &Caller, change: PersonChange) -> Result<Person> {
        require(caller, Permission::PersonCreate)?;
        let now = self.now();
        let mut person = Person {
            id: self.new_id(PersonId::new),
            owner_id: caller.user,
            name: String::new(),
            birth_date: None,
            color: None,
            face_id: None,
            is_favorite: false,
            is_hidden: false,
            created_at: now,
            updated_at: now,
        };
        let mut tx = self.db.write().await?;
        self.save_person(&mut tx, caller, &mut person, change)
            .await?;
        tx.commit().await?;
        Ok(person)
    }

    pub async fn update_person(
        &self,
        caller: &Caller,
        id: PersonId,
        change: PersonChange,
    ) -> Result<Person> {
        require(caller, Permission::PersonUpdate)?;
        let mut tx = self.db.write().await?;
        let mut person = own(&mut tx, caller, id, Permission::PersonUpdate).await?;
        self.save_person(&mut tx, caller, &mut person, change)
            .await?;
        tx.commit().await?;
        Ok(person)
    }

    /// Forgets people. Their faces stay, as nobody's, and no clustering makes somebody of them again.
    pub async fn delete_people(&self, caller: &Caller, ids: &[PersonId]) -> Result<()> {
        require(caller, Permission::PersonDelete)?;
        let mut tx = self.db.write().await?;
        let mut entries = Vec::new();
        for id in ids {
            own(&mut tx, caller, *id, Permission::PersonDelete).await?;
            faces::confirm_all(&mut tx, caller.user, *id).await?;
            for face in people::list_faces_of_person(&mut tx, caller.user, *id).await? {
                entries.push(Entry::upsert(ChangeKind::Face, face.id));
            }
            people::delete(&mut tx, *id).await?;
            entries.push(Entry::delete(ChangeKind::Person, *id));
        }
        feed::record(&mut tx, caller.user, self.now(), entries).await?;
        Ok(tx.commit().await?)
    }

    /// Says that `others` are one with `into`: their faces become that person's. Gives who was found.
    pub async fn merge_people(
        &self,
        caller: &Caller,
        into: PersonId,
        others: &[PersonId],
    ) -> Result<Vec<bool>> {
        require(caller, Permission::PersonMerge)?;
        let mut tx = self.db.write().await?;
        let mut target = own(&mut tx, caller, into, Permission::PersonMerge).await?;
        let mut entries = Vec::new();
        let mut merged = Vec::with_capacity(others.len());
        for id in others {
            let found = people::get(&mut tx, caller.user, *id)
                .await?
                .filter(|person| person.id != into);
            merged.push(found.is_some());
            let Some(other) = found else { continue };
            for mut face in people::list_faces_of_person(&mut tx, caller.user, *id).await? {
                face.person_id = Some(into);
                face.updated_at = self.now();
                people::upsert_face(&mut tx, &face).await?;
                entries.push(Entry::upsert(ChangeKind::Face, face.id));
            }
            faces::move_rejections(&mut tx, *id, into).await?;
            frames::follow_person(&mut tx, *id, into).await?;
            if target.name.is_empty() {
                target.name = other.name;
            }
            target.birth_date = target.birth_date.or(other.birth_date);
            target.face_id = target.face_id.or(other.face_id);
            people::delete(&mut tx, *id).await?;
            entries.push(Entry::delete(ChangeKind::Person, *id));
        }
        // A person has said that these faces are one: no later clustering parts them.
        faces::confirm_all(&mut tx, caller.user, into).await?;
        target.updated_at = self.now();
        people::upsert(&mut tx, &target).await?;
        entries.push(Entry::upsert(ChangeKind::Person, into));
        feed::record(&mut tx, caller.user, self.now(), entries).await?;
        tx.commit().await?;
        Ok(merged)
    }

    /// The faces of an asset, each with whose it is.
    pub async fn faces(
        &self,
        caller: &Caller,
        asset: AssetId,
    ) -> Result<Vec<(Face, Option<Person>)>> {
        require(caller, Permission::FaceRead)?;
        self.faces_of(caller, asset).await
    }

    async fn faces_of(
        &self,
        caller: &Caller,
        asset: AssetId,
    ) -> Result<Vec<(Face, Option<Person>)>> {
        let mut tx = self.db.read().await?;
        let asset = access::asset(&mut tx, caller, asset, Permission::AssetRead).await?;
        if asset.owner_id != caller.user {
            // Whom somebody else knows is theirs.
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        let faces = people::list_faces_of_asset(&mut tx, caller.user, asset.id).await?;
        for face in edits::move_faces(&mut tx, &asset, faces).await? {
            let person = match face.person_id {
                Some(id) => people::get(&mut tx, caller.user, id).await?,
                None => None,
            };
            found.push((face, person));
        }
        Ok(found)
    }

    /// Draws a face by hand.
    pub async fn create_face(&self, caller: &Caller, new: NewFace) -> Result<()> {
        require(caller, Permission::FaceCreate)?;
        check_box(new)?;
        let now = self.now();
        let mut tx = self.db.write().await?;
        let asset = access::asset(&mut tx, caller, new.asset, Permission::AssetUpdate).await?;
        let mut person = own(&mut tx, caller, new.person, Permission::PersonRead).await?;
        let face = Face {
            id: self.new_id(FaceId::new),
            owner_id: asset.owner_id,
            asset_id: asset.id,
            person_id: Some(person.id),
            image_width: new.image_width,
            image_height: new.image_height,
            x1: new.x,
            y1: new.y,
            x2: new.x + new.width,
            y2: new.y + new.height,
            source: FaceSource::Manual,
            is_confirmed: true,
            created_at: now,
            updated_at: now,
        };
        people::upsert_face(&mut tx, &face).await?;
        let mut entries = vec![Entry::upsert(ChangeKind::Face, face.id)];
        if person.face_id.is_none() {
            person.face_id = Some(face.id);
            people::upsert(&mut tx, &person).await?;
            entries.push(Entry::upsert(ChangeKind::Person, person.id));
        }
        feed::record(&mut tx, caller.user, now, entries).await?;
        Ok(tx.commit().await?)
    }

    /// Says whose a face is.
    pub async fn assign_face(
        &self,
        caller: &Caller,
        face: FaceId,
        person: PersonId,
    ) -> Result<Person> {
        require(caller, Permission::FaceUpdate)?;
        self.give_face(caller, face, person).await
    }

    /// Says of the faces in a picture that are thought to be one person's that they are another's.
    pub async fn reassign_faces(
        &self,
        caller: &Caller,
        asset: AssetId,
        from: PersonId,
        to: PersonId,
    ) -> Result<Vec<Person>> {
        require(caller, Permission::PersonReassign)?;
        let mut changed = Vec::new();
        for (face, person) in self.faces_of(caller, asset).await? {
            if person.is_some_and(|person| person.id == from) {
                changed.push(self.give_face(caller, face.id, to).await?);
            }
        }
        Ok(changed)
    }

    async fn give_face(&self, caller: &Caller, face: FaceId, person: PersonId) -> Result<Person> {
        let mut tx = self.db.write().await?;
        let mut person = own(&mut tx, caller, person, Permission::PersonUpdate).await?;
        let mut face = own_face(&mut tx, caller, face, Permission::FaceUpdate).await?;
        if let Some(other) = face.person_id.filter(|other| *other != person.id) {
            faces::reject(&mut tx, face.id, other).await?;
        }
        faces::unreject(&mut tx, face.id, person.id).await?;
        face.person_id = Some(person.id);
        face.is_confirmed = true;
        face.updated_at = self.now();
        people::upsert_face(&mut tx, &face).await?;
        let mut entries = vec![Entry::upsert(ChangeKind::Face, face.id)];
        if person.face_id.is_none() {
            person.face_id = Some(face.id);
            people::upsert(&mut tx, &person).await?;
            entries.push(Entry::upsert(ChangeKind::Person, person.id));
        }
        self.want_clustering(&mut tx, caller.user).await?;
        feed::record(&mut tx, caller.user, self.now(), entries).await?;
        tx.commit().await?;
        Ok(person)
    }

    /// Takes a face away. One that was found by itself stays known as none, so that it is not found again.
    pub async fn delete_face(&self, caller: &Caller, id: FaceId) -> Result<()> {
        require(caller, Permission::FaceDelete)?;
        let mut tx = self.db.write().await?;
        let face = own_face(&mut tx, caller, id, Permission::FaceDelete).await?;
        if face.source == FaceSource::MachineLearning {
            faces::dismiss(&mut tx, id).await?;
        } else {
            people::delete_face(&mut tx, id).await?;
        }
        let entries = vec![Entry::delete(ChangeKind::Face, id)];
        feed::record(&mut tx, caller.user, self.now(), entries).await?;
        Ok(tx.commit().await?)
    }

    async fn save_person(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        person: &mut Person,
        change: PersonChange,
    ) -> Result<()> {
        if let Some(Some(day)) = &change.birth_date {
            let day = day
                .parse::<chrono::NaiveDate>()
                .map_err(|_| Error::invalid("birthDate", "Invalid ISO date"))?;
            if day > self.now().date_naive() {
                return Err(Error::invalid(
                    "birthDate",
                    "Birth date cannot be in the future",
                ));
            }
        }
        if let Some(asset) = change.face_asset {
            let faces = people::list_faces_of_asset(tx, caller.user, asset).await?;
            let face = faces
                .iter()
                .find(|face| face.person_id == Some(person.id))
                .ok_or_else(|| {
                    Error::invalid("featureFaceAssetId", "Invalid assetId for feature face")
                })?;
            person.face_id = Some(face.id);
        }
        if let Some(name) = change.name {
            person.name = name;
        }
        if let Some(birth_date) = change.birth_date {
            person.birth_date = birth_date;
        }
        if let Some(color) = change.color {
            person.color = color;
        }
        person.is_favorite = change.is_favorite.unwrap_or(person.is_favorite);
        person.is_hidden = change.is_hidden.unwrap_or(person.is_hidden);
        person.updated_at = self.now();
        people::upsert(tx, person).await?;
        let entries = vec![Entry::upsert(ChangeKind::Person, person.id)];
        feed::record(tx, caller.user, self.now(), entries).await
    }
}

/// Whether a person has said who this is, or anything of them.
pub(crate) fn is_said(person: &Person) -> bool {
    !person.name.is_empty() || person.is_favorite || person.is_hidden || person.birth_date.is_some()
}

/// Where the picture cut out of a face's preview lies.
pub(crate) fn face_crop(owner: UserId, face: &Face) -> BlobPath {
    BlobPath::rendition(owner, face.asset_id, &format!("face-{}", face.id), "jpeg")
}

/// The box as fractions of the picture: left, top, right, bottom.
fn fractions(face: &Face) -> [f64; 4] {
    let (width, height) = (
        f64::from(face.image_width.max(1)),
        f64::from(face.image_height.max(1)),
    );
    [
        f64::from(face.x1) / width,
        f64::from(face.y1) / height,
        f64::from(face.x2) / width,
        f64::from(face.y2) / height,
    ]
}

fn check_box(new: NewFace) -> Result<()> {
    let fits = |from: i32, length: i32, whole: i32| {
        from >= 0 && length > 0 && from.checked_add(length).is_some_and(|end| end <= whole)
    };
    if fits(new.x, new.width, new.image_width) && fits(new.y, new.height, new.image_height) {
        Ok(())
    } else {
        Err(Error::invalid("x", "The face must lie within the picture"))
    }
}

async fn own(tx: &mut Tx, caller: &Caller, id: PersonId, needed: Permission) -> Result<Person> {
    people::get(tx, caller.user, id)
        .await?
        .ok_or(Error::not_found("person", id, needed))
}

async fn own_face(tx: &mut Tx, caller: &Caller, id: FaceId, needed: Permission) -> Result<Face> {
    people::get_face(tx, caller.user, id)
        .await?
        .ok_or(Error::not_found("face", id, needed))
}
