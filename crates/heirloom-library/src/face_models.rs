//! Which models look for faces.
//!
//! The settings choose a pack. Vectors of different packs cannot be compared, so after a change faces are looked for again in
//! everything an owner has, behind all other work. A face that is found where one was before takes its place, with its person
//! and what people have said of it; clustering compares only what the chosen models describe, and leaves the others where they
//! are. When all is seen, those who have no name are made afresh once, because some came while others were still missing.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::TimeDelta;
use heirloom_jobs::{Claim, Failure, Handler, priority};
use heirloom_store::{
    Tx, faces, settings,
    stages::{self, Stage},
    users,
};
use heirloom_types::{
    caller::Caller,
    ids::{AssetId, UserId},
};
use heirloom_vision::Vision;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Library, Result, access::require_admin, jobs::Wanted, system_config::SystemConfig, vision::Eyes,
};

/// Kind of the job.
pub const KIND: &str = "follow_face_model";
/// Pictures that are looked at one after the other are counted together.
const PAUSE: TimeDelta = TimeDelta::seconds(2);
/// Assets put to work at a time.
const BATCH: i64 = 1000;
/// Under which it is stored, for each user, whose vectors group their people.
const KEY: &str = "face-model";

/// By whose vectors an owner's people are grouped.
#[derive(Serialize, Deserialize)]
struct Grouped {
    /// Name and version of the pack; none while faces are looked for again, or people are to be made afresh.
    model: Option<String>,
}

/// What an owner's people are to be grouped by.
pub(crate) struct FaceSpace {
    pub(crate) vision: Vision,
    /// These models have seen everything, and nobody was grouped by their vectors yet.
    pub(crate) is_new: bool,
    /// Before them others grouped, or were not through.
    pub(crate) is_changed: bool,
}

/// How far the chosen models for faces are.
#[derive(Clone, Debug)]
pub struct FaceProgress {
    pub chosen: String,
    /// Pictures and videos in which they have looked for faces, of all in which they are to.
    pub seen: i64,
    pub total: i64,
}

/// The handler of [`KIND`].
pub struct FollowFaceModel(pub Arc<Library>);

#[derive(Deserialize)]
struct Payload {
    owner: UserId,
}

#[async_trait]
impl Handler for FollowFaceModel {
    fn kind(&self) -> &'static str {
        KIND
    }

    async fn run(&self, claim: &Claim) -> Result<(), Failure> {
        let Payload { owner } = serde_json::from_value(claim.job.payload.0.clone())?;
        let library = &self.0;
        if library.vision_tasks().faces {
            library.bring_faces_up(owner).await?;
        }
        let mut tx = library.db.write().await?;
        claim.finish(&mut tx).await?;
        tx.commit().await?;
        Ok(())
    }
}

impl Library {
    /// The models that look for faces; none while those that the settings choose cannot be used. Others never take their
    /// place: everything would be looked at again, twice.
    pub(crate) async fn chosen_faces(&self) -> Result<Option<Vision>> {
        let config = self.config().await?;
        Ok(self.eyes.as_ref().and_then(|eyes| chosen(eyes, &config)))
    }

    /// How far the chosen models for faces are, for an administrator; none where no models look at pictures.
    pub async fn face_progress(&self, caller: &Caller) -> Result<Option<FaceProgress>> {
        require_admin(caller)?;
        let Some(chosen) = self.chosen_faces().await? else {
            return Ok(None);
        };
        let mut tx = self.db.read().await?;
        let (seen, total) = faces::count_seen(&mut tx, chosen.model()).await?;
        Ok(Some(FaceProgress {
            chosen: chosen.pack().to_owned(),
            seen,
            total,
        }))
    }

    /// What an owner's people are to be grouped by; none where no models look for faces.
    pub(crate) async fn face_space(&self, tx: &mut Tx, owner: UserId) -> Result<Option<FaceSpace>> {
        let config = self.config_now(tx).await?;
        let Some(vision) = self.eyes.as_ref().and_then(|eyes| chosen(eyes, &config)) else {
            return Ok(None);
        };
        let grouped = grouped(tx, owner).await?;
        let is_same = grouped
            .as_ref()
            .is_some_and(|grouped| grouped.model.as_deref() == Some(vision.model()));
        let is_new = !is_same && has_seen_all(tx, owner, &vision).await?;
        Ok(Some(FaceSpace {
            is_new,
            is_changed: is_new && grouped.is_some(),
            vision,
        }))
    }

    /// Notes whose vectors group an owner's people from now on.
    pub(crate) async fn note_face_model(
        &self,
        tx: &mut Tx,
        owner: UserId,
        model: Option<&str>,
    ) -> Result<()> {
        let grouped = Grouped {
            model: model.map(str::to_owned),
        };
        let value = serde_json::to_value(grouped).map_err(anyhow::Error::from)?;
        Ok(settings::set_user(tx, owner, KEY, value).await?)
    }

    /// Has what is lacking looked at, soon, if an owner's people are not grouped by these models' vectors.
    pub(crate) async fn follow_faces(&self, tx: &mut Tx, owner: UserId, model: &str) -> Result<()> {
        match grouped(tx, owner).await? {
            Some(grouped) if grouped.model.as_deref() != Some(model) => {
                self.ask_to_bring_faces_up(tx, owner).await
            }
            _ => Ok(()),
        }
    }

    /// As [`Self::follow_faces`], for everybody, with the models that the settings choose.
    pub(crate) async fn refresh_face_models(&self) -> Result<()> {
        let is_asked = self.vision_tasks().faces;
        let Some(chosen) = self.chosen_faces().await?.filter(|_| is_asked) else {
            return Ok(());
        };
        let everybody = users::list(&mut self.db.read().await?).await?;
        for user in everybody {
            let mut tx = self.db.write().await?;
            let grouped = grouped(&mut tx, user.id).await?;
            if grouped.and_then(|grouped| grouped.model).as_deref() != Some(chosen.model()) {
                self.ask_to_bring_faces_up(&mut tx, user.id).await?;
                tx.commit().await?;
            }
        }
        self.wake.wake();
        Ok(())
    }

    async fn ask_to_bring_faces_up(&self, tx: &mut Tx, owner: UserId) -> Result<()> {
        let wanted = Wanted::over_owner(KIND, owner, priority::BACKFILL, PAUSE);
        self.enqueue(tx, wanted).await
    }

    /// Wants faces looked for where the chosen models have not looked; when they have looked everywhere, people are grouped.
    async fn bring_faces_up(&self, owner: UserId) -> Result<()> {
        let mut tx = self.db.read().await?;
        let config = self.config_now(&mut tx).await?;
        let Some(chosen) = self.eyes.as_ref().and_then(|eyes| chosen(eyes, &config)) else {
            return Ok(());
        };
        // What is in work says so when it is done.
        if stages::is_due(&mut tx, owner, Stage::Faces).await? {
            return Ok(());
        }
        drop(tx);
        if self.want_faces(owner, &chosen).await? {
            return Ok(());
        }
        let mut tx = self.db.write().await?;
        let grouped = grouped(&mut tx, owner).await?;
        if grouped.and_then(|grouped| grouped.model).as_deref() != Some(chosen.model()) {
            self.want_clustering(&mut tx, owner).await?;
            tx.commit().await?;
            self.wake.wake();
        }
        Ok(())
    }

    /// Wants faces looked for in an owner's pictures in which other models looked; says whether there are any.
    async fn want_faces(&self, owner: UserId, chosen: &Vision) -> Result<bool> {
        let mut after = AssetId(Uuid::nil());
        let mut is_any = false;
        loop {
            let mut tx = self.db.write().await?;
            let page = faces::list_lacking(&mut tx, owner, chosen.model(), after, BATCH).await?;
            let Some(last) = page.last().copied() else {
                break;
            };
            if !is_any {
                self.note_face_model(&mut tx, owner, None).await?;
                is_any = true;
            }
            for id in page {
                self.want_later(&mut tx, owner, id, Stage::Faces).await?;
            }
            tx.commit().await?;
            after = last;
        }
        if is_any {
            tracing::info!(%owner, model = chosen.model(), "faces are looked for again by other models");
            self.wake.wake();
        }
        Ok(is_any)
    }
}

fn chosen(eyes: &Eyes, config: &SystemConfig) -> Option<Vision> {
    let name = &config.machine_learning.facial_recognition.model_name;
    match eyes.faces_pack(name) {
        Ok(vision) => Some(vision),
        Err(error) => {
            tracing::warn!(%error, pack = %name, "the chosen pack of models for faces cannot be used; faces wait for it");
            None
        }
    }
}

async fn grouped(tx: &mut Tx, owner: UserId) -> Result<Option<Grouped>> {
    let stored = settings::get_user(tx, owner, KEY).await?;
    Ok(stored.and_then(|value| serde_json::from_value(value).ok()))
}

/// Whether faces were looked for by these models wherever they are to be looked for.
async fn has_seen_all(tx: &mut Tx, owner: UserId, vision: &Vision) -> Result<bool> {
    if stages::is_due(tx, owner, Stage::Faces).await? {
        return Ok(false);
    }
    let nil = AssetId(Uuid::nil());
    let lacking = faces::list_lacking(tx, owner, vision.model(), nil, 1).await?;
    Ok(lacking.is_empty())
}
