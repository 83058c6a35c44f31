//! Faces to people. One job per owner looks at all their faces; what a person said binds it.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use async_trait::async_trait;
use chrono::TimeDelta;
use heirloom_jobs::{Claim, Failure, Handler, priority};
use heirloom_store::{
    Tx,
    changes::{ChangeKind, Entry},
    faces::{self, DescribedFace},
    people::{self, Person},
};
use heirloom_types::{
    ids::{AssetId, FaceId, PersonId, UserId},
    time::Timestamp,
};
use heirloom_vision::cluster::{self, Face, Grouping, Settings};
use serde::Deserialize;

use crate::{
    Library, Result, face_models::FaceSpace, feed, jobs::Wanted, people::is_said, preferences,
};

/// Kind of the job.
pub const KIND: &str = "cluster_people";
/// Faces of pictures that arrive together are looked at together.
const PAUSE: TimeDelta = TimeDelta::seconds(1);

/// The handler of [`KIND`].
pub struct ClusterPeople(pub Arc<Library>);

#[derive(Deserialize)]
struct Payload {
    owner: UserId,
}

#[async_trait]
impl Handler for ClusterPeople {
    fn kind(&self) -> &'static str {
        KIND
    }

    async fn run(&self, claim: &Claim) -> Result<(), Failure> {
        let Payload { owner } = serde_json::from_value(claim.job.payload.0.clone())?;
        let library = &self.0;
        let mut tx = library.db.read().await?;
        let space = library.face_space(&mut tx, owner).await?;
        let known = Known::read(&mut tx, owner, space.as_ref()).await?;
        drop(tx);
        let afresh = space.as_ref().is_some_and(|space| space.is_changed);
        let plan = tokio::task::spawn_blocking(move || known.plan(afresh)).await?;
        let mut tx = library.db.write().await?;
        let entries = library.carry_out(&mut tx, owner, plan).await?;
        if let Some(space) = space.filter(|space| space.is_new) {
            let model = Some(space.vision.model());
            library.note_face_model(&mut tx, owner, model).await?;
        }
        let now = library.now();
        claim.finish(&mut tx).await?;
        feed::record(&mut tx, owner, now, entries).await?;
        tx.commit().await?;
        Ok(())
    }
}

impl Library {
    /// Has an owner's new faces given to people, soon.
    pub(crate) async fn want_clustering(&self, tx: &mut Tx, owner: UserId) -> Result<()> {
        let wanted = Wanted::over_owner(KIND, owner, priority::NEW, PAUSE);
        self.enqueue(tx, wanted).await
    }

    /// As [`Self::want_clustering`]; those who have no name are made anew. The wish lasts until it is met: it does not lie
    /// in the job, which the next new face asks for again.
    pub(crate) async fn want_clustering_afresh(&self, tx: &mut Tx, owner: UserId) -> Result<()> {
        self.note_face_model(tx, owner, None).await?;
        self.want_clustering(tx, owner).await
    }

    /// In how many pictures somebody nameless must be to be shown. Unless the owner wants another number, it grows with
    /// the library: in a small one everybody means something, in a large one most single faces are passers-by.
    pub(crate) async fn least_faces(&self, tx: &mut Tx, owner: UserId) -> Result<i64> {
        /// Faces with which one more picture is asked for.
        const FEW: i64 = 200;
        let (wanted, usual) = preferences::minimum_faces(tx, owner).await?;
        if wanted != usual {
            return Ok(wanted);
        }
        Ok((1 + faces::count(tx, owner).await? / FEW).min(wanted))
    }

    async fn carry_out(&self, tx: &mut Tx, owner: UserId, plan: Plan) -> Result<Vec<Entry>> {
        let now = self.now();
        let mut entries = Vec::new();
        let mut ids: HashMap<usize, PersonId> = HashMap::new();
        for (group, face) in &plan.new_people {
            let person = new_person(self.new_id(PersonId::new), owner, *face, now);
            people::upsert(tx, &person).await?;
            entries.push(Entry::upsert(ChangeKind::Person, person.id));
            ids.insert(*group, person.id);
        }
        for (face, place) in &plan.moves {
            let person = match place {
                Place::Known(person) => *person,
                Place::New(group) => ids[group],
            };
            // Somebody may have said otherwise, or merged the person away, since the faces were read.
            let exists = people::get(tx, owner, person).await?.is_some();
            if exists && faces::assign(tx, face, Some(person), now).await? {
                entries.push(Entry::upsert(ChangeKind::Face, face.id));
            }
        }
        for person in plan.touched {
            entries.extend(self.settle_person(tx, owner, person, now).await?);
        }
        Ok(entries)
    }

    /// Somebody whose faces have all gone goes too, unless a person knows them; somebody without a picture gets one.
    async fn settle_person(
        &self,
        tx: &mut Tx,
        owner: UserId,
        id: PersonId,
        now: Timestamp,
    ) -> Result<Option<Entry>> {
        let Some(mut person) = people::get(tx, owner, id).await? else {
            return Ok(None);
        };
        let faces = people::list_faces_of_person(tx, owner, id).await?;
        if faces.is_empty() && !is_said(&person) {
            people::delete(tx, id).await?;
            return Ok(Some(Entry::delete(ChangeKind::Person, id)));
        }
        if faces.iter().any(|face| Some(face.id) == person.face_id) {
            return Ok(None);
        }
        person.face_id = faces.first().map(|face| face.id);
        person.updated_at = now;
        people::upsert(tx, &person).await?;
        Ok(Some(Entry::upsert(ChangeKind::Person, id)))
    }
}

fn new_person(id: PersonId, owner: UserId, face: FaceId, now: Timestamp) -> Person {
    Person {
        id,
        owner_id: owner,
        name: String::new(),
        birth_date: None,
        color: None,
        face_id: Some(face),
        is_favorite: false,
        is_hidden: false,
        created_at: now,
        updated_at: now,
    }
}

/// What is known of an owner's faces.
struct Known {
    people: Vec<Person>,
    /// Those that the chosen models describe: no others can be compared.
    faces: Vec<DescribedFace>,
    /// All faces, by whomever they are described.
    there: HashSet<FaceId>,
    /// Those of whose faces a person said whose they are.
    confirmed: HashSet<PersonId>,
    rejections: Vec<(FaceId, PersonId)>,
    settings: Settings,
}

/// What clustering found.
#[derive(Default)]
struct Plan {
    /// New people by group, with the face that stands for them.
    new_people: Vec<(usize, FaceId)>,
    moves: Vec<(DescribedFace, Place)>,
    /// People who lost faces.
    touched: Vec<PersonId>,
}

/// Whose a face becomes.
enum Place {
    Known(PersonId),
    New(usize),
}

impl Known {
    async fn read(tx: &mut Tx, owner: UserId, space: Option<&FaceSpace>) -> Result<Self> {
        let (faces, settings) = match space {
            Some(FaceSpace { vision, .. }) => (
                faces::list_described(tx, owner, vision.model()).await?,
                vision.face_distances(),
            ),
            None => (Vec::new(), Settings::default()),
        };
        let owned = faces::list_owned(tx, owner).await?;
        let confirmed = owned.iter().filter(|(.., is_confirmed)| *is_confirmed);
        Ok(Self {
            people: people::list(tx, owner).await?,
            faces,
            confirmed: confirmed.filter_map(|(_, person, _)| *person).collect(),
            there: owned.iter().map(|(face, ..)| *face).collect(),
            rejections: faces::list_rejections(tx, owner).await?,
            settings,
        })
    }

    fn plan(mut self, afresh: bool) -> Plan {
        self.people.sort_by_key(|person| person.id);
        // Faces that a person said are nobody's take no part.
        self.faces
            .retain(|face| face.person_id.is_some() || !face.is_confirmed);
        let group_of: HashMap<PersonId, usize> = self
            .people
            .iter()
            .enumerate()
            .map(|(group, person)| (person.id, group))
            .collect();
        let said: Vec<bool> = self
            .people
            .iter()
            .map(|person| is_said(person) || self.confirmed.contains(&person.id))
            .collect();
        let mut rejected: HashMap<FaceId, Vec<usize>> = HashMap::new();
        for (face, person) in &self.rejections {
            if let Some(group) = group_of.get(person) {
                rejected.entry(*face).or_default().push(*group);
            }
        }
        let known_group = |face: &DescribedFace| {
            let group = *group_of.get(&face.person_id?)?;
            (!afresh || said[group]).then_some(group)
        };
        let mut pictures: HashMap<AssetId, usize> = HashMap::new();
        for face in &self.faces {
            let next = pictures.len();
            pictures.entry(face.asset_id).or_insert(next);
        }
        let subjects: Vec<Face<'_>> = self
            .faces
            .iter()
            .map(|face| Face {
                vector: &face.vector,
                pixels: face.pixels as f32,
                picture: pictures[&face.asset_id],
                group: known_group(face),
                rejected: rejected.get(&face.id).map_or(&[], Vec::as_slice),
            })
            .collect();
        let grouping = cluster::group(&subjects, &said, self.settings);
        self.compare(grouping, &group_of, &said)
    }

    /// What has to change so that the rows say what the grouping says. A new group takes over the nameless person most of
    /// whose faces are in it, so that making groups afresh changes only what really is different.
    fn compare(
        &self,
        mut grouping: Grouping,
        group_of: &HashMap<PersonId, usize>,
        said: &[bool],
    ) -> Plan {
        let known = self.people.len();
        let mut shared: HashMap<(usize, usize), usize> = HashMap::new();
        for (face, group) in self.faces.iter().zip(&grouping.groups) {
            let before = face.person_id.and_then(|person| group_of.get(&person));
            if let Some(before) = before.filter(|before| *group >= known && !said[**before]) {
                *shared.entry((*group, *before)).or_default() += 1;
            }
        }
        let mut claims: Vec<(usize, usize, usize)> = shared
            .into_iter()
            .map(|((group, before), count)| (count, group, before))
            .collect();
        claims.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
        let in_use: HashSet<usize> = grouping.groups.iter().copied().collect();
        let (mut heir, mut taken) = (HashMap::new(), HashSet::new());
        for (_, group, before) in claims {
            let is_free = !in_use.contains(&before) && !heir.contains_key(&group);
            if is_free && taken.insert(before) {
                heir.insert(group, before);
            }
        }
        for group in &mut grouping.groups {
            *group = heir.get(group).copied().unwrap_or(*group);
        }
        self.changes(&grouping.groups)
    }

    fn changes(&self, groups: &[usize]) -> Plan {
        let known = self.people.len();
        let mut plan = Plan::default();
        let mut faces_of_new: HashMap<usize, &DescribedFace> = HashMap::new();
        let mut touched = HashSet::new();
        for (face, group) in self.faces.iter().zip(groups) {
            let place = match self.people.get(*group) {
                Some(person) if face.person_id == Some(person.id) => continue,
                Some(person) => Place::Known(person.id),
                None => Place::New(*group),
            };
            if face.is_confirmed {
                continue;
            }
            touched.extend(face.person_id);
            plan.moves.push((face.clone(), place));
            if *group >= known {
                // The largest face shows best who it is.
                let best = faces_of_new.entry(*group).or_insert(face);
                if face.extent > best.extent {
                    *best = face;
                }
            }
        }
        plan.new_people = faces_of_new
            .into_iter()
            .map(|(group, face)| (group, face.id))
            .collect();
        plan.new_people.sort_unstable();
        plan.touched = touched.into_iter().collect();
        plan.touched.sort_unstable();
        // Somebody whose picture is gone gets another, and goes with the last of their faces.
        let is_there = |face: FaceId| self.there.contains(&face);
        let is_bare = |person: &&Person| person.face_id.is_none_or(|face| !is_there(face));
        plan.touched
            .extend(self.people.iter().filter(is_bare).map(|person| person.id));
        plan
    }
}
