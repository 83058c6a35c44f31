//! Doing what workflows say.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::TimeDelta;
use heirloom_jobs::{Claim, Failure, Handler, priority};
use heirloom_store::{
    Tx,
    assets::{self, Asset, Visibility},
    exif::{self, Exif},
    workflows::{self, Trigger, Workflow},
};
use heirloom_types::{
    caller::{Caller, Credential, Scope},
    ids::{AssetId, UserId},
    permission::Permissions,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{methods::Deed, steps};
use crate::{Error, Library, Result, assets::AssetChange, jobs::Wanted};

/// Kind of the job; two of one asset and trigger are one.
pub(crate) const KIND: &str = "run_workflows";

/// The handler of [`KIND`].
pub struct RunWorkflows(pub Arc<Library>);

#[derive(Serialize, Deserialize)]
struct Payload {
    owner: UserId,
    asset: AssetId,
    trigger: String,
}

#[async_trait]
impl Handler for RunWorkflows {
    fn kind(&self) -> &'static str {
        KIND
    }

    async fn run(&self, claim: &Claim) -> Result<(), Failure> {
        let library = &self.0;
        let payload: Payload = serde_json::from_value(claim.job.payload.0.clone())?;
        let (owner, id) = (payload.owner, payload.asset);
        let mut tx = library.db.read().await?;
        let asset = assets::get(&mut tx, Scope::of_owner(owner), id).await?;
        let exif = exif::get(&mut tx, owner, id).await?;
        let set_off = match Trigger::from_text(&payload.trigger) {
            Some(trigger) => workflows::list_set_off(&mut tx, owner, trigger).await?,
            None => Vec::new(),
        };
        drop(tx);
        if let Some(asset) = asset.filter(is_in_sight) {
            let exif = exif.unwrap_or_else(|| Exif::empty(owner, id));
            for workflow in set_off {
                library.go_through(&workflow, &asset, &exif).await?;
            }
        }
        let mut tx = library.db.write().await?;
        claim.finish(&mut tx).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// What is locked away, hidden or in the trash is left alone.
fn is_in_sight(asset: &Asset) -> bool {
    asset.deleted_at.is_none() && asset.visibility.is_shareable()
}

impl Library {
    /// Asks for the workflows that this sets off, if there are any.
    pub(crate) async fn set_off(&self, tx: &mut Tx, asset: &Asset, trigger: Trigger) -> Result<()> {
        let owner = asset.owner_id;
        if !workflows::is_set_off(tx, owner, trigger).await? {
            return Ok(());
        }
        let trigger = trigger.as_str();
        let payload = json!({"owner": owner, "asset": asset.id, "trigger": trigger});
        let wanted = Wanted {
            kind: KIND,
            subject: format!("{} {trigger}", asset.id),
            payload,
            priority: priority::NEW,
            after: TimeDelta::zero(),
        };
        self.enqueue(tx, wanted).await
    }

    /// Goes through the steps of one workflow until a condition is not met.
    async fn go_through(&self, workflow: &Workflow, asset: &Asset, exif: &Exif) -> Result<()> {
        let caller = Caller {
            user: workflow.owner_id,
            is_admin: false,
            credential: Credential::Workflow(workflow.id),
            permissions: Permissions::all(),
        };
        for step in steps(workflow)?.into_iter().filter(|step| step.enabled) {
            let deed = match Deed::of(&step) {
                Ok(deed) => deed,
                Err(reason) => {
                    tracing::warn!(workflow = %workflow.id, %reason, "a workflow ends here");
                    return Ok(());
                }
            };
            match deed.is_met(asset, exif) {
                Some(true) => {}
                Some(false) => return Ok(()),
                None => self.perform(&caller, asset, deed).await?,
            }
        }
        Ok(())
    }

    async fn perform(&self, caller: &Caller, asset: &Asset, deed: Deed) -> Result<()> {
        let ids = [asset.id];
        let change = |change: AssetChange| async move {
            self.update_assets(caller, &[asset.id], &change).await
        };
        let done = match deed {
            Deed::Favorite {} => {
                change(AssetChange {
                    is_favorite: Some(true),
                    ..AssetChange::default()
                })
                .await
            }
            Deed::Archive {} => {
                change(AssetChange {
                    visibility: Some(Visibility::Archive),
                    ..AssetChange::default()
                })
                .await
            }
            Deed::AddToAlbum { album_id } => {
                self.add_to_album(caller, album_id, &ids).await.map(drop)
            }
            Deed::AddTag { tag } => self.tag_with(caller, &tag, asset.id).await,
            Deed::FileName { .. }
            | Deed::Kind { .. }
            | Deed::Camera { .. }
            | Deed::Place { .. } => Ok(()),
        };
        match done {
            // An album that is gone, or a picture: the rest can still be done.
            Err(Error::NotFound { .. }) => {
                tracing::info!(asset = %asset.id, "what a workflow names is gone");
                Ok(())
            }
            done => done,
        }
    }

    async fn tag_with(&self, caller: &Caller, tag: &str, asset: AssetId) -> Result<()> {
        for made in self.upsert_tags(caller, &[tag.to_owned()]).await? {
            self.tag_assets(caller, made.id, &[asset]).await?;
        }
        Ok(())
    }
}
