//! The auctions of one process, as those who ask see them.

use super::{held::Answers, metrics::Metrics, pool::Pool, problem::Problem};
use crate::{
    board::{clock::Clock, folder::Folder, serve::Board, window::Window},
    book::Book,
    failure::{Code, Failure},
    names,
    replica::{Replica, read_record},
    terms::{self, TermsData},
};
use axum::{
    body::Bytes,
    extract::{FromRequestParts, RawPathParams},
    http::request::Parts,
};
use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufReader, Seek as _, SeekFrom},
    path::Path,
    sync::{Arc, OnceLock},
};
use talea_contract::Auction;
use talea_protocol::transcript::MAGIC;
use talea_text::board::BoardTerms;

/// One auction.
pub(super) struct Hosted {
    /// `taleaauction1...`
    pub(super) name: String,
    pub(super) folder: Folder,
    pub(super) board: BoardTerms,
    pub(super) clock: Clock,
    /// As it was when it was opened: it reads instructions, and nobody changes it.
    pub(super) reader: Auction,
    pub(super) terms: serde_json::Value,
    pub(super) words: String,
    /// The body of the genesis record.
    pub(super) genesis: Vec<u8>,
    /// The terms as they are sent: once for all who read them, for they may be several megabytes.
    pub(super) terms_sent: OnceLock<Bytes>,
    pub(super) window: Arc<Window>,
}

impl Hosted {
    /// Of a board whose window is open.
    pub(super) fn new(
        board: &Board,
        folder: &Folder,
        window: Arc<Window>,
    ) -> Result<Self, Failure> {
        let replica = Replica::open(&folder.transcript())?;
        let reader = replica.auction().clone();
        let internal = |error: serde_json::Error| Failure::new(Code::Internal, error.to_string());
        let data = TermsData::of(reader.terms()).json();
        Ok(Self {
            name: names::auction(&reader.id()),
            folder: folder.clone(),
            board: *replica.board(),
            clock: board.clock(),
            terms: serde_json::from_str(&data).map_err(internal)?,
            words: terms::in_words(reader.terms(), &Book::default())?,
            genesis: genesis(&folder.transcript())?,
            reader,
            terms_sent: OnceLock::new(),
            window,
        })
    }

    /// Where it is found on this server.
    pub(super) fn path(&self) -> String {
        format!("/v1/auctions/{}", self.name)
    }
}

fn genesis(transcript: &Path) -> Result<Vec<u8>, Failure> {
    let read = || {
        let mut file = BufReader::new(File::open(transcript)?);
        file.seek(SeekFrom::Start(MAGIC.len() as u64))?;
        read_record(&mut file)
    };
    let record = read().map_err(|error| Failure::unreadable(transcript, error))?;
    Ok(record.map(|(_, body)| body).unwrap_or_default())
}

/// What every answer needs.
pub(super) struct Server {
    pub(super) auctions: BTreeMap<String, Arc<Hosted>>,
    pub(super) metrics: Metrics,
    /// Room for bodies that are being read.
    pub(super) reading: Arc<Pool>,
    /// Room for large answers that are being sent.
    pub(super) answers: Arc<Answers>,
}

/// The state that handlers share.
pub(super) type Shared = Arc<Server>;

/// The path of a request, taken apart: names that no route has are in no path.
pub(super) struct Place {
    pub(super) auction: Arc<Hosted>,
    parameters: BTreeMap<String, String>,
}

impl Place {
    /// A parameter that is read as a `T`.
    pub(super) fn read<T: std::str::FromStr>(&self, name: &str) -> Result<T, Problem> {
        let text = self.parameters.get(name).map_or("", String::as_str);
        let unreadable = |_| Problem::not_found(format!("the address names no {name}"));
        text.parse().map_err(unreadable)
    }
}

impl FromRequestParts<Shared> for Place {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &Shared) -> Result<Self, Problem> {
        let unreadable = |_| Problem::not_found("the address is not UTF-8");
        let found = RawPathParams::from_request_parts(parts, state).await.map_err(unreadable)?;
        let parameters: BTreeMap<String, String> =
            found.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let auction = parameters.get("auction").and_then(|name| state.auctions.get(name)).cloned();
        let auction =
            auction.ok_or_else(|| Problem::not_found("this server has no such auction"))?;
        Ok(Self { auction, parameters })
    }
}
