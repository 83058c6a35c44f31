//! Which models there are, for administrators. Not part of the contract.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use axum::Json;
use heirloom_api::models::{
    EngineKind, FaceModelResponse, ModelPackResponse, ModelResponse, ModelState, ModelsResponse,
    SearchModelResponse,
};
use heirloom_inference::{
    engine::Readiness,
    registry::{Catalogue, Manifest, Registry, manifest::Model},
};
use heirloom_library::{face_models::FaceProgress, search_models::SearchProgress};

use super::operations;
use crate::{cx::Cx, error::ApiResult};

operations! {
    GET "/admin/models" => list,
}

/// Where the packs of models are.
#[derive(Clone, Debug)]
pub struct ModelPacks {
    /// The one whose models look at pictures.
    pub used: PathBuf,
    /// Those that can be chosen for search or faces instead, each in a folder of its name.
    pub further: Registry,
}

type States = BTreeMap<String, Readiness>;

async fn list(cx: Cx) -> ApiResult<Json<ModelsResponse>> {
    let search = cx.app.library.search_progress(&cx.caller).await?;
    let faces = cx.app.library.face_progress(&cx.caller).await?;
    let states = cx.app.engine.as_ref().map(|engine| engine.readiness());
    let engine = match &states {
        None => EngineKind::None,
        Some(None) => EngineKind::Elsewhere,
        Some(Some(_)) => EngineKind::Here,
    };
    let packs = cx.app.packs.clone();
    let states = states.flatten();
    let packs = tokio::task::spawn_blocking(move || packs_of(&packs, states.as_ref()))
        .await
        .map_err(|error| heirloom_library::Error::Internal(error.into()))?;
    Ok(Json(ModelsResponse {
        engine,
        search: search.map(search_response),
        faces: faces.map(face_response),
        packs,
    }))
}

/// The pack that is used first.
fn packs_of(packs: &ModelPacks, states: Option<&States>) -> Vec<ModelPackResponse> {
    let catalogue = Catalogue::embedded();
    let used = read(&packs.used);
    let further = packs.further.installed().unwrap_or_else(|error| {
        tracing::warn!(%error, "the packs of models cannot be listed");
        Vec::new()
    });
    let further = further
        .into_iter()
        .filter(|pack| packs.further.path(&pack.pack) != packs.used);
    let prefixed = further.map(|pack| (format!("{}.", pack.pack), pack));
    used.map(|pack| (String::new(), pack))
        .into_iter()
        .chain(prefixed)
        .map(|(prefix, pack)| pack_response(&pack, &prefix, states, &catalogue))
        .collect()
}

/// A repository in Triton's layout has no manifest, and is no pack.
fn read(folder: &Path) -> Option<Manifest> {
    Manifest::read(folder).unwrap_or_else(|error| {
        tracing::warn!(%error, "the pack of models cannot be read");
        None
    })
}

fn pack_response(
    pack: &Manifest,
    prefix: &str,
    states: Option<&States>,
    catalogue: &Catalogue,
) -> ModelPackResponse {
    let known = catalogue.find(&pack.pack);
    let has = |file: &str| pack.models.iter().any(|model| model.file.file == file);
    ModelPackResponse {
        name: pack.pack.clone(),
        is_used: prefix.is_empty(),
        can_search: (has("search/visual.onnx") && has("search/textual.onnx"))
            || (has("visual/model.onnx") && has("textual/model.onnx")),
        can_find_faces: has("faces/embedding.onnx")
            || (has("detection/model.onnx") && has("recognition/model.onnx")),
        licence: pack
            .licence
            .clone()
            .or_else(|| known.map(|entry| entry.licence.clone())),
        origin: pack.origin.as_ref().map(|origin| origin.repository.clone()),
        bytes: pack.bytes(),
        models: pack
            .models
            .iter()
            .map(|model| {
                let name = format!("{prefix}{}", model.name());
                model_response(model, states.map(|states| states.get(&name)))
            })
            .collect(),
    }
}

/// `state` is absent where nobody here knows; within, where the engine was started before the model came.
fn model_response(model: &Model, state: Option<Option<&Readiness>>) -> ModelResponse {
    let files = std::iter::once(&model.file).chain(&model.files);
    let (state, problem) = match state {
        None => (None, None),
        Some(None | Some(Readiness::Asleep)) => (Some(ModelState::Asleep), None),
        Some(Some(Readiness::Loading)) => (Some(ModelState::Loading), None),
        Some(Some(Readiness::Ready)) => (Some(ModelState::Ready), None),
        Some(Some(Readiness::Failed(why))) => (Some(ModelState::Failed), Some(why.clone())),
    };
    ModelResponse {
        file: model.file.file.clone(),
        task: model.task.clone(),
        bytes: files.map(|file| file.bytes).sum(),
        licence: model.licence().map(str::to_owned),
        state,
        problem,
    }
}

fn search_response(found: SearchProgress) -> SearchModelResponse {
    SearchModelResponse {
        chosen: found.chosen,
        seen: found.seen,
        total: found.total,
        waiting_users: found.waiting_users,
    }
}

fn face_response(found: FaceProgress) -> FaceModelResponse {
    FaceModelResponse {
        chosen: found.chosen,
        seen: found.seen,
        total: found.total,
    }
}
