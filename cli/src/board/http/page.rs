//! The page, if this build has one or a folder holds one, and nothing that a page from elsewhere could use.

use super::problem::Problem;
use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use std::path::PathBuf;
use tower_http::services::ServeDir;

/// The files of `web/dist` when this program was built, by their path in it.
static EMBEDDED: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/page.rs"));

/// What stands for the page in a build that has none.
const NO_PAGE: &str = "<!DOCTYPE html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>Talea</title>\n\
    <h1>A board of Talea</h1>\n<p>This server has no page: it was built without <code>web/dist</code>. \
    Build the page and this program again, or run <code>talea board serve --page FOLDER</code>. \
    The interface for programs is described at <a href=\"/openapi.json\">/openapi.json</a>.</p>\n</html>\n";

/// What a page may do here: run its own scripts and WebAssembly, and talk to this server alone.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    connect-src 'self'; img-src 'self' data:; worker-src 'self'; form-action 'none'; \
    frame-ancestors 'none'; base-uri 'none'";

/// Where the page's files are.
#[derive(Clone, Debug)]
pub(super) enum Page {
    /// In this program, if anywhere.
    Embedded,
    /// In a folder.
    Folder(Box<ServeDir>),
}

impl Page {
    /// The page in a folder; that of this program if none is given.
    pub(super) fn new(folder: Option<PathBuf>) -> Self {
        let serve = |folder| {
            Self::Folder(Box::new(
                ServeDir::new(folder).precompressed_gzip().append_index_html_on_directories(false),
            ))
        };
        folder.map_or(Self::Embedded, serve)
    }

    /// The answer to a request that is none of the interface's.
    pub(super) async fn answer(self, request: Request) -> Response {
        let path = request.uri().path();
        if path.starts_with("/v1/") {
            return Problem::not_found("the interface has no such address").into_response();
        }
        if ![Method::GET, Method::HEAD].contains(request.method()) {
            return Problem::wrong_method().into_response();
        }
        let is_index = path == "/" || is_of_an_auction(path);
        let path = if is_index { "/index.html" } else { path }.to_owned();
        match self {
            Self::Embedded => embedded(&path, request.headers()),
            Self::Folder(folder) => in_folder(*folder, &path, request).await,
        }
    }
}

/// `/a/{auction}` opens the page for an auction.
fn is_of_an_auction(path: &str) -> bool {
    path.strip_prefix("/a/").is_some_and(|name| !name.is_empty() && !name.contains('/'))
}

fn missing() -> Response {
    Problem::not_found("there is nothing at this address").into_response()
}

fn file(path: &str) -> Option<&'static [u8]> {
    EMBEDDED.iter().find(|(name, _)| *name == path).map(|(_, bytes)| *bytes)
}

fn embedded(path: &str, headers: &HeaderMap) -> Response {
    let name = path.trim_start_matches('/');
    let Some(plain) = file(name) else {
        let is_index = name == "index.html";
        return if is_index { page(NO_PAGE.as_bytes(), name) } else { missing() };
    };
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    let takes_gzip = accepted.is_some_and(|accepted| {
        accepted.split(',').any(|coding| coding.split(';').next().unwrap_or("").trim() == "gzip")
    });
    let Some(zipped) = file(&format!("{name}.gz")).filter(|_| takes_gzip) else {
        return page(plain, name);
    };
    let mut response = page(zipped, name);
    let gzip = HeaderValue::from_static("gzip");
    response.headers_mut().insert(header::CONTENT_ENCODING, gzip);
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    response
}

fn page(bytes: &'static [u8], name: &str) -> Response {
    let kind = HeaderValue::from_static(kind(name));
    ([(header::CONTENT_TYPE, kind)], Body::from(bytes)).into_response()
}

/// The kind of a file by its name.
fn kind(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "txt" => "text/plain; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

async fn in_folder(mut folder: ServeDir, path: &str, mut request: Request) -> Response {
    let Ok(uri) = path.parse::<Uri>() else { return missing() };
    *request.uri_mut() = uri;
    match folder.try_call(request).await {
        Ok(found) if found.status() != StatusCode::NOT_FOUND => found.map(Body::new),
        Ok(_) | Err(_) => missing(),
    }
}

/// Sets what every answer says to browsers.
pub(super) async fn guard(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let fixed = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-cache"));
    response
}
