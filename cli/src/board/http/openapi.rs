//! The interface described for tools, by OpenAPI. `docs/openapi.json` is this document.

use super::{auctions, events, figures, instructions, transcript};
use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(
    info(title = "The board of a Talea auction", version = "1"),
    paths(
        auctions::list,
        auctions::status,
        auctions::terms,
        transcript::transcript,
        transcript::checkpoints,
        auctions::checkpoint,
        auctions::consistency,
        auctions::entries,
        auctions::receipt,
        instructions::post,
        instructions::answer,
        auctions::dues,
        auctions::outcome,
        events::events,
        figures::metrics,
        super::health,
        openapi,
    )
)]
struct Document;

/// The document, as the file in the repository holds it.
#[must_use]
pub fn document() -> String {
    Document::openapi().to_pretty_json().unwrap_or_default() + "\n"
}

/// This document.
#[utoipa::path(get, path = "/openapi.json", responses((status = 200, body = Object)))]
pub(super) async fn openapi() -> Response {
    let kind = HeaderValue::from_static("application/json");
    ([(header::CONTENT_TYPE, kind)], document()).into_response()
}
