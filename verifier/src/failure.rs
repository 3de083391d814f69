//! Where a replay stops, and why.

use talea_protocol::{bytes::PartyKey, check::Check};

/// A place in a transcript. Orders as the file does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The genesis.
    Genesis,
    /// An entry, counted from 1.
    Entry(u64),
    /// The closing.
    Closing,
    /// What follows the closing, where nothing may.
    AfterClosing,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Genesis => f.write_str("genesis"),
            Self::Entry(index) => write!(f, "entry {index}"),
            Self::Closing => f.write_str("closing"),
            Self::AfterClosing => f.write_str("after the closing"),
        }
    }
}

/// What is being checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Its place.
    pub place: Place,
    /// Its slot, once read.
    pub slot: Option<u64>,
    /// The kind of instruction, once read.
    pub instruction: Option<&'static str>,
    /// Who signed it, once read.
    pub signer: Option<PartyKey>,
}

impl Subject {
    /// Of which only the place is known.
    pub fn at(place: Place) -> Self {
        Self { place, slot: None, instruction: None, signer: None }
    }
}

/// The first check that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Which.
    pub check: Check,
    /// Of what.
    pub subject: Subject,
    /// What was expected and what was found, in one sentence.
    pub sentence: String,
}

/// Why the verifier has no verdict on a transcript.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The transcript could not be read.
    #[error("the transcript could not be read: {0}")]
    Read(#[source] std::io::Error),
    /// The verifier contradicted itself. This is a fault of the verifier, not of the transcript.
    #[error("internal error: {0}")]
    Internal(&'static str),
}

/// Why a replay stops.
#[derive(Debug)]
pub(crate) enum Stop {
    /// A check failed.
    Refused(Refusal),
    /// The verifier contradicted itself.
    Internal(&'static str),
}

/// A failure, and its place among all checks.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) position: Position,
    pub(crate) failure: Failure,
    /// Whether it is already counted.
    pub(crate) counted: bool,
}

/// The order in which the specification performs checks: by place, then one after another.
pub(crate) type Position = (Place, u32);
