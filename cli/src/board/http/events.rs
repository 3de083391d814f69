//! What happens in an auction, as server-sent events. Nothing is kept for a reader: each reads on in the transcript
//! from where it is, as fast as it can, so a slow one costs no memory.

use super::{
    hosted::{Hosted, Place},
    messages::{AuctionStatus, EntryHead},
    problem::Problem,
};
use crate::board::shown::Standing;
use axum::{
    http::HeaderMap,
    response::sse::{Event, KeepAlive, Sse},
};
use futures_util::{StreamExt as _, stream};
use serde::Serialize;
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::sync::watch;

/// How often a line is sent, if nothing happens.
const ALIVE: Duration = Duration::from_secs(15);
/// How many entries are read at a time.
const ENTRIES: usize = 64;

/// What a reader has been sent.
struct Reader {
    hosted: Arc<Hosted>,
    standings: watch::Receiver<Arc<Standing>>,
    /// The last entry.
    sent: u64,
    /// Whether it was told how the auction stands.
    is_told: bool,
}

/// What happens from now on; with `Last-Event-ID`, from the entry after that.
#[utoipa::path(get, path = "/v1/auctions/{auction}/events",
    params(("auction" = String, Path), ("last-event-id" = Option<u64>, Header)),
    responses((status = 200, content_type = "text/event-stream"), (status = 404, body = Problem)))]
pub(super) async fn events(
    place: Place,
    headers: HeaderMap,
) -> Sse<impl stream::Stream<Item = Result<Event, Infallible>>> {
    let hosted = place.auction;
    let standings = hosted.window.shown.follow();
    let entries = standings.borrow().entries;
    let last = headers.get("last-event-id").and_then(|last| last.to_str().ok()?.parse().ok());
    let sent = last.map_or(entries, |last: u64| last.min(entries));
    let reader = Reader { hosted, standings, sent, is_told: false };
    let batches = stream::unfold(reader, |mut reader| async {
        let events = reader.next().await?;
        Some((stream::iter(events.into_iter().map(Ok)), reader))
    });
    Sse::new(batches.flatten()).keep_alive(KeepAlive::new().interval(ALIVE))
}

fn event(name: &str, data: &impl Serialize) -> Event {
    let event = Event::default().event(name);
    event.json_data(data).unwrap_or_default()
}

impl Reader {
    /// What comes next, once there is anything; nothing once the board has stopped.
    async fn next(&mut self) -> Option<Vec<Event>> {
        let behind = |reader: &Self, standing: &Standing| reader.sent < standing.entries;
        if self.is_told && !behind(self, &self.standings.borrow()) {
            self.standings.changed().await.ok()?;
        }
        let standing = self.standings.borrow_and_update().clone();
        if standing.stopped.is_some() {
            return None;
        }
        let found = self.hosted.window.shown.entries(self.sent + 1, ENTRIES);
        let mut events: Vec<Event> = Vec::new();
        for (number, entry) in found.iter().filter(|(number, _)| *number <= standing.entries) {
            let data = EntryHead::new(*number, entry);
            events.push(event("entry", &data).id(number.to_string()));
            self.sent = *number;
        }
        if !behind(self, &standing) {
            if let (Some(checkpoint), true) = (&standing.checkpoint, self.is_told) {
                events.push(event("checkpoint", &**checkpoint));
            }
            events.push(event("status", &AuctionStatus::of(&self.hosted, &standing)));
            self.is_told = true;
        }
        Some(events)
    }
}
