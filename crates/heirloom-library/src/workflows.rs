//! Workflows: what a person wants done with new photos without them. Something sets one off, its conditions are asked one
//! after the other, and its deeds are done as if its owner did them.

pub mod methods;
mod run;

pub use heirloom_store::workflows::{Trigger, Workflow};
use heirloom_store::{Tx, albums::AlbumRole, workflows};
use heirloom_types::{caller::Caller, ids::WorkflowId, permission::Permission};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::methods::Deed;
pub(crate) use self::run::KIND;
pub use self::run::RunWorkflows;
use crate::{
    Error, Library, Result,
    access::{self, require},
};

/// Steps of one workflow.
const STEPS_MAX: usize = 50;

/// One step as it is kept and shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    pub method: String,
    pub config: Option<Value>,
    #[serde(default = "enabled")]
    pub enabled: bool,
}

fn enabled() -> bool {
    true
}

/// What is said of a workflow; what is absent stays.
#[derive(Debug, Default)]
pub struct WorkflowChange {
    pub name: Option<Option<String>>,
    pub description: Option<Option<String>>,
    pub trigger: Option<Trigger>,
    pub is_enabled: Option<bool>,
    pub steps: Option<Vec<Step>>,
}

/// The steps of a workflow.
///
/// # Errors
/// If what is kept is not what this version keeps.
pub fn steps(workflow: &Workflow) -> Result<Vec<Step>> {
    Ok(serde_json::from_str(&workflow.steps).map_err(anyhow::Error::from)?)
}

impl Library {
    /// The caller's workflows, the oldest first.
    pub async fn workflows(&self, caller: &Caller) -> Result<Vec<Workflow>> {
        require(caller, Permission::WorkflowRead)?;
        Ok(workflows::list(&mut self.db.read().await?, caller.user).await?)
    }

    pub async fn workflow(&self, caller: &Caller, id: WorkflowId) -> Result<Workflow> {
        require(caller, Permission::WorkflowRead)?;
        own(
            &mut self.db.read().await?,
            caller,
            id,
            Permission::WorkflowRead,
        )
        .await
    }

    pub async fn create_workflow(
        &self,
        caller: &Caller,
        trigger: Trigger,
        said: WorkflowChange,
    ) -> Result<Workflow> {
        require(caller, Permission::WorkflowCreate)?;
        let workflow = Workflow {
            id: self.new_id(WorkflowId::new),
            owner_id: caller.user,
            name: None,
            description: None,
            happens: trigger,
            is_enabled: true,
            steps: "[]".into(),
            created_at: self.now(),
            updated_at: self.now(),
        };
        self.save_workflow(self.db.write().await?, caller, workflow, said)
            .await
    }

    pub async fn update_workflow(
        &self,
        caller: &Caller,
        id: WorkflowId,
        said: WorkflowChange,
    ) -> Result<Workflow> {
        require(caller, Permission::WorkflowUpdate)?;
        let mut tx = self.db.write().await?;
        let workflow = own(&mut tx, caller, id, Permission::WorkflowUpdate).await?;
        self.save_workflow(tx, caller, workflow, said).await
    }

    pub async fn delete_workflow(&self, caller: &Caller, id: WorkflowId) -> Result<()> {
        require(caller, Permission::WorkflowDelete)?;
        let mut tx = self.db.write().await?;
        own(&mut tx, caller, id, Permission::WorkflowDelete).await?;
        workflows::delete(&mut tx, caller.user, id).await?;
        Ok(tx.commit().await?)
    }

    async fn save_workflow(
        &self,
        mut tx: Tx,
        caller: &Caller,
        mut workflow: Workflow,
        said: WorkflowChange,
    ) -> Result<Workflow> {
        workflow.name = said.name.unwrap_or(workflow.name);
        workflow.description = said.description.unwrap_or(workflow.description);
        workflow.happens = said.trigger.unwrap_or(workflow.happens);
        workflow.is_enabled = said.is_enabled.unwrap_or(workflow.is_enabled);
        workflow.updated_at = self.now();
        if let Some(steps) = said.steps {
            check(&mut tx, caller, &steps).await?;
            workflow.steps = serde_json::to_string(&steps).map_err(anyhow::Error::from)?;
        }
        workflows::upsert(&mut tx, &workflow).await?;
        tx.commit().await?;
        Ok(workflow)
    }
}

/// Refuses steps that could never be done.
async fn check(tx: &mut Tx, caller: &Caller, steps: &[Step]) -> Result<()> {
    if steps.len() > STEPS_MAX {
        let message = format!("Too big: expected at most {STEPS_MAX} steps");
        return Err(Error::invalid("steps", message));
    }
    for step in steps {
        let deed = Deed::of(step).map_err(|reason| Error::invalid("steps", reason))?;
        if let Deed::AddToAlbum { album_id } = deed {
            let needed = Permission::AlbumAssetCreate;
            access::album(tx, caller, album_id, AlbumRole::Editor, needed).await?;
        }
    }
    Ok(())
}

async fn own(tx: &mut Tx, caller: &Caller, id: WorkflowId, needed: Permission) -> Result<Workflow> {
    workflows::get(tx, caller.user, id)
        .await?
        .ok_or_else(|| Error::not_found("workflow", id, needed))
}
