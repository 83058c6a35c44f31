//! The web client, embedded in the binary: its files, and its one page for every address that is no file.

use axum::{
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use heirloom_library::shared_links::{LinkDetails, LinkWord};

use crate::{
    app::{API, App},
    error::ApiError,
};

struct File {
    path: &'static str,
    plain: &'static [u8],
    brotli: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
}

/// Sorted by path.
static FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/web_files.rs"));

/// Files here have a hash of their content in their name.
const HASHED: &str = "assets/";
/// Where a shared page's title and picture go, for what previews links.
const META: &str = "<!-- heirloom:meta -->";

/// No script or style but our own files; WebAssembly hashes uploads; frames of other sites stay out, one of ours receives
/// what is downloaded.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; \
    manifest-src 'self'; base-uri 'none'; form-action 'self'; \
    frame-src 'self'; frame-ancestors 'none'";

/// Any address that nothing else answers: a file of the client, or the client.
pub(crate) async fn client(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    let is_page = method == Method::GET || method == Method::HEAD;
    if !is_page || uri.path().starts_with(API) {
        return ApiError::no_route(&method, &uri).into_response();
    }
    if let Some(file) = find(path).filter(|file| file.path != "index.html") {
        return send(file, &headers);
    }
    // A page that was open during an update asks for files of the old version: it must learn that they are gone.
    if path.starts_with(HASHED) {
        return ApiError::no_route(&method, &uri).into_response();
    }
    page("", &headers)
}

/// The page of a shared link, with its title and picture for what previews links.
pub(crate) async fn shared_by_key(
    State(app): State<App>,
    Path(key): Path<String>,
    headers: HeaderMap,
) -> Response {
    let word = LinkWord {
        key: Some(&key),
        slug: None,
    };
    shared(&app, word, &headers).await
}

/// The same under the address that its owner chose.
pub(crate) async fn shared_by_slug(
    State(app): State<App>,
    Path(slug): Path<String>,
    headers: HeaderMap,
) -> Response {
    let word = LinkWord {
        key: None,
        slug: Some(&slug),
    };
    shared(&app, word, &headers).await
}

async fn shared(app: &App, word: LinkWord<'_>, headers: &HeaderMap) -> Response {
    // A link with a password, an expired or a wrong one tells nothing; the client says what to do.
    let details = match app.library.visit(word, None).await {
        Ok(visitor) => app.library.visited_link(&visitor).await.ok(),
        Err(_) => None,
    };
    let meta = details.map(|details| preview(&details, headers));
    page(&meta.unwrap_or_default(), headers)
}

fn preview(details: &LinkDetails, headers: &HeaderMap) -> String {
    let album = details.album.as_ref();
    let title = details
        .link
        .description
        .as_deref()
        .filter(|text| !text.is_empty())
        .or(album.map(|album| album.album.name.as_str()))
        .unwrap_or("Shared photos");
    let count = album.map_or(details.assets.len() as i64, |album| album.summary.count);
    let description = match album.map(|album| album.album.description.as_str()) {
        Some(text) if !text.is_empty() => text.to_owned(),
        _ if count == 1 => "1 photo".to_owned(),
        _ => format!("{count} photos"),
    };
    let picture = album
        .and_then(|album| {
            album
                .album
                .thumbnail_asset_id
                .or(album.summary.newest_asset_id)
        })
        .or(details.assets.first().map(|details| details.asset.id));
    let mut meta = format!(
        "<meta name=\"robots\" content=\"noindex\"><meta property=\"og:type\" content=\"website\">\
         <meta property=\"og:title\" content=\"{}\"><meta property=\"og:description\" content=\"{}\">",
        escape(title),
        escape(&description)
    );
    if let (Some(picture), Some(origin)) = (picture, origin(headers)) {
        let address = format!(
            "{origin}/api/assets/{picture}/thumbnail?size=preview&key={}",
            details.link.key_text
        );
        meta += &format!(
            "<meta property=\"og:image\" content=\"{0}\"><meta name=\"twitter:card\" content=\"summary_large_image\">",
            escape(&address)
        );
    }
    meta
}

/// `https://photos.example`, as the visitor wrote it.
fn origin(headers: &HeaderMap) -> Option<String> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text("x-forwarded-host").or_else(|| text("host"))?;
    let is_https = text("x-forwarded-proto") == Some("https");
    Some(format!("http{}://{host}", if is_https { "s" } else { "" }))
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            letter => escaped.push(letter),
        }
    }
    escaped
}

fn find(path: &str) -> Option<&'static File> {
    let at = FILES.binary_search_by(|file| file.path.cmp(path)).ok()?;
    FILES.get(at)
}

fn page(meta: &str, headers: &HeaderMap) -> Response {
    let Some(index) = find("index.html") else {
        return StatusCode::NOT_FOUND.into_response();
    };
    if meta.is_empty() {
        return send(index, headers);
    }
    let html = String::from_utf8_lossy(index.plain).replacen(META, meta, 1);
    let mut response = html.into_response();
    finish(&mut response, "index.html");
    response
}

fn send(file: &'static File, headers: &HeaderMap) -> Response {
    let accepted = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let takes = |coding: &str| {
        accepted.split(',').any(|one| {
            let (name, quality) = one.split_once(';').unwrap_or((one, ""));
            name.trim() == coding && !quality.replace(' ', "").starts_with("q=0")
        })
    };
    let (bytes, coding) = match (file.brotli, file.gzip) {
        (Some(bytes), _) if takes("br") => (bytes, Some("br")),
        (_, Some(bytes)) if takes("gzip") => (bytes, Some("gzip")),
        _ => (file.plain, None),
    };
    let mut response = bytes.into_response();
    finish(&mut response, file.path);
    if let Some(coding) = coding {
        response
            .headers_mut()
            .insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    response
}

fn finish(response: &mut Response, path: &str) {
    let cache = if path.starts_with(HASHED) {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    for (name, value) in [
        (header::CONTENT_TYPE, content_type(path)),
        (header::CACHE_CONTROL, cache),
        (header::VARY, "accept-encoding"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
    ] {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_wrote_stays_text() {
        assert_eq!(
            escape("\"><script>'&"),
            "&quot;&gt;&lt;script&gt;&#39;&amp;"
        );
    }

    #[test]
    fn the_list_is_sorted_and_has_the_page() {
        assert!(FILES.is_sorted_by_key(|file| file.path));
        assert!(find("index.html").is_some());
    }
}
