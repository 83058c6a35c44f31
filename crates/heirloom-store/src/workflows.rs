//! What is to be done with a person's new photos without them.

use heirloom_types::{
    ids::{UserId, WorkflowId},
    time::Timestamp,
};
use sqlx::FromRow;

use crate::{Result, Tx, sql, text_enum};

macro_rules! columns {
    () => {
        "id, owner_id, name, description, happens, is_enabled, steps, created_at, updated_at"
    };
}

text_enum! {
    /// What sets a workflow off.
    pub enum Trigger {
        /// An asset came.
        AssetCreate = "AssetCreate",
        /// What its file says is known.
        AssetMetadataExtraction = "AssetMetadataExtraction",
    }
}

/// One workflow.
#[derive(Clone, Debug, FromRow)]
pub struct Workflow {
    pub id: WorkflowId,
    pub owner_id: UserId,
    pub name: Option<String>,
    pub description: Option<String>,
    pub happens: Trigger,
    pub is_enabled: bool,
    /// As JSON; the library knows what they say.
    pub steps: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Writes the whole row.
pub async fn upsert(tx: &mut Tx, workflow: &Workflow) -> Result<()> {
    tx.execute(sql!(
        concat!(
            "insert into workflows (",
            columns!(),
            ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             on conflict (id) do update set name = excluded.name, description = excluded.description,
                 happens = excluded.happens, is_enabled = excluded.is_enabled, steps = excluded.steps,
                 updated_at = excluded.updated_at"
        ),
        workflow.id,
        workflow.owner_id,
        workflow.name.as_deref(),
        workflow.description.as_deref(),
        workflow.happens,
        workflow.is_enabled,
        &workflow.steps,
        workflow.created_at,
        workflow.updated_at,
    ))
    .await?;
    Ok(())
}

pub async fn get(tx: &mut Tx, owner: UserId, id: WorkflowId) -> Result<Option<Workflow>> {
    tx.optional(sql!(
        concat!(
            "select ",
            columns!(),
            " from workflows where owner_id = $1 and id = $2"
        ),
        owner,
        id
    ))
    .await
}

/// A person's workflows, the oldest first.
pub async fn list(tx: &mut Tx, owner: UserId) -> Result<Vec<Workflow>> {
    tx.all(sql!(
        concat!(
            "select ",
            columns!(),
            " from workflows where owner_id = $1 order by created_at, id"
        ),
        owner
    ))
    .await
}

/// Those of a person that this sets off, the oldest first.
pub async fn list_set_off(tx: &mut Tx, owner: UserId, trigger: Trigger) -> Result<Vec<Workflow>> {
    tx.all(sql!(
        concat!(
            "select ",
            columns!(),
            " from workflows where owner_id = $1 and happens = $2 and is_enabled order by created_at, id"
        ),
        owner,
        trigger
    ))
    .await
}

/// Whether this sets off any workflow of that person.
pub async fn is_set_off(tx: &mut Tx, owner: UserId, trigger: Trigger) -> Result<bool> {
    let count: i64 = tx
        .scalar(sql!(
            "select count(*) from workflows where owner_id = $1 and happens = $2 and is_enabled",
            owner,
            trigger
        ))
        .await?;
    Ok(count > 0)
}

pub async fn delete(tx: &mut Tx, owner: UserId, id: WorkflowId) -> Result<bool> {
    let deleted = tx
        .execute(sql!(
            "delete from workflows where owner_id = $1 and id = $2",
            owner,
            id
        ))
        .await?;
    Ok(deleted == 1)
}
