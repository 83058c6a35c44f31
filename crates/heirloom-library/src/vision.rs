//! What the library understands of pictures: which models look, at what, and catching up with what was not looked at.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
};

use heirloom_jobs::priority;
use heirloom_store::{
    Tx,
    assets::{self, Asset, Visibility},
    labels::{self, Label},
    stages::{self, Stage},
};
use heirloom_types::{
    caller::{Caller, Scope},
    ids::{AssetId, UserId},
    media_type::MediaKind,
    permission::Permission,
};
pub use heirloom_vision::Vision;
use uuid::Uuid;

use crate::{
    Error, Library, Result,
    access::{self, require},
};

/// Assets put to work at a time.
const BATCH: i64 = 1000;

/// Which questions are asked of pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tasks {
    /// What a picture shows, to search by and to find copies.
    pub search: bool,
    /// Who is in it.
    pub faces: bool,
    /// What stands written in it.
    pub text: bool,
    /// Which everyday objects are in it; looked for together with `search`.
    pub objects: bool,
}

/// Opens the models of a pack, given the pack's name.
pub type OpenPack = Box<dyn Fn(&str) -> anyhow::Result<Vision> + Send + Sync>;

/// The models that look at pictures, and what they are asked.
pub struct Eyes {
    pub(crate) vision: Vision,
    tasks: Tasks,
    open_pack: OpenPack,
    /// Further packs that were opened, by name.
    packs: RwLock<HashMap<String, Vision>>,
}

impl Eyes {
    /// `open_pack` is asked for packs other than that of `vision`.
    pub fn new(vision: Vision, tasks: Tasks, open_pack: OpenPack) -> Self {
        Self {
            vision,
            tasks,
            open_pack,
            packs: RwLock::default(),
        }
    }

    pub fn tasks(&self) -> Tasks {
        self.tasks
    }

    /// The pack whose models look at pictures, and answer unless the settings choose others.
    pub fn pack_name(&self) -> &str {
        self.vision.pack()
    }

    /// The search models of a pack.
    pub(crate) fn search_pack(&self, name: &str) -> anyhow::Result<Vision> {
        let pack = self.pack(name)?;
        anyhow::ensure!(pack.can_search(), "it has no models for search");
        Ok(pack)
    }

    /// The models of a pack that look for faces.
    pub(crate) fn faces_pack(&self, name: &str) -> anyhow::Result<Vision> {
        let pack = self.pack(name)?;
        anyhow::ensure!(pack.can_find_faces(), "it has no models for faces");
        Ok(pack)
    }

    fn pack(&self, name: &str) -> anyhow::Result<Vision> {
        if name == self.vision.pack() {
            return Ok(self.vision.clone());
        }
        let known = self.packs.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(vision) = known.get(name) {
            return Ok(vision.clone());
        }
        drop(known);
        let vision = (self.open_pack)(name)?;
        let mut packs = self.packs.write().unwrap_or_else(PoisonError::into_inner);
        Ok(packs.entry(name.to_owned()).or_insert(vision).clone())
    }
}

impl Library {
    /// What is asked of pictures; nothing, when no models are there.
    pub fn vision_tasks(&self) -> Tasks {
        let none = Tasks {
            search: false,
            faces: false,
            text: false,
            objects: false,
        };
        self.eyes.as_ref().map_or(none, Eyes::tasks)
    }

    /// The models, to ask them about a text.
    pub fn vision(&self) -> Option<&Vision> {
        self.eyes.as_ref().map(|eyes| &eyes.vision)
    }

    /// Whether settings name another pack than before; it must be there, with the models that `open` looks for.
    pub(crate) fn is_other_pack(
        &self,
        current: &str,
        wanted: &str,
        open: fn(&Eyes, &str) -> anyhow::Result<Vision>,
    ) -> Result<bool> {
        if wanted == current {
            return Ok(false);
        }
        let Some(eyes) = &self.eyes else {
            return Err(Error::Conflict(
                "This server has no models to choose from".into(),
            ));
        };
        match open(eyes, wanted) {
            Ok(_) => Ok(true),
            Err(error) => Err(Error::Conflict(format!(
                "The pack of models {wanted} cannot be used: {error}"
            ))),
        }
    }

    /// What is to be asked of an asset. Faces come first: what the picture means depends on whether there are any.
    pub(crate) fn sight_of(&self, asset: &Asset) -> Vec<Stage> {
        if asset.visibility == Visibility::Hidden {
            return Vec::new();
        }
        self.asked_stages()
            .into_iter()
            .filter(|(_, only)| only.is_none_or(|kind| kind == asset.kind))
            .map(|(stage, _)| stage)
            .collect()
    }

    /// The stages that are asked, each with the only kind of assets it is for.
    fn asked_stages(&self) -> Vec<(Stage, Option<MediaKind>)> {
        let tasks = self.vision_tasks();
        let asked = [
            (tasks.faces, Stage::Faces, None),
            (tasks.search, Stage::Embed, None),
            (tasks.text, Stage::Text, Some(MediaKind::Image)),
        ];
        asked
            .into_iter()
            .filter(|(is_asked, ..)| *is_asked)
            .map(|(_, stage, only)| (stage, only))
            .collect()
    }

    /// Whether a stage is asked of new assets: one that needs a model is not where no such model runs.
    pub(crate) fn is_asked(&self, stage: Stage) -> bool {
        !stage.needs_sight() || self.asked_stages().iter().any(|(asked, _)| *asked == stage)
    }

    /// Wants what has not been asked yet of assets that were there before the models, or before newer versions of them.
    pub async fn catch_up(&self) -> Result<u64> {
        let mut wanted = 0;
        for (stage, only) in self.asked_stages() {
            wanted += self.catch_up_on(stage, only).await?;
        }
        Ok(wanted)
    }

    /// As [`Self::catch_up`], with one stage.
    pub(crate) async fn catch_up_with(&self, stage: Stage) -> Result<u64> {
        let asked = self.asked_stages();
        match asked.iter().find(|(asked, _)| *asked == stage) {
            Some(&(stage, only)) => self.catch_up_on(stage, only).await,
            None => Ok(0),
        }
    }

    async fn catch_up_on(&self, stage: Stage, only: Option<MediaKind>) -> Result<u64> {
        let mut wanted = 0;
        let mut after = AssetId(Uuid::nil());
        loop {
            let mut tx = self.db.write().await?;
            let page = stages::list_lacking(&mut tx, stage, only, after, BATCH).await?;
            let Some(&(_, last)) = page.last() else { break };
            for (owner, id) in page {
                wanted += u64::from(self.want_later(&mut tx, owner, id, stage).await?);
            }
            tx.commit().await?;
            after = last;
        }
        if wanted > 0 {
            self.wake.wake();
        }
        Ok(wanted)
    }

    /// Wants a stage of an asset, behind all other work; false when it is gone.
    pub(crate) async fn want_later(
        &self,
        tx: &mut Tx,
        owner: UserId,
        id: AssetId,
        stage: Stage,
    ) -> Result<bool> {
        let Some(asset) = assets::get(tx, Scope::of_owner(owner), id).await? else {
            return Ok(false);
        };
        self.want(tx, &asset, &[stage], priority::BACKFILL).await?;
        Ok(true)
    }

    /// What models say a picture shows, surest first: shown as such, never as tags that people gave.
    pub async fn labels(&self, caller: &Caller, asset: AssetId) -> Result<Vec<Label>> {
        require(caller, Permission::AssetRead)?;
        let mut tx = self.db.read().await?;
        let asset = access::asset(&mut tx, caller, asset, Permission::AssetRead).await?;
        Ok(labels::list(&mut tx, asset.owner_id, asset.id).await?)
    }
}
