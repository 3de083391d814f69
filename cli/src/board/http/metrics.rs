//! Figures for Prometheus, in its text form. They hold counts and times, and nobody's key, address or bytes.

use super::hosted::{Hosted, Shared};
use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderValue, Method, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use prometheus_client::{
    encoding::text::encode,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};
use std::{sync::Mutex, time::Instant};

type Labels = Vec<(&'static str, String)>;

/// A figure of an auction, which is read when somebody asks.
type Figure = fn(&Hosted) -> u64;

/// Upper bounds of the times that requests take, in seconds.
const BOUNDS: [f64; 11] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// Figures of each auction: their names, what they are, and how they are read.
const FIGURES: [(&str, &str, Figure); 8] = [
    ("entries", "entries of the transcript", |of| of.window.shown.standing().entries),
    ("transcript_bytes", "bytes of the transcript that are shown", |of| {
        of.window.shown.standing().transcript_bytes
    }),
    ("syncs", "syncs of the transcript since the start", |of| of.window.shown.standing().syncs),
    ("judged", "instructions judged since the start", |of| of.window.shown.standing().judged),
    ("accepted", "instructions accepted since the start", |of| of.window.shown.standing().accepted),
    ("waiting", "posts that wait to be judged", |of| of.window.posts.waiting().0 as u64),
    ("waiting_bytes", "bytes of posts that wait or are read", |of| {
        of.window.posts.waiting().1 as u64
    }),
    ("closed", "1 once the outcome is recorded", |of| u64::from(of.window.shown.standing().closed)),
];

/// What is counted.
pub(super) struct Metrics {
    registry: Mutex<Registry>,
    requests: Family<Labels, Counter>,
    seconds: Family<Labels, Histogram, fn() -> Histogram>,
    /// Instructions that came in over HTTP and went to a board.
    pub(super) posts: Counter,
    /// Connections that are open.
    pub(super) connections: Gauge,
    /// Connections that were not taken, for there were too many.
    pub(super) turned_away: Counter,
    of_auctions: Vec<(Family<Labels, Gauge>, Figure)>,
}

impl Metrics {
    pub(super) fn new() -> Self {
        let mut registry = Registry::with_prefix("talea");
        let histogram: fn() -> Histogram = || Histogram::new(BOUNDS);
        let requests = Family::default();
        let seconds = Family::new_with_constructor(histogram);
        let (posts, turned_away) = (Counter::default(), Counter::default());
        let connections = Gauge::default();
        registry.register("http_requests", "requests by route and status", requests.clone());
        registry.register("http_seconds", "seconds until the head of an answer", seconds.clone());
        registry.register("posts", "instructions that went to a board", posts.clone());
        registry.register("connections", "connections that are open", connections.clone());
        let turned = "connections that were not taken";
        registry.register("connections_turned_away", turned, turned_away.clone());
        let of_auctions = FIGURES.map(|(name, help, figure)| {
            let family = Family::<Labels, Gauge>::default();
            registry.register(format!("auction_{name}"), help, family.clone());
            (family, figure)
        });
        Self {
            registry: Mutex::new(registry),
            requests,
            seconds,
            posts,
            connections,
            turned_away,
            of_auctions: of_auctions.into(),
        }
    }

    fn text<'a>(&self, auctions: impl Iterator<Item = &'a Hosted>) -> String {
        for hosted in auctions {
            for (family, figure) in &self.of_auctions {
                let labels = vec![("auction", hosted.name.clone())];
                let figure = i64::try_from(figure(hosted)).unwrap_or(i64::MAX);
                family.get_or_create(&labels).set(figure);
            }
        }
        let mut text = String::new();
        if let Ok(registry) = self.registry.lock() {
            // Writing to a string cannot fail.
            let _ = encode(&mut text, &registry);
        }
        text
    }
}

/// Figures for Prometheus.
#[utoipa::path(get, path = "/metrics",
    responses((status = 200, content_type = "application/openmetrics-text")))]
pub(super) async fn metrics(State(server): State<Shared>) -> Response {
    let text = server.metrics.text(server.auctions.values().map(|hosted| &**hosted));
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
    let labels = vec![("route", route.clone()), ("status", status.as_str().to_owned())];
    server.metrics.requests.get_or_create(&labels).inc();
    server.metrics.seconds.get_or_create(&vec![("route", route)]).observe(seconds);
    response
}
