//! Instructions that are posted, and what became of them. The cheap checks come first: the kind and the size of a
//! body before it is read, its form and its signature before it waits for the board.

use super::{
    auctions::{reading, unsigned},
    extract::Peer,
    hosted::{Hosted, Place, Shared},
    messages::{PostAnswer, SCHEMA},
    pool::Share,
    problem::{Problem, RETRY_AFTER},
};
use crate::{
    board::{
        folder::Answer,
        posts::{Full, Verdict},
    },
    failure::Code,
};
use axum::{
    Json,
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use futures_util::StreamExt as _;
use std::{sync::Arc, time::Duration};
use talea_protocol::{bytes::Digest, limits::MAX_INSTRUCTION_BYTES};
use tokio::time::timeout;

/// How long a sender may take for a body.
const READING: Duration = Duration::from_secs(20);
/// What a body may have without being counted, in bytes: so much room has every connection. It is enough for a commit
/// and for a reveal of a few bids.
const UNCOUNTED: usize = 16 << 10;
/// How long an answer waits for the board's verdict.
const JUDGING: Duration = Duration::from_secs(10);

/// Hands in a signed instruction: the raw bytes. The answer says what became of it, once the transcript is synced and
/// a checkpoint covers it.
#[utoipa::path(post, path = "/v1/auctions/{auction}/instructions", params(("auction" = String, Path)),
    request_body(content_type = "application/octet-stream"),
    responses((status = 200, body = PostAnswer), (status = 202, body = PostAnswer),
        (status = 400, body = Problem), (status = 404, body = Problem), (status = 408, body = Problem),
        (status = 413, body = Problem), (status = 415, body = Problem), (status = 422, body = Problem),
        (status = 429, body = Problem), (status = 503, body = Problem)))]
pub(super) async fn post(
    State(server): State<Shared>,
    place: Place,
    Peer(address): Peer,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let hosted = place.auction;
    require_octets(&headers)?;
    require_size(&headers)?;
    let posts = &hosted.window.posts;
    let ticket = posts.admit(address).map_err(|full| no_room(&hosted, full))?;
    let mut share = server.reading.share(address);
    let bytes = timeout(READING, read(body, &mut share)).await.map_err(|_| too_slow())??;
    let id = Digest::of(&[&bytes]);
    // Whoever asks again is told again, and nothing is judged for it.
    if let Some(entry) = hosted.window.shown.entry_of(&id) {
        return accepted(&hosted, entry);
    }
    let received = hosted
        .reader
        .receive(bytes.into())
        .map_err(|refusal| Problem::refused(refusal.check.number(), refusal.fault.to_string()))?;
    let of = (received.signer(), received.bytes().len());
    let verdict = posts.hand_in(ticket, id, of, received);
    // Now it counts among what waits.
    drop(share);
    let verdict = verdict.map_err(|full| no_room(&hosted, full))?;
    let verdict = timeout(JUDGING, verdict).await;
    server.metrics.posts.inc();
    match verdict {
        Ok(Ok(Verdict::Accepted { entry })) => accepted(&hosted, entry),
        Ok(Ok(Verdict::Refused { check, sentence })) => Err(Problem::refused(check, sentence)),
        Ok(Ok(Verdict::Crowded)) => Err(Problem::busy(Full::Board)),
        Ok(Ok(Verdict::Stopped(failure))) => Err(Problem::stopped(&failure)),
        Ok(Err(_)) | Err(_) => Ok(waiting(&hosted, &id)),
    }
}

/// What became of an instruction, by the SHA-256 of its bytes.
#[utoipa::path(get, path = "/v1/auctions/{auction}/answers/{id}",
    params(("auction" = String, Path), ("id" = String, Path)),
    responses((status = 200, body = PostAnswer), (status = 202, body = PostAnswer),
        (status = 404, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem),
        (status = 503, body = Problem)))]
pub(super) async fn answer(place: Place) -> Result<Response, Problem> {
    let name: String = place.read("id")?;
    let mut hash = [0; 32];
    let unknown = || Problem::not_found("the board knows no instruction with this SHA-256");
    hex::decode_to_slice(&name, &mut hash).map_err(|_| unknown())?;
    let (id, hosted) = (Digest(hash), place.auction);
    if let Some(entry) = hosted.window.shown.entry_of(&id) {
        return accepted(&hosted, entry);
    }
    if hosted.window.posts.waits(&id) {
        return Ok(waiting(&hosted, &id));
    }
    let folder = hosted.folder.clone();
    let given = reading(move || Ok(folder.answer(&id))).await?;
    match given {
        Some(Answer::Refused { check, sentence }) => Err(Problem::refused(check, sentence)),
        // What the transcript does not show is not accepted, whatever an answer says.
        Some(Answer::Accepted { .. }) | None => Err(unknown()),
    }
}

/// There is no room, or there is no board any more.
fn no_room(hosted: &Hosted, full: Full) -> Problem {
    let standing = hosted.window.shown.standing();
    let stopped = standing.stopped.as_ref().filter(|_| full == Full::Stopped);
    stopped.map_or_else(|| Problem::busy(full), Problem::stopped)
}

fn require_octets(headers: &HeaderMap) -> Result<(), Problem> {
    let kind = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    if kind == Some(b"application/octet-stream") {
        return Ok(());
    }
    let sentence = "an instruction is posted as application/octet-stream";
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, Code::HttpContentType, sentence))
}

/// What a body says of its size is checked before any of it is read.
fn require_size(headers: &HeaderMap) -> Result<(), Problem> {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let length: Option<u64> = length.and_then(|length| length.parse().ok());
    if length.is_some_and(|length| length > MAX_INSTRUCTION_BYTES as u64) {
        return Err(too_large());
    }
    Ok(())
}

fn too_large() -> Problem {
    let sentence = format!("an instruction has at most {MAX_INSTRUCTION_BYTES} bytes");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, Code::FileTooLarge, sentence)
}

fn too_slow() -> Problem {
    let sentence = format!("the body did not come within {} seconds", READING.as_secs());
    Problem::new(StatusCode::REQUEST_TIMEOUT, Code::HttpRequest, sentence)
}

/// Reads a body within its bound. It does not count among what waits, or bodies that never end would fill a board.
async fn read(body: Body, share: &mut Share) -> Result<Vec<u8>, Problem> {
    let mut pieces = body.into_data_stream();
    let mut bytes = Vec::new();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| Problem::request("the body broke off"))?;
        if bytes.len() + piece.len() > MAX_INSTRUCTION_BYTES {
            return Err(too_large());
        }
        let counted = (bytes.len() + piece.len()).saturating_sub(UNCOUNTED);
        share.grow_to(counted).map_err(Problem::slow_body)?;
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

fn accepted(hosted: &Arc<Hosted>, entry: u64) -> Result<Response, Problem> {
    let slot = hosted.window.shown.entries(entry, 1).pop();
    let slot = slot.map_or(0, |(_, entry)| entry.summary.slot);
    // It was written just now, or somebody asks again: to read it here takes less than to let others read it.
    let receipt =
        hosted.window.shown.receipt(entry).map_err(|error| Problem::unreadable(&error))?;
    let receipt = Box::new(receipt.ok_or_else(|| unsigned(entry))?);
    Ok(Json(PostAnswer::Accepted { schema: SCHEMA, entry, slot, receipt }).into_response())
}

fn waiting(hosted: &Hosted, id: &Digest) -> Response {
    let id = hex::encode(id.0);
    let place = HeaderValue::from_str(&format!("{}/answers/{id}", hosted.path()));
    let answer = Json(PostAnswer::Waiting { schema: SCHEMA, id });
    let mut response = (StatusCode::ACCEPTED, answer).into_response();
    if let Ok(place) = place {
        response.headers_mut().insert(header::LOCATION, place);
    }
    response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER.into());
    response
}
