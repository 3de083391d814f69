//! What is read of an auction, in JSON.

use super::{
    extract::Parameters,
    held::{SMALL, shared_json},
    hosted::{Hosted, Place, Shared},
    messages::{
        AuctionList, AuctionStatus, AuctionTerms, Consistency, Dues, EntryHead, EntryLine,
        EntryPage,
    },
    problem::Problem,
};
use crate::board::{
    checkpoint::{Checkpoint, Receipt},
    shown::ShownEntry,
};
use axum::{Json, body::Bytes, extract::State, response::Response};
use serde::Deserialize;
use std::{io, sync::Arc};
use talea_protocol::{quorum::KeyholderId, transcript::Entry};

/// The most entries on a page.
const MOST_ENTRIES: usize = 100;
/// The most bytes of a page, within a little; one entry is always on it.
const MOST_BYTES: usize = SMALL - (1 << 10);
/// What an entry takes of a page beside its instruction, in bytes: more than it does.
const HEAD_BYTES: usize = 1 << 9;

/// The auctions of this server.
#[utoipa::path(get, path = "/v1/auctions", responses((status = 200, body = AuctionList)))]
pub(super) async fn list(State(server): State<Shared>) -> Json<AuctionList> {
    Json(AuctionList::of(server.auctions.values().map(|hosted| &**hosted)))
}

/// How an auction stands.
#[utoipa::path(get, path = "/v1/auctions/{auction}", params(("auction" = String, Path)),
    responses((status = 200, body = AuctionStatus), (status = 404, body = Problem)))]
pub(super) async fn status(place: Place) -> Json<AuctionStatus> {
    let hosted = &place.auction;
    Json(AuctionStatus::of(hosted, &hosted.window.shown.standing()))
}

/// The terms.
#[utoipa::path(get, path = "/v1/auctions/{auction}/terms", params(("auction" = String, Path)),
    responses((status = 200, body = AuctionTerms), (status = 404, body = Problem)))]
pub(super) async fn terms(place: Place) -> Result<Response, Problem> {
    let hosted = &place.auction;
    if let Some(sent) = hosted.terms_sent.get() {
        return Ok(shared_json(sent.clone()));
    }
    let sent = serde_json::to_vec(&AuctionTerms::of(hosted)).map_err(io::Error::other);
    let sent = sent.map_err(|error| Problem::unreadable(&error))?;
    Ok(shared_json(hosted.terms_sent.get_or_init(|| sent.into()).clone()))
}

/// The newest checkpoint, as in the file of checkpoints.
#[utoipa::path(get, path = "/v1/auctions/{auction}/checkpoint", params(("auction" = String, Path)),
    responses((status = 200, body = Object), (status = 404, body = Problem)))]
pub(super) async fn checkpoint(place: Place) -> Result<Json<Checkpoint>, Problem> {
    let standing = place.auction.window.shown.standing();
    let checkpoint = standing.checkpoint.as_deref().cloned();
    checkpoint.map(Json).ok_or_else(|| Problem::not_yet("the board has signed no checkpoint"))
}

/// Which two trees.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Trees {
    from: u64,
    to: u64,
}

/// The proof that the log of `from` entries is the beginning of the log of `to` entries.
#[utoipa::path(get, path = "/v1/auctions/{auction}/consistency",
    params(("auction" = String, Path), ("from" = u64, Query), ("to" = u64, Query)),
    responses((status = 200, body = Consistency), (status = 400, body = Problem),
        (status = 404, body = Problem)))]
pub(super) async fn consistency(
    place: Place,
    Parameters(Trees { from, to }): Parameters<Trees>,
) -> Result<Json<Consistency>, Problem> {
    if from > to {
        let sentence = format!("`from` is {from}, which is more than `to`, {to}");
        return Err(Problem::request(sentence));
    }
    let found = place.auction.window.shown.consistency(from, to);
    let (from_root, to_root, proof) = found
        .ok_or_else(|| Problem::not_yet(format!("the transcript has not {to} entries yet")))?;
    Ok(Json(Consistency::new((from, to), (from_root, to_root), &proof)))
}

/// Which entries.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Range {
    #[serde(default = "first")]
    from: u64,
    limit: Option<usize>,
}

fn first() -> u64 {
    1
}

/// Entries from a number on.
#[utoipa::path(get, path = "/v1/auctions/{auction}/entries",
    params(("auction" = String, Path), ("from" = Option<u64>, Query), ("limit" = Option<usize>, Query)),
    responses((status = 200, body = EntryPage), (status = 400, body = Problem),
        (status = 404, body = Problem), (status = 429, body = Problem), (status = 503, body = Problem)))]
pub(super) async fn entries(
    place: Place,
    Parameters(Range { from, limit }): Parameters<Range>,
) -> Result<Json<EntryPage>, Problem> {
    if from == 0 {
        return Err(Problem::request("entries are counted from 1"));
    }
    let limit = limit.unwrap_or(MOST_ENTRIES).clamp(1, MOST_ENTRIES);
    let hosted = place.auction;
    let page = reading(move || page(&hosted, from, limit)).await?;
    Ok(Json(page))
}

fn page(hosted: &Hosted, from: u64, limit: usize) -> io::Result<EntryPage> {
    let shown = &hosted.window.shown;
    // One more than asked for, to know whether there are more.
    let mut found = shown.entries(from, limit + 1).into_iter().peekable();
    let (mut lines, mut bytes) = (Vec::new(), 0);
    while let Some((number, entry)) = found.peek().filter(|_| lines.len() < limit) {
        let body = shown.body(entry)?;
        // In base64.
        bytes += HEAD_BYTES + body.len().div_ceil(3) * 4;
        if bytes > MOST_BYTES && !lines.is_empty() {
            break;
        }
        lines.push(line(*number, entry, &body)?);
        found.next();
    }
    Ok(EntryPage::new(lines, found.next().map(|(number, _)| number)))
}

fn line(number: u64, entry: &ShownEntry, body: &[u8]) -> io::Result<EntryLine> {
    let record: Entry =
        borsh::from_slice(body).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(EntryLine::new(EntryHead::new(number, entry), &record.instruction))
}

/// Reads files where that keeps nobody waiting.
pub(super) async fn reading<T: Send + 'static>(
    read: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Problem> {
    let done = tokio::task::spawn_blocking(read).await;
    done.map_err(io::Error::other)
        .and_then(|read| read)
        .map_err(|error| Problem::unreadable(&error))
}

/// The receipt of an entry.
#[utoipa::path(get, path = "/v1/auctions/{auction}/receipts/{entry}",
    params(("auction" = String, Path), ("entry" = u64, Path)),
    responses((status = 200, body = Object), (status = 404, body = Problem), (status = 429, body = Problem),
        (status = 503, body = Problem)))]
pub(super) async fn receipt(place: Place) -> Result<Json<Receipt>, Problem> {
    let entry = place.read("entry")?;
    let receipt = reading(move || place.auction.window.shown.receipt(entry)).await?;
    receipt.map(Json).ok_or_else(|| unsigned(entry))
}

/// There is no receipt yet.
pub(super) fn unsigned(entry: u64) -> Problem {
    Problem::not_yet(format!("the board has signed no entry {entry} yet"))
}

/// What is due of a keyholder now: its group, from 0, a point, and its number in it, from 1.
#[utoipa::path(get, path = "/v1/auctions/{auction}/dues/{keyholder}",
    params(("auction" = String, Path), ("keyholder" = String, Path)),
    responses((status = 200, body = Dues), (status = 404, body = Problem)))]
pub(super) async fn dues(place: Place) -> Result<Json<Dues>, Problem> {
    let name: String = place.read("keyholder")?;
    let unknown = || Problem::not_found("the terms name no such keyholder");
    let (group, member) = name.split_once('.').ok_or_else(unknown)?;
    let (group, member) = group.parse().ok().zip(member.parse().ok()).ok_or_else(unknown)?;
    let id = KeyholderId { group, member };
    let quorum = &place.auction.reader.terms().quorum;
    if !talea_protocol::quorum::keyholders(quorum).any(|(known, _)| known == id) {
        return Err(unknown());
    }
    let standing = place.auction.window.shown.standing();
    let dues = standing.dues.get(&id).map_or(&[][..], Vec::as_slice);
    Ok(Json(Dues::new(format!("{group}.{member}"), dues)))
}

/// A text that is kept once.
struct Text(Arc<str>);

impl AsRef<[u8]> for Text {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// The outcome, as `talea status --json` writes it (schema `talea-status/1`), once the auction is closed.
#[utoipa::path(get, path = "/v1/auctions/{auction}/outcome", params(("auction" = String, Path)),
    responses((status = 200, body = Object), (status = 404, body = Problem)))]
pub(super) async fn outcome(place: Place) -> Result<Response, Problem> {
    let standing = place.auction.window.shown.standing();
    let Some(outcome) = standing.outcome.clone() else {
        let sentence = format!("the auction is in the phase {}", standing.phase);
        return Err(Problem::not_yet(sentence));
    };
    Ok(shared_json(Bytes::from_owner(Text(outcome))))
}
