//! What is known of a bid or a reserve.

use std::sync::Arc;

use talea_protocol::{
    bytes::{Digest, PartyKey},
    commitment::TradeSide,
    sealed_bid::Contribution,
};

use super::unary_encoding::UnaryEncoding;
use crate::group::Element;

/// A commit of a lot, or its reserve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    Commit(usize),
    Update(usize),
    Reserve,
}

/// What a bid or a reserve is committed to.
#[derive(Debug)]
pub(crate) enum Committed {
    Level(Element),
    Curve(Box<CommittedCurve>),
}

/// A bid of several steps.
#[derive(Debug)]
pub(crate) struct CommittedCurve {
    pub(crate) side: TradeSide,
    /// Of every step, in order; 0 where they are sealed.
    pub(crate) quantities: Vec<u32>,
    pub(crate) commitments: Vec<Element>,
}

impl Committed {
    /// The commitment of every step, in order; of a bid that is no curve the only one.
    pub(crate) fn commitments(&self) -> &[Element] {
        match self {
            Self::Level(commitment) => std::slice::from_ref(commitment),
            Self::Curve(curve) => &curve.commitments,
        }
    }

    pub(crate) fn curve(&self) -> Option<&CommittedCurve> {
        match self {
            Self::Level(_) => None,
            Self::Curve(curve) => Some(curve),
        }
    }
}

/// One commit, an update of it, or a reserve.
#[derive(Debug)]
pub(crate) struct CommitState {
    pub(crate) bidder: PartyKey,
    pub(crate) committed: Committed,
    pub(crate) seal: Digest,
    pub(crate) status: Status,
    /// Of a ranked bid, until its lot is ranked. Of a curve the entries of all steps, in order.
    pub(crate) unary: Option<Arc<UnaryEncoding>>,
    /// Of a bid ranked in round 0, where ties go by lottery; its updates bring none.
    pub(crate) contribution: Option<Contribution>,
    /// An active bid that its bidder failed to bid again in some round: its deposit is lost.
    pub(crate) in_default: bool,
}

/// What became of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// Not revealed.
    Open,
    /// Revealed; its argument is not judged yet.
    Judging,
    /// Revealed with a valid argument: a bid is ranked, a reserve binds.
    Ranked,
    /// Revealed, and closed as invalid.
    Invalid,
    /// Never revealed, and not attested.
    Unrevealed,
    /// Never revealed, but attested.
    Attested,
}
