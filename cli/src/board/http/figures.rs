//! Requests are counted and logged, and figures are sent.

use super::hosted::Shared;
use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderValue, Method, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use std::time::Instant;

/// Figures for Prometheus.
#[utoipa::path(get, path = "/metrics",
    responses((status = 200, content_type = "application/openmetrics-text")))]
pub(super) async fn metrics(State(server): State<Shared>) -> Response {
    let auctions = server.auctions.iter().map(|(name, hosted)| (name, &*hosted.window));
    let text = server.metrics.text(auctions);
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, HeaderValue::from_static(kind))], text).into_response()
}

/// Counts a request, and logs it: its route, not its address, for an address may say whose an instruction is.
pub(super) async fn count(
    State(server): State<Shared>,
    method: Method,
    request: Request,
    next: Next,
) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    // What has no route is one route here: strangers must not make figures.
    let route = route.unwrap_or("page").to_owned();
    let began = Instant::now();
    let response = next.run(request).await;
    let (status, seconds) = (response.status(), began.elapsed().as_secs_f64());
    tracing::debug!(%method, %route, status = status.as_u16(), seconds, "request");
    server.metrics.request(&route, status, seconds);
    response
}
