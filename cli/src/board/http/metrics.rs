//! Figures for Prometheus, in its text form. They hold counts and times, and nobody's key, address or bytes.

use crate::board::window::Window;
use axum::http::StatusCode;
use prometheus_client::{
    encoding::text::encode,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};
use std::sync::Mutex;

type Labels = Vec<(&'static str, String)>;

/// A figure of an auction, which is read when somebody asks.
type Figure = fn(&Window) -> u64;

/// Upper bounds of the times that requests take, in seconds.
const BOUNDS: [f64; 11] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// Figures of each auction: their names, what they are, and how they are read.
const FIGURES: [(&str, &str, Figure); 8] = [
    ("entries", "entries of the transcript", |of| of.shown.standing().entries),
    ("transcript_bytes", "bytes of the transcript that are shown", |of| {
        of.shown.standing().transcript_bytes
    }),
    ("syncs", "syncs of the transcript since the start", |of| of.shown.standing().syncs),
    ("judged", "instructions judged since the start", |of| of.shown.standing().judged),
    ("accepted", "instructions accepted since the start", |of| of.shown.standing().accepted),
    ("waiting", "posts that wait to be judged", |of| of.posts.waiting().0 as u64),
    ("waiting_bytes", "bytes of posts that wait", |of| of.posts.waiting().1 as u64),
    ("closed", "1 once the outcome is recorded", |of| u64::from(of.shown.standing().closed)),
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

    /// As Prometheus reads it: what was counted, and how these auctions, by their names, are now.
    pub(super) fn text<'a>(
        &self,
        auctions: impl Iterator<Item = (&'a String, &'a Window)>,
    ) -> String {
        for (name, window) in auctions {
            for (family, figure) in &self.of_auctions {
                let labels = vec![("auction", name.clone())];
                let figure = i64::try_from(figure(window)).unwrap_or(i64::MAX);
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

    /// Counts a request.
    pub(super) fn request(&self, route: &str, status: StatusCode, seconds: f64) {
        let labels = vec![("route", route.to_owned()), ("status", status.as_str().to_owned())];
        self.requests.get_or_create(&labels).inc();
        self.seconds.get_or_create(&vec![("route", route.to_owned())]).observe(seconds);
    }
}
