//! The protocol over HTTP, with Triton's extensions for tensors in binary form and for the repository.

use axum::{
    Json, Router,
    body::{Body, to_bytes},
    extract::{Path, Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use heirloom_inference::{
    Engine, Error,
    oip::{
        Asked, ErrorBody, HEADER_LENGTH, IndexEntry, ModelConfig, ModelMetadata, ModelStats,
        ServerMetadata, StatsBody, read_request, write_response,
    },
};
use serde_json::Value;

use super::{BODY_BYTES_MAX, Node, named, server_metadata};

/// Largest body that holds no tensors.
const SMALL_BODY_MAX: usize = 1 << 20;

/// Everything that is served over HTTP.
pub fn router(node: Node) -> Router {
    let model = |rest: &str| {
        [
            format!("/v2/models/{{model}}{rest}"),
            format!("/v2/models/{{model}}/versions/{{version}}{rest}"),
        ]
    };
    let mut router = Router::new()
        .route("/v2", get(metadata))
        .route("/v2/", get(metadata))
        .route("/v2/health/live", get(|| async {}))
        .route("/v2/health/ready", get(|| async {}))
        .route("/v2/models/stats", get(all_stats))
        .route("/v2/repository/index", post(index))
        .route("/v2/repository/models/{model}/load", post(load))
        .route("/v2/repository/models/{model}/unload", post(unload))
        .route("/metrics", get(metrics));
    for path in model("") {
        router = router.route(&path, get(model_metadata));
    }
    for path in model("/ready") {
        router = router.route(&path, get(model_ready));
    }
    for path in model("/config") {
        router = router.route(&path, get(model_config));
    }
    for path in model("/stats") {
        router = router.route(&path, get(model_stats));
    }
    for path in model("/infer") {
        router = router.route(&path, post(infer));
    }
    router
        .fallback(|| async {
            let reason = "there is nothing here; the protocol's addresses begin with /v2";
            refusal(StatusCode::NOT_FOUND, reason.into())
        })
        .with_state(node)
}

/// A model and, in some addresses, its version.
#[derive(serde::Deserialize)]
struct Named {
    model: String,
    #[serde(default)]
    version: String,
}

impl Named {
    fn version(&self) -> Option<&str> {
        named(&self.version)
    }
}

/// What went wrong, in the protocol's form.
struct Refused(Error);

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = match &self.0 {
            Error::Invalid(_) => StatusCode::BAD_REQUEST,
            Error::UnknownModel(_) => StatusCode::NOT_FOUND,
            Error::Overloaded { .. } | Error::NotReady(_) => StatusCode::SERVICE_UNAVAILABLE,
            Error::Late => StatusCode::GATEWAY_TIMEOUT,
            Error::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let mut response = refusal(status, self.0.to_string());
        if let Error::Overloaded { retry_after } = self.0 {
            let seconds = retry_after.as_secs().max(1);
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

fn refusal(status: StatusCode, error: String) -> Response {
    (status, Json(ErrorBody { error })).into_response()
}

type Answer<T> = Result<T, Refused>;

async fn metadata() -> Json<ServerMetadata> {
    Json(server_metadata())
}

async fn metrics(State(node): State<Node>) -> String {
    node.engine().metrics()
}

async fn model_metadata(
    State(node): State<Node>,
    Path(named): Path<Named>,
) -> Answer<Json<ModelMetadata>> {
    let described = node.describe(&named.model, named.version()).await?;
    Ok(Json(ModelMetadata::from(&described)))
}

/// Asking has a model loaded that nobody asked for yet; ask again.
async fn model_ready(State(node): State<Node>, Path(named): Path<Named>) -> Answer<()> {
    if node.engine().is_ready(&named.model, named.version())? {
        return Ok(());
    }
    Err(Error::NotReady(format!("the model {} is being loaded", named.model)).into())
}

async fn model_config(
    State(node): State<Node>,
    Path(named): Path<Named>,
) -> Answer<Json<ModelConfig>> {
    let (described, configuration) = node.configuration(&named.model, named.version()).await?;
    Ok(Json(ModelConfig::new(&described, configuration)))
}

async fn model_stats(
    State(node): State<Node>,
    Path(named): Path<Named>,
) -> Answer<Json<StatsBody>> {
    stats(&node, &named.model, named.version())
}

async fn all_stats(State(node): State<Node>) -> Answer<Json<StatsBody>> {
    stats(&node, "", None)
}

fn stats(node: &Node, model: &str, version: Option<&str>) -> Answer<Json<StatsBody>> {
    let readings = node.readings(model, version)?;
    Ok(Json(StatsBody {
        model_stats: readings.iter().map(ModelStats::from).collect(),
    }))
}

async fn index(State(node): State<Node>, request: Request) -> Answer<Json<Vec<IndexEntry>>> {
    let asked = small_body(request).await?;
    let only_ready = asked["ready"].as_bool().unwrap_or(false);
    Ok(Json(node.index(only_ready)))
}

async fn load(State(node): State<Node>, Path(named): Path<Named>, request: Request) -> Answer<()> {
    let asked = small_body(request).await?;
    let parameters = asked["parameters"].as_object();
    if let Some((name, _)) = parameters.and_then(|parameters| parameters.iter().next()) {
        return Err(Error::Invalid(format!(
            "the parameter {name} is not supported; change the model's folder, then load it"
        ))
        .into());
    }
    Ok(node.engine().load(&named.model).await?)
}

async fn unload(State(node): State<Node>, Path(named): Path<Named>) -> Answer<()> {
    Ok(node.engine().unload(&named.model)?)
}

async fn infer(
    State(node): State<Node>,
    Path(named): Path<Named>,
    request: Request,
) -> Answer<Response> {
    let (head, body) = request.into_parts();
    let is_plain = head
        .headers
        .get(header::CONTENT_ENCODING)
        .is_none_or(|encoding| encoding == "identity");
    if !is_plain {
        return Err(Error::Invalid("send the request without compression".into()).into());
    }
    let length = number(&head.headers, header::CONTENT_LENGTH.as_str())?;
    let room = node.room(length.unwrap_or(BODY_BYTES_MAX)).await?;
    let header_length = number(&head.headers, HEADER_LENGTH)?;
    let body = read(body, BODY_BYTES_MAX).await?;
    let Asked { request, id, form } =
        read_request(&named.model, named.version(), header_length, &body)?;
    drop(body);
    let response = node.infer(request).await?;
    drop(room);
    let (length, bytes) = write_response(id.as_deref(), &form, &response);
    let mut answer = Response::new(Body::from(bytes));
    let headers = answer.headers_mut();
    let kind = if length.is_some() {
        "application/octet-stream"
    } else {
        "application/json"
    };
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    if let Some(length) = length {
        headers.insert(HEADER_LENGTH, length.into());
    }
    Ok(answer)
}

async fn small_body(request: Request) -> Answer<Value> {
    let bytes = read(request.into_body(), SMALL_BODY_MAX).await?;
    if bytes.is_empty() {
        return Ok(Value::Null);
    }
    let body = serde_json::from_slice(&bytes);
    Ok(body.map_err(|error| Error::Invalid(format!("the body is not readable: {error}")))?)
}

async fn read(body: Body, most: usize) -> Result<axum::body::Bytes, Error> {
    to_bytes(body, most).await.map_err(|error| {
        Error::Invalid(format!(
            "the body could not be read, or has more than {} MiB: {error}",
            most >> 20
        ))
    })
}

fn number(headers: &HeaderMap, name: &str) -> Result<Option<usize>, Error> {
    let Some(value) = headers.get(name) else {
        return Ok(None);
    };
    let number = value.to_str().ok().and_then(|value| value.parse().ok());
    let invalid = || Error::Invalid(format!("the header {name} is no number"));
    number.map(Some).ok_or_else(invalid)
}
