//! Files as responses: ranges (RFC 9110, 14), caching, names (RFC 6266).

use std::ops::Range;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use heirloom_library::{Library, files::AssetFile};
use heirloom_store::blobs;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::error::{ApiError, ApiResult};

/// What a name in a header may hold as it is (RFC 8187, `attr-char`, the safe part).
const NAME: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A rendition of one asset never changes under one address: clients add the thumbhash.
const CACHE: &str =
    "private, max-age=86400, no-transform, stale-while-revalidate=2592000, stale-if-error=2592000";

/// Answers a request for a file, or for a part of it.
pub(crate) async fn respond(
    library: &Library,
    file: &AssetFile,
    request: &HeaderMap,
) -> ApiResult<Response> {
    let whole = library.open(&file.path, None).await?;
    let (length, modified) = (whole.len, whole.modified);
    let tag = format!("W/\"{length:x}-{:x}\"", modified.timestamp_micros());
    let unchanged = request
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|known| known.split(',').any(|known| known.trim() == tag));
    let cache = if file.may_stay { CACHE } else { "no-store" };
    let mut response = Response::builder()
        .header(header::CACHE_CONTROL, cache)
        .header(header::ETAG, &tag);
    if unchanged {
        return finish(
            response
                .status(StatusCode::NOT_MODIFIED)
                .body(Body::empty()),
        );
    }
    let name = utf8_percent_encode(&file.name, NAME);
    response = response
        .header(header::CONTENT_TYPE, file.mime)
        .header(header::ACCEPT_RANGES, "bytes")
        .header(
            header::LAST_MODIFIED,
            httpdate::fmt_http_date(modified.into()),
        )
        .header(
            header::CONTENT_DISPOSITION,
            format!("inline; filename*=UTF-8''{name}"),
        );
    match range(request.get(header::RANGE), length) {
        Asked::Whole => finish(
            response
                .header(header::CONTENT_LENGTH, length)
                .body(sent(whole.body)),
        ),
        Asked::Part(part) => {
            drop(whole);
            let blob = library.open(&file.path, Some(part.clone())).await?;
            finish(
                response
                    .status(StatusCode::PARTIAL_CONTENT)
                    .header(header::CONTENT_LENGTH, part.end - part.start)
                    .header(
                        header::CONTENT_RANGE,
                        format!("bytes {}-{}/{length}", part.start, part.end - 1),
                    )
                    .body(sent(blob.body)),
            )
        }
        Asked::Nowhere => finish(
            Response::builder()
                .status(StatusCode::RANGE_NOT_SATISFIABLE)
                .header(header::CONTENT_RANGE, format!("bytes */{length}"))
                .body(Body::empty()),
        ),
    }
}

fn finish(response: Result<Response, http::Error>) -> ApiResult<Response> {
    response.map_err(|error| {
        tracing::error!(%error, "a response could not be built");
        ApiError::internal()
    })
}

/// A file's bytes as a response's.
pub(crate) fn sent(body: blobs::Body) -> Body {
    match body {
        blobs::Body::Whole(bytes) => bytes.into(),
        blobs::Body::Pieces(pieces) => Body::from_stream(pieces),
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Asked {
    Whole,
    Part(Range<u64>),
    Nowhere,
}

/// One range is honoured; several, or what is not understood, give the whole.
fn range(asked: Option<&HeaderValue>, length: u64) -> Asked {
    let spec = asked
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("bytes="))
        .filter(|spec| !spec.contains(','));
    let Some((first, last)) = spec.and_then(|spec| spec.trim().split_once('-')) else {
        return Asked::Whole;
    };
    let part = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => first..last.saturating_add(1).min(length),
        (Ok(first), Err(_)) if last.is_empty() => first..length,
        (Err(_), Ok(last)) if first.is_empty() => length.saturating_sub(last)..length,
        _ => return Asked::Whole,
    };
    if part.start < part.end {
        Asked::Part(part)
    } else {
        Asked::Nowhere
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_standard_says() {
        let asked = |text: &'static str| range(Some(&HeaderValue::from_static(text)), 100);
        assert_eq!(asked("bytes=0-9"), Asked::Part(0..10));
        assert_eq!(asked("bytes=90-"), Asked::Part(90..100));
        assert_eq!(asked("bytes=-10"), Asked::Part(90..100));
        assert_eq!(asked("bytes=50-1000"), Asked::Part(50..100));
        assert_eq!(asked("bytes=100-"), Asked::Nowhere);
        assert_eq!(asked("bytes=-0"), Asked::Nowhere);
        assert_eq!(asked("bytes=9-0"), Asked::Whole);
        assert_eq!(asked("bytes=0-1,5-6"), Asked::Whole);
        assert_eq!(range(None, 100), Asked::Whole);
    }
}
