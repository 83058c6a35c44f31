//! Plugins and workflows: this server has none, and says so.

use axum::{Json, http::StatusCode};
use heirloom_library::{Error, access};
use heirloom_types::permission::Permission;
use uuid::Uuid;

use super::operations;
use crate::{cx::Cx, error::ApiResult, input::Id};

operations! {
    GET "/plugins" => list_plugins,
    GET "/plugins/methods" => list_plugins,
    GET "/plugins/templates" => list_plugins,
    GET "/plugins/{id}" => get_plugin,
    GET "/workflows" => list_workflows,
    GET "/workflows/triggers" => list_triggers,
    GET "/workflows/{id}" => get_workflow,
    GET "/workflows/{id}/share" => get_workflow,
    DELETE "/workflows/{id}" => delete_workflow,
}

type None = Json<[(); 0]>;

async fn list_plugins(cx: Cx) -> ApiResult<None> {
    access::require(&cx.caller, Permission::PluginRead)?;
    Ok(Json([]))
}

async fn get_plugin(cx: Cx, Id(id): Id<Uuid>) -> ApiResult<StatusCode> {
    access::require(&cx.caller, Permission::PluginRead)?;
    Err(Error::not_found("plugin", id, Permission::PluginRead).into())
}

async fn list_workflows(cx: Cx) -> ApiResult<None> {
    access::require(&cx.caller, Permission::WorkflowRead)?;
    Ok(Json([]))
}

/// Nothing sets a workflow off, for there is none.
async fn list_triggers(_cx: Cx) -> ApiResult<None> {
    Ok(Json([]))
}

async fn get_workflow(cx: Cx, Id(id): Id<Uuid>) -> ApiResult<StatusCode> {
    access::require(&cx.caller, Permission::WorkflowRead)?;
    Err(Error::not_found("workflow", id, Permission::WorkflowRead).into())
}

async fn delete_workflow(cx: Cx, Id(id): Id<Uuid>) -> ApiResult<StatusCode> {
    access::require(&cx.caller, Permission::WorkflowDelete)?;
    Err(Error::not_found("workflow", id, Permission::WorkflowDelete).into())
}
