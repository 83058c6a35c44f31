//! The router, and what surrounds every request.

use std::{ops::Deref, sync::Arc};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    http::{HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use heirloom_inference::Engine;
use heirloom_library::Library;
use tower::ServiceBuilder;
use tower_http::{catch_panic::CatchPanicLayer, trace::TraceLayer};
use uuid::Uuid;

use crate::{
    ModelPacks, error::ApiError, gate, health, live::Live, routes, tiles::TileServer, web,
};

/// What every handler can reach; handed on many times in each request, so one pointer.
#[derive(Clone)]
pub struct App(Arc<Services>);

/// See [`App`].
pub struct Services {
    pub library: Arc<Library>,
    /// Only for its figures; None where no model can run.
    pub engine: Option<Arc<dyn Engine>>,
    /// Only to say which models there are.
    pub packs: Arc<ModelPacks>,
    /// Where the pictures beneath a map come from; without it, clients draw their own.
    pub tiles: Option<Arc<TileServer>>,
}

impl App {
    pub fn new(services: Services) -> Self {
        Self(Arc::new(services))
    }
}

impl Deref for App {
    type Target = Services;

    fn deref(&self) -> &Services {
        &self.0
    }
}

/// Where the operations of the contract are.
pub(crate) const API: &str = "/api/";
/// Largest body that is not a file, in bytes.
const JSON_BYTES_MAX: usize = 64 << 20;

/// Everything that is served.
pub fn router(app: App, live: &Live) -> Router {
    let library = app.library.clone();
    // As one, because a router boxes every layer that it is given, and every request makes each box anew.
    let around = ServiceBuilder::new()
        .layer(middleware::from_fn(surround))
        .layer(middleware::from_fn_with_state(library, gate::stand))
        .layer(TraceLayer::new_for_http())
        .layer(CatchPanicLayer::custom(|_| {
            ApiError::internal().into_response()
        }))
        .layer(DefaultBodyLimit::max(JSON_BYTES_MAX))
        .layer(live.layer());
    routes::api()
        .route("/.well-known/immich", get(health::well_known))
        .route("/custom.css", get(health::custom_css))
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .route("/share/{key}", get(web::shared_by_key))
        .route("/s/{slug}", get(web::shared_by_slug))
        .fallback(web::client)
        .with_state(app)
        .layer(around)
}

/// Says to everything below that requests came over TLS, as a proxy would say it.
pub fn over_tls(router: Router) -> Router {
    router.layer(middleware::map_request(|mut request: Request| async {
        request
            .headers_mut()
            .insert("x-forwarded-proto", HeaderValue::from_static("https"));
        request
    }))
}

/// A correlation id on every response, and headers that keep uploads from running as pages.
async fn surround(request: Request, next: Next) -> Response {
    let id = Uuid::from_bytes(rand::random()).simple().to_string();
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert("x-correlation-id", value);
    }
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    if response.status() == StatusCode::INTERNAL_SERVER_ERROR {
        tracing::error!(correlation_id = id, "answered 500");
    }
    response
}
