//! `POST /predict`: what Immich's machine-learning service answers, so that an Immich server can ask here instead.
//!
//! One picture or text and a list of tasks come in; vectors, faces and lines of text go out. Which models are named does
//! not matter: the pack's answer. Pictures are read in confined processes, like all others.

mod answers;
mod entries;

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{
        DefaultBodyLimit, FromRequest, Multipart, Request, State,
        multipart::{Field, MultipartError},
    },
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use heirloom_inference::Priority;
use heirloom_media::{
    decode::Target,
    decoder::{self, Decoded, Decoder},
    renditions,
};
use heirloom_vision::Vision;
use serde_json::{Map, Value, json};
use tokio::sync::Semaphore;

use self::entries::Tasks;

/// Largest picture, in bytes; Immich sends previews.
const PICTURE_BYTES_MAX: usize = 64 << 20;
/// Pictures in memory at one time; others wait to be read.
const PICTURES_MAX: usize = 32;
/// What the models look at: faces and text need more of a picture than its meaning.
const TARGET: Target = Target::ShorterSide(renditions::PREVIEW_SIDE);

/// What looks at the pictures.
#[derive(Clone)]
pub struct Predictor(Arc<Inner>);

struct Inner {
    /// None where no pack is served.
    vision: Option<Vision>,
    decoder: Decoder,
    pictures: Semaphore,
}

impl Predictor {
    pub fn new(vision: Option<Vision>, decoder: Decoder) -> Self {
        Self(Arc::new(Inner {
            vision,
            decoder,
            pictures: Semaphore::new(PICTURES_MAX),
        }))
    }
}

/// The three addresses of that service.
pub fn router(predictor: Predictor) -> Router {
    Router::new()
        .route("/", get(|| async { Json(json!({"message": "Immich ML"})) }))
        .route("/ping", get(|| async { "pong" }))
        .route("/predict", post(predict))
        .layer(DefaultBodyLimit::max(PICTURE_BYTES_MAX))
        .with_state(predictor)
}

/// What went wrong, in that service's form.
#[derive(Debug)]
struct Refused(StatusCode, String);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, Json(json!({"detail": self.1}))).into_response()
    }
}

impl Refused {
    fn format() -> Self {
        Self(
            StatusCode::UNPROCESSABLE_ENTITY,
            "Invalid request format.".into(),
        )
    }

    fn no_input() -> Self {
        Self(
            StatusCode::BAD_REQUEST,
            "Either image or text must be provided".into(),
        )
    }

    fn failed(error: impl std::fmt::Display) -> Self {
        Self(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
    }
}

impl From<MultipartError> for Refused {
    fn from(error: MultipartError) -> Self {
        match error.status() {
            StatusCode::BAD_REQUEST => Self::format(),
            status => Self(status, error.body_text()),
        }
    }
}

impl From<decoder::Error> for Refused {
    fn from(error: decoder::Error) -> Self {
        let status = match error {
            decoder::Error::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::BAD_REQUEST,
        };
        Self(status, error.to_string())
    }
}

impl From<heirloom_vision::Error> for Refused {
    fn from(error: heirloom_vision::Error) -> Self {
        let status = match &error {
            heirloom_vision::Error::NoText | heirloom_vision::Error::Empty => {
                StatusCode::BAD_REQUEST
            }
            error if error.is_passing() => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self(status, error.to_string())
    }
}

/// What a form holds.
#[derive(Default)]
struct Form {
    tasks: Option<Tasks>,
    image: Option<Bytes>,
    text: Option<String>,
}

async fn predict(
    State(predictor): State<Predictor>,
    request: Request,
) -> Result<Json<Value>, Refused> {
    let Inner {
        vision,
        decoder,
        pictures,
    } = &*predictor.0;
    let stopping = |_| Refused(StatusCode::SERVICE_UNAVAILABLE, "the server stops".into());
    let _room = pictures.acquire().await.map_err(stopping)?;
    let form = read(request).await?;
    let tasks = form.tasks.ok_or_else(Refused::format)?;
    let vision = vision.as_ref().ok_or_else(|| {
        let reason = "no pack of models is served here; name one in inference.models";
        Refused(StatusCode::SERVICE_UNAVAILABLE, reason.into())
    })?;
    let answer = match (form.image, form.text) {
        (Some(image), _) => of_image(vision, decoder, &tasks, &image).await?,
        (None, Some(text)) => of_text(vision, &tasks, &text).await?,
        (None, None) => return Err(Refused::no_input()),
    };
    Ok(Json(Value::Object(answer)))
}

async fn read(request: Request) -> Result<Form, Refused> {
    let form = Multipart::from_request(request, &()).await;
    let mut fields = form.map_err(|_| Refused::format())?;
    let mut form = Form::default();
    while let Some(field) = fields.next_field().await? {
        match field.name() {
            Some("entries") => form.tasks = Some(tasks(field).await?),
            Some("image") => form.image = Some(field.bytes().await?).filter(|b| !b.is_empty()),
            Some("text") => form.text = Some(field.text().await?).filter(|t| !t.is_empty()),
            _ => {}
        }
    }
    Ok(form)
}

async fn tasks(field: Field<'_>) -> Result<Tasks, Refused> {
    let text = field.text().await?;
    Tasks::parse(&text).ok_or_else(Refused::format)
}

async fn of_text(
    vision: &Vision,
    tasks: &Tasks,
    text: &str,
) -> Result<Map<String, Value>, Refused> {
    if tasks.needs_image() {
        return Err(Refused::format());
    }
    let vector = vision.text_vector(text, Priority::Interactive).await?;
    Ok(Map::from_iter([("clip".into(), answers::vector(vector))]))
}

async fn of_image(
    vision: &Vision,
    decoder: &Decoder,
    tasks: &Tasks,
    image: &[u8],
) -> Result<Map<String, Value>, Refused> {
    if tasks.textual {
        return Err(Refused::format());
    }
    let Decoded { pixels, size, .. } = decoder.decode_bytes(image, "", TARGET).await?;
    let frame = tokio::task::spawn_blocking(move || renditions::reduced(&pixels))
        .await
        .map_err(Refused::failed)?
        .map_err(Refused::failed)?;
    let mut answer = Map::new();
    if tasks.visual {
        let look = vision.look(&frame, Priority::Upload).await?;
        answer.insert("clip".into(), answers::vector(look.embedding));
    }
    if let Some(wanted) = tasks.faces {
        let least = wanted.score_min;
        let faces = vision.faces(&frame, least, Priority::Upload).await?;
        let faces = answers::faces(faces, size, wanted);
        answer.insert("facial-recognition".into(), faces);
    }
    if let Some(wanted) = tasks.text {
        let lines = vision.read(&frame, Priority::Upload).await?;
        answer.insert("ocr".into(), answers::text(&lines, wanted));
    }
    answer.insert("imageHeight".into(), size.height.into());
    answer.insert("imageWidth".into(), size.width.into());
    Ok(answer)
}
