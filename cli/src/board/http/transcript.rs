//! The board's own files: the transcript and the checkpoints, byte by byte, as far as they are synced and signed.

use super::{
    auctions::reading,
    extract::Parameters,
    hosted::{Hosted, Place},
    problem::Problem,
};
use crate::{board::shown::Standing, failure::Code};
use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use futures_util::stream;
use serde::Deserialize;
use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom},
    path::PathBuf,
    time::Duration,
};

/// The longest that a request waits for more, in seconds.
const LONGEST: u64 = 30;
/// How much is read at a time.
const PIECE: u64 = 1 << 16;

/// How long to wait until there is more.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Patience {
    wait: Option<u64>,
}

/// The transcript. A range asks for its end alone; with `wait` the answer comes once there is more.
#[utoipa::path(get, path = "/v1/auctions/{auction}/transcript",
    params(("auction" = String, Path), ("wait" = Option<u64>, Query, maximum = 30),
        ("range" = Option<String>, Header, example = "bytes=1000-")),
    responses((status = 200, content_type = "application/octet-stream"),
        (status = 206, content_type = "application/octet-stream"),
        (status = 400, body = Problem), (status = 404, body = Problem), (status = 416, body = Problem)))]
pub(super) async fn transcript(
    place: Place,
    Parameters(patience): Parameters<Patience>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let path = place.auction.folder.transcript();
    let length = |standing: &Standing| standing.transcript_bytes;
    send(&place.auction, (path, "application/octet-stream"), length, patience, &headers).await
}

/// The checkpoints, a line of JSON each. Ranges and `wait` are those of the transcript.
#[utoipa::path(get, path = "/v1/auctions/{auction}/checkpoints",
    params(("auction" = String, Path), ("wait" = Option<u64>, Query, maximum = 30),
        ("range" = Option<String>, Header, example = "bytes=1000-")),
    responses((status = 200, content_type = "application/jsonl"),
        (status = 206, content_type = "application/jsonl"),
        (status = 400, body = Problem), (status = 404, body = Problem), (status = 416, body = Problem)))]
pub(super) async fn checkpoints(
    place: Place,
    Parameters(patience): Parameters<Patience>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let path = place.auction.folder.checkpoints();
    let length = |standing: &Standing| standing.checkpoints_bytes;
    send(&place.auction, (path, "application/jsonl"), length, patience, &headers).await
}

/// The range that a request asks for: where it begins, and where it ends if it says so.
fn range(headers: &HeaderMap) -> Result<Option<(u64, Option<u64>)>, Problem> {
    let Some(value) = headers.get(header::RANGE) else { return Ok(None) };
    let read = || {
        let (begin, end) = value.to_str().ok()?.strip_prefix("bytes=")?.split_once('-')?;
        let end = if end.is_empty() { None } else { Some(end.parse().ok()?) };
        Some((begin.parse().ok()?, end))
    };
    let unusable = "the only ranges here are like bytes=1000- and bytes=1000-1999";
    let found: (u64, Option<u64>) = read().ok_or_else(|| Problem::request(unusable))?;
    if found.1.is_some_and(|end| end < found.0) {
        return Err(Problem::request(unusable));
    }
    Ok(Some(found))
}

async fn send(
    hosted: &Hosted,
    (path, kind): (PathBuf, &'static str),
    length: impl Fn(&Standing) -> u64,
    Patience { wait }: Patience,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let range = range(headers)?;
    let begin = range.map_or(0, |(begin, _)| begin);
    let mut standing = hosted.window.shown.follow();
    let more = standing.wait_for(|standing| length(standing) > begin || standing.stopped.is_some());
    let patience = Duration::from_secs(wait.unwrap_or(0).min(LONGEST));
    // Whoever has waited in vain is told what there is.
    drop(tokio::time::timeout(patience, more).await);
    let length = length(&hosted.window.shown.standing());
    if begin >= length && range.is_some() {
        let status = StatusCode::RANGE_NOT_SATISFIABLE;
        let sentence = format!("there are {length} bytes, and nothing after byte {begin} yet");
        let problem = Problem::new(status, Code::NotYet, sentence);
        let shown = HeaderValue::from_str(&format!("bytes */{length}"));
        let shown = shown.unwrap_or(HeaderValue::from_static("bytes */*"));
        return Err(problem.with_header(header::CONTENT_RANGE, shown));
    }
    let end = range.and_then(|(_, end)| end).map_or(length, |end| length.min(end + 1));
    let body = Body::from_stream(pieces(path, begin, end));
    let status = if range.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    let mut response = (status, body).into_response();
    let set = response.headers_mut();
    set.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    set.insert(header::CONTENT_LENGTH, (end - begin).into());
    set.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    let shown = HeaderValue::from_str(&format!("bytes {begin}-{}/{length}", end.saturating_sub(1)));
    if let (Some(_), Ok(shown)) = (range, shown) {
        set.insert(header::CONTENT_RANGE, shown);
    }
    Ok(response)
}

/// A part of a file, piece by piece: each is read once the one before is sent.
fn pieces(
    path: PathBuf,
    begin: u64,
    end: u64,
) -> impl stream::Stream<Item = io::Result<Vec<u8>>> + Send {
    stream::unfold((path, begin), move |(path, at)| async move {
        if at >= end {
            return None;
        }
        let next = end.min(at.saturating_add(PIECE));
        let from = path.clone();
        let piece = reading(move || piece(&from, at, next - at)).await;
        let piece = piece.map_err(|_| io::Error::from(io::ErrorKind::UnexpectedEof));
        Some((piece, (path, next)))
    })
}

fn piece(path: &std::path::Path, at: u64, length: u64) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(at))?;
    let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)?];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}
