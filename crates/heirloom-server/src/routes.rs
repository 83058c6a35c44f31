//! Every operation that is served, by noun.

mod activities;
mod admin_users;
mod albums;
mod api_keys;
mod asset_metadata;
pub(crate) mod assets;
mod auth;
mod database_backups;
mod download;
mod duplicates;
mod edits;
mod files;
mod frames;
mod heatmaps;
mod hls;
mod integrity;
mod jobs;
mod labels;
mod libraries;
mod licenses;
mod mail;
mod maintenance;
mod memories;
pub(crate) mod models;
pub(crate) mod notifications;
mod oauth;
mod partners;
mod people;
mod plugins;
mod profile_images;
mod queues;
mod resumable;
mod search;
pub(crate) mod server;
mod sessions;
mod shared_links;
mod stacks;
pub(crate) mod sync;
mod system_config;
mod system_metadata;
mod tags;
mod tiles;
mod timeline;
mod trash;
mod upload;
mod users;
mod workflows;

use axum::{
    Extension, Router,
    http::{Method, StatusCode, Uri},
    response::{IntoResponse, Response},
    routing::{MethodFilter, MethodRouter, on},
};
use heirloom_api::operations::{needed, unsupported as not_built};

use crate::{
    app::{API, App},
    error::ApiError,
};

/// One operation: method, path as the contract writes it, handler.
pub(crate) struct Operation {
    method: MethodFilter,
    name: &'static str,
    path: &'static str,
    handler: MethodRouter<App>,
}

macro_rules! operations {
    ($($method:ident $path:literal => $handler:expr,)+) => {
        pub(crate) fn operations() -> Vec<crate::routes::Operation> {
            vec![$(crate::routes::Operation::new(
                axum::routing::MethodFilter::$method,
                stringify!($method),
                $path,
                axum::routing::on(axum::routing::MethodFilter::$method, $handler),
            ),)+]
        }
    };
}
pub(crate) use operations;

impl Operation {
    pub(crate) fn new(
        method: MethodFilter,
        name: &'static str,
        path: &'static str,
        handler: MethodRouter<App>,
    ) -> Self {
        Self {
            method,
            name,
            path,
            handler,
        }
    }
}

fn all() -> Vec<Operation> {
    [
        activities::operations(),
        admin_users::operations(),
        albums::operations(),
        api_keys::operations(),
        asset_metadata::operations(),
        assets::operations(),
        auth::operations(),
        database_backups::operations(),
        download::operations(),
        duplicates::operations(),
        edits::operations(),
        files::operations(),
        integrity::operations(),
        heatmaps::operations(),
        hls::operations(),
        jobs::operations(),
        libraries::operations(),
        licenses::operations(),
        memories::operations(),
        mail::operations(),
        maintenance::operations(),
        notifications::operations(),
        oauth::operations(),
        partners::operations(),
        people::operations(),
        plugins::operations(),
        profile_images::operations(),
        queues::operations(),
        search::operations(),
        server::operations(),
        sessions::operations(),
        shared_links::operations(),
        stacks::operations(),
        sync::operations(),
        system_config::operations(),
        system_metadata::operations(),
        tags::operations(),
        timeline::operations(),
        trash::operations(),
        upload::operations(),
        users::operations(),
        workflows::operations(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What the contract does not know.
fn beyond() -> Vec<Operation> {
    [
        frames::operations(),
        integrity::beyond(),
        labels::operations(),
        models::operations(),
        tiles::operations(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Method and path of every operation that is served, as the contract writes them.
pub fn served() -> Vec<(&'static str, &'static str)> {
    named(&all())
}

/// As [`served`], of what the contract does not know.
pub fn served_beyond() -> Vec<(&'static str, &'static str)> {
    let mut found = named(&beyond());
    found.extend_from_slice(resumable::SERVED);
    found
}

fn named(operations: &[Operation]) -> Vec<(&'static str, &'static str)> {
    operations
        .iter()
        .map(|operation| (operation.name, operation.path))
        .collect()
}

/// The operations, at their whole paths.
pub(crate) fn api() -> Router<App> {
    let mut router = Router::new();
    for operation in all().into_iter().chain(beyond()) {
        debug_assert!(
            MethodFilter::try_from(operation.method_name())
                .is_ok_and(|filter| filter == operation.method)
        );
        let needed = needed(operation.name, operation.path);
        router = router.route(
            &below_api(operation.path),
            operation.handler.layer(Extension(needed)),
        );
    }
    router = router.merge(resumable::router());
    for (method, path) in not_built() {
        let filter = method
            .parse::<Method>()
            .ok()
            .and_then(|method| MethodFilter::try_from(method).ok());
        if let Some(filter) = filter {
            router = router.route(&below_api(path), on(filter, unsupported));
        }
    }
    router.method_not_allowed_fallback(async |method: Method, uri: Uri| {
        ApiError::no_route(&method, &uri)
    })
}

/// Where an operation of the contract is. Whole paths instead of a nested router, which would take each address apart and
/// put it together again.
fn below_api(path: &str) -> String {
    format!("{}{path}", API.trim_end_matches('/'))
}

impl Operation {
    fn method_name(&self) -> Method {
        self.name.parse().unwrap_or_default()
    }
}

async fn unsupported() -> Response {
    ApiError::new(
        StatusCode::NOT_IMPLEMENTED,
        "This server does not support this operation yet",
    )
    .into_response()
}
