//! What is sent, apart from problems and the board's own files: JSON of the schema `talea-board/1`.

use super::hosted::Hosted;
use crate::{
    board::{
        checkpoint::{Checkpoint, Receipt},
        shown::{ShownDue, ShownEntry, ShownLot, Standing},
    },
    names,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Serialize;
use std::time::{SystemTime, UNIX_EPOCH};
use talea_protocol::bytes::Digest;
use utoipa::ToSchema;

/// The schema of all of them.
pub(super) const SCHEMA: &str = "talea-board/1";

/// A slot, and a time in milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct Time {
    slot: u64,
    time_ms: u64,
}

fn milliseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    u64::try_from(since).unwrap_or(u64::MAX)
}

/// How the auction's slots run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
struct Slots {
    /// When slot 0 begins, in milliseconds since 1970.
    start_ms: u64,
    /// The length of a slot, in milliseconds.
    slot_ms: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
struct Lot {
    identifier: String,
    name: String,
    /// `open`, `deciding`, `sold`, `declined`, `below-reserve`, `unsold`, `void` or `halted`.
    state: &'static str,
}

fn lots(lots: &[ShownLot]) -> Vec<Lot> {
    let lot = |lot: &ShownLot| Lot {
        identifier: lot.identifier.clone(),
        name: lot.name.clone(),
        state: lot.state,
    };
    lots.iter().map(lot).collect()
}

/// The deadline of a phase. Its time is when what arrives stops being in time, by the board's clock.
fn deadline(hosted: &Hosted, standing: &Standing) -> Option<Time> {
    let (slot, due) = standing.deadline?;
    Some(Time { slot, time_ms: milliseconds(hosted.board.clock().end_of(due)) })
}

/// One line of the list of auctions.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct Listed {
    auction: String,
    lots: Vec<Lot>,
    phase: &'static str,
    round: u32,
    deadline: Option<Time>,
    closed: bool,
}

/// The auctions of a server.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct AuctionList {
    schema: &'static str,
    auctions: Vec<Listed>,
}

impl AuctionList {
    pub(super) fn of<'a>(hosted: impl Iterator<Item = &'a Hosted>) -> Self {
        let listed = hosted.map(|hosted| {
            let standing = hosted.window.shown.standing();
            Listed {
                auction: hosted.name.clone(),
                lots: lots(&standing.lots),
                phase: standing.phase,
                round: standing.round,
                deadline: deadline(hosted, &standing),
                closed: standing.closed,
            }
        });
        Self { schema: SCHEMA, auctions: listed.collect() }
    }
}

/// How an auction stands.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct AuctionStatus {
    schema: &'static str,
    auction: String,
    /// The board's key.
    board: String,
    /// The board's clock.
    now: Time,
    slot_clock: Slots,
    phase: &'static str,
    round: u32,
    deadline: Option<Time>,
    entries: u64,
    /// The head after the last entry.
    head: String,
    /// How long the transcript is, as far as it is shown.
    transcript_bytes: u64,
    /// How long the file of checkpoints is.
    checkpoints_bytes: u64,
    /// The newest checkpoint, which speaks of all these entries.
    #[schema(value_type = Option<Object>)]
    checkpoint: Option<Checkpoint>,
    closed: bool,
    lots: Vec<Lot>,
}

impl AuctionStatus {
    pub(super) fn of(hosted: &Hosted, standing: &Standing) -> Self {
        let time = hosted.clock.time();
        let board = &hosted.board;
        Self {
            schema: SCHEMA,
            auction: hosted.name.clone(),
            board: names::party(&board.key),
            now: Time { slot: hosted.clock.slot().max(standing.slot), time_ms: milliseconds(time) },
            slot_clock: Slots { start_ms: board.starts, slot_ms: board.slot },
            phase: standing.phase,
            round: standing.round,
            deadline: deadline(hosted, standing),
            entries: standing.entries,
            head: hex::encode(standing.head.0),
            transcript_bytes: standing.transcript_bytes,
            checkpoints_bytes: standing.checkpoints_bytes,
            checkpoint: standing.checkpoint.as_deref().cloned(),
            closed: standing.closed,
            lots: lots(&standing.lots),
        }
    }
}

/// The terms of an auction.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct AuctionTerms {
    schema: &'static str,
    auction: String,
    /// As data, of the schema `talea-terms/2`.
    #[schema(value_type = Object)]
    terms: serde_json::Value,
    /// In words.
    words: String,
    /// The body of the transcript's genesis record, in base64: the terms as the seller signed them.
    genesis: String,
}

impl AuctionTerms {
    pub(super) fn of(hosted: &Hosted) -> Self {
        Self {
            schema: SCHEMA,
            auction: hosted.name.clone(),
            terms: hosted.terms.clone(),
            words: hosted.words.clone(),
            genesis: STANDARD.encode(&hosted.genesis),
        }
    }
}

/// A proof that one tree of the log is the beginning of another (RFC 9162).
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Consistency {
    schema: &'static str,
    from: u64,
    to: u64,
    from_root: String,
    to_root: String,
    proof: Vec<String>,
}

impl Consistency {
    pub(super) fn new(
        (from, to): (u64, u64),
        (from_root, to_root): (Digest, Digest),
        proof: &[Digest],
    ) -> Self {
        let hex = |digest: &Digest| hex::encode(digest.0);
        Self {
            schema: SCHEMA,
            from,
            to,
            from_root: hex(&from_root),
            to_root: hex(&to_root),
            proof: proof.iter().map(hex).collect(),
        }
    }
}

/// An entry, without the instruction.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct EntryHead {
    /// From 1.
    number: u64,
    slot: u64,
    signer: String,
    kind: &'static str,
    /// The head after it.
    head: String,
    /// The SHA-256 of the signed instruction.
    id: String,
}

impl EntryHead {
    pub(super) fn new(number: u64, entry: &ShownEntry) -> Self {
        Self {
            number,
            slot: entry.summary.slot,
            signer: names::party(&entry.summary.signer),
            kind: entry.summary.kind,
            head: hex::encode(entry.head.0),
            id: hex::encode(entry.summary.id.0),
        }
    }
}

/// An entry.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct EntryLine {
    #[serde(flatten)]
    head: EntryHead,
    /// The signed instruction, in base64.
    instruction: String,
}

impl EntryLine {
    pub(super) fn new(head: EntryHead, instruction: &[u8]) -> Self {
        Self { head, instruction: STANDARD.encode(instruction) }
    }
}

/// Some entries.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct EntryPage {
    schema: &'static str,
    entries: Vec<EntryLine>,
    /// From where to ask on, if there are more.
    next: Option<u64>,
}

impl EntryPage {
    pub(super) fn new(entries: Vec<EntryLine>, next: Option<u64>) -> Self {
        Self { schema: SCHEMA, entries, next }
    }
}

/// Something that is due.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(tag = "what", rename_all = "kebab-case")]
enum DueLine {
    /// The endorsement of a round.
    Endorse {
        round: u32,
        /// The head to endorse.
        head: String,
    },
    /// A chunk of a step of a lot's ranking.
    Rank { lot: u32, round: u32, step: u32, chunk: u32 },
}

/// What is due of a keyholder.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Dues {
    schema: &'static str,
    /// Its group, from 0, and its number in it, from 1.
    keyholder: String,
    dues: Vec<DueLine>,
}

impl Dues {
    pub(super) fn new(keyholder: String, dues: &[ShownDue]) -> Self {
        let line = |due: &ShownDue| match *due {
            ShownDue::Endorse { round, head } => {
                DueLine::Endorse { round, head: hex::encode(head.0) }
            }
            ShownDue::Rank { lot, round, step, chunk } => DueLine::Rank { lot, round, step, chunk },
        };
        Self { schema: SCHEMA, keyholder, dues: dues.iter().map(line).collect() }
    }
}

/// What became of an instruction that was not refused.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub(super) enum PostAnswer {
    /// It is in the transcript.
    Accepted {
        schema: &'static str,
        entry: u64,
        slot: u64,
        /// Of the schema `talea-receipt/2`.
        #[schema(value_type = Object)]
        receipt: Box<Receipt>,
    },
    /// It is not judged yet.
    Waiting {
        schema: &'static str,
        /// Its SHA-256.
        id: String,
    },
}
