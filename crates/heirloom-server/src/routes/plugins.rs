//! The methods that steps of workflows are made of. All are part of this program, which clients are told is one plugin.

use axum::Json;
use heirloom_api::workflows::{
    PluginMethodResponse, PluginResponse, PluginTemplateResponse, WorkflowStep,
};
use heirloom_library::{
    Error, access,
    workflows::{
        Trigger,
        methods::{Method, methods},
    },
};
use heirloom_types::permission::Permission;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::{Uuid, uuid};

use super::{operations, workflows::ASSET};
use crate::{
    cx::Cx,
    error::ApiResult,
    input::{Id, Query},
};

operations! {
    GET "/plugins" => list,
    GET "/plugins/methods" => list_methods,
    GET "/plugins/templates" => list_templates,
    GET "/plugins/{id}" => get,
}

const PLUGIN: Uuid = uuid!("6865697a-0000-4000-8000-6c6f6f6d0001");
const NAME: &str = "heirloom";
/// When the first version of it was made.
const MADE: &str = "2026-11-26T00:00:00.000Z";

/// What a list is narrowed to; every part that is given must fit.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    id: Option<Uuid>,
    name: Option<String>,
    title: Option<String>,
    description: Option<String>,
    version: Option<String>,
    enabled: Option<bool>,
    plugin_name: Option<String>,
    plugin_version: Option<String>,
    trigger: Option<String>,
    r#type: Option<String>,
}

async fn list(cx: Cx, Query(asked): Query<Asked>) -> ApiResult<Json<Vec<PluginResponse>>> {
    access::require(&cx.caller, Permission::PluginRead)?;
    let plugin = plugin();
    let fits = asked.id.is_none_or(|id| id == plugin.id)
        && fits(asked.name.as_ref(), plugin.name)
        && fits(asked.title.as_ref(), plugin.title)
        && fits(asked.description.as_ref(), plugin.description)
        && fits(asked.version.as_ref(), plugin.version)
        && asked.enabled.unwrap_or(true);
    Ok(Json(Vec::from_iter(fits.then_some(plugin))))
}

async fn get(cx: Cx, Id(id): Id<Uuid>) -> ApiResult<Json<PluginResponse>> {
    access::require(&cx.caller, Permission::PluginRead)?;
    if id != PLUGIN {
        return Err(Error::not_found("plugin", id, Permission::PluginRead).into());
    }
    Ok(Json(plugin()))
}

async fn list_methods(
    cx: Cx,
    Query(asked): Query<Asked>,
) -> ApiResult<Json<Vec<PluginMethodResponse>>> {
    access::require(&cx.caller, Permission::PluginRead)?;
    let is_ours = asked.id.is_none_or(|id| id == PLUGIN)
        && fits(asked.plugin_name.as_ref(), NAME)
        && fits(asked.plugin_version.as_ref(), env!("CARGO_PKG_VERSION"))
        && fits(asked.r#type.as_ref(), ASSET)
        && asked
            .trigger
            .as_deref()
            .is_none_or(|trigger| Trigger::from_text(trigger).is_some())
        && asked.enabled.unwrap_or(true);
    let mut found = methods();
    found.retain(|method| {
        is_ours
            && fits(asked.name.as_ref(), method.name)
            && fits(asked.title.as_ref(), method.title)
            && fits(asked.description.as_ref(), method.description)
    });
    Ok(Json(found.into_iter().map(method).collect()))
}

async fn list_templates(cx: Cx) -> ApiResult<Json<Vec<PluginTemplateResponse>>> {
    access::require(&cx.caller, Permission::PluginRead)?;
    let step = |method: &str, config: Value| WorkflowStep {
        method: method.into(),
        config: Some(config),
        enabled: Some(true),
    };
    let template = |key, title, description, steps| PluginTemplateResponse {
        description,
        key,
        steps,
        title,
        trigger: Trigger::AssetCreate.as_str(),
        ui_hints: Vec::new(),
    };
    Ok(Json(vec![
        template(
            "heirloom#screenshots",
            "Screenshots",
            "Archives pictures of screens",
            vec![
                step("heirloom#fileName", json!({"pattern": "*screenshot*"})),
                step("heirloom#archive", json!({})),
            ],
        ),
        template(
            "heirloom#messages",
            "Pictures from messages",
            "Tags what a messenger kept",
            vec![
                step(
                    "heirloom#fileName",
                    json!({"pattern": "*-WA[0-9][0-9][0-9][0-9]*"}),
                ),
                step("heirloom#addTag", json!({"tag": "messages"})),
            ],
        ),
    ]))
}

fn fits(asked: Option<&String>, is: &str) -> bool {
    asked.is_none_or(|asked| asked == is)
}

fn plugin() -> PluginResponse {
    PluginResponse {
        author: "Heirloom",
        created_at: MADE,
        description: "What new photos can be asked and done with",
        id: PLUGIN,
        methods: methods().into_iter().map(method).collect(),
        name: NAME,
        title: "Heirloom",
        updated_at: MADE,
        version: env!("CARGO_PKG_VERSION"),
    }
}

fn method(method: Method) -> PluginMethodResponse {
    PluginMethodResponse {
        description: method.description,
        host_functions: !method.is_filter,
        key: method.key,
        name: method.name,
        schema: method.schema,
        title: method.title,
        types: vec![ASSET],
        ui_hints: vec![if method.is_filter { "filter" } else { "action" }],
    }
}
