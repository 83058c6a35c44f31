//! Workflows.

use axum::{Json, http::StatusCode};
use heirloom_api::workflows::{
    WorkflowResponse, WorkflowShareResponse, WorkflowStep, WorkflowTriggerResponse, WorkflowUpdate,
};
use heirloom_library::workflows::{Step, Trigger, Workflow, WorkflowChange, steps};
use heirloom_types::ids::WorkflowId;
use serde::Deserialize;

use super::operations;
use crate::{
    cx::Cx,
    error::{ApiError, ApiResult},
    input::{Body, Id, Query},
};

operations! {
    GET "/workflows" => list,
    POST "/workflows" => create,
    GET "/workflows/triggers" => list_triggers,
    GET "/workflows/{id}" => get,
    PUT "/workflows/{id}" => update,
    PATCH "/workflows/{id}" => update,
    DELETE "/workflows/{id}" => delete,
    GET "/workflows/{id}/share" => share,
}

/// The contract's word for workflows over assets, which all are.
pub(super) const ASSET: &str = "AssetV1";

/// What a list is narrowed to; every part that is given must fit.
#[derive(Deserialize)]
struct Asked {
    id: Option<WorkflowId>,
    name: Option<String>,
    description: Option<String>,
    enabled: Option<bool>,
    trigger: Option<String>,
}

impl Asked {
    fn is_met(&self, workflow: &Workflow) -> bool {
        self.id.is_none_or(|id| id == workflow.id)
            && (self.name.is_none() || self.name == workflow.name)
            && (self.description.is_none() || self.description == workflow.description)
            && self
                .enabled
                .is_none_or(|enabled| enabled == workflow.is_enabled)
            && self
                .trigger
                .as_deref()
                .is_none_or(|trigger| trigger == workflow.happens.as_str())
    }
}

async fn list(cx: Cx, Query(asked): Query<Asked>) -> ApiResult<Json<Vec<WorkflowResponse>>> {
    let found = cx.app.library.workflows(&cx.caller).await?;
    let met = found.iter().filter(|workflow| asked.is_met(workflow));
    let shown = met.map(response);
    Ok(Json(shown.collect::<ApiResult<_>>()?))
}

async fn create(
    cx: Cx,
    Body(wanted): Body<WorkflowUpdate>,
) -> ApiResult<(StatusCode, Json<WorkflowResponse>)> {
    let trigger = trigger(wanted.trigger.as_deref().unwrap_or_default())?;
    let said = change(wanted);
    let made = cx
        .app
        .library
        .create_workflow(&cx.caller, trigger, said)
        .await?;
    Ok((StatusCode::CREATED, Json(response(&made)?)))
}

async fn list_triggers(_cx: Cx) -> Json<Vec<WorkflowTriggerResponse>> {
    let response = |trigger: &Trigger| WorkflowTriggerResponse {
        trigger: trigger.as_str(),
        types: vec![ASSET],
    };
    Json(Trigger::EVERY.iter().map(response).collect())
}

async fn get(cx: Cx, Id(id): Id<WorkflowId>) -> ApiResult<Json<WorkflowResponse>> {
    let found = cx.app.library.workflow(&cx.caller, id).await?;
    Ok(Json(response(&found)?))
}

async fn update(
    cx: Cx,
    Id(id): Id<WorkflowId>,
    Body(wanted): Body<WorkflowUpdate>,
) -> ApiResult<Json<WorkflowResponse>> {
    let said = WorkflowChange {
        trigger: wanted.trigger.as_deref().map(trigger).transpose()?,
        ..change(wanted)
    };
    let changed = cx.app.library.update_workflow(&cx.caller, id, said).await?;
    Ok(Json(response(&changed)?))
}

async fn delete(cx: Cx, Id(id): Id<WorkflowId>) -> ApiResult<StatusCode> {
    cx.app.library.delete_workflow(&cx.caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn share(cx: Cx, Id(id): Id<WorkflowId>) -> ApiResult<Json<WorkflowShareResponse>> {
    Ok(Json(shared(
        &cx.app.library.workflow(&cx.caller, id).await?,
    )?))
}

fn trigger(text: &str) -> ApiResult<Trigger> {
    Trigger::from_text(text).ok_or_else(|| {
        let names: Vec<_> = Trigger::EVERY
            .iter()
            .map(|trigger| trigger.as_str())
            .collect();
        let message = format!("Invalid option: expected one of {}", names.join(", "));
        ApiError::invalid(&["trigger"], message)
    })
}

fn change(wanted: WorkflowUpdate) -> WorkflowChange {
    let step = |step: WorkflowStep| Step {
        method: step.method,
        config: step.config,
        enabled: step.enabled.unwrap_or(true),
    };
    WorkflowChange {
        name: wanted.name,
        description: wanted.description,
        trigger: None,
        is_enabled: wanted.enabled,
        steps: wanted
            .steps
            .map(|steps| steps.into_iter().map(step).collect()),
    }
}

fn response(workflow: &Workflow) -> ApiResult<WorkflowResponse> {
    Ok(WorkflowResponse {
        shared: shared(workflow)?,
        id: workflow.id,
        created_at: workflow.created_at,
        updated_at: workflow.updated_at,
        enabled: workflow.is_enabled,
    })
}

fn shared(workflow: &Workflow) -> ApiResult<WorkflowShareResponse> {
    let step = |step: Step| WorkflowStep {
        method: step.method,
        config: step.config,
        enabled: Some(step.enabled),
    };
    Ok(WorkflowShareResponse {
        description: workflow.description.clone(),
        name: workflow.name.clone(),
        steps: steps(workflow)?.into_iter().map(step).collect(),
        trigger: workflow.happens.as_str(),
    })
}
