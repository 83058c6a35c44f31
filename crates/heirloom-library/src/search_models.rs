//! Which model answers what somebody looks for.
//!
//! The settings choose a pack. Vectors of different packs cannot be compared, so an owner's search goes on with the pack
//! that it had until the chosen one has seen every picture that it can see; then, in one step, the chosen one answers. What
//! arrives meanwhile is seen by both. What the pack before made is kept for a while, because questions may be under way.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::TimeDelta;
use heirloom_jobs::{Claim, Failure, Handler, priority};
use heirloom_store::{
    Tx, embeddings, settings,
    stages::{self, Stage},
    users,
};
use heirloom_types::{
    caller::Caller,
    ids::{AssetId, UserId},
    time::Timestamp,
};
use heirloom_vision::Vision;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Library, Result, access::require_admin, jobs::Wanted};

/// Kind of the job.
pub const KIND: &str = "follow_search_model";
/// Pictures that are seen one after the other are counted together.
const PAUSE: TimeDelta = TimeDelta::seconds(2);
/// How long vectors are kept that no question needs any more.
const KEPT: TimeDelta = TimeDelta::minutes(5);
/// Assets put to work at a time.
const BATCH: i64 = 1000;
/// Under which it is stored, for each user, who answers.
const KEY: &str = "search-model";

/// Who answers an owner's questions.
#[derive(Serialize, Deserialize)]
struct Answering {
    pack: String,
    /// Name and version of the pack.
    model: String,
    since: Timestamp,
}

/// How far the chosen search models are.
#[derive(Clone, Debug)]
pub struct SearchProgress {
    pub chosen: String,
    /// Pictures and videos that they have seen, of all that are to be seen.
    pub seen: i64,
    pub total: i64,
    /// People whose questions others answer until then.
    pub waiting_users: usize,
}

/// Whose vectors are made of a picture.
pub(crate) struct Spaces {
    pub(crate) visions: Vec<Vision>,
    /// One model is chosen and answers.
    pub(crate) is_settled: bool,
}

/// The handler of [`KIND`].
pub struct FollowSearchModel(pub Arc<Library>);

#[derive(Deserialize)]
struct Payload {
    owner: UserId,
}

#[async_trait]
impl Handler for FollowSearchModel {
    fn kind(&self) -> &'static str {
        KIND
    }

    async fn run(&self, claim: &Claim) -> Result<(), Failure> {
        let Payload { owner } = serde_json::from_value(claim.job.payload.0.clone())?;
        let library = &self.0;
        let is_asked = library.vision_tasks().search;
        if let Some(chosen) = library.chosen_search().await?.filter(|_| is_asked)
            && !library.want_vectors(owner, &chosen).await?
        {
            library.switch_search(owner, &chosen).await?;
        }
        let mut tx = library.db.write().await?;
        claim.finish(&mut tx).await?;
        tx.commit().await?;
        Ok(())
    }
}

impl Library {
    /// The search models that the settings choose.
    pub(crate) async fn chosen_search(&self) -> Result<Option<Vision>> {
        let Some(eyes) = &self.eyes else {
            return Ok(None);
        };
        let config = self.config().await?;
        let name = &config.machine_learning.clip.model_name;
        Ok(Some(eyes.search_pack(name).unwrap_or_else(|error| {
            tracing::warn!(%error, pack = %name, "the chosen pack of models cannot be used; search goes on with the first");
            eyes.vision.clone()
        })))
    }

    /// How far the chosen search models are, for an administrator; none where no models look at pictures.
    pub async fn search_progress(&self, caller: &Caller) -> Result<Option<SearchProgress>> {
        require_admin(caller)?;
        let Some(chosen) = self.chosen_search().await? else {
            return Ok(None);
        };
        let mut tx = self.db.read().await?;
        let (seen, total) = embeddings::count_seen(&mut tx, chosen.model()).await?;
        let mut waiting_users = 0;
        for user in users::list(&mut tx).await? {
            let stored = answering(&mut tx, user.id).await?;
            waiting_users +=
                usize::from(stored.is_some_and(|stored| stored.model != chosen.model()));
        }
        Ok(Some(SearchProgress {
            chosen: chosen.pack().to_owned(),
            seen,
            total,
            waiting_users,
        }))
    }

    /// The search models that answer an owner's questions.
    pub(crate) async fn answering_search(
        &self,
        tx: &mut Tx,
        owner: UserId,
    ) -> Result<Option<Vision>> {
        let Some(eyes) = &self.eyes else {
            return Ok(None);
        };
        let Some(stored) = answering(tx, owner).await? else {
            return Ok(Some(eyes.vision.clone()));
        };
        match eyes.search_pack(&stored.pack) {
            Ok(vision) if vision.model() == stored.model => Ok(Some(vision)),
            // Its pack is gone, or a new version took its place: nobody can ask it any more.
            _ => self.chosen_search().await,
        }
    }

    /// Whose vectors are made of an owner's pictures: the chosen models', and those that answer until then.
    pub(crate) async fn search_spaces(&self, owner: UserId) -> Result<Spaces> {
        let chosen = self.chosen_search().await?;
        let answering = self
            .answering_search(&mut self.db.read().await?, owner)
            .await?;
        let mut visions: Vec<Vision> = chosen.into_iter().collect();
        let before = visions.len();
        visions.extend(answering);
        visions.dedup_by(|a, b| a.model() == b.model());
        Ok(Spaces {
            is_settled: visions.len() == before,
            visions,
        })
    }

    /// Has an owner's vectors brought to the chosen models, soon.
    pub(crate) async fn follow_search_model(&self, tx: &mut Tx, owner: UserId) -> Result<()> {
        let wanted = Wanted::over_owner(KIND, owner, priority::BACKFILL, PAUSE);
        self.enqueue(tx, wanted).await
    }

    /// As [`Self::follow_search_model`], for everybody whose questions another model answers; forgets what models made that
    /// answer nobody.
    pub(crate) async fn refresh_search_models(&self) -> Result<()> {
        let Some(chosen) = self.chosen_search().await? else {
            return Ok(());
        };
        let everybody = users::list(&mut self.db.read().await?).await?;
        for user in everybody {
            let mut tx = self.db.write().await?;
            match answering(&mut tx, user.id).await? {
                Some(stored) if stored.model == chosen.model() => {
                    if stored.since + KEPT < self.now() {
                        embeddings::delete_other_models(&mut tx, user.id, &[chosen.model()])
                            .await?;
                        self.recall.forget_others(user.id, chosen.model());
                    }
                }
                _ => self.follow_search_model(&mut tx, user.id).await?,
            }
            tx.commit().await?;
        }
        self.wake.wake();
        Ok(())
    }

    /// Wants an owner's pictures seen that the chosen models have not seen; says whether there are any.
    async fn want_vectors(&self, owner: UserId, chosen: &Vision) -> Result<bool> {
        let mut is_any = false;
        let mut after = AssetId(Uuid::nil());
        loop {
            let mut tx = self.db.write().await?;
            let page =
                embeddings::list_lacking(&mut tx, owner, chosen.model(), after, BATCH).await?;
            let Some(last) = page.last().copied() else {
                break;
            };
            for id in page {
                is_any |= self.want_later(&mut tx, owner, id, Stage::Embed).await?;
            }
            tx.commit().await?;
            after = last;
        }
        if is_any {
            self.wake.wake();
        }
        Ok(is_any)
    }

    /// Lets the chosen models answer, if nothing that they can see is left.
    async fn switch_search(&self, owner: UserId, chosen: &Vision) -> Result<()> {
        let mut tx = self.db.write().await?;
        let nil = AssetId(Uuid::nil());
        let lacking = embeddings::list_lacking(&mut tx, owner, chosen.model(), nil, 1).await?;
        let is_same = answering(&mut tx, owner)
            .await?
            .is_some_and(|stored| stored.model == chosen.model());
        if is_same || !lacking.is_empty() || stages::is_due(&mut tx, owner, Stage::Embed).await? {
            return Ok(());
        }
        let answering = Answering {
            pack: chosen.pack().to_owned(),
            model: chosen.model().to_owned(),
            since: self.now(),
        };
        let value = serde_json::to_value(answering).map_err(anyhow::Error::from)?;
        settings::set_user(&mut tx, owner, KEY, value).await?;
        tx.commit().await?;
        tracing::info!(%owner, model = chosen.model(), "search is answered by another model now");
        Ok(())
    }
}

async fn answering(tx: &mut Tx, owner: UserId) -> Result<Option<Answering>> {
    let stored = settings::get_user(tx, owner, KEY).await?;
    Ok(stored.and_then(|value| serde_json::from_value(value).ok()))
}
